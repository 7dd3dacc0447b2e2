//! `MessagePack.pack`: packing without a Packer, unless an object asks for one or options are given.

use super::walk::{Host, Walk};
use super::{methods, Packer};
use crate::arguments;
use crate::ffi::call;
use crate::ffi::out::{Out, INLINE};
use crate::ffi::receiver::This;
use crate::ffi::value::{self, Core};
use magnus::{prelude::*, Error, Value};
use std::mem::MaybeUninit;

/// `pack(obj, io = nil, options = nil)`
pub fn pack(args: &[Value]) -> Result<Value, Error> {
    match *args {
        [object] => to_string(object),
        [object, nil] if value::is_nil(nil) => to_string(object),
        [object, io] if value::core(io) == Core::None => match This::<Packer>::try_convert(io) {
            Ok(packer) => {
                super::write(packer, |walk| walk.value(object))?;
                Ok(value::nil())
            }
            Err(_) => with_packer(object, args),
        },
        [object, ..] => with_packer(object, args),
        [] => Err(arguments::count(args, 1..=3).err().unwrap_or_else(|| crate::error::argument("no object"))),
    }
}

fn with_packer(object: Value, args: &[Value]) -> Result<Value, Error> {
    arguments::count(args, 1..=3)?;
    let ruby = call::ruby();
    let (io, options) = arguments::io_and_options(&args[1..])?;
    if let Some(Ok(packer)) = io.map(This::<Packer>::try_convert) {
        super::write(packer, |walk| walk.value(object))?;
        return Ok(value::nil());
    }
    let packer = methods::make(&ruby, io, options)?;
    let result = super::write(packer, |walk| walk.value(object)).and_then(|()| methods::take_all(packer));
    value::keep(packer.value());
    result
}

fn to_string(object: Value) -> Result<Value, Error> {
    let mut room = [const { MaybeUninit::uninit() }; INLINE];
    let mut walk = Walk::one_shot(Out::inline(&mut room));
    let mut result = value::nil();
    let outcome = call::protect_unit(|| {
        walk.run(|walk| walk.value(object));
        if walk.out.is_inline() && !walk.has_failed() {
            result = walk.out.finish();
        }
    });
    walk.suspend();
    let outcome = outcome.and_then(|()| walk.take_failure());
    if let Some(inner) = walk.host.inner() {
        inner.core.writers.set(0);
        inner.depth.set(0);
        let packed = outcome.and_then(|()| inner.core.to_string());
        // Whoever has kept the Packer finds it empty.
        inner.core.clear();
        if let Host::Improvised { object } = walk.host {
            value::keep(object.value());
        }
        return packed;
    }
    outcome.map(|()| result)
}
