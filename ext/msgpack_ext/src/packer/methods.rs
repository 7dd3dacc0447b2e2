//! The class `MessagePack::Packer` as Ruby sees it.

use super::cold::to_float;
use super::{hand_over, hand_over_at, registration, scratch, write, write_bare, Inner, Packer};
use crate::arguments;
use crate::buffer::Queue;
use crate::ext_types::packing::PackingRegistry;
use crate::ffi::call;
use crate::ffi::kept::Kept;
use crate::ffi::shared::{FrozenString, Span};
use crate::ffi::text::{self, Encoding};
use crate::ffi::value::{self, Core, Shape};
use crate::ffi::{class, memory, receiver};
use crate::inspection::{self, Inspection};
use crate::io::Io;
use crate::options::Options;
use crate::{classes, error};
use magnus::{prelude::*, Error, Ruby, TypedData, Value};
use msgpack_wire::chunks::Appender;
use msgpack_wire::{encode, DecodeError, Decoder, Event, Fault, Limits, NoMemory, NoValue};
use std::sync::OnceLock;

type This = receiver::This<Packer>;
/// Appends to a Packer's bytes.
type Sink<'a> = Appender<'a, FrozenString>;

/// A Packer of the base class.
pub(super) fn make(
    ruby: &Ruby,
    io: Option<Value>,
    options: &Options,
    registry: Option<Kept<PackingRegistry>>,
) -> Result<This, Error> {
    let inner = Box::new(Inner::new(io, options, registry)?);
    let made = ruby.obj_wrap(Packer { inner: OnceLock::from(inner), ..Packer::default() });
    // Until here the GC did not see what is in `inner`: a Factory may have replaced its registry meanwhile.
    options.keep();
    registry.into_iter().map(Kept::value).for_each(value::keep);
    Ok(made.into())
}

/// A Packer with these registrations, for `(io = nil, options = nil)`.
pub fn new(args: &[Value], registry: Option<Kept<PackingRegistry>>) -> Result<Value, Error> {
    let (io, options) = Options::behind_io(args)?;
    Ok(make(&call::ruby(), io, &options, registry)?.value())
}

/// Hands all to the io, if there is one, or returns it; the buffer is empty then.
pub(super) fn take_all(this: This) -> Result<Value, Error> {
    let inner = this.inner()?;
    if inner.core.io.is_some() {
        inner.core.flush()?;
        return Ok(value::nil());
    }
    let packed = to_string(this)?;
    inner.core.clear();
    Ok(packed)
}

fn initialize(this: This, args: &[Value]) -> Result<(), Error> {
    let (io, options) = Options::behind_io(args)?;
    let inner = Box::new(Inner::new(io, &options, None)?);
    let is_first = this.inner.set(inner).is_ok();
    // Until here the GC did not see what is in `inner`.
    options.keep();
    if is_first {
        return Ok(());
    }
    Err(error::runtime("this Packer has been initialized already: use new for another"))
}

#[inline(always)]
#[allow(clippy::inline_always)] // measured: as a call of its own, its result goes through memory
fn write_any(this: This, object: Value) -> Result<This, Error> {
    let inner = this.inner()?;
    if let Some(n) = value::fixnum(object) {
        append_to(inner, |queue| match encode::fixint(n) {
            Some(byte) => queue.push_slice(&[byte]),
            None => queue.push_padded(encode::padded_int(n)),
        })?;
    } else if value::is_container(object) || !put_scalar(inner, object) {
        write_object(this, inner, object)?;
    } else {
        hand_over(inner)?;
    }
    Ok(this)
}

/// Apart from scalars, which need none of the room on the native stack that a walk does.
#[inline(never)]
fn write_object(this: This, inner: &Inner, object: Value) -> Result<(), Error> {
    if write_bare(this, inner, object) {
        return hand_over(inner);
    }
    write(this, |walk| walk.value(object))
}

/// Appends a scalar without the walk and its nets: all that can go wrong is that there is no memory. False, with nothing
/// done, then and for anything else.
#[inline(never)]
fn put_scalar(inner: &Inner, object: Value) -> bool {
    let queue = &mut *inner.core.queue.borrow_mut();
    let mut sink = queue.appender();
    match value::shape(object) {
        Shape::Fixnum(n) => encode::signed(&mut sink, n),
        Shape::Float(n) => encode::float(&mut sink, n),
        Shape::Nil => encode::nil(&mut sink),
        Shape::True => encode::boolean(&mut sink, true),
        Shape::False => encode::boolean(&mut sink, false),
        Shape::Str if !inner.old_spec && text::encoding(object) == Encoding::Utf8 => {
            if text::with_bytes(object, |bytes| encode::str(&mut sink, bytes)).is_err() {
                return false;
            }
        }
        _ => return false,
    }
    sink.end().is_ok()
}

/// Appends what needs no walk.
fn append(this: This, put: impl Fn(&mut Sink)) -> Result<This, Error> {
    append_to(this.inner()?, |queue| appended(queue, &put))?;
    Ok(this)
}

#[inline(always)]
#[allow(clippy::inline_always)] // most sinks stay in registers
fn appended(queue: &mut Queue, put: impl Fn(&mut Sink)) -> Result<(), NoMemory> {
    let mut sink = queue.appender();
    put(&mut sink);
    sink.end()
}

#[inline(always)]
#[allow(clippy::inline_always)] // measured: as a call of its own, its result goes through memory
fn append_to(inner: &Inner, put: impl Fn(&mut Queue) -> Result<(), NoMemory>) -> Result<(), Error> {
    let put_once = || {
        let mut queue = inner.core.queue.borrow_mut();
        put(&mut queue).map(|()| queue.len())
    };
    match put_once() {
        Ok(len) => hand_over_at(inner, len),
        Err(none) => memory::again(none, put_once).and_then(|len| hand_over_at(inner, len)),
    }
}

fn write_nil(this: This) -> Result<This, Error> {
    append(this, |bytes| encode::nil(bytes))
}

fn write_true(this: This) -> Result<This, Error> {
    append(this, |bytes| encode::boolean(bytes, true))
}

fn write_false(this: This) -> Result<This, Error> {
    append(this, |bytes| encode::boolean(bytes, false))
}

fn write_int(this: This, given: Value) -> Result<This, Error> {
    if !value::is_integer(given) {
        return Err(error::wrong_type("an Integer", given));
    }
    write_any(this, given)
}

fn write_string(this: This, given: Value) -> Result<This, Error> {
    if !value::is_string(given) {
        return Err(error::wrong_type("a String", given));
    }
    write(this, |walk| walk.string(given))?;
    Ok(this)
}

fn write_symbol(this: This, given: Value) -> Result<This, Error> {
    if !value::is_symbol(given) {
        return Err(error::wrong_type("a Symbol", given));
    }
    write(this, |walk| walk.native_symbol(given))?;
    Ok(this)
}

fn write_array(this: This, given: Value) -> Result<This, Error> {
    if value::core(given) != Core::Array {
        return Err(error::wrong_type("an Array", given));
    }
    write(this, |walk| walk.array(given))?;
    Ok(this)
}

fn write_hash(this: This, given: Value) -> Result<This, Error> {
    if value::core(given) != Core::Hash {
        return Err(error::wrong_type("a Hash", given));
    }
    write(this, |walk| walk.hash(given))?;
    Ok(this)
}

fn write_bin(this: This, given: Value) -> Result<This, Error> {
    if !value::is_string(given) {
        return Err(error::wrong_type("a String", given));
    }
    write(this, |walk| walk.binary(given))?;
    Ok(this)
}

/// Appends an object that is packed already; the bytes are looked through first.
fn write_packed(this: This, given: Value) -> Result<This, Error> {
    let inner = this.inner()?;
    let given = arguments::bytes(given)?;
    // Of its own: looking through much lets other threads in.
    let bytes = call::protect(|| text::frozen(given))?;
    let limits = Limits { max_depth: inner.max_depth.saturating_sub(inner.depth.get()), ..Limits::default() };
    let mut decoder = Decoder::new(limits);
    let mut pos = 0;
    loop {
        let rest = |bytes: &[u8]| Span::of(bytes.get(pos..).unwrap_or_default());
        // SAFETY: a frozen String of this function's own keeps its bytes in place.
        let rest = unsafe { text::with_bytes(bytes, rest).bytes() };
        let (consumed, event) = decoder.run(rest, &mut NoValue);
        pos += consumed;
        match event {
            Ok(Event::Done) if pos == text::len(bytes) => break,
            Ok(Event::Done) => {
                return Err(error::left_over(
                    text::len(bytes) - pos,
                    pos as u64,
                    "write_packed takes them one by one",
                ))
            }
            Ok(Event::Breathe) => call::protect_unit(call::check_interrupts)?,
            Ok(Event::Stop(never)) => match never {},
            Ok(Event::NoMemory(none)) => memory::again(none, || decoder.make_room())?,
            // Nothing is left for a builder that builds nothing but more input.
            Ok(_) => return Err(error::underflow(decoder.offset(), "write_packed takes whole objects")),
            Err(DecodeError { fault: Fault::TooDeep(_), .. }) => {
                return Err(error::nesting(inner.max_depth, inner.max_depth, ""))
            }
            Err(error) => return Err(error::decode(error)),
        }
    }
    inner.core.write(bytes)?;
    value::keep(bytes);
    hand_over(inner)?;
    Ok(this)
}

fn write_float(this: This, given: Value) -> Result<This, Error> {
    this.inner()?;
    let Some(number) = to_float(given)? else {
        return Err(error::wrong_type("a Numeric", given));
    };
    append(this, |bytes| encode::float(bytes, number))
}

fn write_float32(this: This, given: Value) -> Result<This, Error> {
    this.inner()?;
    let Some(number) = to_float(given)? else {
        return Err(error::argument(format!("expected a Numeric, got {}", error::describe(given))));
    };
    append(this, |bytes| encode::float32(bytes, number as f32))
}

fn write_array_header(this: This, n: Value) -> Result<This, Error> {
    let n = arguments::header_length(n, "the number of values")?;
    append(this, |bytes| encode::array_header(bytes, n))
}

fn write_map_header(this: This, n: Value) -> Result<This, Error> {
    let n = arguments::header_length(n, "the number of pairs")?;
    append(this, |bytes| encode::map_header(bytes, n))
}

fn write_bin_header(this: This, n: Value) -> Result<This, Error> {
    let n = arguments::header_length(n, "the number of bytes")?;
    let old_spec = this.inner()?.old_spec;
    append(this, |bytes| if old_spec { encode::raw_header(bytes, n) } else { encode::bin_header(bytes, n) })
}

fn ext_header(this: This, kind: Value, length: Value) -> Result<This, Error> {
    let kind = arguments::wire_type(kind)?;
    let length = arguments::header_length(length, "the length")?;
    append(this, |bytes| encode::ext_header(bytes, kind, length))
}

fn write_exttype_header(this: This, length: Value, kind: Value) -> Result<This, Error> {
    ext_header(this, kind, length)
}

fn write_ext(this: This, kind: Value, data: Value) -> Result<This, Error> {
    let kind = arguments::wire_type(kind)?;
    if !value::is_string(data) {
        return Err(error::wrong_type("a String as payload", data));
    }
    write(this, |walk| walk.ext_value(kind, data))?;
    Ok(this)
}

fn write_extension(this: This, given: Value) -> Result<This, Error> {
    let ruby = call::ruby();
    let structure: Value = ruby.class_object().const_get("Struct")?;
    if class::is_a(given, classes::ext_type()) {
        return write_ext(this, given.funcall("type", ())?, given.funcall("data", ())?);
    }
    if class::is_a(given, structure) {
        return write_ext(this, given.funcall("[]", (0,))?, given.funcall("[]", (1,))?);
    }
    Err(error::wrong_type("an ExtType, an ExtensionValue or a Struct of type and payload", given))
}

fn buffer(this: This) -> Result<Value, Error> {
    this.buffer(&call::ruby())
}

fn flush(this: This) -> Result<This, Error> {
    this.inner()?.core.flush_all()?;
    Ok(this)
}

#[inline(always)]
#[allow(clippy::inline_always)] // measured: as a call of its own, its result goes through memory
fn clear(this: This) -> Result<(), Error> {
    let inner = this.inner()?;
    inner.check_idle("clear")?;
    inner.core.clear();
    Ok(())
}

fn size(this: This) -> Result<usize, Error> {
    Ok(this.inner()?.core.len())
}

fn is_empty(this: This) -> Result<bool, Error> {
    Ok(this.inner()?.core.len() == 0)
}

#[inline(always)]
#[allow(clippy::inline_always)] // measured: as a call of its own, its result goes through memory
fn to_string(this: This) -> Result<Value, Error> {
    let core = &this.inner()?.core;
    core.copy_short().map_or_else(|| core.to_string(), Ok)
}

fn to_a(this: This) -> Result<Value, Error> {
    this.inner()?.core.to_array()
}

fn write_to(this: This, io: Value) -> Result<usize, Error> {
    let inner = this.inner()?;
    inner.check_idle("write_to")?;
    inner.core.write_to(&Io::writer(Some(io))?)
}

fn full_pack(this: This) -> Result<Value, Error> {
    this.inner()?.check_idle("full_pack")?;
    take_all(this)
}

fn is_idle(this: This) -> Result<bool, Error> {
    Ok(this.inner()?.core.writers.get() == 0)
}

fn is_compatible(this: This) -> Result<bool, Error> {
    Ok(this.inner()?.old_spec)
}

#[allow(clippy::unnecessary_wraps)] // as `entry!` wants it
fn inspect(this: This) -> Result<String, Error> {
    let line = Inspection::of(this.value());
    let Some(inner) = this.inner.get() else { return Ok(line.and("uninitialized").end()) };
    let classes = inner.table.borrow().registry().map_or(0, PackingRegistry::len);
    Ok(line
        .and(inspection::count(inner.core.len(), "byte"))
        .and_if(inner.core.writers.get() > 0, "writing")
        .and(inspection::count_if_any(classes, "class registered"))
        .and_if(inner.refuses_unknown, "unknown_class: false")
        .and_io("to", &inner.core.io)
        .end())
}

pub fn init(ruby: &Ruby) -> Result<(), Error> {
    let module = classes::message_pack(ruby)?;
    scratch::init(module)?;
    let class = module.define_class("Packer", ruby.class_object())?;
    class.define_alloc_func::<Packer>();
    let _ = Packer::class(ruby);
    class.define_method("initialize", entry!(initialize, -1))?;
    class.define_method("write", entry!(write_any, 1))?;
    class.define_method("pack", entry!(write_any, 1))?;
    class.define_method("write_nil", entry!(write_nil, 0))?;
    class.define_method("write_true", entry!(write_true, 0))?;
    class.define_method("write_false", entry!(write_false, 0))?;
    class.define_method("write_int", entry!(write_int, 1))?;
    class.define_method("write_string", entry!(write_string, 1))?;
    class.define_method("write_symbol", entry!(write_symbol, 1))?;
    class.define_method("write_array", entry!(write_array, 1))?;
    class.define_method("write_hash", entry!(write_hash, 1))?;
    class.define_method("write_bin", entry!(write_bin, 1))?;
    class.define_method("write_packed", entry!(write_packed, 1))?;
    class.define_method("write_float", entry!(write_float, 1))?;
    class.define_method("write_float32", entry!(write_float32, 1))?;
    class.define_method("write_array_header", entry!(write_array_header, 1))?;
    class.define_method("write_map_header", entry!(write_map_header, 1))?;
    class.define_method("write_bin_header", entry!(write_bin_header, 1))?;
    class.define_method("write_ext", entry!(write_ext, 2))?;
    class.define_method("write_extension", entry!(write_extension, 1))?;
    class.define_method("write_exttype_header", entry!(write_exttype_header, 2))?;
    class.define_method("write_extended_header", entry!(ext_header, 2))?;
    class.define_method("buffer", entry!(buffer, 0))?;
    class.define_method("flush", entry!(flush, 0))?;
    class.define_method("clear", entry!(clear, 0))?;
    class.define_method("reset", entry!(clear, 0))?;
    class.define_method("size", entry!(size, 0))?;
    class.define_method("empty?", entry!(is_empty, 0))?;
    class.define_method("to_s", entry!(to_string, 0))?;
    class.define_method("to_str", entry!(to_string, 0))?;
    class.define_method("to_a", entry!(to_a, 0))?;
    class.define_method("write_to", entry!(write_to, 1))?;
    class.define_method("full_pack", entry!(full_pack, 0))?;
    class.define_private_method("idle?", entry!(is_idle, 0))?;
    class.define_method("compatibility_mode?", entry!(is_compatible, 0))?;
    class.define_method("inspect", entry!(inspect, 0))?;
    crate::ffi::class::undefine(class, [c"dup", c"clone"]);
    registration::init(class)
}
