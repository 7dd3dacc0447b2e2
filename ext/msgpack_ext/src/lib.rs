//! MessagePack for Ruby: what `require "msgpack/msgpack_ext"` loads.
//!
//! One Ruby class is one file or folder that ends in `init`. The format itself is in `msgpack_wire`, every
//! look behind Ruby's back in `ffi`.
#![allow(missing_docs)] // a cdylib: what `magnus::init` makes is its only public item

/// A function as a method: with the net under it that turns a panic into an exception.
macro_rules! entry {
    ($body:path, 0) => {
        magnus::method!(|this| $crate::ffi::call::guard(|| $body(this)), 0)
    };
    ($body:path, 1) => {
        magnus::method!(|this, a| $crate::ffi::call::guard(|| $body(this, a)), 1)
    };
    ($body:path, 2) => {
        magnus::method!(|this, a, b| $crate::ffi::call::guard(|| $body(this, a, b)), 2)
    };
    ($body:path, -1) => {
        magnus::method!(|this, args: &[magnus::Value]| $crate::ffi::call::guard(|| $body(this, args)), -1)
    };
}

mod arguments;
mod buffer;
mod classes;
mod error;
mod ext_types;
mod factory;
mod ffi;
mod io;
mod module_functions;
mod options;
mod packer;
mod unpacker;

use magnus::{Error, Ruby};

#[magnus::init]
fn init(ruby: &Ruby) -> Result<(), Error> {
    ffi::ractor::init();
    if !ffi::text::assert_indexes() {
        return Err(error::runtime("msgpack-ext does not know the encodings of this Ruby"));
    }
    if !ffi::room::is_known_layout() {
        return Err(error::runtime("msgpack-ext does not know the Strings of this Ruby"));
    }
    ffi::hash_table::learn();
    classes::init(ruby)?;
    options::init();
    ext_types::unpacking_globally::init()?;
    buffer::init(ruby)?;
    packer::init(ruby)?;
    unpacker::init(ruby)?;
    factory::init(ruby)?;
    module_functions::init(ruby)
}
