//! Ractors: which one runs, and what may be shared between them.

use super::call::{self, ruby};
use super::value::{is_true, raw, wrap};
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

extern "C" {
    /// What `rb_ractor_shareable_p`, an inline function of Ruby's headers, calls for objects not known to be
    /// shareable. Runs no Ruby code.
    fn rb_ractor_shareable_p_continue(object: rb_sys::VALUE) -> bool;
}

/// Whether the value may be used by several Ractors. Runs no Ruby code.
pub fn is_shareable(value: Value) -> bool {
    // SAFETY: asked of live heap objects only.
    rb_sys::SPECIAL_CONST_P(raw(value)) || unsafe { rb_ractor_shareable_p_continue(raw(value)) }
}

/// Makes an object of this library's own making shareable, where Ruby can.
///
/// # Errors
/// Whatever comes in between; not that the object can't be shared.
pub fn make_shareable(value: Value) -> Result<(), Error> {
    // SAFETY: a live value.
    let made = call::protect(|| wrap(unsafe { rb_sys::rb_ractor_make_shareable(raw(value)) }));
    let ractor_error = || -> Result<ExceptionClass, Error> {
        let ractor: Value = ruby().class_object().const_get("Ractor")?;
        ractor.funcall("const_get", ("Error",))
    };
    match made {
        Err(error) if !error.is_kind_of(ractor_error()?) => Err(error),
        _ => Ok(()),
    }
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
