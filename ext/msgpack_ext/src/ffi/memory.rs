//! Memory that Rust's allocator does not have: Ruby looks for it then, as it does for its own, with a collection of
//! garbage first, and raises `NoMemoryError` where that was in vain.
//!
//! Whoever has asked must hold no borrow by then: the GC marks.

use super::call;
use magnus::Error;
use msgpack_wire::NoMemory;

/// Lets Ruby look for memory. May raise (memory).
#[cold]
#[inline(never)]
pub fn find(none: NoMemory) {
    // SAFETY: allocated and given back at once: it is there for whoever asks next.
    unsafe { rb_sys::ruby_xfree(rb_sys::ruby_xmalloc(none.bytes as _)) };
}

/// What `attempt` gives, which is asked once more when Ruby has looked for memory.
///
/// # Errors
/// `NoMemoryError`
#[inline]
pub fn provide<R>(mut attempt: impl FnMut() -> Result<R, NoMemory>) -> Result<R, Error> {
    attempt().or_else(|none| again(none, attempt))
}

/// As [`provide`], where `none` is what the first attempt has come to.
#[cold]
#[inline(never)]
pub fn again<R>(none: NoMemory, mut attempt: impl FnMut() -> Result<R, NoMemory>) -> Result<R, Error> {
    call::protect_unit(|| find(none))?;
    attempt().map_err(|_| Error::new(call::ruby().exception_no_mem_error(), "failed to allocate memory"))
}

/// As [`provide`]. May raise (memory), over frames that own nothing.
#[inline]
pub fn provide_or_raise<R>(mut attempt: impl FnMut() -> Result<R, NoMemory>) -> R {
    match attempt() {
        Ok(result) => result,
        Err(none) => again(none, attempt).unwrap_or_else(|error| call::raise(error)),
    }
}
