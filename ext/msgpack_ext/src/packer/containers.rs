//! The walk through containers: Arrays, levels, and pauses between entries. Hashes have a file of their own.

use super::walk::{Failure, Outcome, Stop, Walk};
use super::SPILL_MIN;
use crate::error;
use crate::ffi::room::ROW_MAX;
use crate::ffi::value::{self, Shape};
use crate::ffi::{array, call};
use magnus::Value;
use msgpack_wire::{encode, TooLarge};
use std::ops::Range;
use std::slice;

/// Elements between two looks for interrupts.
pub(super) const FUEL: isize = 65_536;
/// Levels between two looks at the native stack: a level takes less than 1 KiB of it, and Ruby calls it low
/// while 16 KiB are left.
const CHECK_EVERY: usize = 8;

/// Whether the next element is to be looked at by itself, too.
#[inline]
fn is_followed(element: Value, next: Value) -> bool {
    match value::shape(next) {
        Shape::Hash | Shape::Other => true,
        Shape::Array => value::is_container(element),
        Shape::Symbol => matches!(value::shape(element), Shape::Symbol),
        _ => false,
    }
}

/// Whether it is worthwhile to try an Array of the class Array as a row of plain values: one that ends in a container is none.
#[inline(always)]
#[allow(clippy::inline_always)] // a few instructions
fn may_be_row(array: Value) -> bool {
    array::with_elements(array, |elements| match *elements {
        [.., last] => elements.len() <= ROW_MAX && !value::is_container(last),
        [] => true,
    })
}

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
        let calls = self.calls;
        let mut index = 0;
        while index < len {
            let (taken, next) = self.plain_elements(v, index..len);
            index += taken;
            let Some(mut element) = next else {
                if taken == 0 {
                    return self.changed("Array");
                }
                continue;
            };
            loop {
                let outcome = match value::shape(element) {
                    Shape::Hash => self.hash(element),
                    Shape::Other => {
                        index += self.objects(v, element, index, len)?;
                        Ok(())
                    }
                    Shape::Array => self.field(element),
                    _ => self.value(element),
                };
                if outcome.is_err() {
                    return self.failed_at(index);
                }
                index += 1;
                self.pause()?;
                if index >= len {
                    break;
                }
                // One that is not plain is often followed by another one.
                match array::get(v, index) {
                    Some(next) if is_followed(element, next) => element = next,
                    _ => break,
                }
            }
        }
        if self.calls != calls && array::len(v) != len {
            return self.changed("Array");
        }
        self.depth -= 1;
        Ok(())
    }

    /// Appends elements of an Array as long as they are plain, or short Arrays of plain ones. Tells how many these were,
    /// and which one follows; None where none does, or more that are plain may.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured
    fn plain_elements(&mut self, v: Value, range: Range<usize>) -> (usize, Option<Value>) {
        // Strings have other forms in the old specification.
        let limit = if self.old_spec { 0 } else { self.fuel.max(0) as usize };
        array::with_elements(v, |elements| {
            let elements = elements.get(range.start..range.end.min(elements.len())).unwrap_or_default();
            let run = elements.get(..limit).unwrap_or(elements);
            let plain = self
                .out
                .with_room(|room| run.iter().position(|&element| !room.put(element)).unwrap_or(run.len()));
            self.fuel -= plain as isize;
            let rows = match run.get(plain) {
                Some(&element) if value::is_plain_array(element) && may_be_row(element) => {
                    self.rows(&run[plain..])
                }
                Some(&element) if value::is_number_or_string(element) => self.rares(&run[plain..]),
                _ => 0,
            };
            let taken = plain + rows;
            let has_more = rows > 0 && self.fuel > 0;
            (taken, elements.get(taken).copied().filter(|_| !has_more))
        })
    }

    /// Appends short Arrays of plain values, and tells how many these were. Apart from the loop over plain values, which
    /// would have too few registers.
    #[inline(never)]
    fn rows(&mut self, run: &[Value]) -> usize {
        if self.depth >= self.max_depth || self.old_spec {
            return 0;
        }
        let limit = self.fuel.max(0) as usize;
        let mut values = 0;
        let rows = self.out.with_room(|room| {
            run.iter()
                .position(|&element| {
                    values >= limit || room.put_row(element).map(|more| values += more + 1).is_none()
                })
                .unwrap_or(run.len())
        });
        self.fuel -= values as isize;
        rows
    }

    /// Appends plain values that are met less often, and tells how many these were. Apart from the loop over others as
    /// [`Walk::rows`] is.
    #[inline(never)]
    fn rares(&mut self, run: &[Value]) -> usize {
        if self.old_spec {
            return 0;
        }
        let run = run.get(..self.fuel.max(0) as usize).unwrap_or(run);
        let rares = self
            .out
            .with_room(|room| run.iter().position(|&element| !room.put_rare(element)).unwrap_or(run.len()));
        self.fuel -= rares as isize;
        rares
    }

    /// One level more, with so many entries in it.
    #[inline]
    pub fn enter(&mut self, entries: usize) -> Outcome {
        self.depth += 1;
        if self.depth > self.max_depth || (self.depth % CHECK_EVERY == 0 && call::stack_is_low()) {
            let depth = self.depth - 1;
            return self.fail_by(Failure::Nesting(depth));
        }
        if self.is_bare && entries as isize > self.fuel {
            return Err(Stop);
        }
        Ok(())
    }

    /// Appends a value of any kind.
    #[inline]
    pub(super) fn entry(&mut self, v: Value) -> Outcome {
        if !self.old_spec && self.out.with_room(|room| room.put(v)) {
            return Ok(());
        }
        self.not_plain(v)
    }

    /// Appends a value that has not been put into the room there is: it is not plain, or did not fit.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: a level has the fewer frames, and their returns are predicted
    fn not_plain(&mut self, v: Value) -> Outcome {
        match value::shape(v) {
            Shape::Hash => self.hash(v),
            Shape::Array => self.array(v),
            _ => self.value(v),
        }
    }

    /// Appends the value of a pair, which is not plain.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    pub(super) fn field(&mut self, v: Value) -> Outcome {
        if !value::is_plain_array(v) {
            return self.not_plain(v);
        }
        if may_be_row(v) && self.rows(slice::from_ref(&v)) > 0 {
            return Ok(());
        }
        self.array(v)
    }

    /// Behind an entry: a look for interrupts every now and then, and for bytes that the io can have.
    #[inline]
    pub(super) fn pause(&mut self) -> Outcome {
        self.fuel -= 1;
        if self.fuel <= 0 {
            self.breathe()?;
        }
        if self.out.has_full_chunks() {
            return self.spill();
        }
        Ok(())
    }

    #[cold]
    pub(super) fn changed(&mut self, what: &str) -> Outcome {
        self.fail(error::runtime(format!(
            "the {what} was changed while it was packed, by a handler or another thread: pack a copy of it"
        )))
    }

    #[cold]
    fn breathe(&mut self) -> Outcome {
        self.need_net()?;
        self.fuel = FUEL;
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
