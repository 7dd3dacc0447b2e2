//! What a value is, told by its immediate bits and then by its builtin type.

use magnus::rb_sys::{AsRawValue, FromRawValue};
use magnus::Value;
use rb_sys::{ruby_value_type as T, VALUE};

/// A value, by the way it is held in memory.
#[derive(Clone, Copy)]
pub enum Shape {
    Nil,
    True,
    False,
    Fixnum(i64),
    /// A Float, immediate or on the heap.
    Float(f64),
    /// A heap String whose class is exactly String.
    Str,
    /// A heap Array whose class is exactly Array.
    Array,
    /// A heap Hash whose class is exactly Hash.
    Hash,
    Symbol,
    Bignum,
    /// Everything else, subclasses and objects with a singleton class included.
    Other,
}

/// The family of a value of an unusual class.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Core {
    Str,
    Array,
    Hash,
    Float,
    Bignum,
    Symbol,
    Class,
    Module,
    None,
}

#[inline]
pub fn raw(value: Value) -> VALUE {
    value.as_raw()
}

/// The value that Ruby's API returned.
#[inline]
pub fn wrap(value: VALUE) -> Value {
    debug_assert!(value != rb_sys::Qundef as VALUE);
    // SAFETY: every caller is in this folder or passes on what Ruby's API has just returned, which is live.
    unsafe { Value::from_raw(value) }
}

pub fn nil() -> Value {
    wrap(rb_sys::Qnil as VALUE)
}

pub fn boolean(value: bool) -> Value {
    wrap(if value { rb_sys::Qtrue as VALUE } else { rb_sys::Qfalse as VALUE })
}

#[inline]
pub fn is_nil(value: Value) -> bool {
    raw(value) == rb_sys::Qnil as VALUE
}

#[inline]
pub fn is_false(value: Value) -> bool {
    raw(value) == rb_sys::Qfalse as VALUE
}

#[inline]
pub fn is_true(value: Value) -> bool {
    raw(value) == rb_sys::Qtrue as VALUE
}

/// Keeps `value` alive until here. For objects that this library makes for itself: nothing else may hold them
/// while it works on what is inside.
#[inline]
pub fn keep(value: Value) {
    let guarded = raw(value);
    rb_sys::rb_gc_guard!(guarded);
}

/// The class pointer of a heap object, singleton class included; None for an object hidden from Ruby.
#[inline]
pub(super) fn class_pointer(value: VALUE) -> VALUE {
    // SAFETY: callers pass heap objects only; their first words are an RBasic.
    unsafe { (*(value as *const rb_sys::RBasic)).klass }
}

/// The header of a heap object.
#[inline]
pub(super) fn flags(value: VALUE) -> VALUE {
    // SAFETY: as above.
    unsafe { (*(value as *const rb_sys::RBasic)).flags }
}

/// The number of a Fixnum.
#[inline]
pub fn fixnum(value: Value) -> Option<i64> {
    let v = raw(value);
    rb_sys::FIXNUM_P(v).then_some((v as isize as i64) >> 1)
}

/// Whether it is an Array or a Hash, of whatever class.
#[inline]
pub fn is_container(value: Value) -> bool {
    let v = raw(value);
    // SAFETY: asked of a heap object only.
    !rb_sys::SPECIAL_CONST_P(v)
        && matches!(unsafe { rb_sys::RB_BUILTIN_TYPE(v) }, T::RUBY_T_ARRAY | T::RUBY_T_HASH)
}

/// Whether it is an object with memory of its own.
#[inline]
pub fn is_object(value: Value) -> bool {
    !rb_sys::SPECIAL_CONST_P(raw(value))
}

/// Whether it is an object that is a String, a Float or an Integer.
#[inline]
pub fn is_number_or_string(value: Value) -> bool {
    // SAFETY: asked of a heap object only.
    is_object(value)
        && matches!(
            unsafe { rb_sys::RB_BUILTIN_TYPE(raw(value)) },
            T::RUBY_T_STRING | T::RUBY_T_FLOAT | T::RUBY_T_BIGNUM
        )
}

/// Whether it is an Array whose class is exactly Array.
#[inline]
pub fn is_plain_array(value: Value) -> bool {
    let v = raw(value);
    // SAFETY: not an immediate, so a heap object; the class is a constant of a running VM.
    unsafe {
        !rb_sys::SPECIAL_CONST_P(v)
            && rb_sys::RB_BUILTIN_TYPE(v) == T::RUBY_T_ARRAY
            && class_pointer(v) == rb_sys::rb_cArray
    }
}

/// Classifies `value` for the hot path.
#[inline(always)]
#[allow(clippy::inline_always)] // measured: as a call, its result goes through memory
pub fn shape(value: Value) -> Shape {
    let v = raw(value);
    if rb_sys::FIXNUM_P(v) {
        return Shape::Fixnum((v as isize as i64) >> 1);
    }
    if rb_sys::FLONUM_P(v) {
        // SAFETY: a flonum is decoded from its own bits.
        return Shape::Float(unsafe { rb_sys::NUM2DBL(v) });
    }
    if rb_sys::SPECIAL_CONST_P(v) {
        return match v {
            v if v == rb_sys::Qnil as VALUE => Shape::Nil,
            v if v == rb_sys::Qtrue as VALUE => Shape::True,
            v if v == rb_sys::Qfalse as VALUE => Shape::False,
            v if rb_sys::STATIC_SYM_P(v) => Shape::Symbol,
            _ => Shape::Other,
        };
    }
    // SAFETY: not an immediate, so a heap object; the classes are constants of a running VM.
    unsafe {
        match rb_sys::RB_BUILTIN_TYPE(v) {
            T::RUBY_T_STRING if class_pointer(v) == rb_sys::rb_cString => Shape::Str,
            T::RUBY_T_HASH if class_pointer(v) == rb_sys::rb_cHash => Shape::Hash,
            T::RUBY_T_ARRAY if class_pointer(v) == rb_sys::rb_cArray => Shape::Array,
            T::RUBY_T_FLOAT => Shape::Float(rb_sys::NUM2DBL(v)),
            T::RUBY_T_SYMBOL => Shape::Symbol,
            T::RUBY_T_BIGNUM => Shape::Bignum,
            _ => Shape::Other,
        }
    }
}

/// The core class that `value` belongs to, directly or by inheritance.
pub fn core(value: Value) -> Core {
    let v = raw(value);
    if rb_sys::SPECIAL_CONST_P(v) {
        return if rb_sys::STATIC_SYM_P(v) { Core::Symbol } else { Core::None };
    }
    // SAFETY: not an immediate, so a heap object.
    match unsafe { rb_sys::RB_BUILTIN_TYPE(v) } {
        T::RUBY_T_STRING => Core::Str,
        T::RUBY_T_ARRAY => Core::Array,
        T::RUBY_T_HASH => Core::Hash,
        T::RUBY_T_FLOAT => Core::Float,
        T::RUBY_T_BIGNUM => Core::Bignum,
        T::RUBY_T_SYMBOL => Core::Symbol,
        T::RUBY_T_CLASS => Core::Class,
        T::RUBY_T_MODULE => Core::Module,
        _ => Core::None,
    }
}

#[inline]
pub fn is_string(value: Value) -> bool {
    let v = raw(value);
    // SAFETY: not an immediate, so a heap object.
    !rb_sys::SPECIAL_CONST_P(v) && unsafe { rb_sys::RB_BUILTIN_TYPE(v) } == T::RUBY_T_STRING
}

pub fn is_symbol(value: Value) -> bool {
    core(value) == Core::Symbol
}

pub fn is_integer(value: Value) -> bool {
    rb_sys::FIXNUM_P(raw(value)) || core(value) == Core::Bignum
}

pub fn is_module(value: Value) -> bool {
    matches!(core(value), Core::Class | Core::Module)
}

pub fn is_frozen(value: Value) -> bool {
    let v = raw(value);
    // SAFETY: asked of heap objects only, immediates being frozen.
    rb_sys::SPECIAL_CONST_P(v) || unsafe { rb_sys::rb_obj_frozen_p(v) != rb_sys::Qfalse as VALUE }
}

/// Freezes an object of this library's own making. May raise (memory).
pub fn freeze(value: Value) {
    // SAFETY: any live value may be frozen.
    unsafe { rb_sys::rb_obj_freeze(raw(value)) };
}

/// Whether a map key hashes and compares inside the VM, without a method that a program can define.
#[inline]
pub fn is_plain_key(value: Value) -> bool {
    let v = raw(value);
    if rb_sys::SPECIAL_CONST_P(v) {
        return true;
    }
    // SAFETY: not an immediate, so a heap object; rb_cString is a constant of a running VM.
    unsafe {
        match rb_sys::RB_BUILTIN_TYPE(v) {
            T::RUBY_T_STRING => class_pointer(v) == rb_sys::rb_cString,
            T::RUBY_T_FLOAT | T::RUBY_T_BIGNUM | T::RUBY_T_SYMBOL => true,
            _ => false,
        }
    }
}
