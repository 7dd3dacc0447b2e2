//! What packing keeps from one call to the next: the bytes of map keys, and for one-shot calls with registered
//! types their lookups.

use crate::ext_types::packing::{PackingRegistry, PackingTable};
use crate::ffi::call;
use crate::ffi::encoded_keys::EncodedKeys;
use crate::ffi::gauge::{Gauge, Gauged};
use crate::ffi::kept::Kept;
use crate::ffi::memory;
use crate::ffi::slots::{Home, Lease, Scratch, Slots};
use magnus::gc::Marker;
use magnus::{prelude::*, DataTypeFunctions, Error, RModule, TypedData, Value};
use msgpack_wire::NoMemory;
use std::cell::{Cell, OnceCell};

static SLOTS: Slots = Slots::new();

/// Keys as they are packed where Symbols are an extended type of that number.
struct Typed {
    kind: Cell<i8>,
    keys: EncodedKeys,
}

#[derive(Default, TypedData)]
#[magnus(class = "MessagePack::PackScratch", free_immediately, mark, size)]
pub struct PackScratch {
    home: Home,
    pub keys: EncodedKeys,
    typed: OnceCell<Typed>,
    typed_size: Gauge,
    table: Gauged<PackingTable>,
}

impl Scratch for PackScratch {
    fn home(&self) -> &Home {
        &self.home
    }

    fn heap_size() -> usize {
        EncodedKeys::heap_size()
    }
}

impl DataTypeFunctions for PackScratch {
    fn mark(&self, marker: &Marker) {
        self.keys.mark(marker);
        if let Some(typed) = self.typed.get() {
            typed.keys.mark(marker);
        }
        // SAFETY: the GC runs only while no `borrow_mut` of the table lives: what fills it allocates
        // nothing in Ruby meanwhile. A plain read can't panic as a borrow could.
        unsafe { &*self.table.as_ptr() }.mark(marker);
    }

    fn size(&self) -> usize {
        EncodedKeys::heap_size() + self.typed_size.get() + self.table.heap_size()
    }
}

/// Defines the class that the GC knows scratches by. No program ever has an instance in hand.
pub fn init(module: RModule) -> Result<(), Error> {
    module.define_class("PackScratch", call::ruby().class_object())?;
    module.funcall::<_, _, Value>("private_constant", ("PackScratch",))?;
    // Looked up now: later it would be in the middle of a call, and might find no stack to do it on.
    let _ = PackScratch::class(&call::ruby());
    SLOTS.register();
    Ok(())
}

/// A scratch, leased when it is first needed.
#[derive(Default)]
pub struct Leased(OnceCell<Lease<PackScratch>>);

impl Leased {
    #[inline]
    fn get(&self) -> &PackScratch {
        self.0.get_or_init(|| SLOTS.lease(&call::ruby()))
    }

    /// The cache of map keys. May raise (memory).
    #[inline]
    pub fn keys(&self) -> &EncodedKeys {
        &self.get().keys
    }

    /// Makes sure of a cache of map keys for where Symbols are an extended type of that number. May raise (memory).
    pub fn learn_typed_keys(&self, kind: i8) {
        let scratch = self.get();
        if scratch.typed.get().is_none() {
            memory::find(NoMemory { bytes: EncodedKeys::heap_size() });
        }
        let typed =
            scratch.typed.get_or_init(|| Typed { kind: Cell::new(kind), keys: EncodedKeys::default() });
        scratch.typed_size.set(EncodedKeys::heap_size());
        if typed.kind.replace(kind) != kind {
            typed.keys.clear();
        }
    }

    /// That cache, once it is there.
    #[inline]
    pub fn typed_keys(&self) -> Option<&EncodedKeys> {
        self.get().typed.get().map(|typed| &typed.keys)
    }

    /// Takes up registrations; lookups made with the same ones before are known. May raise (memory).
    pub fn register(&self, registry: Kept<PackingRegistry>) {
        self.get().table.borrow_mut().share(registry);
    }

    /// The registrations taken up.
    pub fn table(&self) -> &Gauged<PackingTable> {
        &self.get().table
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        if let Some(scratch) = self.0.get() {
            scratch.table.borrow_mut().let_go();
        }
    }
}
