//! Arrays: reading while a program may change them, building in one piece.

use super::value::{raw, wrap};
use magnus::Value;
use std::os::raw::c_long;

#[inline]
pub fn len(array: Value) -> usize {
    // SAFETY: callers pass an Array.
    unsafe { rb_sys::RARRAY_LEN(raw(array)) as usize }
}

/// The element at `index`, or None where the Array has become shorter.
#[inline]
pub fn get(array: Value, index: usize) -> Option<Value> {
    if index >= len(array) {
        return None;
    }
    // SAFETY: an Array, and an index below its length, which is read anew each time.
    Some(wrap(unsafe { *rb_sys::RARRAY_CONST_PTR(raw(array)).add(index) }))
}

/// Gives the elements from `index` on, at most `limit`, to `take` until it returns false; returns how many it took.
/// `take` must not call Ruby: pointer and length are read once.
#[inline]
pub fn take_while(array: Value, index: usize, limit: usize, mut take: impl FnMut(Value) -> bool) -> usize {
    let len = len(array).min(index.saturating_add(limit));
    let mut taken = 0;
    // SAFETY: an Array; while `take` runs nothing changes it, and every index stays below its length.
    unsafe {
        let ptr = rb_sys::RARRAY_CONST_PTR(raw(array));
        while index + taken < len && take(wrap(*ptr.add(index + taken))) {
            taken += 1;
        }
    }
    let guarded = raw(array);
    rb_sys::rb_gc_guard!(guarded);
    taken
}

/// An Array of these values. May raise (memory).
///
/// # Safety
/// The values are seen by the GC during the call, for instance because a marked object holds them.
#[inline]
pub unsafe fn from_values(values: &[Value]) -> Value {
    // SAFETY: Value is a transparent VALUE; Ruby copies them.
    wrap(unsafe { rb_sys::rb_ary_new_from_values(values.len() as c_long, values.as_ptr().cast()) })
}

/// An empty Array. May raise (memory).
pub fn new() -> Value {
    // SAFETY: makes a new Array.
    wrap(unsafe { rb_sys::rb_ary_new() })
}

/// An empty Array with room for so many values. May raise (memory).
pub fn with_capacity(values: usize) -> Value {
    // SAFETY: makes a new Array.
    wrap(unsafe { rb_sys::rb_ary_new_capa(values as c_long) })
}

/// Appends values. May raise (memory).
///
/// # Safety
/// As [`from_values`].
pub unsafe fn append(array: Value, values: &[Value]) {
    // SAFETY: an Array; Value is a transparent VALUE; Ruby copies them.
    unsafe { rb_sys::rb_ary_cat(raw(array), values.as_ptr().cast(), values.len() as c_long) };
}
