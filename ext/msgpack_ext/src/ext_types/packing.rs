//! Which classes are registered for packing, and the lookup of an object's handler.
//!
//! The rule: an existing singleton class, the exact class, then the nearest registered one in `ancestors`.
//! Registrations that are shared are never changed: a Packer that a Factory has made keeps those of that moment.

use super::handler::Handler;
use crate::ffi::gauge::{HeapSize, Presence};
use crate::ffi::kept::Kept;
use crate::ffi::shared::Held;
use crate::ffi::value::raw;
use crate::ffi::{array, call, class};
use magnus::gc::Marker;
use magnus::{prelude::*, DataTypeFunctions, Error, RModule, TypedData, Value};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

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
#[derive(Clone, Default, TypedData)]
#[magnus(class = "MessagePack::PackingRegistry", free_immediately, mark, size, frozen_shareable)]
#[repr(C)]
pub struct PackingRegistry {
    presence: Presence,
    /// Tells registries apart, also those that are gone.
    id: u64,
    entries: Vec<(Held, Entry)>,
    /// Whether a Symbol is packed as registered: itself, or something above it.
    has_symbol: bool,
}

static IDS: AtomicU64 = AtomicU64::new(1);

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

    /// Keeps the Proc that shows the handler of a class, unless that has got another one meanwhile.
    pub fn show(&mut self, class: Value, handler: Handler, shown: Value) {
        let is_same = |entry: &Entry| raw(entry.handler.object(class)) == raw(handler.object(class));
        let mut entries = self.entries.iter_mut();
        if let Some((_, entry)) = entries.find(|(known, entry)| raw(known.0) == raw(class) && is_same(entry))
        {
            entry.shown = Some(Held(shown));
        }
    }

    /// Registered classes.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn heap_size(&self) -> usize {
        size_of::<Self>() + self.entries.capacity() * size_of::<(Held, Entry)>()
    }

    fn mark_entries(&self, marker: &Marker) {
        for (Held(class), entry) in &self.entries {
            marker.mark(*class);
            entry.handler.mark(marker);
            if let Some(Held(shown)) = entry.shown {
                marker.mark(shown);
            }
        }
    }
}

impl DataTypeFunctions for PackingRegistry {
    fn mark(&self, marker: &Marker) {
        self.mark_entries(marker);
    }

    fn size(&self) -> usize {
        if !self.presence.is_there() {
            return 0;
        }
        self.heap_size()
    }
}

/// Defines the class that the GC knows shared registries by. No program ever has an instance in hand.
pub fn init(module: RModule) -> Result<(), Error> {
    module.define_class("PackingRegistry", call::ruby().class_object())?;
    module.funcall::<_, _, Value>("private_constant", ("PackingRegistry",))?;
    let _ = PackingRegistry::class(&call::ruby());
    Ok(())
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
        registry.id = IDS.fetch_add(1, Relaxed);
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

/// Where a table's registrations are.
#[derive(Default)]
enum Source {
    /// Nothing is registered.
    #[default]
    None,
    /// With this table alone.
    Own(Box<PackingRegistry>),
    Shared(Kept<PackingRegistry>),
}

/// The table that a walk looks in: registrations, and the lookups made before.
#[derive(Default)]
pub struct PackingTable {
    source: Source,
    /// Empty until the first lookup.
    cache: Vec<Option<Known>>,
    /// The registry that the lookups were made in.
    cache_of: u64,
    /// How often something has been registered with this table alone.
    changes: u64,
}

impl PackingTable {
    pub fn of(registry: Option<Kept<PackingRegistry>>) -> Self {
        let mut table = Self::default();
        if let Some(registry) = registry {
            table.share(registry);
        }
        table
    }

    /// Takes up registrations; lookups made with the same ones before are known.
    pub fn share(&mut self, registry: Kept<PackingRegistry>) {
        if self.cache_of != registry.id {
            self.cache.clear();
            self.cache_of = registry.id;
        }
        self.source = Source::Shared(registry);
    }

    /// Lets the registrations go. The lookups stay, for the next time that the same ones come.
    pub fn let_go(&mut self) {
        self.source = Source::None;
    }

    /// The registrations as they are now.
    #[inline]
    pub fn registry(&self) -> Option<&PackingRegistry> {
        match &self.source {
            Source::None => None,
            Source::Own(registry) => Some(registry),
            Source::Shared(registry) => Some(registry),
        }
    }

    /// A table with the same registrations.
    pub fn copy(&self) -> Self {
        let source = match &self.source {
            Source::None => Source::None,
            Source::Own(registry) => Source::Own(registry.clone()),
            Source::Shared(registry) => Source::Shared(*registry),
        };
        Self { source, ..Self::default() }
    }

    pub fn has_symbol(&self) -> bool {
        self.registry().is_some_and(|registry| registry.has_symbol)
    }

    /// Registers with this table alone: who shares the registrations does not see it.
    pub fn change(&mut self, change: impl FnOnce(&mut PackingRegistry)) {
        self.cache.clear();
        self.changes += 1;
        let mut registry = match std::mem::take(&mut self.source) {
            Source::None => Box::default(),
            Source::Own(registry) => registry,
            Source::Shared(registry) => Box::new(PackingRegistry::clone(&registry)),
        };
        change(&mut registry);
        self.source = Source::Own(registry);
    }

    /// How often something has been registered with this table alone.
    #[inline]
    pub fn changes(&self) -> u64 {
        self.changes
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

    pub fn mark(&self, marker: &Marker) {
        match &self.source {
            Source::None => {}
            Source::Own(registry) => registry.mark_entries(marker),
            Source::Shared(registry) => registry.mark(marker),
        }
        // By their addresses the classes are told apart, also when the registrations have been let go.
        for known in self.cache.iter().flatten() {
            marker.mark(known.class.0);
        }
    }
}

impl HeapSize for PackingTable {
    fn heap_size(&self) -> usize {
        let own = if let Source::Own(registry) = &self.source { registry.heap_size() } else { 0 };
        own + self.cache.capacity() * size_of::<Option<Known>>()
    }
}

fn slot(class: Value) -> usize {
    // Heap objects are 40 bytes apart.
    let address = raw(class) as usize;
    ((address >> 3) ^ (address >> 7)) & (CACHE - 1)
}
