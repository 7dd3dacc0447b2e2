//! Symbols as extended types: `Symbol#to_msgpack_ext`, `Symbol.from_msgpack_ext`.

use super::handler::Callee;
use crate::classes;
use crate::error;
use crate::ffi::call::{self, Name};
use crate::ffi::shared::Held;
use crate::ffi::value::raw;
use crate::ffi::{class, direct, text, value};
use magnus::{prelude::*, Error, Object, Ruby, Value};
use std::sync::OnceLock;

static FROM_MSGPACK_EXT: Name = Name::new("from_msgpack_ext");

/// `Symbol.from_msgpack_ext` as a Method, while it is the one below.
static METHOD: OnceLock<Held> = OnceLock::new();

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

/// Whether this calls `Symbol.from_msgpack_ext`.
pub fn is_method(callee: Callee) -> bool {
    matches!(callee, Callee::Method { receiver, name }
        if raw(receiver.0) == raw(classes::symbol()) && raw(name.0) == raw(FROM_MSGPACK_EXT.symbol()))
}

/// Whether `Symbol.from_msgpack_ext` is the one above, which no program has redefined. Runs no Ruby code. May raise
/// (memory).
pub fn is_unchanged() -> bool {
    METHOD.get().is_some_and(|Held(known)| call::is_method(classes::symbol(), &FROM_MSGPACK_EXT, *known))
}

pub fn init(ruby: &Ruby) -> Result<(), Error> {
    let class: magnus::RClass = ruby.class_object().const_get("Symbol")?;
    let packs = entry!(to_msgpack_ext, 0);
    class.define_method("to_msgpack_ext", packs)?;
    call::protect_unit(|| direct::learn(packs))?;
    class.define_singleton_method(FROM_MSGPACK_EXT.text(), entry!(from_msgpack_ext, 1))?;
    let method = call::protect(|| call::method(class.as_value(), &FROM_MSGPACK_EXT))?;
    ruby.gc_register_mark_object(method);
    let _ = METHOD.set(Held(method));
    Ok(())
}
