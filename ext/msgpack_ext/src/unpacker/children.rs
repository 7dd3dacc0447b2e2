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
use crate::ffi::gauge::Presence;
use crate::ffi::memory;
use crate::ffi::shared::Held;
use crate::ffi::shell::{Kind, Shell, Shelled};
use crate::ffi::value;
use magnus::{Error, Value};
use msgpack_wire::{DecodeError, Decoder, Limits, NoMemory};
use std::cell::Cell;
use std::sync::OnceLock;

/// Payloads of fewer bytes are copied.
pub(super) const SHARE_MIN: usize = 1024;

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

impl Unpacker {
    /// One for payloads.
    #[cold]
    fn child() -> Self {
        let table = UnpackingTable::default();
        let inner = Inner::reading(Core::of_payloads(), Decoder::default(), table, Style::default(), true);
        Self::from(inner)
    }

    /// Takes a copy of a payload.
    #[inline]
    fn copy(&self, payload: &[u8]) -> Result<(), Error> {
        let Some(inner) = self.inner.get() else { return Ok(()) };
        memory::provide(|| inner.core.queue.borrow_mut().push_slice(payload))
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
        self.forget_values();
    }

    pub(super) fn forget_values(&self) {
        self.table.replace(UnpackingTable::default());
        self.shell.set(None);
    }

    /// Begins a payload at `position` where one of the same row has been read and nothing has changed but the bytes.
    #[inline(always)]
    #[allow(clippy::inline_always)] // called once
    pub(super) fn begin_next(&self, position: u64, payload: &[u8]) -> Result<(), Error> {
        if self.core.len() > 0 {
            // It may lie in a String that nothing marks any more.
            self.core.clear();
            self.epoch.set(self.core.epoch());
            self.resting.set(self.core.epoch());
        }
        self.core.seek(position);
        self.push(payload).or_else(|none| memory::again(none, || self.push(payload)))
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: where it is called again it is not wanted
    fn push(&self, payload: &[u8]) -> Result<(), NoMemory> {
        self.core.queue.borrow_mut().push_slice(payload)
    }

    /// Whether no method is in the middle of something, and nobody has got the buffer.
    fn is_unused(&self) -> bool {
        self.calls.get() == 0 && !self.is_seen.get()
    }
}

impl<S: Source> Drive<'_, S> {
    /// An Unpacker over the payload, which has been passed over then. May raise (memory).
    #[inline(never)]
    pub(super) fn begin_child(&self, found: Found, phase: &Cell<Phase>) -> Result<Shell<Unpacker>, Error> {
        let Found { len, offset, .. } = found;
        self.prepare()?;
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
        let mut child = self.spare.take().unwrap_or_else(|| {
            self.spare.forget_size();
            Box::new(Unpacker::child())
        });
        if let Some(inner) = child.inner.get_mut() {
            inner.begin(position, depth, limits, self.style, self.table.borrow().clone());
        }
        let mut pushed = Ok(());
        if len < SHARE_MIN {
            // SAFETY: no Ruby code runs, so the source keeps its bytes in place; nor does the GC, if it looks for memory,
            // move a String that the native stack or a mark holds.
            let front: &[u8] = unsafe { self.source.front().bytes() };
            pushed = child.copy(front.get(..len).unwrap_or_default());
            self.source.advance(if pushed.is_ok() { len } else { 0 });
        }
        // Where it is not lost if there is no memory for what follows.
        self.spare.put_back(child);
        pushed?;
        let owner = if len < SHARE_MIN { None } else { self.share(len) };
        let child = self.hand_out(offset, phase);
        owner.into_iter().for_each(value::keep);
        Ok(child)
    }

    /// Gives the child that waits an object, for a handler. May raise (memory).
    #[inline]
    fn hand_out(&self, offset: u64, phase: &Cell<Phase>) -> Shell<Unpacker> {
        self.decoder.with(Decoder::take_payload);
        phase.set(Phase::Recursive(offset));
        let shell = Shell::empty(&call::ruby());
        if let Some(child) = self.spare.take() {
            if let Some(inner) = child.inner.get() {
                inner.shell.set(Some(Held(shell.value())));
            }
            shell.fill(child);
        }
        self.child.set(Some(shell));
        shell
    }

    /// Lets the child that waits have the payload as it is. Returns the String that it lies in, if it does: the stream may
    /// have let go of it. May raise (memory), with nothing taken.
    #[cold]
    fn share(&self, len: usize) -> Option<Value> {
        let payload = self.source.split(0, len);
        self.spare.count_payload(len);
        let owner = payload.owners().next().map(|owner| owner.value());
        let child = self.spare.take();
        if let Some(inner) = child.as_deref().and_then(|child| child.inner.get()) {
            inner.core.queue.replace(payload);
        }
        if let Some(child) = child {
            self.spare.put_back(child);
        }
        owner
    }

    /// The handler of this child, which nothing but plain values has been read with, is over.
    pub(super) fn end_untouched_child(&self, shell: Shell<Unpacker>) {
        self.child.set(None);
        // SAFETY: no method of this Unpacker has claimed it or stored a value: none is in the middle of something that
        // lets Ruby run, and those that come find it dead.
        if let Some(child) = unsafe { shell.take() } {
            if let Some(inner) = child.inner.get().filter(|inner| inner.core.len() > 0) {
                // It may lie in a String that nothing marks any more.
                inner.core.clear();
            }
            self.spare.put_back(child);
        }
        value::keep(shell.value());
    }

    /// Nothing more of this type follows.
    pub(super) fn end_row(&self) {
        self.spare.end_row();
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
            self.spare.forget_size();
        }
        value::keep(shell.value());
    }
}
