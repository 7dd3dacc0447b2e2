//! `MessagePack.pack` and `Factory#dump`: packing without a Packer, unless an object asks for one or options are
//! given.

use super::walk::{Host, Walk};
use super::{methods, Packer};
use crate::arguments;
use crate::ext_types::packing::PackingRegistry;
use crate::ext_types::registrations;
use crate::ffi::kept::Kept;
use crate::ffi::out::{Out, INLINE};
use crate::ffi::receiver::This;
use crate::ffi::value::{self, Core};
use crate::ffi::{call, ractor, text};
use crate::options::Options;
use magnus::{prelude::*, Error, Value};
use msgpack_wire::encode;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// What is registered for a call, and whose it is.
#[derive(Clone, Copy, Default)]
struct Registered {
    registry: Option<Kept<PackingRegistry>>,
    /// Whether it is the main Ractor's, and another one asks.
    is_foreign: bool,
}

/// `MessagePack.pack(obj, io = nil, options = nil)`
pub fn pack(args: &[Value]) -> Result<Value, Error> {
    let registry = registrations::default_packing();
    let is_foreign = registry.is_some() && !ractor::is_main();
    pack_registered(args, Registered { registry, is_foreign })
}

/// `Factory#dump(obj, io = nil, options = nil)`
pub fn pack_with(args: &[Value], registry: Option<Kept<PackingRegistry>>) -> Result<Value, Error> {
    pack_registered(args, Registered { registry, is_foreign: false })
}

#[inline]
fn pack_registered(args: &[Value], registered: Registered) -> Result<Value, Error> {
    match *args {
        [object] => to_string(object, registered),
        [object, nil] if value::is_nil(nil) => to_string(object, registered),
        [object, io] if value::core(io) == Core::None => match This::<Packer>::try_convert(io) {
            Ok(packer) => {
                super::write(packer, |walk| walk.value(object))?;
                Ok(value::nil())
            }
            Err(_) => with_packer(object, args, registered),
        },
        [object, ..] => with_packer(object, args, registered),
        [] => Err(arguments::count(args, 1..=3).err().unwrap_or_else(|| crate::error::argument("no object"))),
    }
}

fn with_packer(object: Value, args: &[Value], registered: Registered) -> Result<Value, Error> {
    arguments::count(args, 1..=3)?;
    let ruby = call::ruby();
    let (io, options) = Options::behind_io(&args[1..])?;
    if let Some(Ok(packer)) = io.map(This::<Packer>::try_convert) {
        super::write(packer, |walk| walk.value(object))?;
        return Ok(value::nil());
    }
    let Registered { registry, is_foreign } = registered;
    let packer = methods::make(&ruby, io, &options, registry)?;
    packer.inner()?.is_foreign.set(is_foreign);
    let result = super::write(packer, |walk| walk.value(object)).and_then(|()| methods::take_all(packer));
    value::keep(packer.value());
    result
}

/// Calls that are going to be made with a net, since one could not do without.
static NET_TURNS: AtomicU8 = AtomicU8::new(0);

/// Packs an Integer, for which there is nothing to prepare. May raise (memory).
#[inline]
fn integer(object: Value) -> Option<Value> {
    let (first, rest, len) = encode::padded_int(value::fixnum(object)?);
    let mut bytes = [first; 9];
    bytes[1..].copy_from_slice(&rest);
    Some(text::new_binary(&bytes[..len.min(9)]))
}

/// Packs a plain object without a net; None where one is needed.
#[inline]
fn to_string_bare(object: Value) -> Option<Value> {
    if let Some(packed) = integer(object) {
        return Some(packed);
    }
    let turns = NET_TURNS.load(Relaxed);
    if turns > 0 {
        NET_TURNS.store(turns - 1, Relaxed);
        return None;
    }
    let mut room = [const { MaybeUninit::uninit() }; INLINE];
    let mut walk = Walk::one_shot(Out::inline(&mut room));
    walk.go_bare();
    if walk.value(object).is_ok() {
        return Some(walk.out.finish());
    }
    NET_TURNS.store(super::NET_TURNS, Relaxed);
    None
}

fn to_string(object: Value, registered: Registered) -> Result<Value, Error> {
    if registered.registry.is_none() {
        if let Some(packed) = to_string_bare(object) {
            return Ok(packed);
        }
    }
    to_string_guarded(object, registered)
}

#[inline(never)]
fn to_string_guarded(object: Value, registered: Registered) -> Result<Value, Error> {
    let mut room = [const { MaybeUninit::uninit() }; INLINE];
    let mut walk = Walk::one_shot(Out::inline(&mut room));
    let mut result = value::nil();
    walk.is_foreign = registered.is_foreign;
    if let Some(registry) = registered.registry {
        call::protect_unit(|| walk.lease())?;
        walk.register(registry);
    }
    let outcome = call::protect_unit(|| {
        walk.run(|walk| walk.value(object));
        if walk.out.is_inline() && !walk.has_failed() {
            result = walk.out.finish();
        }
    });
    walk.suspend();
    let outcome = outcome.and_then(|()| walk.take_failure());
    if let Some(inner) = walk.host.inner() {
        // Another thread that has got the Packer may be in the middle of a write of its own.
        inner.core.writers.set(inner.core.writers.get().saturating_sub(1));
        inner.core.drop_payload(walk.writer);
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
