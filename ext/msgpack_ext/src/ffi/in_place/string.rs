//! Short Strings made as Ruby makes them, without the way there: `rb_str_new` takes twice as many instructions as the
//! allocation in it.
//!
//! Their bytes stand in the object. How that is laid out is known of Ruby 3.1 only, and a test at load compares some
//! with those that Ruby makes; else, and on other versions, `rb_str_new` makes them all.

use super::out;
use rb_sys::{ruby_value_type as T, VALUE};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

const IS_OF_KNOWN_VERSION: bool = rb_sys::RUBY_API_VERSION_MAJOR == 3
    && rb_sys::RUBY_API_VERSION_MINOR == 1
    && cfg!(target_pointer_width = "64");

/// The longest whose bytes, with the one behind them that is 0, stand in the object.
const LONGEST: usize = 23;
/// Of an empty one the header says that it is ASCII.
const SHORTEST: usize = 1;
/// Where they stand, in bytes.
const BYTES_AT: usize = 16;
/// Where the header has the length.
const LEN_SHIFT: u32 = 14;
/// An empty String whose references the GC is told of, which the object's header does not keep.
const EMPTY: VALUE = T::RUBY_T_STRING as VALUE | 1 << 5;
/// Where the header has how many collections the object has seen.
const AGE_MASK: VALUE = 0b11 << 5;

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
        (*(string as *mut rb_sys::RBasic)).flags |= (bytes.len() as VALUE) << LEN_SHIFT;
        out::copy(bytes, (string as usize + BYTES_AT) as *mut u8);
        string
    }
}

/// Finds out whether Strings made here are as Ruby makes them. Once, when the library loads. May raise (memory).
pub fn learn() {
    let is_known = IS_OF_KNOWN_VERSION
        && (SHORTEST..=LONGEST).all(|len| {
            let bytes = &b"twenty-three bytes long"[..len];
            // SAFETY: pointer and length of one slice, and a String for as long as it is looked at.
            let theirs = unsafe { rb_sys::rb_str_new(bytes.as_ptr().cast(), len as _) };
            is_same(make(bytes), theirs)
        });
    IS_KNOWN.store(is_known, Relaxed);
}

/// Lets Ruby make all, as where the layout is not known, for a test of that.
#[cfg(feature = "panic-probe")]
pub fn unlearn() {
    IS_KNOWN.store(false, Relaxed);
}

/// Whether two Strings have the same class, the same bytes in them, and the same header, but for their age.
fn is_same(one: VALUE, other: VALUE) -> bool {
    // SAFETY: Strings, of which each is five words long.
    let [mut one, mut other] = [one, other].map(|string| unsafe { *(string as *const [VALUE; 5]) });
    one[0] &= !AGE_MASK;
    other[0] &= !AGE_MASK;
    one == other
}
