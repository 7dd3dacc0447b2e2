//! `sort_keys:`: maps in the byte order of their packed keys.
//!
//! The keys of a map are packed first and put in order; then each is written with its value, which is packed where
//! it belongs. What is collected lies in the walk, behind the frames that an exception jumps over; maps in each other
//! use it as a stack.

use super::symbols::Keys;
use super::walk::{Outcome, Walk};
use crate::error;
use crate::ffi::text::{self, Encoding};
use crate::ffi::value::{self, Shape};
use crate::ffi::{array, hash, memory};
use magnus::Value;
use msgpack_wire::{encode, NoMemory, Sink};

/// The most bytes of an integer, or before a text.
const HEADER_MAX: usize = 9;

/// The packed keys of the maps that are open.
#[derive(Default)]
pub struct Sorting {
    bytes: Vec<u8>,
    keys: Vec<Key>,
}

/// Where the bytes of a key begin and end, and which pair of its Hash it belongs to.
#[derive(Clone, Copy)]
struct Key {
    start: usize,
    end: usize,
    pair: usize,
}

impl Sorting {
    /// Where a map begins: its keys and their bytes.
    fn mark(&self) -> (usize, usize) {
        (self.keys.len(), self.bytes.len())
    }

    /// Takes the bytes from `start` on as a key.
    fn push(&mut self, start: usize, pair: usize) {
        self.keys.push(Key { start, end: self.bytes.len(), pair });
    }

    /// Makes sure of memory for so many keys more, and bytes of keys.
    fn reserve(&mut self, keys: usize, bytes: usize) -> Result<(), NoMemory> {
        let wanted = (self.bytes.len() + bytes).max((self.keys.len() + keys) * size_of::<Key>());
        let reserved = self.bytes.try_reserve(bytes).and_then(|()| self.keys.try_reserve(keys));
        reserved.map_err(|_| NoMemory { bytes: wanted })
    }

    /// Puts the keys from `first` on in order, equal ones as they came: without the memory that a stable sort takes.
    fn sort(&mut self, first: usize) {
        let Self { bytes, keys } = self;
        let rank = |key: &Key| (bytes.get(key.start..key.end).unwrap_or_default(), key.pair);
        keys.get_mut(first..).unwrap_or_default().sort_unstable_by(|one, other| rank(one).cmp(&rank(other)));
    }

    /// The bytes of a key, and its pair.
    fn get(&self, index: usize) -> Option<(&[u8], usize)> {
        let key = self.keys.get(index)?;
        Some((self.bytes.get(key.start..key.end)?, key.pair))
    }

    /// Forgets a map.
    fn end(&mut self, (first, start): (usize, usize)) {
        self.keys.truncate(first);
        self.bytes.truncate(start);
    }
}

impl Walk<'_> {
    fn sorting(&mut self) -> &mut Sorting {
        self.sorting.get_or_insert_with(Box::default)
    }

    /// Room for so many keys more, and bytes of keys. May raise (memory).
    #[inline]
    fn reserve_sorting(&mut self, keys: usize, bytes: usize) {
        memory::provide_or_raise(|| self.sorting().reserve(keys, bytes));
    }

    /// Appends the pairs of a Hash in the order of their packed keys.
    #[inline(never)]
    pub(super) fn sorted_pairs(&mut self, v: Value, len: usize) -> Outcome {
        self.need_net()?;
        // Held as they are now: a handler may change the Hash.
        let pairs = hash::pairs(v);
        let mark = self.sorting().mark();
        self.reserve_sorting(len, 0);
        for pair in 0..len {
            let (calls, start) = (self.calls, self.sorting().mark().1);
            let Some(key) = array::get(pairs, pair * 2) else { return self.changed("Hash") };
            if self.packed_key(key).is_err() {
                return self.failed_behind(key);
            }
            self.sorting().push(start, pair);
            self.pause_within(v, len, calls)?;
        }
        self.sorting().sort(mark.0);
        for index in mark.0..mark.0 + len {
            let calls = self.calls;
            let Some((bytes, pair)) = self.sorting.as_ref().and_then(|sorting| sorting.get(index)) else {
                return self.changed("Hash");
            };
            self.out.put_with([], bytes);
            let (Some(key), Some(value)) = (array::get(pairs, pair * 2), array::get(pairs, pair * 2 + 1))
            else {
                return self.changed("Hash");
            };
            if self.entry(value).is_err() {
                return self.failed_behind(key);
            }
            self.pause_within(v, len, calls)?;
        }
        self.sorting().end(mark);
        value::keep(pairs);
        Ok(())
    }

    /// Behind a key or a value: a pause, and a look at whether Ruby has changed the Hash since `calls`.
    fn pause_within(&mut self, v: Value, len: usize, calls: usize) -> Outcome {
        self.pause()?;
        if self.calls != calls && hash::len(v) != len {
            return self.changed("Hash");
        }
        Ok(())
    }

    /// Packs a key behind the bytes of the others.
    fn packed_key(&mut self, key: Value) -> Outcome {
        let name = match value::shape(key) {
            Shape::Symbol if self.keys == Keys::Plain => text::symbol_name(key),
            _ => key,
        };
        match value::shape(name) {
            Shape::Fixnum(n) => {
                self.reserve_sorting(0, HEADER_MAX);
                encode::signed(&mut self.sorting().bytes, n);
            }
            Shape::Str if !self.old_spec && text::encoding(name) == Encoding::Utf8 => {
                self.reserve_sorting(0, HEADER_MAX + text::len(name));
                let bytes = &mut self.sorting().bytes;
                let result = text::with_bytes(name, |text| encode::str(bytes, text));
                return self.fits(result);
            }
            _ => return self.unusual_key(key),
        }
        Ok(())
    }

    /// Packs a key as any value, into a queue of its own, since handlers may write to the Packer.
    #[inline(never)]
    fn unusual_key(&mut self, key: Value) -> Outcome {
        self.suspend();
        let writer = self.writer;
        let Some(id) = self.host.inner().map(|inner| inner.core.begin_payload(writer)) else { return Ok(()) };
        self.resume();
        self.value(key)?;
        self.suspend();
        let is_own = match (&mut self.sorting, self.host.inner()) {
            (Some(sorting), Some(inner)) => inner.core.take_payload(id, &mut sorting.bytes),
            _ => false,
        };
        self.resume();
        if !is_own {
            return self.fail(error::runtime("the Packer was written to by somebody else meanwhile"));
        }
        Ok(())
    }
}
