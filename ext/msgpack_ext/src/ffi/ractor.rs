//! Ractors: which one runs, and what may be shared between them.

use super::call::ruby;
use super::value::{is_true, wrap};
use magnus::{prelude::*, Error, ExceptionClass, Value};
use std::sync::OnceLock;

struct Key(rb_sys::rb_ractor_local_key_t);

// SAFETY: a key is an address that never changes; what is stored under it is each Ractor's own.
unsafe impl Send for Key {}
// SAFETY: the address is only read.
unsafe impl Sync for Key {}

static MAIN: OnceLock<Key> = OnceLock::new();

/// Marks the Ractor that loads the library, which is the main one, and declares the library fit for others.
pub fn init() {
    // SAFETY: the first call of init, so that the flag holds for all methods defined after it; a fresh key,
    // and a value that needs no marking.
    unsafe {
        rb_sys::rb_ext_ractor_safe(true);
        let key = rb_sys::rb_ractor_local_storage_value_newkey();
        rb_sys::rb_ractor_local_storage_value_set(key, rb_sys::Qtrue as rb_sys::VALUE);
        let _ = MAIN.set(Key(key));
    }
}

/// Whether the main Ractor runs.
pub fn is_main() -> bool {
    MAIN.get().is_none_or(|key| {
        // SAFETY: a key made by `init`; nil is read where nothing is stored.
        is_true(wrap(unsafe { rb_sys::rb_ractor_local_storage_value(key.0) }))
    })
}

/// Whether the value may be used by several Ractors.
pub fn is_shareable(value: Value) -> bool {
    let ractor = ruby().class_object().const_get::<_, Value>("Ractor");
    ractor.and_then(|ractor| ractor.funcall("shareable?", (value,))).unwrap_or(false)
}

/// Makes an object of this library's own making shareable, where Ruby can.
pub fn make_shareable(value: Value) {
    let ractor = ruby().class_object().const_get::<_, Value>("Ractor");
    let _: Result<Value, Error> = ractor.and_then(|ractor| ractor.funcall("make_shareable", (value,)));
}

/// `Ractor::IsolationError`
pub fn isolation_error(message: &str) -> Error {
    let class = ruby()
        .class_object()
        .const_get::<_, Value>("Ractor")
        .and_then(|ractor| ractor.funcall::<_, _, ExceptionClass>("const_get", ("IsolationError",)));
    match class {
        Ok(class) => Error::new(class, message.to_owned()),
        Err(error) => error,
    }
}
