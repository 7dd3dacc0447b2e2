//! `MessagePack::Packer`: the class, its state, and what makes a write all or nothing.
//!
//! `walk` is the hot way through plain objects, `containers` its part for Arrays and levels, `hashes` that for Hashes,
//! `alike` that for objects of one class in a row, `sorted` that for maps whose keys are sorted, `symbols` that
//! for Symbols and the keys that were met before. `cold` is the way of
//! everything unusual, `unregistered` that of objects which write themselves. `path` tells where a value stands that can't
//! be packed, `one_shot` packs without a Packer, `scratch` is what is kept between calls, `methods` and `registration` are
//! the class as Ruby sees it.

mod alike;
mod cold;
mod containers;
mod hashes;
mod methods;
mod one_shot;
mod path;
mod registration;
mod scratch;
mod sorted;
mod symbols;
mod unregistered;
mod walk;

pub use methods::{init, new};
pub use one_shot::{pack, pack_with};

use crate::buffer::{Buffer, Core};
use crate::error;
use crate::ext_types::handler;
use crate::ext_types::packing::{PackingRegistry, PackingTable};
use crate::ffi::call;
use crate::ffi::gauge::{Gauged, Presence};
use crate::ffi::kept::Kept;
use crate::ffi::receiver::This;
use crate::ffi::shared::Held;
use crate::ffi::value;
use crate::io::Io;
use crate::options::{Name, Options};
use magnus::gc::Marker;
use magnus::{DataTypeFunctions, Error, Ruby, TypedData, Value};
use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use walk::{Stop, Walk};

/// From so many bytes on a Packer hands its bytes to its io by itself, between top-level writes.
const FLUSH_MIN: usize = 32 * 1024;
/// From so many bytes on it does so inside one write, which can't be undone then.
const SPILL_MIN: usize = 1024 * 1024;

/// From so many levels on Ruby's stack may be used up by handlers that go deeper: that is a matter of nesting.
const DEEP: usize = 16;

/// The state of a Packer.
pub struct Inner {
    pub core: Arc<Core>,
    pub table: Gauged<PackingTable>,
    /// Whether objects of classes that are not registered are refused.
    pub refuses_unknown: bool,
    /// Whether the forms of the specification of 2011 are written: no str 8, no bin.
    pub old_spec: bool,
    /// Whether maps are written in the order of their packed keys.
    pub sorts_keys: bool,
    pub max_depth: usize,
    /// What is asked for something that can be packed, for objects that can't.
    default: Option<Held>,
    /// Whether handlers have to be shareable: those of the main Ractor's, asked by another one.
    pub is_foreign: Cell<bool>,
    /// Open levels of the write that runs a handler: where a write inside it begins.
    pub depth: Cell<usize>,
    /// Writes that are going to be done with a net, since one could not do without.
    net_turns: Cell<u8>,
    buffer: Cell<Option<Held>>,
}

// SAFETY: belongs to a Packer object, which Ruby gives to one thread at a time; not shared between Ractors. Its size is
// asked for in others: of gauges only.
unsafe impl Send for Inner {}

impl Inner {
    fn new(
        io: Option<Value>,
        options: &Options,
        registry: Option<Kept<PackingRegistry>>,
    ) -> Result<Self, Error> {
        let refuses_unknown = match options.get(Name::UnknownClass) {
            None => false,
            Some(given) if value::is_false(given) => true,
            Some(given) => {
                let given = error::describe(given);
                return Err(error::argument(format!("unknown_class: expected false or nil, got {given}")));
            }
        };
        let default = options.get(Name::Default).filter(|given| !value::is_nil(*given));
        if let Some(given) = default {
            if !handler::responds_to_call(given)? {
                return Err(error::wrong_type("an object with call, or nil, for default", given));
            }
        }
        Ok(Self {
            default: default.map(Held),
            core: Core::new(Io::writer(io)?, options)?,
            table: Gauged::new(PackingTable::of(registry)),
            refuses_unknown,
            old_spec: options.is_set(Name::CompatibilityMode),
            sorts_keys: options.is_set(Name::SortKeys),
            max_depth: options.max_depth()?,
            is_foreign: Cell::new(false),
            depth: Cell::new(0),
            net_turns: Cell::new(0),
            buffer: Cell::new(None),
        })
    }

    /// Fails while this Packer writes: its bytes can't be taken away then.
    #[inline]
    fn check_idle(&self, what: &str) -> Result<(), Error> {
        if self.core.writers.get() > 0 {
            return Err(is_writing(what));
        }
        Ok(())
    }
}

#[cold]
fn is_writing(what: &str) -> Error {
    error::runtime(format!(
        "the Packer is writing: {what} is not possible inside a handler; call it when the write is over"
    ))
}

/// A Packer object.
#[derive(Default, TypedData)]
#[magnus(class = "MessagePack::Packer", free_immediately, mark, size)]
#[repr(C)]
pub struct Packer {
    presence: Presence,
    /// Set once, while other Ractors may ask for its size.
    inner: OnceLock<Box<Inner>>,
}

impl DataTypeFunctions for Packer {
    fn mark(&self, marker: &Marker) {
        if let Some(inner) = self.inner.get() {
            inner.core.mark(marker);
            // SAFETY: the GC runs only while no `borrow_mut` of the table lives: what fills it allocates
            // nothing in Ruby meanwhile. A plain read can't panic as a borrow could.
            unsafe { &*inner.table.as_ptr() }.mark(marker);
            for Held(held) in [inner.buffer.get(), inner.default].into_iter().flatten() {
                marker.mark(held);
            }
        }
    }

    fn size(&self) -> usize {
        if !self.presence.is_there() {
            return 0;
        }
        let heap = |inner: &Inner| inner.table.heap_size() + inner.core.heap_size();
        size_of::<Self>() + self.inner.get().map_or(0, |inner| size_of::<Inner>() + heap(inner))
    }
}

impl Packer {
    #[inline]
    fn inner(&self) -> Result<&Inner, Error> {
        self.inner.get().map(AsRef::as_ref).ok_or_else(|| error::uninitialized("Packer"))
    }

    /// The Buffer object, the same at each call.
    fn buffer(&self, ruby: &Ruby) -> Result<Value, Error> {
        let inner = self.inner()?;
        Ok(Buffer::of(ruby, &inner.core, &inner.buffer))
    }
}

/// Runs `body` as one write: all of it is in the buffer afterwards, or nothing.
fn write(this: This<Packer>, body: impl FnOnce(&mut Walk) -> Result<(), Stop>) -> Result<(), Error> {
    let inner: &Inner = this.inner()?;
    let write = Write::begin(inner);
    let mut panic = None;
    let result = {
        let mut walk = Walk::of_packer(this, inner);
        walk.writer = write.id;
        walk.resume();
        let result = call::catch(&mut panic, || call::protect_unit(|| walk.run(body)));
        walk.suspend();
        match result {
            Some(Err(error)) => Err(error),
            _ if walk.has_failed() => walk.take_failure(),
            _ => Ok(()),
        }
    };
    write.end(inner);
    if panic.is_some() || result.is_err() {
        return write.undo(inner, panic, result);
    }
    hand_over(inner)
}

/// Writes with a net after one that had to be done again.
const NET_TURNS: u8 = 255;

/// Writes a plain object without a net ([`Walk::go_bare`]); false, with nothing done, where one is needed. May raise
/// (memory), with nothing done, over frames that own nothing.
#[inline]
fn write_bare(this: This<Packer>, inner: &Inner, object: Value) -> bool {
    if let Some(left) = inner.net_turns.get().checked_sub(1) {
        inner.net_turns.set(left);
        return false;
    }
    let start = inner.core.len();
    let mut walk = Walk::of_packer(this, inner);
    walk.go_bare();
    walk.resume();
    walk.out.undo_to(start);
    let is_done = walk.value(object).is_ok();
    walk.end_bare();
    if !is_done {
        inner.core.queue.borrow_mut().truncate(start);
        inner.net_turns.set(NET_TURNS);
    }
    is_done
}

/// A write that has begun.
#[derive(Clone, Copy)]
struct Write {
    id: u64,
    /// Where it has begun: the payload, or 0 for the stream, and the position there in bytes.
    payload: u64,
    start: u64,
    /// Open levels.
    depth: usize,
}

impl Write {
    fn begin(inner: &Inner) -> Self {
        let core = &inner.core;
        core.writers.set(core.writers.get() + 1);
        let payload = core.payload();
        let start = core.len() as u64 + if payload == 0 { core.taken() } else { 0 };
        Self { id: core.next_id(), payload, start, depth: inner.depth.get() }
    }

    fn end(self, inner: &Inner) {
        let core = &inner.core;
        core.writers.set(core.writers.get().saturating_sub(1));
        // Writes of other fibers or threads may have come and gone in between: the last one leaves no depth.
        inner.depth.set(if core.writers.get() == 0 { 0 } else { self.depth });
    }

    #[cold]
    #[inline(never)]
    fn undo(self, inner: &Inner, panic: call::Caught, result: Result<(), Error>) -> Result<(), Error> {
        inner.core.drop_payload(self.id);
        inner.core.truncate(self.payload, self.start);
        inner.core.measure();
        call::go_on(panic);
        result.map_err(|error| {
            if self.depth < DEEP {
                error
            } else {
                error::nesting_if_overflown(error, self.depth, inner.max_depth)
            }
        })
    }
}

/// Hands much to the io, if there is one and nobody is in the middle of a write.
#[inline]
fn hand_over(inner: &Inner) -> Result<(), Error> {
    hand_over_at(inner, inner.core.len())
}

/// As [`hand_over`], where so many bytes are known to be held.
#[inline]
fn hand_over_at(inner: &Inner, len: usize) -> Result<(), Error> {
    if len < FLUSH_MIN && inner.core.is_reported(len) {
        return Ok(());
    }
    hand_over_much(inner)
}

#[cold]
fn hand_over_much(inner: &Inner) -> Result<(), Error> {
    if inner.core.len() >= FLUSH_MIN && inner.core.io.is_some() && inner.core.writers.get() == 0 {
        inner.core.flush()?;
    }
    inner.core.report();
    Ok(())
}
