//! What packing keeps from one call to the next: the bytes of map keys.

use crate::ffi::encoded_keys::EncodedKeys;
use crate::ffi::slots::{Lease, Slots};
use magnus::gc::Marker;
use magnus::{DataTypeFunctions, Ruby, TypedData};

static SLOTS: Slots = Slots::new();

#[derive(Default, TypedData)]
#[magnus(class = "Object", free_immediately, mark, size)]
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

pub fn init() {
    SLOTS.register();
}

#[inline]
pub fn lease(ruby: &Ruby) -> Lease<PackScratch> {
    SLOTS.lease(ruby)
}
