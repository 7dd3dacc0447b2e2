//! Objects of the library's own classes, with two instance variables: to set these one by one takes three times as many
//! instructions as the object.

use super::{is_same, BODY_AT, IS_OF_KNOWN_VERSION, IS_WB_PROTECTED};
use crate::ffi::call::Name;
use crate::ffi::class;
use crate::ffi::shared::Held;
use crate::ffi::value::{raw, wrap};
use magnus::Value;
use rb_sys::{ruby_fl_type as Flag, ruby_value_type as T, VALUE};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::OnceLock;

/// Words that stand in the smallest of objects.
const WORDS: usize = 3;
/// That the variables stand in the object.
const IS_EMBEDDED: VALUE = Flag::RUBY_FL_USER1 as VALUE;
const EMPTY: VALUE = T::RUBY_T_OBJECT as VALUE | IS_EMBEDDED | IS_WB_PROTECTED;
/// Where the header has which variables there are, on Ruby 3.3; before that the class has it.
const SHAPE: VALUE = !0xffff_ffff;

/// Classes of which such objects are made.
const CLASSES: usize = 4;

/// What an object with these variables looks like.
#[derive(Clone, Copy)]
struct Model {
    class: Held,
    shape: VALUE,
    body: [VALUE; WORDS],
    /// Where the variables stand in the body.
    places: [usize; 2],
}

static MODELS: OnceLock<[Model; CLASSES]> = OnceLock::new();
static IS_KNOWN: AtomicBool = AtomicBool::new(false);

/// An object of one of the classes of [`learn`] with these variables; None where Ruby has to make it. May raise (memory).
#[inline]
pub fn new(class: Value, variables: [Value; 2]) -> Option<Value> {
    if !IS_OF_KNOWN_VERSION || !IS_KNOWN.load(Relaxed) {
        return None;
    }
    let model = MODELS.get()?.iter().find(|model| raw(model.class.0) == raw(class))?;
    make(model, variables.map(raw)).map(wrap)
}

#[inline]
fn make(model: &Model, variables: [VALUE; 2]) -> Option<VALUE> {
    // SAFETY: what comes is an empty object that nobody else has, with room for so many words if the header says so. No
    // call is made before it is complete: it is younger than its variables then, and not marked, so that the GC need
    // not be told of them. A shape is never taken away, nor is the place that a class has for a variable.
    unsafe {
        let object = rb_sys::rb_newobj_of(raw(model.class.0), EMPTY);
        let header = &raw mut (*(object as *mut rb_sys::RBasic)).flags;
        // A class that has got more variables since may have no room for them in the object, on Ruby 3.1.
        if *header & IS_EMBEDDED == 0 {
            return None;
        }
        *header = *header & !SHAPE | model.shape;
        let body = (object as usize + BODY_AT) as *mut [VALUE; WORDS];
        body.write(model.body);
        for (place, variable) in model.places.iter().zip(variables) {
            (*body)[*place] = variable;
        }
        Some(object)
    }
}

/// Finds out what objects of these classes look like that have two variables of those names, and whether those made
/// here are as Ruby makes them. Once, when the library loads. May raise (memory).
pub fn learn(classes: [Value; CLASSES], names: [&Name; 2]) {
    if !IS_OF_KNOWN_VERSION {
        return;
    }
    let variables = [1, 2].map(crate::ffi::number::fixnum);
    let model = |class: Value| {
        let theirs = class::allocate(class);
        for (name, variable) in names.into_iter().zip(variables) {
            class::set_ivar(theirs, name, variable);
        }
        // SAFETY: an object is five words long.
        let [header, _, body @ ..] = unsafe { *(raw(theirs) as *const [VALUE; 2 + WORDS]) };
        let place = |variable: Value| body.iter().position(|word| *word == raw(variable));
        let places = [place(variables[0])?, place(variables[1])?];
        let model = Model { class: Held(class), shape: header & SHAPE, body, places };
        let is_known = make(&model, variables.map(raw)).is_some_and(|ours| is_same(ours, raw(theirs)));
        crate::ffi::value::keep(theirs);
        is_known.then_some(model)
    };
    if let [Some(a), Some(b), Some(c), Some(d)] = classes.map(model) {
        IS_KNOWN.store(MODELS.set([a, b, c, d]).is_ok(), Relaxed);
    }
}

#[cfg(feature = "panic-probe")]
pub(super) fn unlearn() {
    IS_KNOWN.store(false, Relaxed);
}
