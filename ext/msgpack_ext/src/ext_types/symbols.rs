//! `Symbol.from_msgpack_ext`: Symbols of payloads.

use crate::error;
use crate::ffi::{call, class, text, value};
use magnus::{prelude::*, Error, Object, Ruby, Value};

fn from_msgpack_ext(_: Value, payload: Value) -> Result<Value, Error> {
    if !value::is_string(payload) {
        let given = class::name_of(payload);
        return Err(error::type_error(format!("expected a String as payload, got {given}")));
    }
    call::protect(|| text::symbol(payload))
}

pub fn init(ruby: &Ruby) -> Result<(), Error> {
    ruby.class_object()
        .const_get::<_, magnus::RClass>("Symbol")?
        .define_singleton_method("from_msgpack_ext", entry!(from_msgpack_ext, 1))
}
