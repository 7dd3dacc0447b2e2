//! Symbols as extended types: `Symbol#to_msgpack_ext`, `Symbol.from_msgpack_ext`.

use crate::error;
use crate::ffi::{call, class, direct, text, value};
use magnus::{prelude::*, Error, Object, Ruby, Value};

fn from_msgpack_ext(_: Value, payload: Value) -> Result<Value, Error> {
    if !value::is_string(payload) {
        let given = class::name_of(payload);
        return Err(error::type_error(format!("expected a String as payload, got {given}")));
    }
    call::protect(|| text::symbol(payload))
}

#[allow(clippy::unnecessary_wraps)] // as `entry!` wants it
fn to_msgpack_ext(this: Value) -> Result<Value, Error> {
    direct::arrive();
    // The object of `direct::learn`: Ruby calls it on Symbols only.
    if !value::is_symbol(this) {
        return Ok(value::nil());
    }
    // That there is no memory is all that can raise, over frames that own nothing.
    Ok(text::with_bytes(text::symbol_name(this), text::new_binary))
}

pub fn init(ruby: &Ruby) -> Result<(), Error> {
    let class: magnus::RClass = ruby.class_object().const_get("Symbol")?;
    let packs = entry!(to_msgpack_ext, 0);
    class.define_method("to_msgpack_ext", packs)?;
    call::protect_unit(|| direct::learn(packs))?;
    class.define_singleton_method("from_msgpack_ext", entry!(from_msgpack_ext, 1))
}
