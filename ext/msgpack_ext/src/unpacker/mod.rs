//! `MessagePack::Unpacker`: the class, its state, and who may use it when.
//!
//! `builder` makes Ruby objects of tokens, `drive` runs the decoder and calls handlers between its runs, `extended` makes
//! values of extended types, `own_types` those that take no handler. `children` are the Unpackers that handlers read
//! payloads with, `descent` hands them out, one after the other, `spare` is what they leave to each other. `passing` passes
//! over what is skipped or given up, `plain` reads what needs no driver. `reading` is an Unpacker's way to the next object,
//! `one_shot` unpacks without one, `lone` what is one extended type, `dig` only what is at a path. `source` is what the
//! driver reads from, `stream` an Unpacker's queue and io, `string` a String.
//! `scratch` is what is kept between calls, `methods` and `registration` are the class as Ruby sees it.

mod builder;
mod children;
mod descent;
mod dig;
mod drive;
mod extended;
mod lone;
mod methods;
mod one_shot;
mod own_types;
mod passing;
mod plain;
mod reading;
mod registration;
mod scratch;
mod source;
mod spare;
mod stream;
mod string;

pub use dig::dig;
pub use methods::{init, new};
pub use one_shot::{unpack, unpack_with, unpacker_for};

use crate::buffer::{Buffer, Core};
use crate::classes;
use crate::error;
use crate::ext_types::handler;
use crate::ext_types::unpacking::UnpackingTable;
use crate::ffi::call;
use crate::ffi::gauge::{Gauge, Gauged, Presence};
use crate::ffi::gc;
use crate::ffi::shared::{Desk, Held};
use crate::ffi::stack::ValueStack;
use crate::ffi::value::{self, raw};
use crate::io::Io;
use crate::options::{Name, Options};
use magnus::gc::Marker;
use magnus::{DataTypeFunctions, Error, Ruby, TypedData, Value};
use msgpack_wire::{Decoder, Rest};
use passing::Left;
use plain::Plain;
use spare::Spare;
use std::cell::Cell;
use std::sync::{Arc, OnceLock};

/// What a value is made into.
#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // each is an option of its own
pub struct Style {
    /// Whether String keys become Symbols.
    pub symbolize_keys: bool,
    /// Whether what is built is frozen, and its Strings interned.
    pub freeze: bool,
    /// Whether keys are looked for among those met before.
    pub key_cache: bool,
    /// Whether `allow_unknown_ext:` is set, which has had its effect on the table.
    pub allow_unknown_ext: bool,
    /// Whether targets have to be shareable: those of the main Ractor's, asked by another one.
    pub is_foreign: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            symbolize_keys: false,
            freeze: false,
            key_cache: true,
            allow_unknown_ext: false,
            is_foreign: false,
        }
    }
}

impl Style {
    fn new(options: &Options) -> Self {
        Self {
            symbolize_keys: options.is_set(Name::SymbolizeKeys),
            freeze: options.is_set(Name::Freeze),
            key_cache: options.get(Name::KeyCache).is_none_or(|given| !value::is_false(given)),
            allow_unknown_ext: options.is_set(Name::AllowUnknownExt),
            is_foreign: false,
        }
    }
}

/// Lets the options of a call set the second step of the lookup.
fn apply(options: &Options, table: &mut UnpackingTable) -> Result<(), Error> {
    if options.is_set(Name::AllowUnknownExt) {
        table.set_default(classes::extension_value());
    }
    if let Some(target) = options.get(Name::DefaultExttype) {
        table.set_default(handler::check_target(target)?);
    }
    Ok(())
}

/// No epoch of a buffer's.
const NEVER: u64 = u64::MAX;

/// The state of an Unpacker.
pub struct Inner {
    pub core: Arc<Core>,
    pub decoder: Desk<Decoder>,
    /// Heap bytes of its frames when the last call that claimed this Unpacker was over.
    frames: Gauge,
    /// The values of the object that is half read.
    pub stack: ValueStack,
    pub table: Gauged<UnpackingTable>,
    pub style: Style,
    /// The decoder runs with no net below it, at the start of an object. A raise leaves it so.
    is_bare: Cell<bool>,
    /// A handler or the io runs: this Unpacker must not be read meanwhile.
    busy: Cell<bool>,
    /// The fiber that uses it.
    owner: Cell<Option<Held>>,
    /// Counts the calls that have claimed this Unpacker, and the resets: who was in the middle of something when it
    /// was reset, a suspended fiber perhaps that nobody resumes, has lost it.
    turn: Cell<u64>,
    left: Left,
    /// The buffer's epoch that the fields above belong to.
    epoch: Cell<u64>,
    /// The same while nobody uses this Unpacker, no object has begun and nothing is left to pass over; else no epoch.
    resting: Cell<u64>,
    plain: Plain,
    /// The position, in bytes, where a call has found too few, and how many have to be unread there before another one
    /// can find more.
    lack: Cell<(u64, usize)>,
    /// Calls that have claimed this Unpacker and are not over, whoever has it now.
    calls: Cell<u32>,
    /// A method has looked at this state that may let Ruby run without having claimed it.
    is_seen: Cell<bool>,
    spare: Spare,
    /// Of a child, its object, as long as no value has been stored here since that was made.
    shell: Cell<Option<Held>>,
    /// Whether it reads the payload of a recursive type, and nothing else.
    is_child: bool,
    buffer: Cell<Option<Held>>,
}

// SAFETY: belongs to an Unpacker object, which Ruby gives to one thread at a time; not shared between Ractors. Its size is
// asked for in others: of gauges only.
unsafe impl Send for Inner {}

impl Inner {
    fn new(io: Io, options: &Options, mut table: UnpackingTable) -> Result<Self, Error> {
        apply(options, &mut table)?;
        let core = Core::new(io, options)?;
        core.max_len.set(options.length(Name::MaxBufferSize)?.unwrap_or(usize::MAX));
        Ok(Self::reading(core, Decoder::new(options.limits()?), table, Style::new(options), false))
    }

    fn reading(
        core: Arc<Core>,
        decoder: Decoder,
        table: UnpackingTable,
        style: Style,
        is_child: bool,
    ) -> Self {
        let plain = Plain::new(&decoder.limits(), decoder.depth(), style);
        Self {
            core,
            decoder: Desk::new(decoder),
            frames: Gauge::default(),
            stack: ValueStack::default(),
            table: Gauged::new(table),
            style,
            is_bare: Cell::new(false),
            busy: Cell::new(false),
            owner: Cell::new(None),
            turn: Cell::new(0),
            left: Left::default(),
            epoch: Cell::new(0),
            resting: Cell::new(0),
            lack: Cell::new((0, 0)),
            plain,
            calls: Cell::new(0),
            is_seen: Cell::new(false),
            spare: Spare::default(),
            shell: Cell::new(None),
            is_child,
            buffer: Cell::new(None),
        }
    }

    /// Claims the Unpacker for a method that reads.
    #[inline]
    fn enter(&self) -> Result<Busy<'_>, Error> {
        self.recover();
        let busy = self.claim()?;
        if self.epoch.get() != self.core.epoch() {
            self.forget();
        }
        let position = self.core.taken();
        self.decoder.with(|decoder| decoder.seek(position));
        Ok(busy)
    }

    /// After a raise out of a run with no net: nothing has been taken, and the object begins anew.
    #[inline]
    fn recover(&self) {
        if self.is_bare.replace(false) {
            self.decoder.release();
            self.forget();
            self.rest();
        }
    }

    fn claim(&self) -> Result<Busy<'_>, Error> {
        // First: asking for it may raise (memory).
        let fiber = call::current_fiber();
        if self.busy.replace(true) {
            return Err(error::runtime(
                "the Unpacker is reading: inside a handler, or from another thread, only feed, tell, reset and \
                 the buffer may be used (a handler with recursive: true reads with an Unpacker of its own)",
            ));
        }
        self.expose();
        self.calls.set(self.calls.get() + 1);
        self.resting.set(NEVER);
        self.lack.set((0, 0));
        let busy = Busy(self, self.next_turn());
        self.owner.set(Some(Held(fiber)));
        Ok(busy)
    }

    /// Values may be stored here from now on.
    #[inline]
    fn expose(&self) {
        if let Some(Held(shell)) = self.shell.take() {
            gc::unprotect(shell);
        }
    }

    fn next_turn(&self) -> u64 {
        self.turn.set(self.turn.get() + 1);
        self.turn.get()
    }

    /// Forgets all. Inside a handler the call that runs it sees that afterwards. One of another fiber or thread, which
    /// may never come to that, loses the Unpacker.
    fn reset(&self) {
        self.recover();
        self.core.reset();
        let is_own = |Held(owner)| raw(owner) == raw(call::current_fiber());
        if !self.owner.get().is_some_and(is_own) {
            self.next_turn();
            self.busy.set(false);
            self.owner.set(None);
            self.forget();
            self.rest();
        }
    }

    /// Notes whether the next object can be read as if nothing had been before it.
    fn rest(&self) {
        let (is_amid, frames) =
            self.decoder.peek(|decoder| (decoder.is_amid(), decoder.heap_size())).unwrap_or((true, 0));
        self.frames.set(frames);
        self.resting.set(if is_amid || !self.left.is_nothing() { NEVER } else { self.epoch.get() });
    }

    /// Memory that it takes, in bytes. From whichever thread: all that is asked here are gauges.
    fn size(&self) -> usize {
        let (table, frames, children) = (self.table.heap_size(), self.frames.get(), self.spare.heap_size());
        size_of::<Self>() + self.core.heap_size() + self.stack.heap_size() + table + frames + children
    }

    /// Forgets the object that has begun.
    fn forget(&self) {
        self.decoder.with(Decoder::forget);
        self.stack.clear();
        self.left.rest.set(Rest::default());
        self.left.is_skipping.set(false);
        self.lack.set((0, 0));
        self.epoch.set(self.core.epoch());
    }
}

/// An Unpacker in use, for the call with this number.
struct Busy<'a>(&'a Inner, u64);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let Self(inner, turn) = *self;
        inner.calls.set(inner.calls.get() - 1);
        if inner.turn.get() == turn {
            inner.busy.set(false);
            inner.owner.set(None);
            inner.rest();
        }
    }
}

/// An Unpacker object.
#[derive(Default, TypedData)]
#[magnus(class = "MessagePack::Unpacker", free_immediately, mark, size)]
#[repr(C)]
pub struct Unpacker {
    presence: Presence,
    /// Set once, while other Ractors may ask for its size.
    inner: OnceLock<Box<Inner>>,
    /// Its handler is over: nothing can be done with it any more.
    is_dead: Cell<bool>,
}

impl DataTypeFunctions for Unpacker {
    fn mark(&self, marker: &Marker) {
        if let Some(inner) = self.inner.get() {
            inner.core.mark(marker);
            inner.stack.mark(marker);
            // SAFETY: the GC runs only while no `borrow_mut` of the table lives: what fills it allocates
            // nothing in Ruby meanwhile. A plain read can't panic as a borrow could.
            unsafe { &*inner.table.as_ptr() }.mark(marker);
            // The object itself, too: its address is kept, and a child may outlive all that pins it.
            for Held(held) in [inner.buffer.get(), inner.owner.get(), inner.shell.get()].into_iter().flatten()
            {
                marker.mark(held);
            }
        }
    }

    fn size(&self) -> usize {
        if !self.presence.is_there() {
            return 0;
        }
        size_of::<Self>() + self.inner.get().map_or(0, |inner| inner.size())
    }
}

impl From<Inner> for Unpacker {
    fn from(inner: Inner) -> Self {
        Self { inner: OnceLock::from(Box::new(inner)), ..Self::default() }
    }
}

impl Unpacker {
    /// The state, for a method that may do anything.
    #[inline]
    fn inner(&self) -> Result<&Inner, Error> {
        let inner = self.reader()?;
        inner.is_seen.set(true);
        inner.expose();
        Ok(inner)
    }

    /// The state, for a method that lets no Ruby code run, and stores no value, but while it has claimed the Unpacker.
    #[inline]
    fn reader(&self) -> Result<&Inner, Error> {
        match self.inner.get() {
            Some(inner) if !self.is_dead.get() => Ok(inner),
            _ => Err(self.no_inner()),
        }
    }

    #[cold]
    fn no_inner(&self) -> Error {
        if self.is_dead.get() {
            return error::runtime(
                "this Unpacker was a handler's, for the payload of one extended type, and the handler is over: read all \
                 that is needed inside it",
            );
        }
        error::uninitialized("Unpacker")
    }

    /// The Buffer object, the same at each call.
    fn buffer(&self, ruby: &Ruby) -> Result<Value, Error> {
        let inner = self.inner()?;
        Ok(Buffer::of(ruby, &inner.core, &inner.buffer))
    }
}
