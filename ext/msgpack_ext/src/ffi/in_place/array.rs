//! Arrays of a few values.

use super::{is_same, BODY_AT, IS_OF_KNOWN_VERSION, IS_WB_PROTECTED};
use magnus::Value;
use rb_sys::{ruby_value_type as T, VALUE};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Values that stand in the object.
const LONGEST: usize = 3;
/// An empty one, whose values are going to stand in it.
const EMPTY: VALUE = T::RUBY_T_ARRAY as VALUE | IS_WB_PROTECTED | 1 << 13;
/// Where the header has the length.
const LEN_SHIFT: u32 = 15;

static IS_KNOWN: AtomicBool = AtomicBool::new(false);

/// A new Array of few values; None where Ruby has to make it. May raise (memory).
///
/// # Safety
/// The values are seen by the GC during the call, for instance because a marked object holds them.
#[inline]
pub unsafe fn new(values: &[Value]) -> Option<VALUE> {
    (IS_OF_KNOWN_VERSION && values.len() <= LONGEST && IS_KNOWN.load(Relaxed)).then(|| make(values))
}

#[inline]
fn make(values: &[Value]) -> VALUE {
    // SAFETY: what comes is an empty Array with room for so many values, and nobody else has it. No call is made before
    // it is complete: it is younger than its values then, and not marked, so that the GC need not be told of them.
    unsafe {
        let array = rb_sys::rb_newobj_of(rb_sys::rb_cArray, EMPTY);
        (*(array as *mut rb_sys::RBasic)).flags |= (values.len() as VALUE) << LEN_SHIFT;
        let body = (array as usize + BODY_AT) as *mut Value;
        for (place, value) in values.iter().enumerate() {
            body.add(place).write(*value);
        }
        array
    }
}

pub(super) fn learn() {
    let values = [false, true, false].map(crate::ffi::value::boolean);
    let is_known = IS_OF_KNOWN_VERSION
        && (0..=LONGEST).all(|len| {
            // SAFETY: pointer and length of one slice, of values that are no objects; an Array for as long as it is
            // looked at.
            let theirs = unsafe { rb_sys::rb_ary_new_from_values(len as _, values.as_ptr().cast()) };
            is_same(make(&values[..len]), theirs)
        });
    IS_KNOWN.store(is_known, Relaxed);
}

#[cfg(feature = "panic-probe")]
pub(super) fn unlearn() {
    IS_KNOWN.store(false, Relaxed);
}
