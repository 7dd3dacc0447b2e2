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
    /// An object of this library's own making, known to wrap a `T`; anything else is refused.
    pub fn from_value(value: Value) -> Option<Self> {
        Self::try_convert(value).ok()
    }

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
        // SAFETY: asked of heap objects only; the type is read of typed data only. An object of exactly T's
        // type is an Obj<T>, which is a transparent Value.
        unsafe {
            if !rb_sys::SPECIAL_CONST_P(object)
                && rb_sys::RB_BUILTIN_TYPE(object) == rb_sys::ruby_value_type::RUBY_T_DATA
                && rb_sys::RTYPEDDATA_P(object)
                && rb_sys::RTYPEDDATA_TYPE(object) == wanted
            {
                const { assert!(size_of::<Obj<T>>() == size_of::<Value>()) };
                return Ok(Self(std::mem::transmute_copy(&value)));
            }
        }
        Self::convert(value)
    }
}

impl<T: TypedData> This<T> {
    /// Refuses all but an object of another data type below T's, of which there is none here.
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
