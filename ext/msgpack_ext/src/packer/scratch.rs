//! What packing keeps from one call to the next: the bytes of map keys.

use crate::ffi::encoded_keys::EncodedKeys;
use crate::ffi::call;
use crate::ffi::slots::{Lease, Slots};
use magnus::gc::Marker;
use magnus::{prelude::*, DataTypeFunctions, Error, RModule, Ruby, TypedData, Value};

static SLOTS: Slots = Slots::new();

#[derive(Default, TypedData)]
#[magnus(class = "MessagePack::PackScratch", free_immediately, mark, size)]
pub struct PackScratch {
    pub keys: EncodedKeys,
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
    SLOTS.register();
    Ok(())
}

#[inline]
pub fn lease(ruby: &Ruby) -> Lease<PackScratch> {
    SLOTS.lease(ruby)
}
