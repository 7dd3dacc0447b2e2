//! The walk through Arrays and Hashes: levels, changes under its feet, and pauses between entries.

use super::walk::{Failure, Outcome, Walk};
use super::SPILL_MIN;
use crate::error;
use crate::ffi::text::{self, Encoding};
use crate::ffi::value::{self, Shape};
use crate::ffi::{array, call, hash, hash_table};
use magnus::Value;
use msgpack_wire::{encode, TooLarge};

/// Elements between two looks for interrupts.
pub(super) const FUEL: isize = 65_536;
/// Levels between two looks at the native stack: a level takes less than 1 KiB of it, and Ruby calls it low
/// while 16 KiB are left.
const CHECK_EVERY: usize = 8;
/// Entries of a larger map are data rather than fields: their keys are not looked for among those met before.
const KEYED_MAX: usize = 64;

impl Walk<'_> {
    /// Appends an Array of any class.
    #[inline(never)]
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
            if self.entry(element).is_err() {
                return self.failed_at(index);
            }
            index += 1;
            self.pause(index)?;
            if index < len {
                let taken = array::take_while(v, index, FUEL as usize, |element| self.simple(element));
                index += taken;
                if taken == FUEL as usize {
                    self.breathe()?;
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
    #[inline(never)]
    pub fn hash(&mut self, v: Value) -> Outcome {
        let len = hash::len(v);
        self.enter(len)?;
        match u32::try_from(len) {
            Ok(len) => encode::map_header(&mut self.out, len),
            Err(_) => self.fits(Err(TooLarge { len }))?,
        }
        if hash_table::is_known() {
            self.pairs_in_place(v, len)?;
        } else {
            let pairs = Pairs { left: len, is_keyed: len <= KEYED_MAX, outcome: Ok(()), walk: self };
            let Pairs { left, outcome, .. } = hash::each_pair(v, pairs);
            outcome?;
            if left > 0 || hash::len(v) != len {
                return self.changed("Hash");
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Appends the pairs of a Hash, read from its table.
    #[inline]
    fn pairs_in_place(&mut self, v: Value, len: usize) -> Outcome {
        // SAFETY: the layout is known, and `v` is a Hash.
        let state = unsafe { hash_table::state(v) };
        let mut cursor = hash_table::Cursor::new(state);
        let is_keyed = len <= KEYED_MAX;
        let mut left = state.len;
        let mut calls = self.calls;
        // SAFETY: as above.
        while let Some((key, value)) = unsafe { cursor.next(v) } {
            let packed = if is_keyed { self.key(key) } else { self.entry(key) };
            if packed.and_then(|()| self.entry(value)).is_err() {
                return self.failed_behind(key);
            }
            left = left.wrapping_sub(1);
            self.pause(left)?;
            // SAFETY: as above.
            if self.calls != calls && unsafe { hash_table::state(v) } != state {
                return self.changed("Hash");
            }
            calls = self.calls;
        }
        value::keep(v);
        if left > 0 {
            return self.changed("Hash");
        }
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
            return self.breathe();
        }
        Ok(())
    }

    /// Appends a value if that is done in a few instructions and without Ruby; false otherwise.
    #[inline]
    fn simple(&mut self, v: Value) -> bool {
        match value::shape(v) {
            Shape::Fixnum(n) => encode::signed(&mut self.out, n),
            Shape::Float(n) => encode::float(&mut self.out, n),
            Shape::Str if !self.old_spec && text::encoding(v) == Encoding::Utf8 => {
                return self.out.put_short_str(v);
            }
            _ => return false,
        }
        true
    }

    /// Appends a value: simple ones without a call, containers with one.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: a level has the fewer frames, and their returns are predicted
    fn entry(&mut self, v: Value) -> Outcome {
        match value::shape(v) {
            Shape::Fixnum(n) => encode::signed(&mut self.out, n),
            Shape::Float(n) => encode::float(&mut self.out, n),
            Shape::Str
                if !self.old_spec && text::encoding(v) == Encoding::Utf8 && self.out.put_short_str(v) => {}
            Shape::Hash => return self.hash(v),
            Shape::Array => return self.array(v),
            _ => return self.value(v),
        }
        Ok(())
    }

    /// Between two entries: a look for interrupts every now and then, and for bytes that the io can have.
    #[inline]
    fn pause(&mut self, count: usize) -> Outcome {
        if count as isize & (FUEL - 1) == FUEL - 1 {
            self.breathe()?;
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

    #[cold]
    fn breathe(&mut self) -> Outcome {
        self.need_net()?;
        self.call_out(|| {
            call::check_interrupts();
            value::nil()
        });
        Ok(())
    }

    /// Hands much to the io in the middle of a write.
    #[cold]
    fn spill(&mut self) -> Outcome {
        self.need_net()?;
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
        let packed = if self.is_keyed { walk.key(key) } else { walk.entry(key) };
        self.outcome = match packed.and_then(|()| walk.entry(value)) {
            Ok(()) => walk.pause(self.left),
            Err(_) => walk.failed_behind(key),
        };
        self.outcome.is_ok()
    }
}
