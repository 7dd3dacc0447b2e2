//! `registered_types` and `type_registered?`: registrations as programs see them.

use super::handler::Handler;
use super::packing::PackingRegistry;
use super::unpacking::UnpackingRegistry;
use crate::error;
use crate::ffi::value::{self, raw};
use crate::ffi::{call, number};
use magnus::{prelude::*, Error, Value};

/// A registration: a number, the class if there is one, and the Procs of the directions asked for (nil where
/// that direction is not registered).
pub struct Listed {
    kind: i8,
    class: Value,
    packer: Option<Value>,
    unpacker: Option<Value>,
}

/// The classes of a table for packing.
pub fn packers(registry: Option<&PackingRegistry>) -> Vec<Listed> {
    let numbered = registry.into_iter().flat_map(PackingRegistry::numbered);
    let listed = numbered.filter(|(_, _, entry)| !matches!(entry.handler, Handler::Forbidden));
    listed
        .map(|(class, kind, entry)| Listed {
            kind,
            class,
            packer: Some(entry.shown.map_or_else(value::nil, |shown| shown.0)),
            unpacker: None,
        })
        .collect()
}

/// The numbers of a table for unpacking.
pub fn unpackers(registry: Option<&UnpackingRegistry>) -> Vec<Listed> {
    let targets = registry.map(UnpackingRegistry::sorted).unwrap_or_default();
    let listed = targets.into_iter().filter(|(_, target)| !target.is_forbidden());
    listed
        .map(|(kind, target)| Listed {
            kind,
            class: target.class.map_or_else(value::nil, |class| class.0),
            packer: None,
            unpacker: Some(target.shown.0),
        })
        .filter(|listed| listed.unpacker.is_some_and(|shown| !value::is_nil(shown)))
        .collect()
}

/// Both directions: where a class and a number are registered with each other, in one.
pub fn both(packing: Option<&PackingRegistry>, unpacking: Option<&UnpackingRegistry>) -> Vec<Listed> {
    let mut alone = unpackers(unpacking);
    let mut listed = packers(packing);
    for entry in &mut listed {
        let partner = |other: &Listed| other.kind == entry.kind && raw(other.class) == raw(entry.class);
        let found = alone.iter().position(partner).map(|index| alone.swap_remove(index));
        entry.unpacker = Some(found.and_then(|found| found.unpacker).unwrap_or_else(value::nil));
    }
    for entry in &mut alone {
        entry.packer = Some(value::nil());
    }
    listed.extend(alone);
    listed
}

/// Numbers and classes (nil where there is none), by number.
pub fn outline(mut listed: Vec<Listed>) -> Vec<(i8, Value)> {
    listed.sort_by_key(|entry| entry.kind);
    listed.into_iter().map(|entry| (entry.kind, entry.class)).collect()
}

/// An Array of Hashes, by number. The registrations are kept alive by whoever holds the tables.
pub fn show(mut listed: Vec<Listed>) -> Result<Value, Error> {
    listed.sort_by_key(|entry| entry.kind);
    let ruby = call::ruby();
    let array = ruby.ary_new();
    for Listed { kind, class, packer, unpacker } in listed {
        let hash = ruby.hash_new();
        hash.aset(ruby.to_symbol("type"), number::from_signed(kind.into()))?;
        hash.aset(ruby.to_symbol("class"), class)?;
        if let Some(packer) = packer {
            hash.aset(ruby.to_symbol("packer"), packer)?;
        }
        if let Some(unpacker) = unpacker {
            hash.aset(ruby.to_symbol("unpacker"), unpacker)?;
        }
        array.push(hash)?;
    }
    Ok(array.as_value())
}

/// Whether a number or a class is among these. `covers` tells whether what is registered for the class that is
/// given second serves the one given first.
pub fn includes(
    listed: &[Listed],
    class_or_kind: Value,
    covers: impl Fn(Value, Value) -> bool,
) -> Result<bool, Error> {
    if value::is_integer(class_or_kind) {
        return Ok(listed
            .iter()
            .any(|entry| raw(number::from_signed(entry.kind.into())) == raw(class_or_kind)));
    }
    if value::is_module(class_or_kind) {
        return Ok(listed
            .iter()
            .any(|entry| !value::is_nil(entry.class) && covers(class_or_kind, entry.class)));
    }
    let given = error::describe(class_or_kind);
    Err(error::argument(format!("expected a Class, a Module or a type number, got {given}")))
}
