//! Map keys written before: the bytes of a frozen String or of a Symbol, found by its address.
//!
//! A key has two slots, by its address: with some twenty keys in a document two of them have the same first one more often
//! than not, and would drive each other out at every map. An entry is marked, so that the object stays alive and in its place and the
//! address stays its own; a frozen String keeps its bytes and a Symbol its name.

use super::value::raw;
use magnus::gc::Marker;
use magnus::rb_sys::FromRawValue;
use magnus::Value;
use std::cell::Cell;

/// Slots: a power of two, 16 KiB in all.
const SLOTS: usize = 256;
/// The longest header and body that are kept, in bytes.
pub const LONGEST: usize = 48;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Entry {
    /// `FREE` where the slot is.
    key: rb_sys::VALUE,
    len: u8,
    bytes: [u8; LONGEST],
}

/// No value, not even false.
const FREE: rb_sys::VALUE = rb_sys::Qundef as rb_sys::VALUE;
const EMPTY: Entry = Entry { key: FREE, len: 0, bytes: [0; LONGEST] };

pub struct EncodedKeys {
    entries: Box<[Cell<Entry>; SLOTS]>,
    /// The keys that were last met in vain. Only an address to compare: not marked, never followed.
    met: Box<[Cell<rb_sys::VALUE>; SLOTS]>,
}

// SAFETY: used by the one thread that leases it; the GC reads it while all Ruby threads stand still.
unsafe impl Send for EncodedKeys {}

impl Default for EncodedKeys {
    fn default() -> Self {
        Self {
            entries: Box::new([const { Cell::new(EMPTY) }; SLOTS]),
            met: Box::new([const { Cell::new(FREE) }; SLOTS]),
        }
    }
}

impl EncodedKeys {
    #[inline]
    fn slot(key: Value) -> usize {
        (Self::spread(raw(key)) >> (32 - SLOTS.ilog2())) as usize
    }

    /// Where a key is whose first slot another one has.
    #[inline]
    fn second_slot(key: rb_sys::VALUE) -> usize {
        (Self::spread(key) >> (24 - SLOTS.ilog2())) as usize % SLOTS
    }

    #[inline]
    fn spread(key: rb_sys::VALUE) -> u32 {
        // Heap objects are 40 bytes apart, static symbols 256: the golden ratio spreads both over its product's upper
        // bits.
        (key as u32).wrapping_mul(0x9e37_79b9)
    }

    /// Whether `key` has been met in vain lately: one that is met once only is not worth the copy.
    #[inline]
    pub fn is_met_again(&self, key: Value) -> bool {
        let first = &self.met[Self::slot(key)];
        if first.get() == raw(key) || self.met[Self::second_slot(raw(key))].get() == raw(key) {
            return true;
        }
        let other = first.replace(raw(key));
        if other != FREE {
            self.met[Self::second_slot(other)].set(other);
        }
        false
    }

    /// Lends the bytes of `key`, padded, and how many of them count. `take` must not call Ruby.
    #[inline]
    pub fn with<R>(&self, key: Value, take: impl FnOnce(&[u8; LONGEST], usize) -> R) -> Option<R> {
        let mut entry = self.entry(Self::slot(key));
        if entry.key != raw(key) {
            entry = self.second_entry(key)?;
        }
        Some(take(&entry.bytes, usize::from(entry.len)))
    }

    #[inline]
    fn entry(&self, slot: usize) -> &Entry {
        // SAFETY: the one thread that leases the cache is here, and what an entry is lent to only copies: nobody writes.
        unsafe { &*self.entries[slot].as_ptr() }
    }

    /// Apart from the loops over pairs, which have no register to spare.
    #[cold]
    #[inline(never)]
    fn second_entry(&self, key: Value) -> Option<&Entry> {
        Some(self.entry(Self::second_slot(raw(key)))).filter(|entry| entry.key == raw(key))
    }

    /// Keeps the bytes of `key`, which is a Symbol or a frozen String, if they are few enough.
    pub fn put(&self, key: Value, encoded: &[u8]) {
        debug_assert!(!encoded.is_empty());
        let mut bytes = [0; LONGEST];
        if let Some(room) = bytes.get_mut(..encoded.len()) {
            room.copy_from_slice(encoded);
            let first = Self::slot(key);
            let is_free = self.entries[first].get().key == FREE;
            let slot = if is_free { first } else { Self::second_slot(raw(key)) };
            self.entries[slot].set(Entry { key: raw(key), len: encoded.len() as u8, bytes });
        }
    }

    /// Forgets all keys.
    pub fn clear(&self) {
        self.entries.iter().for_each(|entry| entry.set(EMPTY));
    }

    pub fn heap_size() -> usize {
        size_of::<[Cell<Entry>; SLOTS]>()
    }

    pub fn mark(&self, marker: &Marker) {
        for entry in self.entries.iter().map(Cell::get).filter(|entry| entry.key != FREE) {
            // SAFETY: put here as a live value, and marked ever since.
            marker.mark(unsafe { Value::from_raw(entry.key) });
        }
    }
}
