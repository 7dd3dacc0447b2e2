//! Which classes are registered for packing, and the lookup of an object's handler.
//!
//! The rule: an existing singleton class, the exact class, then the nearest registered one in `ancestors`.
//! Registrations are a snapshot that is never changed once it is shared: a Packer that a Factory has made keeps
//! those of that moment.

use super::handler::Handler;
use crate::ffi::shared::Held;
use crate::ffi::value::raw;
use crate::ffi::{array, call, class};
use magnus::gc::Marker;
use magnus::{Error, Value};
use std::sync::Arc;

/// Classes whose lookup is remembered: a power of two.
const CACHE: usize = 16;

/// How objects of a class are packed: high-level with a number, low-level without.
#[derive(Clone, Copy)]
pub struct Entry {
    pub kind: Option<i8>,
    pub handler: Handler,
    /// Whether the handler writes the payload to a Packer instead of returning it.
    pub is_recursive: bool,
    /// Whether it is for Integers that 64 bits do not hold.
    pub is_oversized: bool,
    /// The handler as the Proc that `registered_types` shows, if it has been made.
    pub shown: Option<Held>,
}

impl Entry {
    pub fn new(kind: Option<i8>, handler: Handler) -> Self {
        Self { kind, handler, is_recursive: false, is_oversized: false, shown: None }
    }
}

/// The outcome of a lookup: an entry, or that there is none.
#[derive(Clone, Copy)]
pub struct Found(pub Option<Entry>);

/// Classes and their entries.
#[derive(Clone, Default)]
pub struct PackingRegistry {
    entries: Vec<(Held, Entry)>,
    /// Whether a Symbol is packed as registered: itself, or something above it.
    has_symbol: bool,
}

impl PackingRegistry {
    fn insert(&mut self, class: Value, entry: Entry) {
        self.remove(class);
        self.entries.push((Held(class), entry));
    }

    fn remove(&mut self, class: Value) {
        self.entries.retain(|(Held(known), _)| raw(*known) != raw(class));
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

    pub fn has_symbol(&self) -> bool {
        self.has_symbol
    }

    /// How Integers are packed that 64 bits do not hold.
    pub fn oversized(&self) -> Option<Entry> {
        self.entries.iter().map(|(_, entry)| *entry).find(|entry| entry.is_oversized)
    }

    /// All entries with a number, in the order of their registration.
    pub fn numbered(&self) -> impl Iterator<Item = (Value, i8, Entry)> + '_ {
        self.entries.iter().filter_map(|(class, entry)| Some((class.0, entry.kind?, *entry)))
    }

    /// Keeps the Proc that shows the handler of a class.
    pub fn show(&mut self, class: Value, shown: Value) {
        if let Some((_, entry)) = self.entries.iter_mut().find(|(known, _)| raw(known.0) == raw(class)) {
            entry.shown = Some(Held(shown));
        }
    }

    pub fn heap_size(&self) -> usize {
        size_of::<Self>() + self.entries.capacity() * size_of::<(Held, Entry)>()
    }

    pub fn mark(&self, marker: &Marker) {
        for (Held(class), entry) in &self.entries {
            marker.mark(*class);
            entry.handler.mark(marker);
            if let Some(Held(shown)) = entry.shown {
                marker.mark(shown);
            }
        }
    }
}

/// Symbol and what stands above it at the moment: looked up before a registry is changed, for it may raise.
pub struct SymbolClass {
    ancestors: Value,
}

impl SymbolClass {
    pub fn now() -> Result<Self, Error> {
        let ancestors = call::protect(|| class::ancestors(crate::classes::symbol()))?;
        Ok(Self { ancestors })
    }

    /// Registers a class, or takes its registration away, and looks whether Symbols are concerned.
    pub fn change(&self, registry: &mut PackingRegistry, class: Value, entry: Option<Entry>) {
        match entry {
            Some(entry) => registry.insert(class, entry),
            None => registry.remove(class),
        }
        registry.has_symbol = registry.nearest(self.ancestors).is_some();
    }
}

#[derive(Clone, Copy)]
struct Known {
    class: Held,
    entry: Option<Entry>,
}

/// The table that a walk looks in: registrations, and the lookups made before.
#[derive(Default)]
pub struct PackingTable {
    /// None where nothing is registered.
    registry: Option<Arc<PackingRegistry>>,
    /// Empty until the first lookup.
    cache: Vec<Option<Known>>,
}

impl PackingTable {
    pub fn of(registry: Option<Arc<PackingRegistry>>) -> Self {
        Self { registry, cache: Vec::new() }
    }

    /// The registrations as they are now.
    pub fn registry(&self) -> Option<&Arc<PackingRegistry>> {
        self.registry.as_ref()
    }

    pub fn has_symbol(&self) -> bool {
        self.registry.as_ref().is_some_and(|registry| registry.has_symbol)
    }

    /// Registers: what shares the registrations does not see it.
    pub fn change(&mut self, change: impl FnOnce(&mut PackingRegistry)) {
        self.cache.clear();
        change(Arc::make_mut(self.registry.get_or_insert_default()));
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

    pub fn heap_size(&self) -> usize {
        // Shared registrations are counted by each that shares them.
        self.registry.as_ref().map_or(0, |registry| registry.heap_size())
            + self.cache.capacity() * size_of::<Option<Known>>()
    }

    pub fn mark(&self, marker: &Marker) {
        if let Some(registry) = &self.registry {
            registry.mark(marker);
        }
        self.mark_classes(marker);
    }

    /// Marks only the classes remembered, by whose addresses they are told apart.
    pub fn mark_classes(&self, marker: &Marker) {
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
