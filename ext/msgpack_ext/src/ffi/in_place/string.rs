//! Strings of a few bytes.

use super::{is_same, BODY_AT, IS_OF_KNOWN_VERSION, IS_WB_PROTECTED};
use crate::ffi::out;
use rb_sys::{ruby_value_type as T, VALUE};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// From Ruby 3.2 on the length is a word of its own, which leaves less room for bytes in the smallest of objects.
const HAS_LEN: bool = rb_sys::RUBY_API_VERSION_MINOR > 1;
/// The longest whose bytes, with the one behind them that is 0, stand in the object.
const LONGEST: usize = if HAS_LEN { 15 } else { 23 };
/// Of an empty one the header says that it is ASCII.
const SHORTEST: usize = 1;
/// Where its bytes begin, in bytes.
const BYTES_AT: usize = if HAS_LEN { BODY_AT + size_of::<usize>() } else { BODY_AT };
/// Where the header has the length, if it is no word of its own.
const LEN_SHIFT: u32 = 14;
const EMPTY: VALUE = T::RUBY_T_STRING as VALUE | IS_WB_PROTECTED;

static IS_KNOWN: AtomicBool = AtomicBool::new(false);

/// A new ASCII-8BIT String of few bytes, but not of none; None where Ruby has to make it. May raise (memory).
#[inline]
pub fn new(bytes: &[u8]) -> Option<VALUE> {
    (IS_OF_KNOWN_VERSION && (SHORTEST..=LONGEST).contains(&bytes.len()) && IS_KNOWN.load(Relaxed))
        .then(|| make(bytes))
}

#[inline]
fn make(bytes: &[u8]) -> VALUE {
    // SAFETY: what comes is an empty String with room for as many bytes and the 0 behind them, all of it 0 by now, and
    // nobody else has it. No call is made before it is complete.
    unsafe {
        let string = rb_sys::rb_newobj_of(rb_sys::rb_cString, EMPTY);
        if HAS_LEN {
            *((string as usize + BODY_AT) as *mut usize) = bytes.len();
        } else {
            (*(string as *mut rb_sys::RBasic)).flags |= (bytes.len() as VALUE) << LEN_SHIFT;
        }
        out::copy(bytes, (string as usize + BYTES_AT) as *mut u8);
        string
    }
}

pub(super) fn learn() {
    let is_known = IS_OF_KNOWN_VERSION
        && (SHORTEST..=LONGEST).all(|len| {
            let bytes = &b"twenty-three bytes long"[..len];
            // SAFETY: pointer and length of one slice, and a String for as long as it is looked at.
            let theirs = unsafe { rb_sys::rb_str_new(bytes.as_ptr().cast(), len as _) };
            is_same(make(bytes), theirs)
        });
    IS_KNOWN.store(is_known, Relaxed);
}

#[cfg(feature = "panic-probe")]
pub(super) fn unlearn() {
    IS_KNOWN.store(false, Relaxed);
}
