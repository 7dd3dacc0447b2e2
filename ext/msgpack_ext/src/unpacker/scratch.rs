//! What unpacking keeps from one call to the next: the cache of map keys, and for one-shot calls the stack of
//! values and the decoder with its frames.

use crate::ffi::key_cache::KeyCache;
use crate::ffi::slots::{Lease, Slots};
use crate::ffi::stack::ValueStack;
use magnus::gc::Marker;
use magnus::{DataTypeFunctions, Ruby, TypedData};
use msgpack_wire::Decoder;
use std::cell::RefCell;

static SLOTS: Slots = Slots::new();

#[derive(Default, TypedData)]
#[magnus(class = "Object", free_immediately, mark, size)]
pub struct UnpackScratch {
    pub keys: KeyCache,
    pub stack: ValueStack,
    pub decoder: RefCell<Decoder>,
}

impl DataTypeFunctions for UnpackScratch {
    fn mark(&self, marker: &Marker) {
        self.keys.mark(marker);
        self.stack.mark(marker);
    }

    fn size(&self) -> usize {
        KeyCache::heap_size() + self.stack.heap_size()
    }
}

pub fn init() {
    SLOTS.register();
}

#[inline]
pub fn lease(ruby: &Ruby) -> Lease<UnpackScratch> {
    SLOTS.lease(ruby)
}
