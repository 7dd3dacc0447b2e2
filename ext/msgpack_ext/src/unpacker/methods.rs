//! The class `MessagePack::Unpacker` as Ruby sees it.

use super::{own_types, registration, scratch, Inner, Unpacker};
use crate::arguments;
use crate::ext_types::unpacking::{UnpackingRegistry, UnpackingTable};
use crate::ffi::call;
use crate::ffi::kept::Kept;
use crate::ffi::{receiver, value};
use crate::inspection::{self, Inspection};
use crate::io::Io;
use crate::options::Options;
use crate::{classes, error};
use magnus::typed_data::Obj;
use magnus::{prelude::*, Error, Ruby, TypedData, Value};
use msgpack_wire::decode::Kind;
use msgpack_wire::marker::NIL;

type This = receiver::This<Unpacker>;

/// One whole object from an io. Only bytes that have been read already count as left over.
pub(super) fn unpack_io(
    io: Value,
    options: &Options,
    table: UnpackingTable,
    is_foreign: bool,
) -> Result<Value, Error> {
    let unpacker = over(Io::source(io)?, options, table, is_foreign)?;
    let object = full_unpack(unpacker.into());
    value::keep(unpacker.as_value());
    object
}

/// An Unpacker with these registrations.
pub(super) fn over(
    io: Io,
    options: &Options,
    table: UnpackingTable,
    is_foreign: bool,
) -> Result<Obj<Unpacker>, Error> {
    let registry = table.shared();
    let mut inner = Inner::new(io, options, table)?;
    inner.style.is_foreign = is_foreign;
    let unpacker = call::ruby().obj_wrap(Unpacker::from(inner));
    // As in `new`.
    options.keep();
    registry.into_iter().for_each(value::keep);
    Ok(unpacker)
}

/// An Unpacker with these registrations, for `(io = nil, options = nil)`.
pub fn new(args: &[Value], registry: Option<Kept<UnpackingRegistry>>) -> Result<Value, Error> {
    let ruby = call::ruby();
    let (io, options) = Options::behind_io(args)?;
    let inner = Inner::new(Io::reader(io)?, &options, UnpackingTable::of(registry, true))?;
    let made = ruby.obj_wrap(Unpacker::from(inner));
    // Until here the GC did not see what is in `inner`: a Factory may have replaced its registry meanwhile.
    options.keep();
    registry.into_iter().map(Kept::value).for_each(value::keep);
    Ok(made.as_value())
}

fn initialize(this: This, args: &[Value]) -> Result<(), Error> {
    let (io, options) = Options::behind_io(args)?;
    let inner = Inner::new(Io::reader(io)?, &options, UnpackingTable::default())?;
    let again = || error::runtime("this Unpacker has been initialized already: use new for another");
    // Asked now: while the io was looked at, a handler may have come to its end.
    if this.is_dead.get() {
        return Err(again());
    }
    this.inner.set(Box::new(inner)).map_err(|_| again())
}

#[inline(always)]
#[allow(clippy::inline_always)] // measured: as a call of its own, its result goes through memory
fn feed(this: This, given: Value) -> Result<This, Error> {
    let inner = this.reader()?;
    if inner.is_child || !inner.core.feed_short(given) {
        feed_much(inner, given)?;
    }
    Ok(this)
}

#[inline(never)]
fn feed_much(inner: &Inner, given: Value) -> Result<(), Error> {
    if inner.is_child {
        return Err(error::runtime(
            "this Unpacker reads the payload of one extended type and can't be fed: feed the outer one",
        ));
    }
    inner.core.feed(arguments::bytes(given)?)
}

#[inline(always)]
#[allow(clippy::inline_always)] // measured: as a call of its own, its result goes through memory
fn read(this: This) -> Result<Value, Error> {
    let inner = this.reader()?;
    match inner.next_plain() {
        Some(object) => Ok(object),
        None => inner.or_underflow(inner.next_driven()?),
    }
}

fn full_unpack(this: This) -> Result<Value, Error> {
    let inner = this.reader()?;
    let object = inner.or_underflow(inner.next()?)?;
    match inner.core.len() {
        0 => Ok(object),
        left => Err(error::left_over(left, inner.core.taken(), "read or each take them")),
    }
}

fn each_object(this: This) -> Result<(), Error> {
    loop {
        // The Unpacker is free while the block runs.
        let Some(object) = this.reader()?.next()? else { return Ok(()) };
        call::protect(|| call::yield_value(object))?;
    }
}

fn each(this: This) -> Result<Value, Error> {
    this.reader()?;
    if !call::block_given() {
        return Ok(this.value().enumeratorize("each", ()).as_value());
    }
    each_object(this)?;
    Ok(value::nil())
}

fn feed_each(this: This, given: Value) -> Result<Value, Error> {
    this.inner()?;
    if !call::block_given() {
        return Ok(this.value().enumeratorize("feed_each", (given,)).as_value());
    }
    feed(this, given)?;
    each_object(this)?;
    Ok(value::nil())
}

fn skip(this: This) -> Result<(), Error> {
    let inner = this.reader()?;
    if inner.skip_plain() {
        return Ok(());
    }
    // A skip that had begun is finished, and that is all.
    let skipped = inner.decode(|drive| Ok((drive.has_skipped || drive.skip()?).then_some(())))?;
    inner.or_underflow(skipped)
}

fn skip_nil(this: This) -> Result<bool, Error> {
    let inner = this.reader()?;
    let first = inner.decode(|drive| inner.peek(drive, "the start of an object"))?;
    Ok(inner.or_underflow(first)? == NIL)
}

fn read_array_header(this: This) -> Result<u32, Error> {
    this.reader()?.header(Kind::Array)
}

fn read_map_header(this: This) -> Result<u32, Error> {
    this.reader()?.header(Kind::Map)
}

fn tell(this: This) -> Result<u64, Error> {
    Ok(this.reader()?.core.taken())
}

fn buffer(this: This) -> Result<Value, Error> {
    this.buffer(&call::ruby())
}

fn reset(this: This) -> Result<(), Error> {
    this.inner()?.reset();
    Ok(())
}

fn is_idle(this: This) -> Result<bool, Error> {
    Ok(!this.inner()?.busy.get())
}

/// Whether something has come of an object that is not complete.
fn is_amid(this: This) -> Result<bool, Error> {
    let inner = this.inner()?;
    inner.recover();
    Ok(!inner.left.is_nothing() || inner.core.len() > 0 || inner.decoder.with(|decoder| decoder.is_amid()))
}

fn has_symbolic_keys(this: This) -> Result<bool, Error> {
    Ok(this.inner()?.style.symbolize_keys)
}

fn is_freezing(this: This) -> Result<bool, Error> {
    Ok(this.inner()?.style.freeze)
}

fn allows_unknown_ext(this: This) -> Result<bool, Error> {
    Ok(this.inner()?.style.allow_unknown_ext)
}

#[allow(clippy::unnecessary_wraps)] // as `entry!` wants it
fn inspect(this: This) -> Result<String, Error> {
    let line = Inspection::of(this.value());
    let inner = match this.inner() {
        Ok(inner) => inner,
        Err(_) if this.is_dead.get() => return Ok(line.and("of a handler that is over").end()),
        Err(_) => return Ok(line.and("uninitialized").end()),
    };
    let types = inner.table.borrow().registry().map_or(0, UnpackingRegistry::len);
    Ok(line
        .and(format!("at byte {}", inner.core.taken()))
        .and(format!("{} unread", inspection::count(inner.core.len(), "byte")))
        .and(inner.progress())
        .and_if(inner.is_child, "of one payload")
        .and(inspection::count_if_any(types, "type registered"))
        .and_io("from", &inner.core.io)
        .end())
}

pub fn init(ruby: &Ruby) -> Result<(), Error> {
    let module = classes::message_pack(ruby)?;
    scratch::init(module)?;
    own_types::init()?;
    let class = module.define_class("Unpacker", ruby.class_object())?;
    class.define_alloc_func::<Unpacker>();
    let _ = Unpacker::class(ruby);
    class.include_module(ruby.module_enumerable())?;
    class.define_method("initialize", entry!(initialize, -1))?;
    class.define_method("feed", entry!(feed, 1))?;
    class.define_method("feed_reference", entry!(feed, 1))?;
    class.define_method("read", entry!(read, 0))?;
    class.define_method("unpack", entry!(read, 0))?;
    class.define_method("full_unpack", entry!(full_unpack, 0))?;
    class.define_method("each", entry!(each, 0))?;
    class.define_method("feed_each", entry!(feed_each, 1))?;
    class.define_method("skip", entry!(skip, 0))?;
    class.define_method("skip_nil", entry!(skip_nil, 0))?;
    class.define_method("read_array_header", entry!(read_array_header, 0))?;
    class.define_method("read_map_header", entry!(read_map_header, 0))?;
    class.define_method("tell", entry!(tell, 0))?;
    class.define_method("buffer", entry!(buffer, 0))?;
    class.define_method("reset", entry!(reset, 0))?;
    class.define_private_method("idle?", entry!(is_idle, 0))?;
    class.define_private_method("amid?", entry!(is_amid, 0))?;
    class.define_method("symbolize_keys?", entry!(has_symbolic_keys, 0))?;
    class.define_method("freeze?", entry!(is_freezing, 0))?;
    class.define_method("allow_unknown_ext?", entry!(allows_unknown_ext, 0))?;
    class.define_method("inspect", entry!(inspect, 0))?;
    crate::ffi::class::undefine(class, [c"dup", c"clone"]);
    registration::init(class)
}
