//! The class-level table of `MessagePack::Unpacker`: one for all Unpackers and subclasses, read at each lookup.
//!
//! A frozen Array, replaced as a whole by each registration: other Ractors read either the old or the new.
//! Registering is the main Ractor's; others see only the targets that can be shared.

use crate::ffi::value::{self, raw, wrap};
use crate::ffi::{array, call, ractor};
use crate::{classes, error};
use magnus::{Error, Value};
use rb_sys::VALUE;
use std::sync::atomic::{AtomicUsize, Ordering::Acquire, Ordering::Release};

/// The last element is the default.
const DEFAULT: usize = 256;

/// The Array, or 0 before `init`.
static TABLE: AtomicUsize = AtomicUsize::new(0);

fn index(kind: i8) -> usize {
    usize::from(kind as u8)
}

fn table() -> Value {
    wrap(TABLE.load(Acquire) as VALUE)
}

/// Makes the table, with ExtType as default.
pub fn init() -> Result<(), Error> {
    // SAFETY: a static address, of a word that is false or a live object.
    unsafe { rb_sys::rb_gc_register_address(TABLE.as_ptr().cast::<VALUE>()) };
    let mut targets = [value::nil(); DEFAULT + 1];
    targets[DEFAULT] = classes::ext_type();
    store(&targets)
}

fn store(targets: &[Value]) -> Result<(), Error> {
    let made = call::protect(|| {
        // SAFETY: the values are on the native stack, or in the table that is being replaced.
        let made = unsafe { array::from_values(targets) };
        // SAFETY: a fresh Array.
        unsafe { rb_sys::rb_obj_freeze(raw(made)) };
        made
    })?;
    TABLE.store(raw(made) as usize, Release);
    Ok(())
}

fn replace(at: usize, target: Value) -> Result<(), Error> {
    if !ractor::is_main() {
        return Err(ractor::isolation_error(
            "types are registered for all Unpackers by the main Ractor only: register this one with an Unpacker",
        ));
    }
    let old = table();
    let mut targets = [value::nil(); DEFAULT + 1];
    for (index, slot) in targets.iter_mut().enumerate() {
        *slot = if index == at { target } else { array::get(old, index).unwrap_or_else(value::nil) };
    }
    store(&targets)
}

fn read(at: usize) -> Result<Value, Error> {
    let target = array::get(table(), at).unwrap_or_else(value::nil);
    if ractor::is_main() || ractor::is_shareable(target) {
        return Ok(target);
    }
    let what = error::describe(target);
    Err(ractor::isolation_error(&format!(
        "the target of this extended type ({what}) belongs to the main Ractor: \
         make it shareable (Ractor.make_shareable), or register another with the Unpacker"
    )))
}

/// Sets the target of a number; nil falls through.
pub fn set(kind: i8, target: Value) -> Result<(), Error> {
    replace(index(kind), target)
}

/// Sets the default; nil falls through.
pub fn set_default(target: Value) -> Result<(), Error> {
    replace(DEFAULT, target)
}

/// The third step of the chain.
pub fn get(kind: i8) -> Result<Value, Error> {
    read(index(kind))
}

/// The fourth step.
pub fn default() -> Result<Value, Error> {
    read(DEFAULT)
}

/// The last two steps.
pub fn resolve(kind: i8) -> Result<Value, Error> {
    let target = get(kind)?;
    if value::is_nil(target) {
        return default();
    }
    Ok(target)
}
