//! Rust's errors as Ruby's: one constructor for each thing that can be wrong.

use crate::classes;
use crate::ffi::{call, class, number};
use magnus::{Error, Exception, TryConvert, Value};
use msgpack_wire::{DecodeError, Fault, TooLarge};

static OFFSET: call::Name = call::Name::new("@offset");

/// An exception of one of this gem's unpacking classes, with its offset.
#[cold]
fn located(class: Value, message: &str, offset: u64) -> Error {
    let made = call::exception(class, message).and_then(|exception| {
        let offset = number::from_unsigned(offset);
        call::protect_unit(|| class::set_ivar(exception, &OFFSET, offset))?;
        Exception::try_convert(exception)
    });
    made.map_or_else(|error| error, Error::from)
}

/// Gives an UnpackError or UnderflowError of a handler the offset of the value it was called for, if it has
/// none yet.
#[cold]
pub fn locate(error: Error, offset: u64) -> Error {
    if let Some(exception) = error.value() {
        let ours = class::is_a(exception, classes::unpack_error())
            || class::is_a(exception, classes::underflow_error());
        if ours && crate::ffi::value::is_nil(class::ivar(exception, &OFFSET)) {
            let offset = number::from_unsigned(offset);
            // A frozen exception keeps what it has.
            let _ = call::protect_unit(|| class::set_ivar(exception, &OFFSET, offset));
        }
    }
    error
}

/// The input ends within a value, or before it; what is to be done where nothing special is.
pub const MORE: &str = "it was cut short, or the rest is to come (feed it to an Unpacker and read again)";

/// As [`MORE`] says, or with other `advice`.
#[cold]
pub fn underflow(offset: u64, advice: &str) -> Error {
    let message = format!("the input ends before the value at byte {offset} is complete: {advice}");
    located(classes::underflow_error(), &message, offset)
}

/// A handler, an io or another thread has reset the Unpacker that was reading.
#[cold]
pub fn reset_meanwhile(offset: u64) -> Error {
    let message = format!(
        "the Unpacker was reset while it read the value at byte {offset}: what is fed from then on can be read"
    );
    located(classes::underflow_error(), &message, offset)
}

#[cold]
pub fn too_few(wanted: usize, held: usize, offset: u64) -> Error {
    let message = format!(
        "expected {wanted} bytes from byte {offset} on, found {held}: nothing is taken; read and skip take what there is"
    );
    located(classes::underflow_error(), &message, offset)
}

#[cold]
pub fn half_read(wanted: &str, offset: u64) -> Error {
    let message = format!(
        "expected {wanted}, found an object that is half read at byte {offset}: read or each finish it, skip drops it"
    );
    located(classes::unexpected_type_error(), &message, offset)
}

#[cold]
pub fn no_input() -> Error {
    located(
        classes::underflow_error(),
        "expected the bytes of one object, found none: the input is nil or empty",
        0,
    )
}

#[cold]
pub fn decode(error: DecodeError) -> Error {
    let class = match error.fault {
        Fault::Reserved | Fault::Utf8 => classes::malformed_format_error(),
        Fault::TooDeep(_) => classes::stack_error(),
        Fault::TooLong { .. } => classes::limit_error(),
        Fault::Key(_) => classes::unexpected_type_error(),
    };
    let advice = match error.fault {
        Fault::Reserved => " (is the input damaged, or something else?)",
        Fault::TooDeep(_) => " (max_depth: sets how many are accepted)",
        Fault::Key(_) => " (strict_map_key: is set)",
        Fault::Utf8 => " (validate_utf8: is set)",
        // It names its option itself.
        Fault::TooLong { .. } => "",
    };
    located(class, &format!("{}{advice} at byte {}", error.fault, error.offset), error.offset)
}

/// What helps where Ruby's stack is used up.
const MORE_STACK: &str = "a lower max_depth: refuses it sooner, a Thread has more stack than a Fiber";

#[cold]
pub fn key_too_deep(offset: u64) -> Error {
    let message = format!("a map key before byte {offset} is nested too deep for this stack: {MORE_STACK}");
    located(classes::stack_error(), &message, offset)
}

/// More bytes than an Unpacker may hold.
#[cold]
pub fn buffer_full(bytes: usize, max: usize, offset: u64) -> Error {
    let s = if bytes == 1 { "" } else { "s" };
    let message = format!(
        "{bytes} unread byte{s} where max_buffer_size is {max} (raise it, or read before feeding more), at byte {offset}"
    );
    located(classes::limit_error(), &message, offset)
}

/// `several` tells what takes more than one object.
#[cold]
pub fn left_over(bytes: usize, offset: u64, several: &str) -> Error {
    let s = if bytes == 1 { "" } else { "s" };
    let message =
        format!("expected one object, found {bytes} byte{s} left over from byte {offset} on: {several}");
    located(classes::malformed_format_error(), &message, offset)
}

#[cold]
pub fn unexpected_type(wanted: &str, found: &str, offset: u64) -> Error {
    let message = format!(
        "expected the header of {wanted}, found {found} at byte {offset}: nothing is taken; read takes any object"
    );
    located(classes::unexpected_type_error(), &message, offset)
}

#[cold]
pub fn unknown_ext_type(kind: i8, offset: u64) -> Error {
    let message = format!(
        "extended type {kind} at byte {offset} is not known: register it (register_type, register_exttype), \
         or accept any (allow_unknown_ext: true)"
    );
    located(classes::unknown_ext_type_error(), &message, offset)
}

#[cold]
pub fn forbidden_ext_type(kind: i8, offset: u64) -> Error {
    let message = format!(
        "extended type {kind} at byte {offset} is forbidden: false is registered for it, or is the default_exttype"
    );
    located(classes::unknown_ext_type_error(), &message, offset)
}

#[cold]
pub fn nesting(depth: usize, max_depth: usize, at: &str) -> Error {
    let advice = if depth < max_depth {
        "this stack has no room for more (a Thread has more than a Fiber), or something contains itself"
    } else {
        "max_depth: has to be higher, or something contains itself"
    };
    let message = format!("nesting deeper than {depth} levels: {advice}{at}");
    match call::exception(classes::nesting_error(), &message).and_then(Exception::try_convert) {
        Ok(exception) => exception.into(),
        Err(error) => error,
    }
}

#[cold]
pub fn stack_is_low(offset: u64) -> Error {
    let message = format!("nested too deep for this stack at byte {offset}: {MORE_STACK}");
    located(classes::stack_error(), &message, offset)
}

/// A `StackError` for the `SystemStackError` of handlers that have gone so deep; any other error as it is.
#[cold]
pub fn too_deep_if_overflown(error: Error, offset: u64) -> Error {
    if error.is_kind_of(call::ruby().exception_sys_stack_error()) {
        return stack_is_low(offset);
    }
    error
}

/// A `NestingError` for the `SystemStackError` of handlers that have gone so deep; any other error as it is.
#[cold]
pub fn nesting_if_overflown(error: Error, depth: usize, max_depth: usize) -> Error {
    if error.is_kind_of(call::ruby().exception_sys_stack_error()) {
        return nesting(depth, max_depth, "");
    }
    error
}

/// An error about a value, with where that value stands; a `RuntimeError`, which is about what a handler did, and an
/// exception that was raised by Ruby stay as they are.
#[cold]
pub fn at(error: Error, place: &str) -> Error {
    let magnus::error::ErrorType::Error(class, message) = error.error_type() else { return error };
    if place.is_empty() || error.is_kind_of(call::ruby().exception_runtime_error()) {
        return error;
    }
    Error::new(*class, format!("{message}{place}"))
}

#[cold]
pub fn type_error(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(call::ruby().exception_type_error(), message)
}

/// "expected X, got Y": what was given is named by its class, or as nil, true and false.
#[cold]
pub fn wrong_type(wanted: &str, given: Value) -> Error {
    type_error(format!("expected {wanted}, got {}", describe(given)))
}

/// A value in a message: its class, or itself where it is a constant.
#[cold]
pub fn describe(given: Value) -> String {
    match crate::ffi::value::shape(given) {
        crate::ffi::value::Shape::Nil => "nil".into(),
        crate::ffi::value::Shape::True => "true".into(),
        crate::ffi::value::Shape::False => "false".into(),
        _ => class::name_of(given),
    }
}

#[cold]
pub fn argument(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(call::ruby().exception_arg_error(), message)
}

#[cold]
pub fn range(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(call::ruby().exception_range_error(), message)
}

#[cold]
pub fn runtime(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(call::ruby().exception_runtime_error(), message)
}

/// For what shows when the library is loaded: the loader goes on to the next one.
#[cold]
pub fn load(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(call::ruby().exception_load_error(), message)
}

#[cold]
pub fn io(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(call::ruby().exception_io_error(), message)
}

#[cold]
pub fn too_large(error: TooLarge) -> Error {
    argument(format!("{error}: it has to be packed in parts"))
}

/// `FrozenError`, in the words of Ruby.
#[cold]
pub fn frozen(object: Value) -> Error {
    let message = format!("can't modify frozen {}", class::name_of(object));
    Error::new(call::ruby().exception_frozen_error(), message)
}

/// An object that was allocated but never initialized.
#[cold]
pub fn uninitialized(name: &str) -> Error {
    runtime(format!("uninitialized MessagePack::{name}: initialize has not run (call super in a subclass)"))
}
