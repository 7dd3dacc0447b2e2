//! What unpacking keeps from one call to the next: the caches of map keys and of frozen Strings, and for one-shot
//! calls the stack of values, the decoder with its frames, and what payloads are read with.

use super::spare::Spare;
use crate::ext_types::unpacking::UnpackingTable;
use crate::ffi::call;
use crate::ffi::gauge::Gauge;
use crate::ffi::key_cache::{KeyCache, KEYS, VALUES};
use crate::ffi::shapes::Shapes;
use crate::ffi::shared::Desk;
use crate::ffi::slots::{Home, Lease, Scratch, Slots};
use crate::ffi::stack::ValueStack;
use magnus::gc::Marker;
use magnus::{prelude::*, DataTypeFunctions, Error, RModule, Ruby, TypedData, Value};
use msgpack_wire::Decoder;
use std::cell::{OnceCell, RefCell};

static SLOTS: Slots = Slots::new();

#[derive(Default, TypedData)]
#[magnus(class = "MessagePack::UnpackScratch", free_immediately, mark, size)]
pub struct UnpackScratch {
    home: Home,
    pub keys: KeyCache<KEYS>,
    /// Strings that are values, of those who have them frozen.
    pub values: OnceCell<KeyCache<VALUES>>,
    /// Heap bytes of these.
    values_bytes: Gauge,
    pub shapes: Shapes,
    pub stack: ValueStack,
    pub decoder: Desk<Decoder>,
    /// Heap bytes of its frames when the last call was over.
    pub frames: Gauge,
    pub table: RefCell<UnpackingTable>,
    pub(super) spare: Spare,
}

impl Scratch for UnpackScratch {
    fn home(&self) -> &Home {
        &self.home
    }

    fn heap_size() -> usize {
        KeyCache::<KEYS>::heap_size() + Shapes::heap_size()
    }
}

impl DataTypeFunctions for UnpackScratch {
    fn mark(&self, marker: &Marker) {
        self.keys.mark(marker);
        if let Some(values) = self.values.get() {
            values.mark(marker);
        }
        self.shapes.mark(marker);
        self.stack.mark(marker);
        // SAFETY: the GC runs only while no `borrow_mut` of the table lives: what fills it allocates
        // nothing in Ruby meanwhile. A plain read can't panic as a borrow could.
        unsafe { &*self.table.as_ptr() }.mark(marker);
    }

    fn size(&self) -> usize {
        <Self as Scratch>::heap_size()
            + self.values_bytes.get()
            + self.stack.heap_size()
            + self.frames.get()
            + self.spare.heap_size()
    }
}

/// Defines the class that the GC knows scratches by. No program ever has an instance in hand.
pub fn init(module: RModule) -> Result<(), Error> {
    module.define_class("UnpackScratch", call::ruby().class_object())?;
    module.funcall::<_, _, Value>("private_constant", ("UnpackScratch",))?;
    // Looked up now: later it would be in the middle of a call, and might find no stack to do it on.
    let _ = UnpackScratch::class(&call::ruby());
    SLOTS.register();
    Ok(())
}

#[inline]
pub fn lease(ruby: &Ruby) -> Lease<UnpackScratch> {
    SLOTS.lease(ruby)
}

/// The cache of map keys, leased when the first key is met.
pub enum Keys<'a> {
    Of(&'a UnpackScratch),
    Lazy(OnceCell<Lease<UnpackScratch>>),
}

impl Keys<'_> {
    pub fn lazy() -> Self {
        Self::Lazy(OnceCell::new())
    }

    #[inline]
    fn scratch(&self) -> &UnpackScratch {
        match self {
            Self::Of(scratch) => scratch,
            Self::Lazy(cell) => cell.get_or_init(|| lease(&call::ruby())),
        }
    }

    /// The cache. May raise (memory).
    #[inline]
    pub fn get(&self) -> &KeyCache<KEYS> {
        &self.scratch().keys
    }

    /// Values that are frozen Strings, met before. May raise (memory).
    #[inline]
    pub fn values(&self) -> &KeyCache<VALUES> {
        let scratch = self.scratch();
        scratch.values.get_or_init(|| {
            scratch.values_bytes.set(KeyCache::<VALUES>::heap_size());
            KeyCache::default()
        })
    }

    /// The Hashes built before. May raise (memory).
    #[inline]
    pub fn shapes(&self) -> &Shapes {
        &self.scratch().shapes
    }
}
