//! What a program may register as the handler of an extended type, and the calling of it.

use super::times;
use crate::arguments;
use crate::error;
use crate::ffi::call::{self, Name};
use crate::ffi::shared::Held;
use crate::ffi::value::{self, raw, Core};
use crate::ffi::{class, ractor, text};
use magnus::gc::Marker;
use magnus::{kwargs, prelude::*, Error, Value};

static CALL: Name = Name::new("call");
static TO_EXTTYPE: Name = Name::new("to_exttype");
static TO_MSGPACK: Name = Name::new("to_msgpack");
static FROM_EXTTYPE: Name = Name::new("from_exttype");

/// How an object of a registered class is packed.
#[derive(Clone, Copy)]
pub enum Handler {
    /// The method that the API defines: `to_exttype`, or `to_msgpack` where no number is registered.
    Predefined,
    /// Such objects are refused.
    Forbidden,
    /// A method of the object, by its name.
    Method(Held),
    /// An object with `call`.
    Callable(Held),
    /// `MessagePack::Time::Packer`, which need not be called for a plain Time.
    Time(Held),
}

fn responds(object: Value, name: &Name) -> Result<bool, Error> {
    let mut found = false;
    call::protect_unit(|| found = call::responds(object, name))?;
    Ok(found)
}

/// Whether an object can be called as a handler.
pub fn responds_to_call(object: Value) -> Result<bool, Error> {
    Ok(!value::is_false(object) && responds(object, &CALL)?)
}

impl Handler {
    /// The handler that a call of `register_exttype` gives: `given` is None where the argument is omitted.
    /// Returns None where nil asks to unregister.
    pub fn from_arguments(given: Option<Value>, block: Value) -> Result<Option<Self>, Error> {
        match given {
            Some(_) if !value::is_nil(block) => Err(arguments::both("a handler")),
            None if value::is_nil(block) => Ok(Some(Self::Predefined)),
            None => Ok(Some(Self::Callable(Held(block)))),
            Some(nil) if value::is_nil(nil) => Ok(None),
            Some(no) if value::is_false(no) => Ok(Some(Self::Forbidden)),
            Some(name) if matches!(value::core(name), Core::Str | Core::Symbol) => {
                // A String is copied: the caller may change it.
                let name = if value::is_string(name) {
                    call::protect(|| crate::ffi::text::frozen(name))?
                } else {
                    name
                };
                Ok(Some(Self::Method(Held(name))))
            }
            Some(callable) if responds(callable, &CALL)? => Ok(Some(Self::Callable(Held(callable)))),
            Some(other) => {
                Err(error::wrong_type("a method's name, an object with call, false or nil as handler", other))
            }
        }
    }

    /// The handler that a call of `register_type` gives, None for nil.
    pub fn returning_payload(given: Value) -> Result<Option<Self>, Error> {
        if value::is_nil(given) {
            return Ok(None);
        }
        if value::is_false(given) {
            return Err(error::wrong_type("a method's name, an object with call or nil as packer", given));
        }
        match Self::from_arguments(Some(given), value::nil()) {
            Err(error) if !error.is_kind_of(call::ruby().exception_type_error()) => Err(error),
            Err(_) => Err(error::wrong_type("a method's name, an object with call or nil as packer", given)),
            Ok(handler) => Ok(handler.map(times::natively)),
        }
    }

    /// The handler as the Proc that `registered_types` shows.
    pub fn to_proc(self) -> Result<Value, Error> {
        match self {
            Self::Predefined => call::proc_of_name(TO_EXTTYPE.symbol()),
            Self::Forbidden => Ok(value::nil()),
            Self::Method(Held(name)) => call::proc_of_name(name),
            Self::Callable(Held(callable)) | Self::Time(Held(callable)) => call::proc_of(callable),
        }
    }

    /// Whether other Ractors may use it.
    pub fn is_shareable(self) -> bool {
        match self {
            Self::Predefined | Self::Forbidden => true,
            Self::Method(Held(handler)) | Self::Callable(Held(handler)) | Self::Time(Held(handler)) => {
                ractor::is_shareable(handler)
            }
        }
    }

    /// The handler as a program sees it, `class` standing for the predefined method.
    pub fn object(self, class: Value) -> Value {
        match self {
            Self::Predefined => class,
            Self::Forbidden => value::boolean(false),
            Self::Method(Held(name)) => name,
            Self::Callable(Held(callable)) | Self::Time(Held(callable)) => callable,
        }
    }

    /// Asks for the payload of `object`. May raise.
    pub fn payload(self, object: Value) -> Value {
        match self {
            Self::Predefined | Self::Forbidden => call::call(object, &TO_EXTTYPE, []),
            Self::Method(Held(name)) => call::call_id(object, call::id_of(name), []),
            Self::Callable(Held(callable)) | Self::Time(Held(callable)) => {
                call::call_callable(callable, [object])
            }
        }
    }

    /// Lets `object` be written by `packer`. May raise.
    pub fn write(self, object: Value, packer: Value) -> Value {
        match self {
            Self::Predefined | Self::Forbidden => call::call(object, &TO_MSGPACK, [packer]),
            Self::Method(Held(name)) => call::call_id(object, call::id_of(name), [packer]),
            Self::Callable(Held(callable)) | Self::Time(Held(callable)) => {
                call::call_callable(callable, [object, packer])
            }
        }
    }

    pub fn mark(self, marker: &Marker) {
        if let Self::Method(Held(value)) | Self::Callable(Held(value)) | Self::Time(Held(value)) = self {
            marker.mark(value);
        }
    }
}

/// What makes a value of a payload.
#[derive(Clone, Copy)]
pub enum Callee {
    /// A class with `from_exttype`, or an object with `call`.
    Object(Held),
    /// A method of a class, by its name.
    Method { receiver: Held, name: Held },
}

impl Callee {
    /// Calls it with one argument: a payload, or an Unpacker over it. May raise.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: as a call, a tenth of what it takes to begin a payload and to end it
    pub fn call(self, given: Value) -> Value {
        match self {
            Self::Object(Held(callable)) => call::call_callable(callable, [given]),
            Self::Method { receiver, name } => call::call_id(receiver.0, call::id_of(name.0), [given]),
        }
    }

    /// Calls it with type and payload. May raise.
    #[inline]
    pub fn call_extended(self, kind: i8, payload: Value) -> Value {
        let kind = crate::ffi::number::from_signed(i64::from(kind));
        match self {
            Self::Object(Held(callable)) => call::call_callable(callable, [kind, payload]),
            Self::Method { receiver, name } => {
                call::call_id(receiver.0, call::id_of(name.0), [kind, payload])
            }
        }
    }

    /// Keeps what it refers to alive until here.
    #[inline]
    pub fn keep(self) {
        match self {
            Self::Object(Held(callable)) => value::keep(callable),
            Self::Method { receiver, name } => {
                value::keep(receiver.0);
                value::keep(name.0);
            }
        }
    }

    /// The name of the method that it calls, if it does.
    pub fn name(self) -> Option<Value> {
        match self {
            Self::Object(_) => None,
            Self::Method { name, .. } => Some(name.0),
        }
    }

    /// Whether other Ractors may use it.
    pub fn is_shareable(self) -> bool {
        match self {
            Self::Object(Held(callable)) => ractor::is_shareable(callable),
            Self::Method { receiver, .. } => ractor::is_shareable(receiver.0),
        }
    }

    pub fn mark(self, marker: &Marker) {
        match self {
            Self::Object(Held(callable)) => marker.mark(callable),
            Self::Method { receiver, name } => {
                marker.mark(receiver.0);
                marker.mark(name.0);
            }
        }
    }
}

/// The handler for payloads that a call of `register_type` gives for `class` (or nil), and the Proc that shows it;
/// None for nil.
pub fn taking_payload(given: Value, class: Value) -> Result<Option<(Callee, Value)>, Error> {
    if value::is_nil(given) {
        return Ok(None);
    }
    if matches!(value::core(given), Core::Str | Core::Symbol) {
        if !value::is_module(class) {
            return Err(error::argument(
                "expected the class that has the method named as unpacker, got nil: give the class, or a Proc",
            ));
        }
        let name = call::symbol_of(given)?;
        let shown = call::proc_of_method(class, name).map_err(|error| no_method(error, class, name))?;
        return Ok(Some((Callee::Method { receiver: Held(class), name: Held(name) }, shown)));
    }
    if !value::is_false(given) && responds(given, &CALL)? {
        return Ok(Some((Callee::Object(Held(given)), call::proc_of(given)?)));
    }
    Err(error::wrong_type("a method's name, an object with call or nil as unpacker", given))
}

/// In place of Ruby's `NameError` about a method that is to unpack, one that tells what helps.
#[cold]
fn no_method(error: Error, receiver: Value, name: Value) -> Error {
    let ruby = call::ruby();
    let name_error = ruby.exception_name_error();
    let is_plain = |exception: Value| raw(class::of(exception)) == raw(name_error.as_value());
    if !error.value().is_some_and(is_plain) {
        return error;
    }
    let wanted =
        text::with_bytes(text::symbol_name(name), |bytes| String::from_utf8_lossy(bytes).into_owned());
    let name_of_class = class::name(receiver);
    let message = format!(
        "undefined method `{wanted}' for class {name_of_class}: define {name_of_class}.{wanted}, or give another \
         unpacker (a Proc, or nil for none)"
    );
    let made: Result<magnus::Exception, Error> =
        name_error.funcall("new", (message, name, kwargs!(&ruby, "receiver" => receiver)));
    made.map_or_else(|error| error, Error::from)
}

/// Checks what is registered for unpacking: a class with `from_exttype`, an object with `call`, false or nil.
pub fn target(given: Option<Value>, block: Value) -> Result<Value, Error> {
    match given {
        Some(_) if !value::is_nil(block) => Err(arguments::both("a target")),
        None if value::is_nil(block) => Err(error::argument(
            "expected a class with from_exttype, an object with call, or a block as target, got none",
        )),
        None => Ok(block),
        Some(target) => check_target(target),
    }
}

/// As [`target`], for what is assigned as a default.
pub fn check_target(target: Value) -> Result<Value, Error> {
    if value::is_nil(target) || value::is_false(target) {
        return Ok(target);
    }
    if value::is_module(target) {
        if responds(target, &FROM_EXTTYPE)? || responds(target, &CALL)? {
            return Ok(target);
        }
        let name = class::name(target);
        return Err(error::argument(format!(
            "expected a class with from_exttype(type, data) or call(type, data), got {name}, which has neither"
        )));
    }
    if responds(target, &CALL)? {
        return Ok(target);
    }
    Err(error::wrong_type("a class with from_exttype, an object with call, false or nil as target", target))
}

/// Makes a value of a payload. May raise.
pub fn build(target: Value, kind: i8, payload: Value) -> Value {
    let kind = crate::ffi::number::from_signed(i64::from(kind));
    if value::is_module(target) && call::responds(target, &FROM_EXTTYPE) {
        return call::call(target, &FROM_EXTTYPE, [kind, payload]);
    }
    call::call_callable(target, [kind, payload])
}
