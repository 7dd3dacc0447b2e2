//! Map keys seen before: the interned String (or Symbol) of the same bytes, without asking Ruby for it.
//!
//! A key has two slots, by a mix of its length and its first and last eight bytes, and what stands in the second is replaced:
//! with one slot two of some twenty keys in a document mostly drove each other out. Looking up costs 3 to 4 ns where `rb_enc_interned_str` takes 40.
//! Entries are marked, so a String or Symbol stays as long as it stands here.

use super::{text, value};
use magnus::gc::Marker;
use magnus::Value;
use std::cell::Cell;

/// Slots for keys: a power of two, 20 KiB in all.
pub const KEYS: usize = 512;
/// Slots for values: fewer, for what is kept here keeps the page of Ruby's heap that it lies on.
pub const VALUES: usize = 128;
/// Longer keys, in bytes, are not worth a slot.
const LONGEST: usize = 31;

/// What a key is told apart by: of up to 16 bytes that is all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark {
    /// Bytes, and what becomes of them.
    form: usize,
    head: u64,
    tail: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    mark: Mark,
    /// A String of the same bytes; nil where the entry is empty.
    text: Value,
    key: Value,
}

/// What a key becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum KeyKind {
    Text = 0,
    Symbol = 1 << 8,
}

pub struct KeyCache<const SLOTS: usize> {
    entries: Box<[Cell<Entry>; SLOTS]>,
}

// SAFETY: used by one thread at a time, as the stack beside it; the GC reads while all threads stand still.
unsafe impl<const SLOTS: usize> Send for KeyCache<SLOTS> {}

impl<const SLOTS: usize> Default for KeyCache<SLOTS> {
    fn default() -> Self {
        let mark = Mark { form: usize::MAX, head: 0, tail: 0 };
        let empty = Entry { mark, text: value::nil(), key: value::nil() };
        Self { entries: Box::new(std::array::from_fn(|_| Cell::new(empty))) }
    }
}

#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|part| part.try_into().ok()).map_or(0, u64::from_le_bytes)
}

#[inline]
fn half(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..at + 4)
        .and_then(|part| part.try_into().ok())
        .map_or(0, |part| u32::from_le_bytes(part).into())
}

impl Mark {
    #[inline]
    fn new(bytes: &[u8], kind: KeyKind) -> Self {
        let len = bytes.len();
        let (head, tail) = match bytes {
            _ if len >= 8 => (word(bytes, 0), word(bytes, len - 8)),
            _ if len >= 4 => (half(bytes, 0), half(bytes, len - 4)),
            [a, b, c] => (u64::from(*a) | u64::from(*b) << 8, u64::from(*c)),
            [a, b] => (u64::from(*a) | u64::from(*b) << 8, 0),
            [a] => (u64::from(*a), 0),
            _ => (0, 0),
        };
        Self { form: len | kind as usize, head, tail }
    }

    #[inline]
    fn slot<const SLOTS: usize>(self) -> usize {
        (self.mix() >> (64 - SLOTS.trailing_zeros())) as usize
    }

    /// Where a key is whose first slot another one has.
    #[inline]
    fn second_slot<const SLOTS: usize>(self) -> usize {
        (self.mix() >> (48 - SLOTS.trailing_zeros())) as usize % SLOTS
    }

    #[inline]
    fn mix(self) -> u64 {
        (self.head ^ self.tail.rotate_left(29) ^ (self.form as u64) << 56).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl<const SLOTS: usize> KeyCache<SLOTS> {
    /// The key of these bytes, if it is here.
    #[inline]
    pub fn get(&self, bytes: &[u8], kind: KeyKind) -> Option<Value> {
        if bytes.len() > LONGEST {
            return None;
        }
        let mark = Mark::new(bytes, kind);
        let entry = self.entries[mark.slot::<SLOTS>()].get();
        let is_same =
            entry.mark == mark && (bytes.len() <= 16 || text::with_bytes(entry.text, |known| known == bytes));
        is_same.then_some(entry.key)
    }

    /// Makes the String of these bytes and keeps it. May raise (memory).
    #[cold]
    #[inline(never)]
    pub fn make_text(&self, bytes: &[u8]) -> Value {
        let text = text::interned_utf8(bytes);
        self.keep(bytes, KeyKind::Text, text, text);
        text
    }

    /// The interned String of these bytes, which are no key: the last one met has the slot, for most are not met again.
    /// May raise (memory).
    #[inline]
    pub fn value(&self, bytes: &[u8]) -> Value {
        self.get(bytes, KeyKind::Text).unwrap_or_else(|| self.make_value(bytes))
    }

    #[inline(never)]
    fn make_value(&self, bytes: &[u8]) -> Value {
        let text = text::interned_utf8(bytes);
        if bytes.len() <= LONGEST {
            let mark = Mark::new(bytes, KeyKind::Text);
            self.entries[mark.slot::<SLOTS>()].set(Entry { mark, text, key: text });
        }
        text
    }

    /// Makes the Symbol of that name and keeps it. May raise (memory; `EncodingError` for invalid UTF-8).
    #[cold]
    #[inline(never)]
    pub fn make_symbol(&self, name: Value) -> Value {
        let symbol = text::intern(name);
        text::with_bytes(name, |bytes| self.keep_symbol(bytes, symbol));
        symbol
    }

    /// Keeps the Symbol whose name these bytes are.
    pub fn keep_symbol(&self, bytes: &[u8], symbol: Value) {
        self.keep(bytes, KeyKind::Symbol, text::symbol_name(symbol), symbol);
    }

    fn keep(&self, bytes: &[u8], kind: KeyKind, text: Value, key: Value) {
        if bytes.len() <= LONGEST {
            let mark = Mark::new(bytes, kind);
            let first = &self.entries[mark.slot::<SLOTS>()];
            let slot = if value::is_nil(first.get().text) {
                first
            } else {
                &self.entries[mark.second_slot::<SLOTS>()]
            };
            slot.set(Entry { mark, text, key });
        }
    }

    pub fn heap_size() -> usize {
        size_of::<[Cell<Entry>; SLOTS]>()
    }

    pub fn mark(&self, marker: &Marker) {
        for entry in self.entries.iter().map(Cell::get) {
            if !value::is_nil(entry.text) {
                marker.mark(entry.text);
                marker.mark(entry.key);
            }
        }
    }
}
