//! Shells: objects that give back what they wrap when nothing can be done with them any more, so that the next object can
//! wrap it. The object itself may be kept by a program for as long as it likes, and what it wraps costs memory to make.
//!
//! They are typed data of a type below the one of the objects that keep what they wrap, and differ in how they are freed.

use super::value::{raw, wrap};
use magnus::value::ReprValue;
use magnus::{Ruby, TypedData, Value};
use rb_sys::rb_data_type_t;
use std::os::raw::c_void;
use std::sync::OnceLock;

/// What shells can wrap.
pub trait Shelled: TypedData + 'static {
    /// The type of its shells.
    fn kind() -> &'static Kind;
    /// What a shell shows that has nothing.
    fn nothing() -> &'static Self;
}

/// The data type of shells, made at the first use.
pub struct Kind(OnceLock<Type>);

struct Type(rb_data_type_t);

// SAFETY: never changed once it is made; its pointers are to functions and to another such type.
unsafe impl Send for Type {}
// SAFETY: as above.
unsafe impl Sync for Type {}

impl Kind {
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    #[inline]
    fn of<T: Shelled>(&'static self) -> &'static rb_data_type_t {
        let kept = self.0.get_or_init(|| {
            let plain: *const rb_data_type_t = std::ptr::from_ref(T::data_type()).cast();
            // SAFETY: a data type is one of C's, plain words; it lives as long as the library.
            let mut shells = unsafe { plain.read() };
            shells.parent = plain;
            shells.function.dfree = Some(free::<T>);
            Type(shells)
        });
        &kept.0
    }
}

/// A shell that has nothing yet. May raise (memory).
pub fn empty<T: Shelled>(ruby: &Ruby) -> Value {
    let nothing = std::ptr::from_ref(T::nothing()).cast_mut().cast();
    let class = raw(T::class(ruby).as_value());
    // SAFETY: the class of such objects, and what the type is of; `free` lets it be.
    wrap(unsafe { rb_sys::rb_data_typed_object_wrap(class, nothing, T::kind().of::<T>()) })
}

/// Whether it is a shell of a `T`.
fn is_shell<T: Shelled>(value: Value) -> bool {
    let object = raw(value);
    // SAFETY: the type is read of typed data only.
    unsafe {
        !rb_sys::SPECIAL_CONST_P(object)
            && rb_sys::RB_BUILTIN_TYPE(object) == rb_sys::ruby_value_type::RUBY_T_DATA
            && rb_sys::RTYPEDDATA_P(object)
            && std::ptr::eq(rb_sys::RTYPEDDATA_TYPE(object), T::kind().of::<T>())
    }
}

/// Lets a shell that has nothing, fresh from [`empty`], wrap this.
pub fn fill<T: Shelled>(shell: Value, content: Box<T>) {
    if is_shell::<T>(shell) {
        // SAFETY: a shell of a T; `free` drops what it has.
        unsafe { put(shell, Box::into_raw(content)) };
    }
}

/// Takes what it has out of a shell; None where it has nothing, or is none.
///
/// # Safety
/// No reference to what is in it is used any more.
pub unsafe fn take<T: Shelled>(shell: Value) -> Option<Box<T>> {
    if !is_shell::<T>(shell) {
        return None;
    }
    // SAFETY: a shell of a T, whose content is a Box's unless it is `nothing`; nobody else has it from here on.
    unsafe {
        let content: *mut T = rb_sys::RTYPEDDATA_GET_DATA(raw(shell)).cast();
        if std::ptr::eq(content, T::nothing()) {
            return None;
        }
        put::<T>(shell, std::ptr::from_ref(T::nothing()).cast_mut());
        Some(Box::from_raw(content))
    }
}

/// # Safety
/// A shell of a `T`, and a Box's content or `nothing`.
#[allow(deprecated)] // rb-sys has a way to read the field only
unsafe fn put<T: Shelled>(shell: Value, content: *mut T) {
    // SAFETY: typed data that is not embedded has a pointer of its own; C's `DATA_PTR` is assigned to in this way.
    unsafe { (*(raw(shell) as *mut rb_sys::RTypedData)).data = content.cast() };
}

unsafe extern "C" fn free<T: Shelled>(content: *mut c_void) {
    if !std::ptr::eq(content.cast_const().cast(), T::nothing()) {
        // SAFETY: Ruby frees a shell once, with what it has: a Box's.
        drop(unsafe { Box::<T>::from_raw(content.cast()) });
    }
}
