//! Which classes are registered with a Packer, and the lookup of an object's handler.
//!
//! The rule: an existing singleton class, the exact class, then the nearest registered one in `ancestors`.

use super::handler::Handler;
use crate::ffi::array;
use crate::ffi::shared::Held;
use crate::ffi::value::raw;
use magnus::gc::Marker;
use magnus::Value;

/// Classes whose lookup is remembered: a power of two.
const CACHE: usize = 16;

/// How objects of a class are packed: high-level with a number, low-level without.
#[derive(Clone, Copy)]
pub struct Entry {
    pub kind: Option<i8>,
    pub handler: Handler,
}

/// The outcome of a lookup: an entry, or that there is none.
#[derive(Clone, Copy)]
pub struct Found(pub Option<Entry>);

#[derive(Clone, Copy)]
struct Known {
    class: Held,
    entry: Option<Entry>,
}

/// The table of a Packer.
#[derive(Default)]
pub struct PackingTable {
    entries: Vec<(Held, Entry)>,
    /// Whether a Symbol is packed as registered: itself, or something above it.
    has_symbol: bool,
    /// Empty until the first lookup.
    cache: Vec<Option<Known>>,
}

impl PackingTable {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn insert(&mut self, class: Value, entry: Entry) {
        self.remove(class);
        self.entries.push((Held(class), entry));
    }

    pub fn remove(&mut self, class: Value) {
        self.entries.retain(|(Held(known), _)| raw(*known) != raw(class));
        self.cache.clear();
    }

    /// What is registered for exactly this class.
    pub fn exact(&self, class: Value) -> Option<Entry> {
        self.entries.iter().find(|(Held(known), _)| raw(*known) == raw(class)).map(|(_, entry)| *entry)
    }

    /// The first of these classes that is registered, and how. Raises nothing: a borrow of
    /// the table may live.
    pub fn nearest(&self, ancestors: Value) -> Option<(Value, Entry)> {
        (0..array::len(ancestors))
            .filter_map(|index| array::get(ancestors, index))
            .find_map(|class| self.exact(class).map(|entry| (class, entry)))
    }

    /// What the lookup has found for an object's class, if it is remembered.
    #[inline]
    pub fn known(&self, class: Value) -> Option<Found> {
        let known = (*self.cache.get(slot(class))?)?;
        (raw(known.class.0) == raw(class)).then_some(Found(known.entry))
    }

    /// Remembers a lookup until the next registration.
    pub fn remember(&mut self, class: Value, entry: Option<Entry>) {
        self.cache.resize(CACHE, None);
        self.cache[slot(class)] = Some(Known { class: Held(class), entry });
    }

    pub fn has_symbol(&self) -> bool {
        self.has_symbol
    }

    /// After a registration: looks again whether it concerns Symbols, whose class and ancestors are given.
    pub fn look_for_symbol(&mut self, symbol: Value, ancestors: Value) {
        self.has_symbol = self.exact(symbol).is_some() || self.nearest(ancestors).is_some();
    }

    pub fn heap_size(&self) -> usize {
        self.entries.capacity() * size_of::<(Held, Entry)>()
    }

    pub fn mark(&self, marker: &Marker) {
        for (Held(class), entry) in &self.entries {
            marker.mark(*class);
            entry.handler.mark(marker);
        }
        for known in self.cache.iter().flatten() {
            marker.mark(known.class.0);
        }
    }
}

fn slot(class: Value) -> usize {
    // Heap objects are 40 bytes apart.
    let address = raw(class) as usize;
    ((address >> 3) ^ (address >> 7)) & (CACHE - 1)
}
