//! Rust values that live in Ruby objects of their own, hidden from programs: whoever holds one keeps it alive in the
//! GC's eyes, the native stack included. For what is shared and never changed; an `Arc` on the native stack would
//! keep its memory, but not the Ruby objects that it refers to.

use super::value::raw;
use magnus::gc::Marker;
use magnus::typed_data::Obj;
use magnus::value::ReprValue;
use magnus::{Ruby, TypedData};
use std::ops::Deref;

pub struct Kept<T: TypedData>(Obj<T>);

// SAFETY: moves with the Ruby object that holds and marks it; the value itself is never changed.
unsafe impl<T: TypedData + Send> Send for Kept<T> {}
// SAFETY: as above: only read, from whichever Ractor.
unsafe impl<T: TypedData + Sync> Sync for Kept<T> {}

impl<T: TypedData> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: TypedData> Copy for Kept<T> {}

impl<T: TypedData> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: TypedData> Kept<T> {
    /// What `value` refers to is held by the caller meanwhile. May raise (memory).
    pub fn new(ruby: &Ruby, value: T) -> Self {
        let object = ruby.obj_wrap(value);
        let kept = raw(object.as_value());
        // SAFETY: a fresh object; without a class no program can find it. Frozen it may be shared by Ractors.
        unsafe {
            rb_sys::rb_obj_freeze(kept);
            rb_sys::rb_obj_hide(kept);
        }
        Self(object)
    }

    pub fn value(self) -> magnus::Value {
        self.0.as_value()
    }

    /// The object, as a word that an atomic can hold.
    pub fn address(self) -> usize {
        raw(self.0.as_value()) as usize
    }

    /// # Safety
    /// 0, or what `address` has given for an object that is still alive, and the caller holds it from here on.
    #[inline]
    pub unsafe fn from_address(address: usize) -> Option<Self> {
        const { assert!(size_of::<Obj<T>>() == size_of::<rb_sys::VALUE>()) };
        // SAFETY: Obj is a transparent VALUE; by the caller's promise it is one that `new` has made of a T, alive.
        (address != 0).then(|| Self(unsafe { std::mem::transmute_copy(&(address as rb_sys::VALUE)) }))
    }

    pub fn mark(self, marker: &Marker) {
        marker.mark(self.0);
    }
}
