//! Hints to the processor: what is going to be read soon. They change nothing but time.

use rb_sys::VALUE;

/// The header of an object, if the value is one: of an immediate nothing is read, whatever address it looks like.
#[inline]
pub fn object(value: VALUE) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch never faults.
    unsafe {
        use std::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
        _mm_prefetch::<_MM_HINT_T0>(value as *const i8);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
