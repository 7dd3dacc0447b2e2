//! What packing keeps from one call to the next: the bytes of map keys.

use crate::ffi::call;
use crate::ffi::encoded_keys::EncodedKeys;
use crate::ffi::slots::{Home, Lease, Scratch, Slots};
use magnus::gc::Marker;
use magnus::{prelude::*, DataTypeFunctions, Error, RModule, TypedData, Value};
use std::cell::OnceCell;

static SLOTS: Slots = Slots::new();

#[derive(Default, TypedData)]
#[magnus(class = "MessagePack::PackScratch", free_immediately, mark, size)]
pub struct PackScratch {
    home: Home,
    pub keys: EncodedKeys,
}

impl Scratch for PackScratch {
    fn home(&self) -> &Home {
        &self.home
    }
}

impl DataTypeFunctions for PackScratch {
    fn mark(&self, marker: &Marker) {
        self.keys.mark(marker);
    }

    fn size(&self) -> usize {
        EncodedKeys::heap_size()
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

/// The cache of map keys, leased when the first key is met.
#[derive(Default)]
pub struct Keys(OnceCell<Lease<PackScratch>>);

impl Keys {
    /// The cache. May raise (memory).
    #[inline]
    pub fn get(&self) -> &EncodedKeys {
        &self.0.get_or_init(|| SLOTS.lease(&call::ruby())).keys
    }
}
