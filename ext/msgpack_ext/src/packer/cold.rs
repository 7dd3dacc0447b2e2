//! Everything that the hot walk does not meet often: subclasses, registered classes, strings in other encodings.

use super::methods;
use super::walk::{Failure, Host, Outcome, Walk};
use crate::classes;
use crate::error;
use crate::ext_types::handler::Handler;
use crate::ext_types::packing::{Entry, Found};
use crate::ext_types::registrations::check_shareable;
use crate::ext_types::times;
use crate::ffi::call::{self, Name};
use crate::ffi::class;
use crate::ffi::memory;
use crate::ffi::text::{self, Encoding};
use crate::ffi::value::{self, raw, Core, Shape};
use crate::options::Options;
use magnus::{prelude::*, Error, Value};
use msgpack_wire::encode;

static TO_F: Name = Name::new("to_f");
static TYPE: Name = Name::new("@type");
static DATA: Name = Name::new("@data");

impl Walk<'_> {
    /// Appends an object of any class but the plain ones.
    #[inline(never)]
    pub(super) fn other(&mut self, object: Value) -> Outcome {
        self.need_net()?;
        if let Some(entry) = self.find(object) {
            return self.registered(object, entry);
        }
        match value::core(object) {
            Core::Str => return self.string(object),
            Core::Array => return self.array(object),
            Core::Hash => return self.hash(object),
            _ => {}
        }
        if classes::is_ext_type(class::own(object)) {
            return self.ext_type(object);
        }
        if self.refuses_unknown && !class::is_a(object, classes::ext_type()) {
            return self.fail(unknown_class(object));
        }
        self.call_to_msgpack(object)
    }

    /// What is registered for this object. May raise (memory), while no borrow lives.
    pub(super) fn find(&self, object: Value) -> Option<Entry> {
        let table = self.table()?;
        let (own, real) = {
            let table = table.borrow();
            let registry = table.registry()?;
            let own = class::own(object);
            if let Some(Found(known)) = table.known(own) {
                return known;
            }
            if let Some(entry) = registry.exact(own) {
                return Some(entry);
            }
            let real = class::of(object);
            if class::is_native(real) {
                // A String, Array or Hash that has got a singleton class is still one.
                return None;
            }
            if let Some(entry) = registry.exact(real) {
                return Some(entry);
            }
            (own, real)
        };
        let ancestors = class::ancestors(own);
        let found = table.borrow().registry()?.nearest(ancestors).map(|(_, entry)| entry);
        if raw(own) == raw(real) {
            // The class of a single object is not worth remembering.
            table.change(|table| table.remember(real, found));
        }
        found
    }

    // The ways to a handler are functions of their own, and so are their messages: what lies on the native stack
    // while a handler runs is all that 500 levels of them have to share.

    pub(super) fn registered(&mut self, object: Value, entry: Entry) -> Outcome {
        self.check_usable(object, entry)?;
        match entry.kind {
            None => self.low_level(object, entry.handler),
            Some(kind) if matches!(entry.handler, Handler::Time(_)) && !entry.is_recursive => {
                self.time(kind, object, entry.handler)
            }
            Some(kind) if entry.is_recursive => self.recursive(kind, object, entry.handler),
            Some(kind) => self.high_level(kind, object, entry.handler),
        }
    }

    #[inline]
    fn check_usable(&mut self, object: Value, entry: Entry) -> Outcome {
        if let Handler::Forbidden = entry.handler {
            return self.fail(forbidden(object));
        }
        if self.is_foreign {
            return self.check_shareable(object, entry);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn check_shareable(&mut self, object: Value, entry: Entry) -> Outcome {
        check_shareable(entry.handler.is_shareable(), || class::of(object)).or_else(|error| self.fail(error))
    }

    /// One level more, in which a handler is going to run.
    #[inline]
    pub(super) fn enter_handler(&mut self) -> Outcome {
        self.enter(0)?;
        if call::stack_is_low() {
            return self.fail_by(Failure::Nesting(self.depth - 1));
        }
        Ok(())
    }

    #[inline(never)]
    fn high_level(&mut self, kind: i8, object: Value, handler: Handler) -> Outcome {
        self.enter_handler()?;
        let payload = self.call_out(|| handler.payload(object));
        self.depth -= 1;
        if !value::is_string(payload) {
            return self.fail(no_payload(object, payload));
        }
        self.ext(kind, payload)
    }

    fn time(&mut self, kind: i8, object: Value, handler: Handler) -> Outcome {
        let payload = times::payload_in_place(object).or_else(|| {
            // A Time that can't be read raises, and code of a program may run, although the exception is forgotten.
            self.suspend();
            let payload = times::payload(object);
            self.resume();
            payload
        });
        let Some(payload) = payload else { return self.high_level(kind, object, handler) };
        // The level that a handler takes.
        self.enter_handler()?;
        self.depth -= 1;
        let result = encode::ext(&mut self.out, kind, payload.as_ref());
        self.fits(result)
    }

    pub(super) fn ext(&mut self, kind: i8, payload: Value) -> Outcome {
        self.make_room_for(payload);
        let out = &mut self.out;
        let result = text::with_bytes(payload, |bytes| encode::ext(out, kind, bytes));
        self.fits(result)
    }

    #[inline(never)]
    fn low_level(&mut self, object: Value, handler: Handler) -> Outcome {
        self.enter_handler()?;
        let packer = self.packer()?;
        let result = self.call_out(|| handler.write(object, packer));
        self.depth -= 1;
        if value::is_string(result) {
            return self.fail(returned_string(object));
        }
        Ok(())
    }

    /// Appends an object whose handler writes the payload: into a queue of its own, before which the header is
    /// put when its length is known.
    #[inline(never)]
    fn recursive(&mut self, kind: i8, object: Value, handler: Handler) -> Outcome {
        self.enter_handler()?;
        let packer = self.packer()?;
        self.suspend();
        let writer = self.writer;
        let Some(id) = self.host.inner().map(|inner| inner.core.begin_payload(writer)) else { return Ok(()) };
        handler.write(object, packer);
        self.end_payload(id, kind)
    }

    #[inline(never)]
    fn end_payload(&mut self, id: u64, kind: i8) -> Outcome {
        let outcome = self.take_up_payload(id, kind);
        self.resume();
        self.depth -= 1;
        outcome
    }

    /// Puts a payload behind its header, when its handler is over. May raise (memory).
    pub(super) fn take_up_payload(&mut self, id: u64, kind: i8) -> Outcome {
        match self.host.inner().map_or(Ok(true), |inner| inner.core.end_payload(id, kind)) {
            Ok(true) => Ok(()),
            Ok(false) => self.fail(error::runtime(
                "the Packer was written to by somebody else meanwhile: each fiber and thread needs its own",
            )),
            Err(error) => self.fits(Err(error)),
        }
    }

    /// Appends an ExtType, which has nothing to say that Ruby would have to be asked for.
    fn ext_type(&mut self, object: Value) -> Outcome {
        let (kind, data) = (class::ivar(object, &TYPE), class::ivar(object, &DATA));
        if let (Shape::Fixnum(kind), true) = (value::shape(kind), value::is_string(data)) {
            if let Ok(kind) = i8::try_from(kind) {
                return self.ext(kind, data);
            }
        }
        self.call_to_msgpack(object)
    }

    /// The Packer for a handler.
    #[inline]
    pub(super) fn packer(&mut self) -> Result<Value, super::walk::Stop> {
        if let Host::Packer { object, .. } | Host::Improvised { object } = &self.host {
            return Ok(object.value());
        }
        self.improvise()
    }

    /// Makes a Packer, with the bytes written so far.
    #[inline(never)]
    fn improvise(&mut self) -> Result<Value, super::walk::Stop> {
        match methods::make(&call::ruby(), None, &Options::default(), None) {
            Ok(object) => {
                if let Ok(inner) = object.inner() {
                    let table = self.table().map(|table| table.borrow().copy()).unwrap_or_default();
                    inner.table.change(|own| *own = table);
                    inner.is_foreign.set(self.is_foreign);
                    let written = || inner.core.queue.borrow_mut().push_slice(self.out.written());
                    if let Err(error) = memory::provide(written) {
                        return self.fail(error).map(|()| value::nil());
                    }
                    self.writer = inner.core.next_id();
                    inner.core.writers.set(1);
                }
                self.host = Host::Improvised { object };
                self.out = crate::ffi::out::Out::none();
                self.resume();
                Ok(object.value())
            }
            Err(error) => self.fail(error).map(|()| value::nil()),
        }
    }

    #[cold]
    pub(super) fn unusual_string(&mut self, string: Value) -> Outcome {
        if text::encoding(string) == Encoding::Other {
            self.need_net()?;
        }
        let (string, is_text) = match text::encoding(string) {
            Encoding::Binary => (string, false),
            Encoding::Utf8 => (string, true),
            // Transcoding may load a transcoder, and that may run whatever a program has in its load path.
            Encoding::Other => (self.call_out(|| text::to_utf8(string)), true),
        };
        self.make_room_for(string);
        let (out, old_spec) = (&mut self.out, self.old_spec);
        let result = text::with_bytes(string, |bytes| match (old_spec, is_text) {
            (true, _) => encode::raw(out, bytes),
            (false, true) => encode::str(out, bytes),
            (false, false) => encode::bin(out, bytes),
        });
        self.fits(result)
    }

    /// Appends the bytes of a String as a binary.
    pub(super) fn binary(&mut self, string: Value) -> Outcome {
        self.make_room_for(string);
        let (out, old_spec) = (&mut self.out, self.old_spec);
        let result = text::with_bytes(string, |bytes| {
            if old_spec {
                encode::raw(out, bytes)
            } else {
                encode::bin(out, bytes)
            }
        });
        self.fits(result)
    }

    /// Appends an extended type.
    pub(super) fn ext_value(&mut self, kind: i8, payload: Value) -> Outcome {
        self.ext(kind, payload)
    }
}

#[cold]
#[inline(never)]
fn forbidden(object: Value) -> Error {
    error::type_error(format!(
        "{} can't be packed before unregister_exttype: it is registered as forbidden",
        class::name_of(object)
    ))
}

#[cold]
#[inline(never)]
fn unknown_class(object: Value) -> Error {
    error::type_error(format!(
        "{} is not registered and unknown_class is false: use register_type, register_exttype or register_lowlevel",
        class::name_of(object)
    ))
}

#[cold]
#[inline(never)]
pub(super) fn no_payload(object: Value, payload: Value) -> Error {
    error::type_error(format!(
        "expected the payload as a String from the handler of {}, got {} (recursive: true and \
         register_lowlevel are for handlers that write to the packer)",
        class::name_of(object),
        error::describe(payload)
    ))
}

#[cold]
#[inline(never)]
pub(super) fn returned_string(object: Value) -> Error {
    error::type_error(format!(
        "the low-level handler of {} returned a String: it has to write to the packer \
         (register the class with a type number if the String is the payload)",
        class::name_of(object)
    ))
}

/// The float that a Numeric stands for.
pub(super) fn to_float(given: Value) -> Result<Option<f64>, Error> {
    let ruby = call::ruby();
    if let Shape::Float(n) = value::shape(given) {
        return Ok(Some(n));
    }
    let numeric: Value = ruby.class_object().const_get("Numeric")?;
    if !class::is_a(given, numeric) {
        return Ok(None);
    }
    let float = call::protect(|| call::call(given, &TO_F, []))?;
    match value::shape(float) {
        Shape::Float(n) => Ok(Some(n)),
        _ => Err(error::wrong_type("a Float from to_f", float)),
    }
}
