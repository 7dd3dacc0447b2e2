//! Scratch memory that calls borrow and give back: caches and stacks that are worth keeping.
//!
//! A scratch is taken out of its slot while in use, so that a nested call, another thread or another Ractor
//! finds the slot empty and makes its own. Slots are atomic, since Ractors run in parallel; one exchange takes, a
//! store gives back. A scratch is a Ruby object, hidden from programs, so that the GC marks what is in it: through the
//! slot when idle, through the native stack when leased.

use super::memory;
use super::value::{raw, wrap};
use magnus::typed_data::Obj;
use magnus::value::ReprValue;
use magnus::{Ruby, TypedData, Value};
use msgpack_wire::NoMemory;
use rb_sys::VALUE;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

/// Scratches that are kept: as many as threads of this process are likely to be inside a call at once.
const SLOTS: usize = 4;

/// The slots of one kind of scratch.
pub struct Slots {
    slots: [AtomicUsize; SLOTS],
}

/// What a slot holds while its scratch is leased: a fixnum, which the GC passes over.
const TAKEN: usize = 1;

/// A scratch, leased; it goes back to its slot when dropped.
pub struct Lease<T: TypedData + 'static> {
    object: Obj<T>,
    /// The slot that it belongs to, which holds `TAKEN` meanwhile; None where all were taken.
    slot: Option<&'static AtomicUsize>,
}

/// The slot that a scratch belongs to, kept in the scratch. If the call that leases it never ends (a fiber that
/// nobody resumes), the GC takes the scratch in the end, and the slot is free for a new one.
#[derive(Default)]
pub struct Home(Cell<Option<&'static AtomicUsize>>);

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(slot) = self.0.get() {
            slot.store(0, Release);
        }
    }
}

/// What may be leased.
pub trait Scratch: TypedData + Default + 'static {
    fn home(&self) -> &Home;
    /// Heap bytes of a new one.
    fn heap_size() -> usize;
}

impl Slots {
    pub const fn new() -> Self {
        Self { slots: [const { AtomicUsize::new(0) }; SLOTS] }
    }

    /// Shows the slots to the GC. Once, when the library loads.
    pub fn register(&'static self) {
        for slot in &self.slots {
            // SAFETY: a static address, of a word that is false or a live object.
            unsafe { rb_sys::rb_gc_register_address(slot.as_ptr().cast::<VALUE>()) };
        }
    }

    /// Takes a scratch, a new one where none is free. May raise (memory).
    #[inline]
    pub fn lease<T: Scratch>(&'static self, ruby: &Ruby) -> Lease<T> {
        for slot in &self.slots {
            match slot.load(Relaxed) {
                TAKEN => {}
                0 => {
                    // Made before the slot is claimed: making it may raise.
                    let object = make::<T>(ruby);
                    if slot.compare_exchange(0, TAKEN, Acquire, Relaxed).is_err() {
                        return Lease { object, slot: None };
                    }
                    object.home().0.set(Some(slot));
                    return Lease { object, slot: Some(slot) };
                }
                _ => match slot.swap(TAKEN, Acquire) {
                    TAKEN => {}
                    // Given up by the GC in between.
                    0 => slot.store(0, Release),
                    object => {
                        // SAFETY: only `Lease::drop` fills these slots, with objects of this `T`: each
                        // `Slots` is a static beside its only kind of scratch.
                        let object = unsafe { object_of(wrap(object as VALUE)) };
                        return Lease { object, slot: Some(slot) };
                    }
                },
            }
        }
        Lease { object: make(ruby), slot: None }
    }
}

#[cold]
fn make<T: Scratch>(ruby: &Ruby) -> Obj<T> {
    memory::find(NoMemory { bytes: T::heap_size() });
    let object = ruby.obj_wrap(T::default());
    // SAFETY: a fresh object; without a class no program can find it.
    unsafe { rb_sys::rb_obj_hide(raw(object.as_value())) };
    object
}

/// # Safety
/// `value` wraps a `T`.
#[inline]
unsafe fn object_of<T: TypedData>(value: Value) -> Obj<T> {
    const { assert!(size_of::<Obj<T>>() == size_of::<Value>()) };
    // SAFETY: Obj is a transparent Value whose type has been checked; the caller vouches for it.
    unsafe { std::mem::transmute_copy(&value) }
}

impl<T: TypedData> std::ops::Deref for Lease<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.object
    }
}

impl<T: TypedData> Drop for Lease<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            // The slot is this lease's alone: who finds TAKEN there passes on.
            slot.store(raw(self.object.as_value()) as usize, Release);
        }
        super::value::keep(self.object.as_value());
    }
}
