//! The test that decides whether Hashes are read in place: what is found in some must be what was put in.

use super::{copy_with, has_keys, state, Cursor, IS_KNOWN, IS_OF_KNOWN_VERSION, SMALL_MAX};
use crate::ffi::hash;
use crate::ffi::value::raw;
use magnus::Value;
use std::sync::atomic::Ordering::Relaxed;

/// Finds out whether Hashes are as they are taken to be. Once, when the library loads. May raise (memory).
pub fn learn() {
    // SAFETY: the layout is that of this version; what else it could be is what the tests find out.
    let known = IS_OF_KNOWN_VERSION
        && [0, 1, SMALL_MAX, SMALL_MAX + 1, 100].into_iter().all(|len| unsafe { reads(len) && copies(len) });
    IS_KNOWN.store(known, Relaxed);
}

/// Lets all go the ways of a Ruby whose layout is not known, for a test of them.
#[cfg(feature = "panic-probe")]
pub fn unlearn() {
    IS_KNOWN.store(false, Relaxed);
}

fn integer(n: usize) -> Value {
    crate::ffi::number::from_unsigned(n as u64)
}

fn sample(len: usize) -> Value {
    let sample = hash::new();
    for n in 0..len {
        hash::store(sample, integer(n), integer(n + 1_000));
    }
    sample
}

/// Whether a Hash of `len` pairs is read rightly, also with its first and another pair deleted.
unsafe fn reads(len: usize) -> bool {
    let sample = sample(len);
    let reads = |wanted: &dyn Fn(usize) -> bool| {
        // SAFETY: a Hash of a version whose layout stands here.
        let state = unsafe { state(sample) };
        // SAFETY: as above.
        let mut run = unsafe { Cursor::new(state).run(sample) };
        // SAFETY: integers as small as these are compared without a call.
        let mut rest = std::iter::from_fn(|| unsafe { run.next() });
        state.len == hash::len(sample)
            && (0..len).filter(|&n| wanted(n)).all(|n| {
                rest.next().is_some_and(|(key, value)| {
                    raw(key) == raw(integer(n)) && raw(value) == raw(integer(n + 1_000))
                })
            })
            && rest.next().is_none()
    };
    if !reads(&|_| true) {
        return false;
    }
    for gone in [0, len / 2] {
        hash::delete(sample, integer(gone));
    }
    reads(&|n| n != 0 && n != len / 2)
}

/// Whether a copy of a Hash of `len` pairs gets its values, and the original keeps its own.
unsafe fn copies(len: usize) -> bool {
    let sample = sample(len);
    let mut pairs = [integer(0); 200];
    for n in 0..len {
        pairs[2 * n] = integer(n);
        pairs[2 * n + 1] = integer(n + 2_000);
    }
    let pairs = &pairs[..2 * len];
    // SAFETY: a Hash of a version whose layout stands here; integers as small as these need no GC.
    unsafe {
        if !has_keys(sample, pairs) {
            return false;
        }
        let Some(copy) = copy_with(sample, pairs) else { return false };
        let holds = |hash, from| (0..len).all(|n| raw(hash::get(hash, integer(n))) == raw(integer(n + from)));
        hash::len(copy) == len && holds(copy, 2_000) && holds(sample, 1_000)
    }
}
