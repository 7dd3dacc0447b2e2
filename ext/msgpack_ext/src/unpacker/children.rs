//! The Unpackers that handlers of recursive types read their payloads with: a new object for each payload, for whoever
//! keeps one finds it dead afterwards. What is behind it goes from one to the next.

use super::drive::{Drive, Phase};
use super::extended::Found;
use super::passing::Left;
use super::plain::Plain;
use super::source::Source;
use super::{Inner, Style, Unpacker};
use crate::buffer::Core;
use crate::error;
use crate::ext_types::unpacking::UnpackingTable;
use crate::ffi::call;
use crate::ffi::gauge::{Gauge, Presence};
use crate::ffi::memory;
use crate::ffi::shared::Held;
use crate::ffi::shell::{Kind, Shell, Shelled};
use crate::ffi::value;
use magnus::{DataTypeFunctions, Error, Value};
use msgpack_wire::{DecodeError, Decoder, Limits};
use std::cell::Cell;
use std::sync::OnceLock;

/// Payloads of fewer bytes are copied.
const SHARE_MIN: usize = 1024;
/// Of payloads in each other, so many keep what they have been read with.
const LEVELS: u8 = 8;

/// Takes the place of a child that has given back what it was.
struct Nobody(Unpacker);

// SAFETY: never changed: it is dead, and refers to nothing.
unsafe impl Sync for Nobody {}

static NOBODY: Nobody =
    Nobody(Unpacker { presence: Presence::forever(), inner: OnceLock::new(), is_dead: Cell::new(true) });

impl Shelled for Unpacker {
    fn kind() -> &'static Kind {
        static KIND: Kind = Kind::new();
        &KIND
    }

    fn nothing() -> &'static Self {
        &NOBODY.0
    }

    /// What is read with it, and the payload, are the parent's to count.
    const HEAP_SIZE: usize = size_of::<Self>() + size_of::<Inner>() + size_of::<Core>();
}

/// What a child was whose handler is over, for the next one. It refers to no value, or, where there was no memory for an
/// object, to what the next payload drops without a look.
#[derive(Default)]
pub(super) struct Spare {
    child: Cell<Option<Box<Unpacker>>>,
    /// Heap bytes of what was put here last, and of a payload that has been given to a child since: also while that is out.
    bytes: Gauge,
    /// This one, and those within it.
    levels: Cell<u8>,
}

impl Spare {
    fn put(&self, child: Box<Unpacker>) {
        let within = child.inner.get().map(|inner| &inner.spare);
        let levels = within.map_or(0, |within| within.levels.get());
        self.levels.set(levels + 1);
        if levels + 1 >= LEVELS {
            self.levels.set(1);
            within.into_iter().for_each(Self::clear);
        }
        self.bytes.set(DataTypeFunctions::size(&*child));
        self.child.set(Some(child));
    }

    fn take(&self) -> Option<Box<Unpacker>> {
        self.child.take()
    }

    fn clear(&self) {
        drop(self.take());
        self.bytes.set(0);
        self.levels.set(0);
    }

    pub fn heap_size(&self) -> usize {
        self.bytes.get()
    }
}

impl Unpacker {
    /// One for payloads.
    #[cold]
    fn child() -> Self {
        let table = UnpackingTable::default();
        let inner = Inner::reading(Core::of_payloads(), Decoder::default(), table, Style::default(), true);
        Self::from(inner)
    }
}

impl Inner {
    /// Begins a payload at `position` of the stream, inside so many levels. Its bytes follow.
    fn begin(&mut self, position: u64, depth: usize, limits: Limits, style: Style, table: UnpackingTable) {
        self.core.begin_at(position);
        self.decoder.with(|decoder| decoder.restart_at(limits, position, depth));
        self.plain = Plain::new(&limits, depth, style);
        self.style = style;
        self.table.replace(table);
        self.left = Left::default();
        self.lack.set((0, 0));
        self.epoch.set(self.core.epoch());
        self.resting.set(self.core.epoch());
    }

    /// Forgets the payload, and all values: its handler is over. A method may be in the middle of something.
    fn die(&self) {
        self.core.clear();
        self.table.replace(UnpackingTable::default());
        self.shell.set(None);
    }

    /// Whether no method is in the middle of something, and nobody has got the buffer.
    fn is_unused(&self) -> bool {
        self.calls.get() == 0 && !self.is_seen.get()
    }
}

impl<S: Source> Drive<'_, S> {
    /// An Unpacker over the payload, which has been passed over then. May raise (memory).
    #[inline(never)]
    pub(super) fn begin_child(&self, found: Found, phase: &Cell<Phase>) -> Result<Value, Error> {
        let Found { len, offset, .. } = found;
        self.source.prepare()?;
        let (position, inside, limits) =
            self.decoder.with(|outer| (outer.position(), outer.depth_inside(), outer.limits()));
        let depth = match inside {
            Ok(depth) if !call::stack_is_low() => depth,
            Ok(_) => return Err(self.refuse(found, error::stack_is_low(offset))),
            Err(fault) => return Err(self.refuse(found, error::decode(DecodeError { fault, offset }))),
        };
        // Until the payload is taken it can be taken later.
        phase.set(Phase::Preparing);
        self.source.advance(found.consumed);
        let mut child = self.spare.take().unwrap_or_else(|| Box::new(Unpacker::child()));
        if let Some(inner) = child.inner.get_mut() {
            inner.begin(position, depth, limits, self.style, self.table.borrow().clone());
            if len < SHARE_MIN {
                // SAFETY: no Ruby code runs, so the source keeps its bytes in place; nor does the GC, if it looks for
                // memory, move a String that the native stack or a mark holds.
                let front: &[u8] = unsafe { self.source.front().bytes() };
                let payload = front.get(..len).unwrap_or_default();
                let pushed = memory::provide(|| inner.core.queue.borrow_mut().push_slice(payload));
                if let Err(error) = pushed {
                    self.spare.child.set(Some(child));
                    return Err(error);
                }
                self.source.advance(len);
            }
        }
        // Where it is not lost if there is no memory for what follows.
        self.spare.child.set(Some(child));
        let owner = if len < SHARE_MIN { None } else { self.share(len) };
        self.decoder.with(Decoder::take_payload);
        phase.set(Phase::Recursive(offset));
        let shell = Shell::new(&call::ruby(), |object| {
            let child = self.spare.take()?;
            child.inner.get()?.shell.set(Some(Held(object)));
            Some(child)
        });
        owner.into_iter().for_each(value::keep);
        self.child.set(Some(shell));
        Ok(shell.value())
    }

    /// Lets the child that waits have the payload as it is. Returns the String that it lies in, if it does: the stream may
    /// have let go of it. May raise (memory), with nothing taken.
    #[cold]
    fn share(&self, len: usize) -> Option<Value> {
        let payload = self.source.split(0, len);
        self.spare.bytes.set(len);
        let owner = payload.owners().next().map(|owner| owner.value());
        let child = self.spare.take();
        if let Some(inner) = child.as_deref().and_then(|child| child.inner.get()) {
            inner.core.queue.replace(payload);
        }
        self.spare.child.set(child);
        owner
    }

    /// The handler is over, and what it has read with is not to be used any more.
    pub(super) fn end_child(&self) {
        let Some(shell) = self.child.take() else { return };
        let child = shell.get();
        child.is_dead.set(true);
        let Some(inner) = child.inner.get() else { return };
        inner.die();
        if inner.is_unused() {
            inner.stack.clear();
            // SAFETY: every method of this Unpacker is over: one that lets Ruby run, in another fiber perhaps, counts itself
            // (`calls`) or has marked it (`is_seen`). Those that come find it dead.
            if let Some(child) = unsafe { shell.take() } {
                child.is_dead.set(false);
                self.spare.put(child);
            }
        } else {
            self.spare.bytes.set(0);
        }
        value::keep(shell.value());
    }
}
