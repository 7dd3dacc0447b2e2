//! Short Strings and Arrays, and objects of two variables, made as Ruby makes them, without the way there: `rb_str_new` and
//! `rb_ary_new_from_values` take twice as many instructions as the allocation in them.
//!
//! What they hold stands in the object. How that is laid out is known of Ruby 3.1 and 3.3 only, and a test at load compares
//! some with those that Ruby makes; else, and on other versions, Ruby's functions make them all.

pub mod array;
pub mod object;
pub mod string;

use rb_sys::VALUE;

const IS_OF_KNOWN_VERSION: bool = rb_sys::RUBY_API_VERSION_MAJOR == 3
    && matches!(rb_sys::RUBY_API_VERSION_MINOR, 1 | 3)
    && cfg!(target_pointer_width = "64");

/// Where an object's header ends, in bytes.
const BODY_AT: usize = 16;
/// That the GC is told of an object's references, which the object's header does not keep.
const IS_WB_PROTECTED: VALUE = 1 << 5;
/// Where the header has how many collections the object has seen.
const AGE_MASK: VALUE = 0b11 << 5;

/// Finds out whether objects made here are as Ruby makes them. Once, when the library loads. May raise (memory).
pub fn learn() {
    string::learn();
    array::learn();
}

/// Lets Ruby make all, as where the layout is not known, for a test of that.
#[cfg(feature = "panic-probe")]
pub fn unlearn() {
    string::unlearn();
    array::unlearn();
    object::unlearn();
}

/// Whether two objects have the same class, the same body, and the same header, but for their age.
fn is_same(one: VALUE, other: VALUE) -> bool {
    // SAFETY: objects, of which each is five words long.
    let [mut one, mut other] = [one, other].map(|object| unsafe { *(object as *const [VALUE; 5]) });
    one[0] &= !AGE_MASK;
    other[0] &= !AGE_MASK;
    one == other
}
