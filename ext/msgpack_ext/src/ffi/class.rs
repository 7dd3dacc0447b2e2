//! Classes: the one of a value, what stands above it, instances made without `new`.

use super::value::{class_pointer, raw, wrap};
use magnus::value::ReprValue;
use magnus::Value;

/// The class in a value's header: its singleton class where it has one.
#[inline]
pub fn own(value: Value) -> Value {
    if rb_sys::STATIC_SYM_P(raw(value)) {
        // SAFETY: a constant of a running VM.
        return wrap(unsafe { rb_sys::rb_cSymbol });
    }
    if rb_sys::SPECIAL_CONST_P(raw(value)) {
        return of(value);
    }
    // SAFETY: a heap object's first words are an RBasic.
    wrap(unsafe { (*(raw(value) as *const rb_sys::RBasic)).klass })
}

/// Whether it is a heap object whose header has this class.
#[inline]
pub fn is_exactly(value: Value, class: Value) -> bool {
    !rb_sys::SPECIAL_CONST_P(raw(value)) && class_pointer(raw(value)) == raw(class)
}

/// The class that `value.class` returns.
pub fn of(value: Value) -> Value {
    // SAFETY: any live value has a class.
    wrap(unsafe { rb_sys::rb_obj_class(raw(value)) })
}

/// The class's and its modules' names in order of lookup, as an Array. May raise (memory).
pub fn ancestors(class: Value) -> Value {
    // SAFETY: callers pass a Module.
    wrap(unsafe { rb_sys::rb_mod_ancestors(raw(class)) })
}

/// Whether instances of exactly this class are packed natively, whatever is registered.
pub fn is_native(class: Value) -> bool {
    // SAFETY: the classes are constants of a running VM.
    unsafe { [rb_sys::rb_cString, rb_sys::rb_cArray, rb_sys::rb_cHash].contains(&raw(class)) }
}

/// `value.is_a?(class)`, which no program can redefine.
pub fn is_a(value: Value, class: Value) -> bool {
    // SAFETY: a live value and a Module.
    wrap(unsafe { rb_sys::rb_obj_is_kind_of(raw(value), raw(class)) }).to_bool()
}

/// Whether `class` is `above`, or below it.
pub fn is_below(class: Value, above: Value) -> bool {
    // SAFETY: callers pass two Modules.
    wrap(unsafe { rb_sys::rb_class_inherited_p(raw(class), raw(above)) }).to_bool()
}

/// Whether an exception is of that class.
pub fn is_error(error: &magnus::Error, class: Value) -> bool {
    error.value().is_some_and(|exception| is_a(exception, class))
}

/// The name for messages, such as `MessagePack::Packer`.
pub fn name(class: Value) -> String {
    // SAFETY: rb_class_name takes any class; its text is copied at once.
    let name = wrap(unsafe { rb_sys::rb_class_path(raw(class)) });
    super::text::with_bytes(name, |bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// The name of a Class or Module, of another value that of its class; for messages.
pub fn describe(value: Value) -> String {
    if super::value::is_module(value) {
        return name(value);
    }
    name_of(value)
}

/// The name of the value's class, for messages.
pub fn name_of(value: Value) -> String {
    name(of(value))
}

/// Takes a method away from instances, inherited ones too.
pub fn undefine(class: magnus::RClass, names: [&std::ffi::CStr; 2]) {
    for name in names {
        // SAFETY: a class and a C string.
        unsafe { rb_sys::rb_undef_method(raw(class.as_value()), name.as_ptr()) };
    }
}

/// An instance without a call of `initialize`. May raise.
pub fn allocate(class: Value) -> Value {
    // SAFETY: callers pass a Class, of whose instances the function that it has or inherits makes one. That
    // `rb_obj_alloc` calls the same, and asks the object for its class.
    unsafe {
        match rb_sys::rb_get_alloc_func(raw(class)) {
            Some(allocate) => wrap(allocate(raw(class))),
            None => wrap(rb_sys::rb_obj_alloc(raw(class))),
        }
    }
}

/// Sets an instance variable. May raise (`FrozenError`).
pub fn set_ivar(object: Value, name: &super::call::Name, value: Value) {
    // SAFETY: live values and an ID.
    unsafe { rb_sys::rb_ivar_set(raw(object), name.id(), raw(value)) };
}

/// An instance variable, nil if not set.
pub fn ivar(object: Value, name: &super::call::Name) -> Value {
    // SAFETY: a live value and an ID.
    wrap(unsafe { rb_sys::rb_ivar_get(raw(object), name.id()) })
}
