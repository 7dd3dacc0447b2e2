//! Arrays: reading while a program may change them, building in one piece.

use super::in_place;
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

/// Lends the elements of an Array to `look`, which must not call Ruby: a call could change or free them.
#[inline(always)]
#[allow(clippy::inline_always)] // measured: what `look` works on is held in registers
pub fn with_elements<R>(array: Value, look: impl FnOnce(&[Value]) -> R) -> R {
    // SAFETY: callers pass an Array; Value is a transparent VALUE. Nothing runs while `look` does that could change the
    // Array, and the guard below keeps it alive and in its place.
    let elements = unsafe {
        std::slice::from_raw_parts(rb_sys::RARRAY_CONST_PTR(raw(array)).cast::<Value>(), len(array))
    };
    let result = look(elements);
    let guarded = raw(array);
    rb_sys::rb_gc_guard!(guarded);
    result
}

/// An Array of these values. May raise (memory).
///
/// # Safety
/// The values are seen by the GC during the call, for instance because a marked object holds them.
#[inline]
pub unsafe fn from_values(values: &[Value]) -> Value {
    // SAFETY: the caller's.
    if let Some(array) = unsafe { in_place::array::new(values) } {
        return wrap(array);
    }
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
