//! MessagePack for Ruby: what `require "msgpack/msgpack_ext"` loads.
//!
//! One Ruby class is one file or folder that ends in `init`. The format itself is in `msgpack_wire`, every
//! look behind Ruby's back in `ffi`.
#![allow(missing_docs)] // a cdylib: what `magnus::init` makes is its only public item

/// A function as a method of so many arguments, -1 for any number.
macro_rules! entry {
    ($body:path, -1) => {{
        use $crate::ffi::entry::{answer, arguments};
        use $crate::ffi::receiver::Receiver;
        extern "C" fn method(
            count: std::os::raw::c_int,
            first: *const magnus::Value,
            this: magnus::Value,
        ) -> magnus::Value {
            // SAFETY: Ruby calls it with these.
            answer(|| $body(unsafe { Receiver::receive(this) }?, unsafe { arguments(count, first) }))
        }
        method as unsafe extern "C" fn(std::os::raw::c_int, *const magnus::Value, magnus::Value) -> magnus::Value
    }};
    ($body:path, 0) => {
        entry!($body, given())
    };
    ($body:path, 1) => {
        entry!($body, given(a: magnus::Value))
    };
    ($body:path, 2) => {
        entry!($body, given(a: magnus::Value, b: magnus::Value))
    };
    ($body:path, given($($arg:ident: $value:ty),*)) => {{
        #[allow(unused_imports)] // a method may have no arguments
        use $crate::ffi::entry::{answer, take};
        use $crate::ffi::receiver::Receiver;
        extern "C" fn method(this: magnus::Value $(, $arg: $value)*) -> magnus::Value {
            // SAFETY: Ruby calls it with this.
            answer(|| $body(unsafe { Receiver::receive(this) }? $(, take($arg)?)*))
        }
        method as unsafe extern "C" fn(magnus::Value $(, $value)*) -> magnus::Value
    }};
}

mod arguments;
mod buffer;
mod classes;
mod error;
mod ext_types;
mod factory;
mod ffi;
mod inspection;
mod io;
mod module_functions;
mod options;
mod packer;
mod unpacker;

use magnus::{prelude::*, Error, Ruby};

#[magnus::init]
fn init(ruby: &Ruby) -> Result<(), Error> {
    ffi::ractor::init();
    check_version(ruby)?;
    if !ffi::text::assert_indexes() {
        return Err(error::load(
            "msgpack-ext does not know the encodings of this Ruby: reinstall it for this Ruby, or report it",
        ));
    }
    if !ffi::room::is_known_layout() {
        return Err(error::load(
            "msgpack-ext does not know the Strings of this Ruby: reinstall it for this Ruby, or report it",
        ));
    }
    ffi::hash_table::learn();
    ffi::in_place::learn();
    ffi::time::learn();
    classes::init(ruby)?;
    options::init();
    ext_types::unpacking_globally::init()?;
    buffer::init(ruby)?;
    packer::init(ruby)?;
    unpacker::init(ruby)?;
    factory::init(ruby)?;
    ext_types::symbols::init(ruby)?;
    module_functions::init(ruby)
}

/// Refuses a Ruby of another minor version: its objects may be laid out in another way, which nothing else would tell
/// where Ruby is no shared library.
fn check_version(ruby: &Ruby) -> Result<(), Error> {
    let running: String = ruby.class_object().const_get("RUBY_VERSION")?;
    let built = format!("{}.{}", rb_sys::RUBY_API_VERSION_MAJOR, rb_sys::RUBY_API_VERSION_MINOR);
    let running = running.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    if running == built {
        return Ok(());
    }
    Err(error::load(format!("built for Ruby {built}, this is Ruby {running}")))
}
