//! `MessagePack.unpack` and `Factory#load`: one whole object of a String, without an Unpacker.

use super::drive::Drive;
use super::lone;
use super::own_types::OwnTypes;
use super::passing::Left;
use super::plain::Plain;
use super::scratch::{self, UnpackScratch};
use super::source::Source;
use super::string::Text;
use super::{apply, methods, Style};
use crate::arguments;
use crate::error;
use crate::ext_types::registrations;
use crate::ext_types::unpacking::{UnpackingRegistry, UnpackingTable};
use crate::ffi::call::{self, Name};
use crate::ffi::kept::Kept;
use crate::ffi::slots::Lease;
use crate::ffi::{ractor, value};
use crate::io::Io;
use crate::options::{self, Options};
use magnus::{prelude::*, Error, Value};
use msgpack_wire::dig::Place;
use msgpack_wire::marker::is_ext;
use msgpack_wire::{Decoder, Limits};
use std::cell::Cell;
use std::mem::ManuallyDrop;

static TO_STR: Name = Name::new("to_str");

/// `MessagePack.unpack(src, options = nil)`
pub fn unpack(args: &[Value]) -> Result<Value, Error> {
    let registry = registrations::default_unpacking();
    let is_foreign = registry.is_some() && !ractor::is_main();
    unpack_registered(args, UnpackingTable::of(registry, false), is_foreign)
}

/// `Factory#load(src, options = nil)`
pub fn unpack_with(args: &[Value], registry: Option<Kept<UnpackingRegistry>>) -> Result<Value, Error> {
    unpack_registered(args, UnpackingTable::of(registry, true), false)
}

/// An Unpacker for `(src, options = nil)`, with what `unpack` would use.
pub fn unpacker_for(args: &[Value]) -> Result<Value, Error> {
    arguments::count(args, 1..=2)?;
    let options = Options::after(args, 1)?;
    let registry = registrations::default_unpacking();
    let table = UnpackingTable::of(registry, false);
    let is_foreign = registry.is_some() && !ractor::is_main();
    match string_of(args[0])? {
        Some(string) => {
            let unpacker = methods::over(Io::none(), &options, table, is_foreign)?;
            unpacker.inner()?.core.feed(string)?;
            Ok(unpacker.as_value())
        }
        None => Ok(methods::over(Io::source(args[0])?, &options, table, is_foreign)?.as_value()),
    }
}

/// The String of bytes that `source` is, or that its `to_str` gives; None where it has none.
pub(super) fn string_of(source: Value) -> Result<Option<Value>, Error> {
    if value::is_string(source) {
        return Ok(Some(source));
    }
    if value::is_nil(source) {
        return Err(error::no_input());
    }
    let mut string = None;
    call::protect_unit(|| string = call::call_if(source, &TO_STR, []))?;
    match string {
        Some(other) if !value::is_string(other) => Err(error::wrong_type("a String from to_str", other)),
        string => Ok(string),
    }
}

#[inline]
fn unpack_registered(args: &[Value], table: UnpackingTable, is_foreign: bool) -> Result<Value, Error> {
    if let [string] = *args {
        if value::is_string(string) {
            return unpack_bare(string, table, Style { is_foreign, ..Style::default() });
        }
    }
    unpack_with_options(args, table, is_foreign)
}

/// Unpacks a String with no options given but a style.
#[inline(always)]
#[allow(clippy::inline_always)] // without options the style is a constant
fn unpack_bare(string: Value, table: UnpackingTable, style: Style) -> Result<Value, Error> {
    let source = Text::new(string);
    // SAFETY: making a plain object runs no Ruby code, so the String keeps its bytes.
    let bytes: &[u8] = unsafe { source.front().bytes() };
    if let Some((object, len)) = Plain::ANY.object(bytes).filter(|_| !style.freeze) {
        if len == bytes.len() {
            value::keep(string);
            return Ok(object);
        }
    }
    let Some(first) = bytes.first() else { return Err(error::no_input()) };
    if is_ext(*first) {
        if let Some(made) = lone::object(bytes, &table, style) {
            value::keep(string);
            return made;
        }
    }
    // What a raise jumps over must own nothing: the GC takes the scratch then.
    let scratch = ManuallyDrop::new(lease(table, Limits::default(), None));
    let keys = ManuallyDrop::new(scratch::Keys::Of(&scratch));
    let left = Left::default();
    let drive = drive_over(&source, &scratch, &keys, style, &left);
    let result = match drive.next_bare() {
        Ok(object) => Ok(object),
        Err(ran) => drive.next_after(ran),
    };
    let object = end(&scratch, result);
    drop(ManuallyDrop::into_inner(scratch));
    whole(&source, object?)
}

#[inline(never)]
fn unpack_with_options(args: &[Value], table: UnpackingTable, is_foreign: bool) -> Result<Value, Error> {
    arguments::count(args, 1..=2)?;
    let source = args[0];
    let options = Options::after(args, 1)?;
    match string_of(source)? {
        Some(string) if options.is_style() => {
            unpack_bare(string, table, Style { is_foreign, ..Style::new(&options) })
        }
        Some(string) => {
            let source = Text::new(string);
            let whole_text = |_| Ok(Some(Place { at: 0, depth: 0 }));
            whole(&source, read(&source, &options, table, is_foreign, whole_text)?)
        }
        None => methods::unpack_io(source, &options, table, is_foreign),
    }
}

/// The object, if it was all that there is.
#[inline]
fn whole(source: &Text, object: Value) -> Result<Value, Error> {
    if source.len() > 0 {
        let (left, at) = (source.len(), source.position());
        return Err(error::left_over(left, at, "MessagePack.unpack_each takes several"));
    }
    Ok(object)
}

/// The object at the place that `find` tells, within these limits; nil where it tells none.
pub(super) fn read(
    source: &Text,
    options: &Options,
    mut table: UnpackingTable,
    is_foreign: bool,
    find: impl FnOnce(Limits) -> Result<Option<Place>, Error>,
) -> Result<Value, Error> {
    let (mut style, mut limits) = (Style::default(), Limits::default());
    if !options.is_empty() {
        style = Style::new(options);
        limits = options.limits()?;
        apply(options, &mut table)?;
    }
    style.is_foreign = is_foreign;
    let max_len = options.length(options::Name::MaxBufferSize)?.unwrap_or(usize::MAX);
    if source.len() > max_len {
        return Err(error::buffer_full(source.len(), max_len, 0));
    }
    if source.len() == 0 {
        return Err(error::no_input());
    }
    let Some(place) = find(limits)? else { return Ok(value::nil()) };
    source.advance(place.at);
    let scratch = lease(table, limits, Some(place));
    options.keep();
    let (left, keys) = (Left::default(), scratch::Keys::Of(&scratch));
    let result = drive_over(source, &scratch, &keys, style, &left).next();
    end(&scratch, result)
}

/// A scratch for one object, which begins at `place` of the stream, if not at its start. May raise (memory).
#[inline]
fn lease(table: UnpackingTable, limits: Limits, place: Option<Place>) -> Lease<UnpackScratch> {
    let shared = table.shared();
    let scratch = scratch::lease(&call::ruby());
    scratch.decoder.with(|decoder| {
        decoder.restart(limits);
        if let Some(Place { at, depth: depth @ 1.. }) = place {
            decoder.begin_at(at as u64, depth);
        }
    });
    scratch.stack.clear();
    // Where the GC sees it: the Factory or the options that it came from may be changed meanwhile.
    scratch.table.replace(table);
    shared.into_iter().for_each(value::keep);
    scratch
}

#[inline(always)]
#[allow(clippy::inline_always)] // its fields are constants of the caller
fn drive_over<'a>(
    source: &'a Text,
    scratch: &'a UnpackScratch,
    keys: &'a scratch::Keys<'a>,
    style: Style,
    left: &'a Left,
) -> Drive<'a, Text> {
    Drive {
        source,
        decoder: &scratch.decoder,
        stack: &scratch.stack,
        keys,
        table: &scratch.table,
        style,
        own: OwnTypes::unknown(),
        child: Cell::new(None),
        spare: &scratch.spare,
        left,
        turn: 0,
        has_skipped: false,
    }
}

/// Leaves the scratch empty.
#[inline]
fn end(scratch: &UnpackScratch, result: Result<Option<Value>, Error>) -> Result<Value, Error> {
    scratch.stack.clear();
    scratch.table.take();
    scratch.frames.set(scratch.decoder.peek(Decoder::heap_size).unwrap_or(0));
    match result? {
        Some(object) => Ok(object),
        None => Err(error::underflow(scratch.decoder.with(|decoder| decoder.offset()), error::MORE)),
    }
}
