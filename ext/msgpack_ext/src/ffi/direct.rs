//! Whether a call of a method has come straight to this library's own function, by whatever name, and to nothing else on
//! the way: not to a method that a program has defined in its place, and that calls it in turn.
//!
//! Ruby has no function that tells this in less time than the call takes, so the native stack is asked: from the caller
//! here to the function it is always as far, through the same few functions of Ruby's, unless another method comes in
//! between. How far is measured once, at load. Where it should differ all the same, the call only counts as one that was
//! not direct. The function leaves its address in one word for all threads: no two of them have the same stack, and each
//! caller looks for its own.

use super::call::{self, Name};
use super::value::{keep, wrap};
use magnus::Value;
use rb_sys::ID;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Where on the native stack the function has run last; 0 since a call began.
static ARRIVED: AtomicUsize = AtomicUsize::new(0);
/// How far it is from a caller to the function, in bytes; 0 where it is not known.
static DISTANCE: AtomicUsize = AtomicUsize::new(0);

/// Calls a method without arguments, and tells whether it was the function. May raise.
pub fn call(receiver: Value, id: ID) -> (Value, bool) {
    let (result, distance) = measured(receiver, id);
    (result, distance.is_some() && distance == known())
}

fn known() -> Option<usize> {
    Some(DISTANCE.load(Relaxed)).filter(|&distance| distance > 0)
}

/// Calls a method, and tells how far below the function has run, if it has.
#[inline(never)]
fn measured(receiver: Value, id: ID) -> (Value, Option<usize>) {
    let here = 0_u8;
    let place = black_box(&raw const here) as usize;
    ARRIVED.store(0, Relaxed);
    let result = call::call_id(receiver, id, []);
    (result, place.checked_sub(ARRIVED.load(Relaxed)).filter(|&distance| distance < place))
}

/// To be run first by the function.
#[inline(always)]
#[allow(clippy::inline_always)] // it is the function's own frame that counts
pub fn arrive() {
    let here = 0_u8;
    ARRIVED.store(black_box(&raw const here) as usize, Relaxed);
}

/// Measures how far it is to the function, which gets an object that it does not know. May raise.
pub fn learn(function: unsafe extern "C" fn(Value) -> Value) {
    static METHOD: Name = Name::new("arrive");
    // SAFETY: a function that takes a receiver only, for a class that nobody else ever sees.
    let object = unsafe {
        let class = rb_sys::rb_class_new(rb_sys::rb_cObject);
        let function = std::mem::transmute::<
            unsafe extern "C" fn(Value) -> Value,
            unsafe extern "C" fn() -> rb_sys::VALUE,
        >(function);
        rb_sys::rb_define_method(class, c"arrive".as_ptr(), Some(function), 0);
        wrap(rb_sys::rb_obj_alloc(class))
    };
    // The first call fills Ruby's caches.
    let [_, second, third] = [(); 3].map(|()| measured(object, METHOD.id()).1);
    DISTANCE.store(second.filter(|_| second == third).unwrap_or(0), Relaxed);
    keep(object);
}
