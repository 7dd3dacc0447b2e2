//! The object that a method is called on, checked in a few instructions.

use super::value::raw;
use magnus::typed_data::Obj;
use magnus::{Error, TryConvert, TypedData, Value};
use std::ops::Deref;

/// An object that wraps a `T`.
#[repr(transparent)]
pub struct This<T: TypedData>(Obj<T>);

impl<T: TypedData> Clone for This<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: TypedData> Copy for This<T> {}

impl<T: TypedData> This<T> {
    pub fn value(self) -> Value {
        magnus::value::ReprValue::as_value(self.0)
    }
}

impl<T: TypedData> From<Obj<T>> for This<T> {
    fn from(object: Obj<T>) -> Self {
        Self(object)
    }
}

impl<T: TypedData> Deref for This<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: TypedData> TryConvert for This<T> {
    #[inline]
    fn try_convert(value: Value) -> Result<Self, Error> {
        let object = raw(value);
        let wanted: *const rb_sys::rb_data_type_t = std::ptr::from_ref(T::data_type()).cast();
        // SAFETY: asked of heap objects only; the type is read of typed data only.
        unsafe {
            if !rb_sys::SPECIAL_CONST_P(object)
                && rb_sys::RB_BUILTIN_TYPE(object) == rb_sys::ruby_value_type::RUBY_T_DATA
                && rb_sys::RTYPEDDATA_P(object)
            {
                let found = rb_sys::RTYPEDDATA_TYPE(object);
                // A type below T's is one of shells.
                if found == wanted || (*found).parent == wanted {
                    return Ok(Self::of_type(value));
                }
            }
        }
        Self::convert(value)
    }
}

/// What a method may be called on.
pub trait Receiver: Sized {
    /// # Safety
    /// Ruby has called a method with it that was defined for a class whose objects are `Self`.
    unsafe fn receive(value: Value) -> Result<Self, Error>;
}

/// Of a module's function, which looks at it itself.
impl Receiver for Value {
    #[inline]
    unsafe fn receive(value: Value) -> Result<Self, Error> {
        Ok(value)
    }
}

impl<T: TypedData> Receiver for This<T> {
    #[inline]
    unsafe fn receive(value: Value) -> Result<Self, Error> {
        let wanted: *const rb_sys::rb_data_type_t = std::ptr::from_ref(T::data_type()).cast();
        // SAFETY: Ruby lets a method be called on objects of its class and of those below it only, and what allocates
        // them makes typed data of T: the type can be read. It is compared all the same; if an extension has given a class
        // below another allocator, all is looked at. A type below T's is one of shells.
        unsafe {
            let found = rb_sys::RTYPEDDATA_TYPE(raw(value));
            if found == wanted || (*found).parent == wanted {
                return Ok(Self::of_type(value));
            }
        }
        Self::try_convert(value)
    }
}

impl<T: TypedData> This<T> {
    /// # Safety
    /// `value` is typed data of T's type, or of one below it.
    #[inline]
    unsafe fn of_type(value: Value) -> Self {
        const { assert!(size_of::<Obj<T>>() == size_of::<Value>()) };
        // SAFETY: then it is an Obj<T>, which is a transparent Value.
        unsafe { std::mem::transmute_copy(&value) }
    }

    /// Refuses all but an object of a data type further below T's, of which there is none here.
    #[cold]
    #[inline(never)]
    fn convert(value: Value) -> Result<Self, Error> {
        Obj::try_convert(value).map(Self)
    }
}

impl<T: TypedData> magnus::IntoValue for This<T> {
    fn into_value_with(self, _: &magnus::Ruby) -> Value {
        self.value()
    }
}
