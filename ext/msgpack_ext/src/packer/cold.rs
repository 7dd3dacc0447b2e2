//! Everything that the hot walk does not meet often: subclasses, registered classes, `to_msgpack`, strings in
//! other encodings.

use super::methods;
use super::walk::{Failure, Host, Outcome, Walk};
use crate::arguments::Options;
use crate::classes;
use crate::error;
use crate::ext_types::handler::Handler;
use crate::ext_types::packing::{Entry, Found};
use crate::ffi::call::{self, Name};
use crate::ffi::class;
use crate::ffi::text::{self, Encoding};
use crate::ffi::value::{self, raw, Core, Shape};
use magnus::{kwargs, prelude::*, Error, ExceptionClass, Value};
use msgpack_wire::encode;

static TO_MSGPACK: Name = Name::new("to_msgpack");
static TO_F: Name = Name::new("to_f");
static TYPE: Name = Name::new("@type");
static DATA: Name = Name::new("@data");

impl Walk<'_> {
    /// Appends an object of any class but the plain ones.
    #[inline(never)]
    pub(super) fn other(&mut self, object: Value) -> Outcome {
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
            let message = format!(
                "{} is not registered and unknown_class is false: use register_exttype or register_lowlevel",
                class::name_of(object)
            );
            return self.fail(error::type_error(message));
        }
        self.call_to_msgpack(object)
    }

    /// Appends a Symbol that may be registered.
    #[cold]
    pub(super) fn symbol_slow(&mut self, symbol: Value) -> Outcome {
        match self.find(symbol) {
            Some(entry) => self.registered(symbol, entry),
            None => self.native_symbol(symbol),
        }
    }

    /// What is registered for this object. May raise (memory), while no borrow lives.
    fn find(&self, object: Value) -> Option<Entry> {
        let inner = self.host.inner()?;
        let (own, real) = (class::own(object), class::of(object));
        {
            let table = inner.table.borrow();
            if table.is_empty() {
                return None;
            }
            if let Some(Found(known)) = table.known(own) {
                return known;
            }
            if let Some(entry) = table.exact(own) {
                return Some(entry);
            }
            if class::is_native(real) {
                // A String, Array or Hash that has got a singleton class is still one.
                return None;
            }
            if let Some(entry) = table.exact(real) {
                return Some(entry);
            }
        }
        let ancestors = class::ancestors(own);
        let found = inner.table.borrow().nearest(ancestors).map(|(_, entry)| entry);
        if raw(own) == raw(real) {
            // The class of a single object is not worth remembering.
            inner.table.borrow_mut().remember(real, found);
        }
        found
    }

    fn registered(&mut self, object: Value, entry: Entry) -> Outcome {
        if let Handler::Forbidden = entry.handler {
            let message = format!("{} is registered as forbidden", class::name_of(object));
            return self.fail(error::type_error(message));
        }
        let Some(kind) = entry.kind else { return self.low_level(object, entry.handler) };
        self.enter(0)?;
        let payload = self.call_out(|| entry.handler.payload(object));
        self.depth -= 1;
        if !value::is_string(payload) {
            let message = format!(
                "the handler of {} must return the payload as a String, got {}",
                class::name_of(object),
                error::describe(payload)
            );
            return self.fail(error::type_error(message));
        }
        self.ext(kind, payload)
    }

    fn ext(&mut self, kind: i8, payload: Value) -> Outcome {
        self.out.reserve(text::len(payload) + 6);
        let out = &mut self.out;
        let result = text::with_bytes(payload, |bytes| encode::ext(out, kind, bytes));
        self.fits(result)
    }

    fn low_level(&mut self, object: Value, handler: Handler) -> Outcome {
        self.enter(0)?;
        let packer = self.packer()?;
        let result = self.call_out(|| handler.write(object, packer));
        self.depth -= 1;
        if value::is_string(result) {
            let message = format!(
                "the low-level handler of {} returned a String: it has to write to the packer \
                 (register the class with a type number if the String is the payload)",
                class::name_of(object)
            );
            return self.fail(error::type_error(message));
        }
        Ok(())
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

    fn call_to_msgpack(&mut self, object: Value) -> Outcome {
        self.enter(0)?;
        let packer = self.packer()?;
        let mut found = true;
        self.call_out(|| {
            call::call_if(object, &TO_MSGPACK, [packer]).unwrap_or_else(|| {
                found = false;
                value::nil()
            })
        });
        self.depth -= 1;
        if found {
            return Ok(());
        }
        self.fail_by(Failure::NoMethod(object))
    }

    /// The Packer for a handler. Where there is none yet it is made, with the bytes written so far.
    fn packer(&mut self) -> Result<Value, super::walk::Stop> {
        if let Host::Packer { object, .. } | Host::Improvised { object } = &self.host {
            return Ok(object.value());
        }
        match methods::make(&call::ruby(), None, Options::default()) {
            Ok(object) => {
                if let Ok(inner) = object.inner() {
                    inner.core.queue.borrow_mut().push_slice(self.out.written());
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
        let (string, is_text) = match text::encoding(string) {
            Encoding::Binary => (string, false),
            Encoding::Utf8 => (string, true),
            // Transcoding may load a transcoder, and that may run whatever a program has in its load path.
            Encoding::Other => (self.call_out(|| text::to_utf8(string)), true),
        };
        self.out.reserve(text::len(string) + 5);
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
        self.out.reserve(text::len(string) + 5);
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

/// The NoMethodError for an object without `to_msgpack`, as Ruby itself would say it.
#[cold]
pub(super) fn no_to_msgpack(object: Value) -> Error {
    let ruby = call::ruby();
    let message = format!("undefined method `to_msgpack' for an instance of {}", class::name_of(object));
    let class: ExceptionClass = ruby.exception_no_method_error();
    let made: Result<magnus::Exception, Error> =
        class.funcall("new", (message, ruby.to_symbol("to_msgpack"), kwargs!(&ruby, "receiver" => object)));
    made.map_or_else(|error| error, Error::from)
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
