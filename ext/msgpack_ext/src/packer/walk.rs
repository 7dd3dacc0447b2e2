//! The hot walk: plain objects into bytes.
//!
//! A walk is a local of the call that packs. It runs under one `protect`, and any of its frames may be jumped
//! over: they own nothing that needs `Drop`. Before Ruby is called the bytes are handed to the Packer
//! ([`Walk::suspend`]), so that a handler finds them there, and taken up again afterwards.

use super::{Inner, Packer, SPILL_MIN};
use crate::error;
use crate::ffi::out::Out;
use crate::ffi::receiver::This;
use crate::ffi::text::{self, Encoding};
use crate::ffi::value::{self, Shape};
use crate::ffi::{array, call, hash, number};
use crate::packer::scratch::Keys;
use magnus::{Error, Value};
use msgpack_wire::{encode, TooLarge};

/// Elements between two looks for interrupts.
const FUEL: isize = 65_536;
/// Levels between two looks at the native stack: a level takes less than 1 KiB of it, and Ruby calls it low
/// while 16 KiB are left.
const CHECK_EVERY: usize = 8;

/// Entries of a larger map are data rather than fields: their keys are not looked for among those met before.
const KEYED_MAX: usize = 64;

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

pub struct Walk<'a> {
    pub(super) out: Out,
    pub(super) host: Host<'a>,
    keys: Keys,
    /// Whether keys may come from and go to `keys`: not if they are packed in an unusual way.
    plain_keys: bool,
    pub(super) old_spec: bool,
    pub(super) refuses_unknown: bool,
    pub(super) depth: usize,
    max_depth: usize,
    fuel: isize,
    failure: Option<Failure>,
}

impl<'a> Walk<'a> {
    pub fn of_packer(object: This<Packer>, inner: &'a Inner) -> Self {
        Self {
            out: Out::none(),
            host: Host::Packer { object, inner },
            keys: Keys::default(),
            plain_keys: !inner.old_spec,
            old_spec: inner.old_spec,
            refuses_unknown: inner.refuses_unknown,
            depth: inner.depth.get(),
            max_depth: inner.max_depth,
            fuel: FUEL,
            failure: None,
        }
    }

    pub fn one_shot(out: Out) -> Self {
        Self {
            out,
            host: Host::OneShot,
            keys: Keys::default(),
            plain_keys: true,
            old_spec: false,
            refuses_unknown: false,
            depth: 0,
            max_depth: msgpack_wire::limits::DEFAULT_MAX_DEPTH,
            fuel: FUEL,
            failure: None,
        }
    }

    /// Runs `body`; its failure, if any, is kept.
    pub fn run(&mut self, body: impl FnOnce(&mut Self) -> Outcome) {
        if body(self).is_ok() {
            self.failure = None;
        }
    }

    /// The failure as an exception. Behind the walk: making one may run Ruby code, and takes stack.
    pub fn take_failure(&mut self) -> Result<(), Error> {
        match self.failure.take() {
            None => Ok(()),
            Some(Failure::Error(error)) => Err(error),
            Some(Failure::Nesting(depth)) => Err(error::nesting(depth)),
            Some(Failure::NoMethod(object)) => Err(super::cold::no_to_msgpack(object)),
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
                // Room first: making it may move the bytes of the String.
                self.out.reserve(text::len(v) + 5);
                let out = &mut self.out;
                let result = text::with_bytes(v, |bytes| encode::str(out, bytes));
                self.fits(result)
            }
            _ => self.unusual_string(v),
        }
    }

    /// Appends a map key.
    #[inline]
    fn key(&mut self, v: Value) -> Outcome {
        if self.plain_keys {
            let out = &mut self.out;
            if self.keys.get().with(v, |bytes, len| out.put_padded(bytes, len)).is_some() {
                return Ok(());
            }
        }
        let is_known = self.plain_keys && self.keys.get().is_met_again(v);
        match value::shape(v) {
            Shape::Str if is_known && value::is_frozen(v) && text::encoding(v) == Encoding::Utf8 => {
                self.remembered(v, v)
            }
            _ => self.value(v),
        }
    }

    /// Appends a Symbol as the String of its name would be.
    pub fn symbol(&mut self, v: Value) -> Outcome {
        if self.plain_keys {
            let out = &mut self.out;
            if self.keys.get().with(v, |bytes, len| out.put_padded(bytes, len)).is_some() {
                return Ok(());
            }
        }
        self.symbol_slow(v)
    }

    pub(super) fn native_symbol(&mut self, v: Value) -> Outcome {
        let name = text::symbol_name(v);
        if self.plain_keys && text::encoding(name) == Encoding::Utf8 {
            return self.remembered(v, name);
        }
        self.string(name)
    }

    /// Appends a UTF-8 String and keeps its bytes for the next time that `key` is met.
    fn remembered(&mut self, key: Value, string: Value) -> Outcome {
        // Room first, so that the bytes written lie together behind the mark.
        self.out.reserve(text::len(string) + 5);
        let mark = self.out.mark();
        self.string(string)?;
        self.keys.get().put(key, self.out.since(mark));
        Ok(())
    }

    /// Appends an Array of any class.
    pub fn array(&mut self, v: Value) -> Outcome {
        let len = array::len(v);
        self.enter(len)?;
        match u32::try_from(len) {
            Ok(len) => encode::array_header(&mut self.out, len),
            Err(_) => self.fits(Err(TooLarge { len }))?,
        }
        let mut index = 0;
        while index < len {
            let Some(element) = array::get(v, index) else { return self.changed("Array") };
            self.value(element)?;
            index += 1;
            self.pause(index)?;
            if index < len {
                let taken = array::take_while(v, index, FUEL as usize, |element| self.simple(element));
                index += taken;
                if taken == FUEL as usize {
                    self.breathe();
                }
            }
        }
        if array::len(v) != len {
            return self.changed("Array");
        }
        self.depth -= 1;
        Ok(())
    }

    /// Appends a Hash of any class.
    pub fn hash(&mut self, v: Value) -> Outcome {
        let len = hash::len(v);
        self.enter(len)?;
        match u32::try_from(len) {
            Ok(len) => encode::map_header(&mut self.out, len),
            Err(_) => self.fits(Err(TooLarge { len }))?,
        }
        let pairs = Pairs { left: len, is_keyed: len <= KEYED_MAX, outcome: Ok(()), walk: self };
        let Pairs { left, outcome, .. } = hash::each_pair(v, pairs);
        outcome?;
        if left > 0 || hash::len(v) != len {
            return self.changed("Hash");
        }
        self.depth -= 1;
        Ok(())
    }

    /// One level more, with so many entries in it.
    #[inline]
    pub fn enter(&mut self, entries: usize) -> Outcome {
        self.depth += 1;
        if self.depth > self.max_depth || (self.depth % CHECK_EVERY == 0 && call::stack_is_low()) {
            let depth = self.depth - 1;
            return self.fail_by(Failure::Nesting(depth));
        }
        self.fuel -= 1 + (entries as isize & (FUEL - 1));
        if self.fuel < 0 {
            self.fuel = FUEL;
            self.breathe();
        }
        Ok(())
    }

    /// Appends a value if that is done in a few instructions and without Ruby; false otherwise.
    #[inline]
    fn simple(&mut self, v: Value) -> bool {
        match value::shape(v) {
            Shape::Fixnum(n) => encode::signed(&mut self.out, n),
            Shape::Float(n) => encode::float(&mut self.out, n),
            Shape::Str if !self.old_spec && text::encoding(v) == Encoding::Utf8 && text::len(v) < 256 => {
                // Room first: making it may move the bytes of the String.
                self.out.reserve(text::len(v) + 5);
                let out = &mut self.out;
                return text::with_bytes(v, |bytes| encode::str(out, bytes)).is_ok();
            }
            _ => return false,
        }
        true
    }

    /// Appends a value, the simple ones without a call.
    #[inline]
    fn entry(&mut self, v: Value) -> Outcome {
        if self.simple(v) {
            return Ok(());
        }
        self.value(v)
    }

    /// Between two entries: a look for interrupts every now and then, and for bytes that the io can have.
    #[inline]
    fn pause(&mut self, count: usize) -> Outcome {
        if count as isize & (FUEL - 1) == FUEL - 1 {
            self.breathe();
        }
        if self.out.has_full_chunks() {
            return self.spill();
        }
        Ok(())
    }

    #[cold]
    fn changed(&mut self, what: &str) -> Outcome {
        self.fail(error::runtime(format!("the {what} was changed while it was packed")))
    }

    fn bignum(&mut self, v: Value) -> Outcome {
        match number::bignum(v) {
            number::Wide::Unsigned(n) => encode::unsigned(&mut self.out, n),
            number::Wide::Signed(n) => encode::signed(&mut self.out, n),
            number::Wide::Beyond { .. } => {
                let message = "an Integer outside -(2**63)..2**64-1 can't be packed";
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

    /// Takes the end of the Packer's bytes to write behind it.
    pub fn resume(&mut self) {
        if let Some(inner) = self.host.inner() {
            // SAFETY: the host holds the Packer's state; while a walk is not suspended it runs nothing that
            // could reach the Packer: before it lets Ruby run, it suspends itself.
            unsafe { self.out.resume(&inner.core.queue) };
            let table = inner.table.borrow();
            self.plain_keys = !self.old_spec && !table.has_symbol();
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

    #[cold]
    fn breathe(&mut self) {
        self.call_out(|| {
            call::check_interrupts();
            value::nil()
        });
    }

    /// Hands much to the io in the middle of a write.
    #[cold]
    fn spill(&mut self) -> Outcome {
        self.suspend();
        let result = match self.host.inner() {
            Some(inner) if inner.core.len() >= SPILL_MIN => inner.core.flush(),
            _ => Ok(()),
        };
        self.resume();
        match result {
            Ok(()) => Ok(()),
            Err(error) => self.fail(error),
        }
    }
}

/// The walk through a Hash.
struct Pairs<'w, 'a> {
    walk: &'w mut Walk<'a>,
    /// Pairs that the header has announced and that have not come yet.
    left: usize,
    /// Whether keys are looked for among those met before.
    is_keyed: bool,
    outcome: Outcome,
}

impl hash::PairVisitor for Pairs<'_, '_> {
    #[inline]
    fn visit(&mut self, key: Value, value: Value) -> bool {
        let walk = &mut *self.walk;
        if self.left == 0 {
            self.outcome = walk.changed("Hash");
            return false;
        }
        self.left -= 1;
        let key = if self.is_keyed { walk.key(key) } else { walk.entry(key) };
        self.outcome = key.and_then(|()| walk.entry(value)).and_then(|()| walk.pause(self.left));
        self.outcome.is_ok()
    }
}
