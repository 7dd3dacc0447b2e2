//! Objects of one class that stand in a row in an Array, as most do: what there is to know of the class is looked up
//! once, and between two of them nothing is handed over, for the bytes stay with the Packer.

use super::unregistered::TO_MSGPACK;
use super::walk::{Outcome, Stop, Walk};
use crate::classes;
use crate::ext_types::handler::Handler;
use crate::ext_types::packing::{Entry, Found};
use crate::ext_types::times;
use crate::ffi::value::{self, Core};
use crate::ffi::{array, call, class, memory, text};
use magnus::Value;
use msgpack_wire::encode;

/// How the objects of a class are packed.
#[derive(Clone, Copy)]
enum Way {
    /// By the `to_msgpack` that all of them are known to have.
    ToMsgpack,
    /// By a handler that writes them.
    LowLevel(Handler),
    /// By a handler that gives the payload.
    HighLevel(i8, Handler),
    /// By a handler that writes the payload.
    Recursive(i8, Handler),
    /// As timestamps, or by the handler of those.
    Time(i8, Handler),
}

/// A row of objects in an Array.
struct Row {
    array: Value,
    class: Value,
    index: usize,
    /// Where it ends at the latest.
    end: usize,
    /// The registrations that it was begun with.
    changes: u64,
    /// Full chunks that the Packer had by then.
    chunks: usize,
}

impl Walk<'_> {
    /// Appends an object that stands at `index` of an Array of this length, and those behind it that are of its class.
    /// Tells how many these are.
    #[inline(never)]
    pub(super) fn objects(
        &mut self,
        array: Value,
        object: Value,
        index: usize,
        len: usize,
    ) -> Result<usize, Stop> {
        if self.other(object).is_err() {
            return self.failed_at(index).map(|()| 0);
        }
        let next = index + 1;
        match array::get(array, next) {
            Some(first) if next < len && class::is_exactly(first, class::own(object)) => {
                self.alike(array, first, next, len)
            }
            _ => Ok(0),
        }
    }

    /// Appends the objects of an Array that stand from `index` on and are of the same class as `first`, which stands
    /// there. Tells how many: none where each has to be looked at by itself.
    #[inline(never)]
    fn alike(&mut self, array: Value, first: Value, index: usize, len: usize) -> Result<usize, Stop> {
        if self.out.has_full_chunks() || self.fuel <= 1 {
            return Ok(0);
        }
        let class = class::own(first);
        let Some(way) = self.way(first, class) else { return Ok(0) };
        let packer = match way {
            Way::HighLevel(..) | Way::Time(..) => value::nil(),
            _ => self.packer()?,
        };
        if self.enter_handler().is_err() {
            return self.failed_at(index).map(|()| 0);
        }
        let end = len.min(index + self.fuel as usize);
        self.suspend();
        let (changes, chunks) = (self.changes(), self.full_chunks());
        let mut row = Row { array, class, index, end, changes, chunks };
        let outcome = match way {
            Way::ToMsgpack => self.row(&mut row, first, |_, object| {
                call::call(object, &TO_MSGPACK, [packer]);
                Ok(())
            }),
            Way::LowLevel(handler) => self.row(&mut row, first, |walk, object| {
                let result = handler.write(object, packer);
                if value::is_string(result) {
                    return walk.fail(super::cold::returned_string(object));
                }
                Ok(())
            }),
            Way::HighLevel(kind, handler) => self.row(&mut row, first, |walk, object| {
                let payload = handler.payload(object);
                walk.put_payload(kind, object, payload)
            }),
            Way::Time(kind, handler) => self.row(&mut row, first, |walk, object| {
                if let Some(payload) = times::payload_in_place(object).or_else(|| times::payload(object)) {
                    return walk.put_timestamp(kind, payload.as_ref());
                }
                let payload = handler.payload(object);
                walk.put_payload(kind, object, payload)
            }),
            Way::Recursive(kind, handler) => self.row(&mut row, first, |walk, object| {
                let writer = walk.writer;
                let Some(id) = walk.host.inner().map(|inner| inner.core.begin_payload(writer)) else {
                    return Ok(());
                };
                handler.write(object, packer);
                walk.take_up_payload(id, kind)
            }),
        };
        self.resume();
        if self.full_chunks() != chunks {
            self.out.note_full_chunks();
        }
        self.depth -= 1;
        if outcome.is_err() {
            return self.failed_at(row.index).map(|()| 0);
        }
        let done = row.index - index;
        self.fuel -= done as isize;
        Ok(done)
    }

    /// Lets `pack` have one object after the other, while the bytes are the Packer's. May raise.
    #[inline(always)]
    #[allow(clippy::inline_always)] // each way has a loop of its own
    fn row(&mut self, row: &mut Row, first: Value, pack: impl Fn(&mut Self, Value) -> Outcome) -> Outcome {
        let mut object = first;
        loop {
            pack(self, object)?;
            row.index += 1;
            if row.index >= row.end || self.changes() != row.changes {
                return Ok(());
            }
            object = match array::get(row.array, row.index) {
                Some(next) if class::is_exactly(next, row.class) => next,
                _ => return Ok(()),
            };
            if let Some(inner) = self.host.inner() {
                if inner.core.full_chunks() != row.chunks {
                    return Ok(());
                }
                // Writes of other fibers may have come and gone meanwhile.
                inner.depth.set(self.depth);
            }
        }
    }

    /// How all objects of this class are packed, `object` being one; None where it takes a closer look.
    fn way(&mut self, object: Value, class: Value) -> Option<Way> {
        if self.is_foreign {
            return None;
        }
        match self.entry_of(class)?.0 {
            Some(Entry { handler: Handler::Forbidden, .. }) => None,
            Some(Entry { kind: None, handler, .. }) => Some(Way::LowLevel(handler)),
            Some(Entry { kind: Some(kind), handler, is_recursive: true, .. }) => {
                Some(Way::Recursive(kind, handler))
            }
            Some(Entry { kind: Some(kind), handler: handler @ Handler::Time(_), .. }) => {
                Some(Way::Time(kind, handler))
            }
            Some(Entry { kind: Some(kind), handler, .. }) => Some(Way::HighLevel(kind, handler)),
            None => {
                let is_plain = value::core(object) == Core::None && !classes::is_ext_type(class);
                (is_plain && !self.refuses_unknown && self.is_sure_of(class)).then_some(Way::ToMsgpack)
            }
        }
    }

    /// What is registered for the objects of a class; None where that is not known without a search.
    fn entry_of(&self, class: Value) -> Option<Found> {
        let Some(table) = self.table() else { return Some(Found(None)) };
        let table = table.borrow();
        let Some(registry) = table.registry() else { return Some(Found(None)) };
        table.known(class).or_else(|| registry.exact(class).map(|entry| Found(Some(entry))))
    }

    /// How often something has been registered with the Packer.
    #[inline]
    pub(super) fn changes(&self) -> u64 {
        self.table().map_or(0, |table| table.borrow().changes())
    }

    /// Chunks of the Packer's that are full.
    #[inline]
    fn full_chunks(&self) -> usize {
        self.host.inner().map_or(0, |inner| inner.core.full_chunks())
    }

    /// Appends what a handler has given for `object`.
    #[inline]
    fn put_payload(&mut self, kind: i8, object: Value, payload: Value) -> Outcome {
        if !value::is_string(payload) {
            return self.fail(super::cold::no_payload(object, payload));
        }
        self.put_ext(kind, payload)
    }

    /// Appends an extended type to the Packer's bytes, or, where there is no Packer, to the walk's. May raise (memory).
    #[inline]
    fn put_ext(&mut self, kind: i8, payload: Value) -> Outcome {
        let Some(inner) = self.host.inner() else { return self.ext(kind, payload) };
        let result =
            memory::provide_or_raise(|| text::with_bytes(payload, |bytes| inner.core.push_ext(kind, bytes)));
        self.fits(result)
    }

    /// As [`Walk::put_ext`], of a timestamp.
    #[inline]
    fn put_timestamp(&mut self, kind: i8, payload: &[u8]) -> Outcome {
        let result = match self.host.inner() {
            Some(inner) => memory::provide_or_raise(|| inner.core.push_ext(kind, payload)),
            None => encode::ext(&mut self.out, kind, payload),
        };
        self.fits(result)
    }
}
