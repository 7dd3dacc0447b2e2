//! The class `MessagePack::Unpacker` as Ruby sees it.

use super::drive::Drive;
use super::{registration, scratch, Inner, Unpacker, NEVER};
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
use msgpack_wire::marker::{scan, Scan, NIL};
use msgpack_wire::{DecodeError, Decoder, Fault, Rest, Token};
use std::cell::{Cell, OnceCell};
use std::mem::ManuallyDrop;

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
    let unpacker = call::ruby().obj_wrap(Unpacker { inner: OnceCell::from(Box::new(inner)) });
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
    let made = ruby.obj_wrap(Unpacker { inner: OnceCell::from(Box::new(inner)) });
    // Until here the GC did not see what is in `inner`: a Factory may have replaced its registry meanwhile.
    options.keep();
    registry.into_iter().map(Kept::value).for_each(value::keep);
    Ok(made.as_value())
}

fn initialize(this: This, args: &[Value]) -> Result<(), Error> {
    let (io, options) = Options::behind_io(args)?;
    let inner = Inner::new(Io::reader(io)?, &options, UnpackingTable::default())?;
    this.inner
        .set(Box::new(inner))
        .map_err(|_| error::runtime("this Unpacker has been initialized already: use new for another"))
}

#[inline(always)]
#[allow(clippy::inline_always)] // measured: as a call of its own, its result goes through memory
fn feed(this: This, given: Value) -> Result<This, Error> {
    let inner = this.inner()?;
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

impl Inner {
    /// Finishes what earlier calls have left, then lets `body` decode; None where the input ends too early.
    fn decode<R>(
        &self,
        body: impl FnOnce(&Drive<'_, Self>) -> Result<Option<R>, Error>,
    ) -> Result<Option<R>, Error> {
        let busy = self.enter()?;
        let keys = scratch::Keys::lazy();
        let mut drive = self.drive(&keys, busy.1);
        if self.left.is_skipping.get() {
            if !drive.skip()? {
                return Ok(None);
            }
            drive.has_skipped = true;
        }
        if !drive.finish_rest()? {
            return Ok(None);
        }
        body(&drive)
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // its fields are constants of the caller
    fn drive<'a>(&'a self, keys: &'a scratch::Keys<'a>, turn: u64) -> Drive<'a, Self> {
        Drive {
            source: self,
            decoder: &self.decoder,
            stack: &self.stack,
            keys,
            table: &self.table,
            style: self.style,
            child: Cell::new(None),
            left: &self.left,
            turn,
            has_skipped: false,
        }
    }

    /// The next object where one begins at the front, as most do that are fed whole: nobody is asked to keep away, and
    /// no net is spread, before something has to be called.
    #[inline]
    fn next_bare(&self) -> Result<Option<Value>, Error> {
        let position = self.core.taken();
        self.decoder.with(|decoder| decoder.seek(position));
        // What a raise jumps over must own nothing: the GC takes the cache of keys then.
        let keys = ManuallyDrop::new(scratch::Keys::lazy());
        self.is_bare.set(true);
        let epoch = self.resting.replace(NEVER);
        let ran = self.drive(&keys, 0).next_bare();
        let result = match ran {
            Ok(object) => {
                self.is_bare.set(false);
                self.resting.set(epoch);
                Ok(object)
            }
            Err(ran) => {
                let busy = self.claim()?;
                self.is_bare.set(false);
                self.drive(&keys, busy.1).next_after(Some(ran))
            }
        };
        drop(ManuallyDrop::into_inner(keys));
        result
    }

    #[inline]
    fn next(&self) -> Result<Option<Value>, Error> {
        match self.next_plain() {
            Some(object) => Ok(Some(object)),
            None => self.next_driven(),
        }
    }

    /// As [`Inner::next`], of what is not plain.
    #[inline(never)]
    fn next_driven(&self) -> Result<Option<Value>, Error> {
        if self.must_wait() {
            return Ok(None);
        }
        if self.resting.get() == self.core.epoch() && self.core.len() > 0 {
            return self.next_bare();
        }
        #[allow(clippy::redundant_closure_for_method_calls)] // the method alone is not general enough
        self.decode(|drive| drive.next())
    }

    fn underflow(&self) -> Error {
        let position = self.core.taken();
        let offset = self.decoder.with(|decoder| {
            decoder.seek(position);
            decoder.offset()
        });
        let advice = if self.is_child {
            "it is the payload of one extended type, whose handler reads more than is in it"
        } else {
            error::MORE
        };
        error::underflow(offset.saturating_sub(self.left.rest.get().begun), advice)
    }

    /// What it is in the middle of, in words; nothing of what was begun before the buffer was cleared.
    fn progress(&self) -> &'static str {
        if self.busy.get() {
            return "reading";
        }
        let is_amid = self.decoder.peek(Decoder::is_amid).unwrap_or(false);
        match () {
            () if self.epoch.get() != self.core.epoch() => "",
            () if !self.left.is_nothing() => "passing over the rest of an object",
            () if is_amid => "waiting for the rest of an object",
            () => "",
        }
    }

    fn or_underflow<R>(&self, result: Option<R>) -> Result<R, Error> {
        result.ok_or_else(|| self.underflow())
    }

    /// The first byte of the next object, which is not consumed; None where it is not there yet.
    fn peek(&self, drive: &Drive<'_, Self>, wanted: &str) -> Result<Option<u8>, Error> {
        if self.decoder.with(|decoder| decoder.is_amid()) {
            let offset = self.decoder.with(|decoder| decoder.offset());
            return Err(error::half_read(wanted, offset));
        }
        if !drive.gather(1)? {
            return Ok(None);
        }
        Ok(self.core.queue.borrow().front().first().copied())
    }

    /// Checks the length that a header announces; what is refused is passed over by the next call.
    fn accept(&self, token: Token, offset: u64) -> Result<(), Error> {
        let (limits, depth) = self.decoder.with(|decoder| (decoder.limits(), decoder.depth()));
        let is_too_deep = depth >= limits.max_depth;
        let checked = if is_too_deep { Err(Fault::TooDeep(limits.max_depth)) } else { limits.check(token) };
        checked.map_err(|fault| {
            let values = match token {
                Token::Array(len) => u64::from(len),
                Token::Map(len) => u64::from(len) * 2,
                _ => 0,
            };
            self.left.rest.set(Rest { values, bytes: 0, ..Rest::default() });
            error::decode(DecodeError { fault, offset })
        })
    }

    /// Reads the header of a container.
    #[inline]
    fn header(&self, kind: Kind) -> Result<u32, Error> {
        self.next_header(kind).map_or_else(|| self.header_slow(kind), Ok)
    }

    #[cold]
    fn header_slow(&self, kind: Kind) -> Result<u32, Error> {
        let wanted = match kind {
            Kind::Array => "an array",
            Kind::Map => "a map",
        };
        let found = self.decode(|drive| {
            let Some(first) = self.peek(drive, wanted)? else { return Ok(None) };
            let offset = self.core.taken();
            let Some(family) = Token::family(first) else {
                self.core.advance(1);
                return Err(error::decode(DecodeError { fault: Fault::Reserved, offset }));
            };
            if family != wanted {
                return Err(error::unexpected_type(wanted, family, offset));
            }
            loop {
                let scanned = scan(self.core.queue.borrow().front());
                match scanned {
                    Scan::Token(token @ (Token::Array(len) | Token::Map(len)), header) => {
                        self.core.advance(header);
                        self.accept(token, offset)?;
                        return Ok(Some(len));
                    }
                    Scan::Need(n) if drive.gather(n)? => {}
                    _ => return Ok(None),
                }
            }
        })?;
        self.or_underflow(found)
    }
}

#[inline(always)]
#[allow(clippy::inline_always)] // measured: as a call of its own, its result goes through memory
fn read(this: This) -> Result<Value, Error> {
    let inner = this.inner()?;
    match inner.next_plain() {
        Some(object) => Ok(object),
        None => read_more(inner),
    }
}

#[inline(never)]
fn read_more(inner: &Inner) -> Result<Value, Error> {
    inner.or_underflow(inner.next_driven()?)
}

fn full_unpack(this: This) -> Result<Value, Error> {
    let inner = this.inner()?;
    let object = inner.or_underflow(inner.next()?)?;
    match inner.core.len() {
        0 => Ok(object),
        left => Err(error::left_over(left, inner.core.taken(), "read or each take them")),
    }
}

fn each_object(this: This) -> Result<(), Error> {
    loop {
        // The Unpacker is free while the block runs.
        let Some(object) = this.inner()?.next()? else { return Ok(()) };
        call::protect(|| call::yield_value(object))?;
    }
}

fn each(this: This) -> Result<Value, Error> {
    this.inner()?;
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
    let inner = this.inner()?;
    if inner.skip_plain() {
        return Ok(());
    }
    // A skip that had begun is finished, and that is all.
    let skipped = inner.decode(|drive| Ok((drive.has_skipped || drive.skip()?).then_some(())))?;
    inner.or_underflow(skipped)
}

fn skip_nil(this: This) -> Result<bool, Error> {
    let inner = this.inner()?;
    let first = inner.decode(|drive| inner.peek(drive, "the start of an object"))?;
    Ok(inner.or_underflow(first)? == NIL)
}

fn read_array_header(this: This) -> Result<u32, Error> {
    this.inner()?.header(Kind::Array)
}

fn read_map_header(this: This) -> Result<u32, Error> {
    this.inner()?.header(Kind::Map)
}

fn tell(this: This) -> Result<u64, Error> {
    Ok(this.inner()?.core.taken())
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
    let inner = match (this.inner.get(), this.inner()) {
        (None, _) => return Ok(line.and("uninitialized").end()),
        (_, Err(_)) => return Ok(line.and("of a handler that is over").end()),
        (_, Ok(inner)) => inner,
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
