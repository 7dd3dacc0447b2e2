//! `MessagePack::Buffer`: the class. What it works on is in `core`, what collects payloads in `payloads`.

mod around;
mod core;
mod payloads;

pub use core::{Core, Queue};

use crate::arguments;
use crate::ffi::gauge::Presence;
use crate::ffi::shared::Held;
use crate::ffi::{call, memory, receiver, text, value};
use crate::inspection::{self, Inspection};
use crate::io::Io;
use crate::options::Options;
use crate::{classes, error};
use magnus::gc::Marker;
use magnus::typed_data::Obj;
use magnus::{prelude::*, DataTypeFunctions, Error, Ruby, TypedData, Value};
use msgpack_wire::encode;
use std::cell::Cell;
use std::sync::{Arc, OnceLock};

/// A Buffer object: its own `Core`, or that of a Packer or Unpacker.
#[derive(Default, TypedData)]
#[magnus(class = "MessagePack::Buffer", free_immediately, mark, size)]
#[repr(C)]
pub struct Buffer {
    presence: Presence,
    /// Set once, while other Ractors may ask for its size.
    core: OnceLock<Arc<Core>>,
}

impl DataTypeFunctions for Buffer {
    fn mark(&self, marker: &Marker) {
        if let Some(core) = self.core.get() {
            core.mark(marker);
        }
    }

    fn size(&self) -> usize {
        if !self.presence.is_there() {
            return 0;
        }
        size_of::<Self>() + self.core.get().map_or(0, |core| core.heap_size())
    }
}

type This = receiver::This<Buffer>;

impl Buffer {
    /// The Buffer object of a Packer or Unpacker: made at the first call, and kept in its `slot`.
    pub fn of(ruby: &Ruby, core: &Arc<Core>, slot: &Cell<Option<Held>>) -> Value {
        if let Some(Held(buffer)) = slot.get() {
            return buffer;
        }
        let buffer =
            ruby.obj_wrap(Self { core: OnceLock::from(Arc::clone(core)), ..Self::default() }).as_value();
        slot.set(Some(Held(buffer)));
        buffer
    }

    fn core(&self) -> Result<&Core, Error> {
        self.core.get().map(AsRef::as_ref).ok_or_else(|| error::uninitialized("Buffer"))
    }

    /// The core, for a method that takes bytes from the front.
    fn readable(&self) -> Result<&Core, Error> {
        let core = self.core()?;
        if core.writers.get() > 0 {
            return Err(error::runtime(
                "the Packer is writing: its buffer can't be read or cleared inside a handler; do it when the write is over",
            ));
        }
        Ok(core)
    }
}

fn initialize(this: This, args: &[Value]) -> Result<(), Error> {
    let (io, options) = Options::behind_io(args)?;
    let core = Core::new(Io::either(io)?, &options)?;
    this.core
        .set(core)
        .map_err(|_| error::runtime("this Buffer has been initialized already: use new for another"))
}

fn append_any(this: This, given: Value) -> Result<usize, Error> {
    let core = this.core()?;
    core.check_open()?;
    let bytes = match Obj::<Buffer>::try_convert(given) {
        Ok(other) => other.core()?.to_string()?,
        Err(_) => arguments::bytes(given)?,
    };
    core.write(bytes)?;
    core.report();
    Ok(text::len(bytes))
}

fn append(this: This, given: Value) -> Result<This, Error> {
    append_any(this, given)?;
    Ok(this)
}

/// Gives `bytes` as they are, or in the String that the caller has brought along.
fn deliver(bytes: Value, out: Option<Value>) -> Result<Value, Error> {
    let Some(out) = out else { return Ok(bytes) };
    call::protect_unit(|| text::replace(out, bytes))?;
    Ok(out)
}

fn read_args(args: &[Value]) -> Result<(Option<usize>, Option<Value>), Error> {
    arguments::count(args, 0..=2)?;
    let n = arguments::optional(args, 0).map(|n| arguments::length(n, "the length")).transpose()?;
    let out = arguments::optional(args, 1).map(|out| arguments::string(out, "the output")).transpose()?;
    if let Some(out) = out.filter(|&out| value::is_frozen(out)) {
        return Err(error::frozen(out));
    }
    Ok((n, out))
}

fn read_everything(core: &Core, out: Option<Value>) -> Result<Value, Error> {
    while core.fill()? {}
    let bytes = core.to_string()?;
    core.advance(text::len(bytes));
    deliver(bytes, out)
}

fn read(this: This, args: &[Value]) -> Result<Value, Error> {
    let core = this.readable()?;
    let (n, out) = read_args(args)?;
    let Some(n) = n else { return read_everything(core, out) };
    core.ensure(n)?;
    if n > 0 && core.len() == 0 {
        deliver(core.take(0)?, out)?;
        return Ok(value::nil());
    }
    deliver(core.take(n)?, out)
}

fn read_all(this: This, args: &[Value]) -> Result<Value, Error> {
    let core = this.readable()?;
    let (n, out) = read_args(args)?;
    let Some(n) = n else { return read_everything(core, out) };
    if !core.ensure(n)? {
        return Err(error::too_few(n, core.len(), core.taken()));
    }
    deliver(core.take(n)?, out)
}

fn skip(this: This, n: Value) -> Result<usize, Error> {
    let core = this.readable()?;
    let n = arguments::length(n, "the length")?;
    core.ensure(n)?;
    let n = n.min(core.len());
    core.advance(n);
    Ok(n)
}

fn skip_all(this: This, n: Value) -> Result<This, Error> {
    let core = this.readable()?;
    let n = arguments::length(n, "the length")?;
    if !core.ensure(n)? {
        return Err(error::too_few(n, core.len(), core.taken()));
    }
    core.advance(n);
    Ok(this)
}

fn size(this: This) -> Result<usize, Error> {
    Ok(this.core()?.len())
}

fn is_empty(this: This) -> Result<bool, Error> {
    Ok(this.core()?.len() == 0)
}

fn clear(this: This) -> Result<(), Error> {
    this.readable()?.clear();
    Ok(())
}

fn close(this: This) -> Result<(), Error> {
    this.core()?.io.close()
}

fn io(this: This) -> Result<Value, Error> {
    Ok(this.core()?.io.object())
}

fn flush(this: This) -> Result<This, Error> {
    this.core()?.flush()?;
    Ok(this)
}

fn write_to(this: This, io: Value) -> Result<usize, Error> {
    this.readable()?.write_to(&Io::writer(Some(io))?)
}

fn to_string(this: This) -> Result<Value, Error> {
    this.core()?.to_string()
}

fn to_a(this: This) -> Result<Value, Error> {
    this.core()?.to_array()
}

fn write_extended_header(this: This, kind: Value, length: Value) -> Result<This, Error> {
    let core = this.core()?;
    core.check_open()?;
    let kind = arguments::wire_type(kind)?;
    let length = arguments::header_length(length, "the length")?;
    let mut header = Vec::with_capacity(6);
    encode::ext_header(&mut header, kind, length);
    memory::provide(|| core.queue.borrow_mut().push_slice(&header))?;
    Ok(this)
}

#[allow(clippy::unnecessary_wraps)] // as `entry!` wants it
fn inspect(this: This) -> Result<String, Error> {
    let line = Inspection::of(this.value());
    let Some(core) = this.core.get() else { return Ok(line.and("uninitialized").end()) };
    Ok(line
        .and(inspection::count(core.len(), "byte"))
        .and(if core.taken() > 0 { format!("at byte {}", core.taken()) } else { String::new() })
        .and_if(core.check_open().is_err(), "of one payload")
        .and_if(core.writers.get() > 0, "being written")
        .and_io("io", &core.io)
        .end())
}

pub fn init(ruby: &Ruby) -> Result<(), Error> {
    // A superclass of its own: loading another library that defines MessagePack::Buffer fails at once.
    let module = classes::message_pack(ruby)?;
    let base = module.define_class("AbstractBuffer", ruby.class_object())?;
    // Later versions of the C gem define this one first.
    module.define_class("HeldBuffer", base)?;
    module.funcall::<_, _, Value>("private_constant", ("HeldBuffer",))?;
    let class = module.define_class("Buffer", base)?;
    class.define_alloc_func::<Buffer>();
    let _ = Buffer::class(ruby);
    class.define_method("initialize", entry!(initialize, -1))?;
    class.define_method("write", entry!(append_any, 1))?;
    class.define_method("<<", entry!(append, 1))?;
    class.define_method("append", entry!(append, 1))?;
    class.define_method("read", entry!(read, -1))?;
    class.define_method("read_all", entry!(read_all, -1))?;
    class.define_method("skip", entry!(skip, 1))?;
    class.define_method("skip_all", entry!(skip_all, 1))?;
    class.define_method("size", entry!(size, 0))?;
    class.define_method("empty?", entry!(is_empty, 0))?;
    class.define_method("clear", entry!(clear, 0))?;
    class.define_method("close", entry!(close, 0))?;
    class.define_method("io", entry!(io, 0))?;
    class.define_method("flush", entry!(flush, 0))?;
    class.define_method("write_to", entry!(write_to, 1))?;
    class.define_method("to_s", entry!(to_string, 0))?;
    class.define_method("to_str", entry!(to_string, 0))?;
    class.define_method("to_a", entry!(to_a, 0))?;
    class.define_method("write_extended_header", entry!(write_extended_header, 2))?;
    class.define_method("inspect", entry!(inspect, 0))?;
    crate::ffi::class::undefine(class, [c"dup", c"clone"]);
    Ok(())
}
