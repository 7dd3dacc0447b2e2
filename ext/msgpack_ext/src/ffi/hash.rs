//! Hashes: iterating without a block, building in one piece.

use super::call;
use super::value::{raw, wrap};
use magnus::Value;
use rb_sys::VALUE;
use std::os::raw::{c_int, c_long};

const ST_CONTINUE: c_int = 0;
const ST_STOP: c_int = 1;

#[inline]
pub fn len(hash: Value) -> usize {
    // SAFETY: callers pass a Hash.
    unsafe { rb_sys::RHASH_SIZE(raw(hash)) }
}

/// What the callback of an iteration is handed.
struct Visit<'a, F> {
    each: &'a mut F,
    panic: call::Caught,
}

/// Calls `each` with every key and value until it returns false. May raise; so may `each`, whose frames own
/// nothing that needs `Drop`.
#[inline]
pub fn each_pair<F: FnMut(Value, Value) -> bool>(hash: Value, each: &mut F) {
    unsafe extern "C" fn visit<F: FnMut(Value, Value) -> bool>(
        key: VALUE,
        value: VALUE,
        visit: VALUE,
    ) -> c_int {
        // SAFETY: the pointer passed below, to a structure that outlives the iteration and that nobody else
        // uses meanwhile.
        let Visit { each, panic } = unsafe { &mut *(visit as *mut Visit<'_, F>) };
        match call::catch(panic, || each(wrap(key), wrap(value))) {
            Some(true) => ST_CONTINUE,
            Some(false) | None => ST_STOP,
        }
    }
    let mut state = Visit { each, panic: None };
    let pointer: *mut Visit<'_, F> = &raw mut state;
    // SAFETY: a Hash, and a callback of the type that rb_hash_foreach expects.
    unsafe { rb_sys::rb_hash_foreach(raw(hash), Some(visit::<F>), pointer as VALUE) };
    call::go_on(state.panic);
}

/// An empty Hash. May raise (memory).
#[inline]
pub fn new() -> Value {
    // SAFETY: makes a new Hash.
    wrap(unsafe { rb_sys::rb_hash_new() })
}

/// Inserts keys and values that follow each other. May raise; calls `hash` and `eql?` of keys that are not
/// plain ([`is_plain_key`](super::value::is_plain_key)).
///
/// # Safety
/// The values are seen by the GC during the call, for instance because a marked object holds them.
#[inline]
pub unsafe fn insert(hash: Value, pairs: &[Value]) {
    // SAFETY: a Hash and an even number of values; Value is a transparent VALUE.
    unsafe { rb_sys::rb_hash_bulk_insert((pairs.len() & !1) as c_long, pairs.as_ptr().cast(), raw(hash)) };
}

/// The value of `key`, or None. May raise if the key is not plain.
pub fn get(hash: Value, key: Value) -> Option<Value> {
    // SAFETY: a Hash and a live value; Qundef is what is asked for where there is none.
    let value = unsafe { rb_sys::rb_hash_lookup2(raw(hash), raw(key), rb_sys::Qundef as VALUE) };
    (value != rb_sys::Qundef as VALUE).then(|| wrap(value))
}
