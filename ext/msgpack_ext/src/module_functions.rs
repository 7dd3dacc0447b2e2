//! `MessagePack.pack`, `dump`, `unpack` and `load`: functions of the module, and private methods of whoever
//! includes it. `MessagePack.dig` is a function of the module only: a class that includes it may have a `dig`.

use crate::classes;
use crate::ext_types::times;
use crate::ffi::call;
use crate::{packer, unpacker};
use magnus::{prelude::*, Error, Ruby, Value};

fn pack(_: Value, args: &[Value]) -> Result<Value, Error> {
    packer::pack(args)
}

fn unpack(_: Value, args: &[Value]) -> Result<Value, Error> {
    unpacker::unpack(args)
}

fn dig(_: Value, args: &[Value]) -> Result<Value, Error> {
    unpacker::dig(args)
}

fn unpacker_for(_: Value, args: &[Value]) -> Result<Value, Error> {
    unpacker::unpacker_for(args)
}

/// Tells of the handlers of `MessagePack::Time`.
#[allow(clippy::unnecessary_wraps)] // what `entry!` takes
fn know_times(_: Value, packer: Value, unpacker: Value) -> Result<(), Error> {
    times::know(&call::ruby(), packer, unpacker);
    Ok(())
}

/// Panics, directly or inside the frames of C that the object given leads to.
#[cfg(feature = "panic-probe")]
fn panic_probe(_: Value, args: &[Value]) -> Result<Value, Error> {
    use crate::ffi::{hash, value};
    match args {
        [nested] if value::core(*nested) == value::Core::Hash => {
            struct Probe;
            impl hash::PairVisitor for Probe {
                fn visit(&mut self, _: Value, _: Value) -> bool {
                    panic!("a probe")
                }
            }
            call::protect_unit(|| {
                hash::each_pair(*nested, Probe);
            })?;
        }
        [_] => call::protect_unit(|| panic!("a probe"))?,
        _ => panic!("a probe"),
    }
    Ok(value::nil())
}

/// Forgets the layout of Hashes, short Strings, short Arrays and Times, as on a Ruby whose layout is not known.
#[cfg(feature = "panic-probe")]
#[allow(clippy::unnecessary_wraps)] // what `entry!` takes
fn unlearn(_: Value) -> Result<Value, Error> {
    crate::ffi::hash_table::unlearn();
    crate::ffi::in_place::unlearn();
    crate::ffi::time::unlearn();
    Ok(crate::ffi::value::nil())
}

pub fn init(ruby: &Ruby) -> Result<(), Error> {
    let module = classes::message_pack(ruby)?;
    module.define_module_function("pack", entry!(pack, -1))?;
    module.define_module_function("dump", entry!(pack, -1))?;
    module.define_module_function("unpack", entry!(unpack, -1))?;
    module.define_module_function("load", entry!(unpack, -1))?;
    magnus::Object::define_singleton_method(module, "dig", entry!(dig, -1))?;
    magnus::Object::define_singleton_method(module, "unpacker_for", entry!(unpacker_for, -1))?;
    magnus::Object::define_singleton_method(module, "know_times", entry!(know_times, 2))?;
    module.funcall::<_, _, Value>("private_class_method", ("unpacker_for", "know_times"))?;
    #[cfg(feature = "panic-probe")]
    magnus::Object::define_singleton_method(module, "__panic__", entry!(panic_probe, -1))?;
    #[cfg(feature = "panic-probe")]
    magnus::Object::define_singleton_method(module, "__unlearn__", entry!(unlearn, 0))?;
    Ok(())
}
