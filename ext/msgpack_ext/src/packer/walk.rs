//! The hot walk: plain objects into bytes.
//!
//! A walk is a local of the call that packs. It runs under one `protect`, and any of its frames may be jumped
//! over: they own nothing that needs `Drop`. Before Ruby is called the bytes are handed to the Packer
//! ([`Walk::suspend`]), so that a handler finds them there, and taken up again afterwards.

use super::containers::FUEL;
use super::path::Path;
use super::sorted::Sorting;
use super::symbols::Keys;
use super::{Inner, Packer};
use crate::error;
use crate::ext_types::packing::{PackingRegistry, PackingTable};
use crate::ffi::gauge::Gauged;
use crate::ffi::kept::Kept;
use crate::ffi::number;
use crate::ffi::out::Out;
use crate::ffi::receiver::This;
use crate::ffi::text::{self, Encoding};
use crate::ffi::value::{self, Shape};
use crate::packer::scratch::Leased;
use magnus::{Error, Value};
use msgpack_wire::{encode, TooLarge};

/// Values that a walk without a net packs at most: if it has to be done again, little was in vain.
const BARE_FUEL: isize = 1024;

/// Strings of so many bytes have them outside of the object, in every Ruby: the largest slot has 640.
const LONG: usize = 1024;

/// The walk has failed; the reason is kept in it.
pub struct Stop;

/// Why a walk has failed.
pub(super) enum Failure {
    Error(Error),
    /// So many levels are open, and there is one more.
    Nesting(usize),
    /// This object has no `to_msgpack`.
    NoMethod(Value),
}

pub type Outcome = Result<(), Stop>;

/// Who packs.
pub(super) enum Host<'a> {
    /// `MessagePack.pack`, as long as nobody asks for a Packer.
    OneShot,
    /// `MessagePack.pack`, since somebody did.
    Improvised {
        object: This<Packer>,
    },
    Packer {
        object: This<Packer>,
        inner: &'a Inner,
    },
}

impl Host<'_> {
    #[inline]
    pub fn inner(&self) -> Option<&Inner> {
        match self {
            Self::OneShot => None,
            Self::Improvised { object } => object.inner.get().map(AsRef::as_ref),
            Self::Packer { inner, .. } => Some(inner),
        }
    }
}

#[allow(clippy::struct_excessive_bools)] // each asked for by itself, on the way of every value
pub struct Walk<'a> {
    pub(super) out: Out,
    pub(super) host: Host<'a>,
    pub(super) scratch: Leased,
    /// Whether there is no `protect` around this walk.
    pub(super) is_bare: bool,
    /// Whether a one-shot call has registrations, in its scratch.
    is_registered: bool,
    /// Whether handlers have to be shareable: those of the main Ractor's, asked by another one.
    pub(super) is_foreign: bool,
    /// The keys met before that may be used.
    pub(super) keys: Keys,
    pub(super) old_spec: bool,
    pub(super) refuses_unknown: bool,
    /// Whether the keys of maps are sorted.
    pub(super) sorts_keys: bool,
    /// What sorted maps are made with, since the first one: a walk without a net owns nothing.
    pub(super) sorting: Option<Box<Sorting>>,
    /// The write that this walk does.
    pub(super) writer: u64,
    pub(super) depth: usize,
    pub(super) max_depth: usize,
    pub(super) fuel: isize,
    /// The class of the object that was asked last for its `to_msgpack`, nil before; whether it is known to have one.
    pub(super) asked: Value,
    pub(super) is_sure: bool,
    /// How often Ruby may have run since the walk began.
    pub(super) calls: usize,
    failure: Option<Failure>,
    /// From the outermost value of this walk to the one that has failed.
    path: Path,
}

impl<'a> Walk<'a> {
    pub fn of_packer(object: This<Packer>, inner: &'a Inner) -> Self {
        Self {
            out: Out::none(),
            host: Host::Packer { object, inner },
            scratch: Leased::default(),
            is_bare: false,
            is_registered: false,
            is_foreign: inner.is_foreign.get(),
            keys: Keys::of(!inner.old_spec),
            old_spec: inner.old_spec,
            refuses_unknown: inner.refuses_unknown,
            sorts_keys: inner.sorts_keys,
            sorting: None,
            writer: 0,
            depth: inner.depth.get(),
            max_depth: inner.max_depth,
            fuel: FUEL,
            asked: value::nil(),
            is_sure: false,
            calls: 0,
            failure: None,
            path: Path::default(),
        }
    }

    pub fn one_shot(out: Out) -> Self {
        Self {
            out,
            host: Host::OneShot,
            scratch: Leased::default(),
            is_bare: false,
            is_registered: false,
            is_foreign: false,
            keys: Keys::Plain,
            old_spec: false,
            refuses_unknown: false,
            sorts_keys: false,
            sorting: None,
            writer: 0,
            depth: 0,
            max_depth: msgpack_wire::limits::DEFAULT_MAX_DEPTH,
            fuel: FUEL,
            asked: value::nil(),
            is_sure: false,
            calls: 0,
            failure: None,
            path: Path::default(),
        }
    }

    /// Makes sure of the memory that registrations are kept in. May raise (memory).
    pub fn lease(&self) {
        self.scratch.keys();
    }

    /// Packs with these registrations. May raise (memory), before anything is packed.
    pub fn register(&mut self, registry: Kept<PackingRegistry>) {
        self.keys = Keys::of(!registry.has_symbol());
        self.is_registered = true;
        self.scratch.register(registry);
    }

    /// The registrations to look in, if there are any.
    pub(super) fn table(&self) -> Option<&Gauged<PackingTable>> {
        match self.host.inner() {
            Some(inner) => Some(&inner.table),
            None if self.is_registered => Some(self.scratch.table()),
            None => None,
        }
    }

    /// Whether a net is under this walk: it may raise, or let Ruby run. Without one it gives up here, and all is done
    /// again with it.
    #[inline]
    pub(super) fn need_net(&self) -> Outcome {
        if self.is_bare {
            return Err(Stop);
        }
        Ok(())
    }

    /// Goes without a net: for plain objects, of which most messages are made, `protect` is a tenth of the work.
    pub fn go_bare(&mut self) {
        self.is_bare = true;
        self.fuel = BARE_FUEL;
    }

    /// Runs `body`; its failure, if any, is kept.
    pub fn run(&mut self, body: impl FnOnce(&mut Self) -> Outcome) {
        if body(self).is_ok() {
            self.failure = None;
        }
    }

    /// The failure as an exception. Behind the walk: making one may run Ruby code, and takes stack.
    #[inline(never)]
    pub fn take_failure(&mut self) -> Result<(), Error> {
        match self.failure.take() {
            None => Ok(()),
            Some(Failure::Error(error)) => Err(error::at(error, &self.path.suffix())),
            Some(Failure::Nesting(depth)) => Err(error::nesting(depth, self.max_depth, &self.path.suffix())),
            Some(Failure::NoMethod(object)) => {
                Err(super::unregistered::no_to_msgpack(object, &self.path.suffix()))
            }
        }
    }

    pub fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    #[cold]
    pub fn fail(&mut self, error: Error) -> Outcome {
        self.fail_by(Failure::Error(error))
    }

    #[cold]
    pub(super) fn fail_by(&mut self, failure: Failure) -> Outcome {
        self.failure = Some(failure);
        self.path.clear();
        Err(Stop)
    }

    /// On the way back from a value that has failed: it stands at this index.
    #[cold]
    #[inline(never)]
    pub(super) fn failed_at(&mut self, index: usize) -> Outcome {
        if self.failure.is_some() {
            self.path.index(index);
        }
        Err(Stop)
    }

    /// On the way back from a value that has failed: it is this key, or stands behind it.
    #[cold]
    #[inline(never)]
    pub(super) fn failed_behind(&mut self, key: Value) -> Outcome {
        if self.failure.is_some() {
            self.path.key(key);
        }
        Err(Stop)
    }

    pub fn fits(&mut self, result: Result<(), TooLarge>) -> Outcome {
        result.or_else(|error| self.fail(error::too_large(error)))
    }

    /// Appends one value.
    #[inline]
    pub fn value(&mut self, v: Value) -> Outcome {
        match value::shape(v) {
            Shape::Fixnum(n) => encode::signed(&mut self.out, n),
            Shape::Float(n) => encode::float(&mut self.out, n),
            Shape::Str => return self.string(v),
            Shape::Hash => return self.hash(v),
            Shape::Array => return self.array(v),
            Shape::Nil => encode::nil(&mut self.out),
            Shape::True => encode::boolean(&mut self.out, true),
            Shape::False => encode::boolean(&mut self.out, false),
            Shape::Symbol => return self.symbol(v),
            Shape::Bignum => return self.bignum(v),
            Shape::Other => return self.other(v),
        }
        Ok(())
    }

    /// Appends a String of any class.
    #[inline]
    pub fn string(&mut self, v: Value) -> Outcome {
        match text::encoding(v) {
            Encoding::Utf8 if !self.old_spec => {
                self.make_room_for(v);
                let out = &mut self.out;
                let result = text::with_bytes(v, |bytes| encode::str(out, bytes));
                self.fits(result)
            }
            _ => self.unusual_string(v),
        }
    }

    /// Makes room for a String and its header, for making it may move the bytes of a String that stand in the object.
    /// Long ones have theirs elsewhere, and where they go is the sink's business.
    #[inline]
    pub(super) fn make_room_for(&mut self, string: Value) {
        let len = text::len(string);
        if len < LONG {
            self.out.reserve(len + 6);
        }
    }

    fn bignum(&mut self, v: Value) -> Outcome {
        match number::bignum(v) {
            number::Wide::Unsigned(n) => encode::unsigned(&mut self.out, n),
            number::Wide::Signed(n) => encode::signed(&mut self.out, n),
            number::Wide::Beyond { .. } => {
                self.need_net()?;
                let oversized = self.table().and_then(|table| table.borrow().registry()?.oversized());
                if let Some(entry) = oversized {
                    return self.registered(v, entry);
                }
                let message =
                    "without a type registered for it (oversized_integer_extension: true), an Integer outside \
                               -(2**63)..2**64-1 can't be packed";
                return self.fail(error::range(message));
            }
        }
        Ok(())
    }

    /// Hands the bytes written so far to the Packer.
    pub fn suspend(&mut self) {
        if let Some(inner) = self.host.inner() {
            self.out.suspend();
            inner.depth.set(self.depth);
        }
    }

    /// Hands the bytes to the Packer, where nothing but bytes has changed.
    pub fn end_bare(&mut self) {
        self.out.suspend();
    }

    /// Takes the end of the Packer's bytes to write behind it.
    pub fn resume(&mut self) {
        self.calls += 1;
        if let Some(inner) = self.host.inner() {
            // SAFETY: the host holds the Packer's state; while a walk is not suspended it runs nothing that
            // could reach the Packer: before it lets Ruby run, it suspends itself.
            unsafe { self.out.resume(&inner.core.queue) };
            let table = inner.table.borrow();
            self.keys = Keys::of(!self.old_spec && !table.has_symbol());
        } else if let Keys::Typed(_) = self.keys {
            // Registrations stay as they are, but a program may have given Symbols another method.
            self.keys = Keys::Unknown;
        }
    }

    /// Lets Ruby run. May raise.
    #[inline]
    pub fn call_out(&mut self, body: impl FnOnce() -> Value) -> Value {
        self.suspend();
        let result = body();
        self.resume();
        result
    }
}
