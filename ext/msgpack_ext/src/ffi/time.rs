//! Times: the moment of one, and one of a moment, without a call of a method.
#![allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)] // narrower on other systems

mod in_place;

#[cfg(feature = "panic-probe")]
pub use in_place::unlearn;
pub use in_place::{learn, parts as parts_in_place};

use super::call;
use super::class;
use super::value::{raw, wrap};
use magnus::Value;

/// What makes a Time local.
const LOCAL: std::os::raw::c_int = std::os::raw::c_int::MAX;

/// Whether it is a Time, not of a subclass and without a method of its own.
#[inline]
pub fn is_plain(object: Value) -> bool {
    // SAFETY: the class is a constant of a running VM.
    raw(class::own(object)) == unsafe { rb_sys::rb_cTime }
}

/// Seconds since 1970, and nanoseconds; None where they do not fit, or the Time has not been initialized. Ruby code may
/// run.
pub fn parts(time: Value) -> Option<(i64, u32)> {
    let mut parts = None;
    // What it raises is forgotten: whoever needs to know asks the Time itself.
    call::protect_unit(|| {
        // SAFETY: callers have asked `is_plain`.
        let spec = unsafe { rb_sys::rb_time_timespec(raw(time)) };
        parts = u32::try_from(spec.tv_nsec).ok().map(|nanoseconds| (i64::from(spec.tv_sec), nanoseconds));
    })
    .ok()?;
    parts
}

/// The Time of that moment in the local zone; None where the system's seconds are too few. May raise (memory).
pub fn local(seconds: i64, nanoseconds: u32) -> Option<Value> {
    let spec = rb_sys::timespec { tv_sec: seconds.try_into().ok()?, tv_nsec: nanoseconds.try_into().ok()? };
    // SAFETY: a whole structure, which Ruby copies.
    Some(wrap(unsafe { rb_sys::rb_time_timespec_new(&raw const spec, LOCAL) }))
}
