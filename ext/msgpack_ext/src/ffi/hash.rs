//! Hashes: iterating without a block, building in one piece.

use super::value::{raw, wrap};
use super::{array, call};
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

/// Whom an iteration shows each pair.
pub trait PairVisitor {
    /// Whether to go on. May raise; its frames own nothing that needs `Drop`.
    fn visit(&mut self, key: Value, value: Value) -> bool;
}

struct Visit<V> {
    visitor: V,
    panic: call::Caught,
}

/// Shows every key and value to `visitor` until it returns false, and gives it back. May raise.
#[inline]
pub fn each_pair<V: PairVisitor>(hash: Value, visitor: V) -> V {
    unsafe extern "C" fn visit<V: PairVisitor>(key: VALUE, value: VALUE, visit: VALUE) -> c_int {
        // SAFETY: the pointer passed below, to a structure that outlives the iteration and that nobody else
        // uses meanwhile.
        let Visit { visitor, panic } = unsafe { &mut *(visit as *mut Visit<V>) };
        match call::catch(panic, || visitor.visit(wrap(key), wrap(value))) {
            Some(true) => ST_CONTINUE,
            Some(false) | None => ST_STOP,
        }
    }
    let mut state = Visit { visitor, panic: None };
    let pointer: *mut Visit<V> = &raw mut state;
    // SAFETY: a Hash, and a callback of the type that rb_hash_foreach expects.
    unsafe { rb_sys::rb_hash_foreach(raw(hash), Some(visit::<V>), pointer as VALUE) };
    call::go_on(state.panic);
    state.visitor
}

/// An empty Hash. May raise (memory).
#[inline]
pub fn new() -> Value {
    // SAFETY: makes a new Hash.
    wrap(unsafe { rb_sys::rb_hash_new() })
}

struct Collect(Value);

impl PairVisitor for Collect {
    fn visit(&mut self, key: Value, value: Value) -> bool {
        // SAFETY: key and value are on the native stack.
        unsafe { array::append(self.0, &[key, value]) };
        true
    }
}

/// Each key and its value behind it, in an Array. May raise (memory).
pub fn pairs(hash: Value) -> Value {
    let Collect(pairs) = each_pair(hash, Collect(array::with_capacity(len(hash) * 2)));
    pairs
}

/// Inserts keys and values that follow each other. May raise; calls `hash` and `eql?` of keys that are not
/// plain ([`is_plain_key`](super::value::is_plain_key)).
///
/// # Safety
/// The values are seen by the GC during the call, for instance because a marked object holds them.
#[inline]
pub unsafe fn insert(hash: Value, pairs: &[Value]) {
    if len(hash) > pairs.len() {
        return store_all(hash, pairs);
    }
    // SAFETY: a Hash and an even number of values; Value is a transparent VALUE.
    unsafe { rb_sys::rb_hash_bulk_insert((pairs.len() & !1) as c_long, pairs.as_ptr().cast(), raw(hash)) };
}

/// As [`insert`], one by one: to insert them together, Ruby goes through all pairs that are there, too, and a large map
/// comes in many parts.
#[inline(never)]
fn store_all(hash: Value, pairs: &[Value]) {
    for pair in pairs.chunks_exact(2) {
        store(hash, pair[0], pair[1]);
    }
}

/// Sets a pair. May raise (memory); calls `hash` and `eql?` of a key that is not plain.
pub fn store(hash: Value, key: Value, value: Value) {
    // SAFETY: callers pass a Hash.
    unsafe { rb_sys::rb_hash_aset(raw(hash), raw(key), raw(value)) };
}

/// Takes out a pair whose key is plain.
pub fn delete(hash: Value, key: Value) {
    // SAFETY: callers pass a Hash.
    unsafe { rb_sys::rb_hash_delete(raw(hash), raw(key)) };
}

/// The value of a plain key; nil where there is none.
pub fn get(hash: Value, key: Value) -> Value {
    // SAFETY: callers pass a Hash without a default.
    wrap(unsafe { rb_sys::rb_hash_lookup(raw(hash), raw(key)) })
}
