//! Arguments of methods: counts, lengths, type numbers, Strings. Options are in `options`.

use crate::error;
use crate::ffi::call::{self, Name};
use crate::ffi::value;
use magnus::{Error, Value};
use std::ops::RangeInclusive;

/// Checks the number of arguments.
pub fn count(args: &[Value], allowed: RangeInclusive<usize>) -> Result<(), Error> {
    if allowed.contains(&args.len()) {
        return Ok(());
    }
    let (low, high) = allowed.into_inner();
    let wanted = if low == high { low.to_string() } else { format!("{low}..{high}") };
    Err(error::argument(format!("wrong number of arguments (given {}, expected {wanted})", args.len())))
}

/// The argument at `index`, None where it is nil or not given.
pub fn optional(args: &[Value], index: usize) -> Option<Value> {
    args.get(index).copied().filter(|&arg| !value::is_nil(arg))
}

/// A length in bytes: an Integer that is not negative.
pub fn length(given: Value, what: &str) -> Result<usize, Error> {
    let n = integer(given, what)?;
    if n < 0 {
        return Err(error::argument(format!("{what} must not be negative, got {}", show(n))));
    }
    // More than there can be is as good as any other large length.
    Ok(usize::try_from(n).unwrap_or(usize::MAX))
}

fn integer(given: Value, what: &str) -> Result<i128, Error> {
    use crate::ffi::number::{bignum, Wide};
    match value::shape(given) {
        value::Shape::Fixnum(n) => Ok(n.into()),
        value::Shape::Bignum => Ok(match bignum(given) {
            Wide::Unsigned(n) => n.into(),
            Wide::Signed(n) => n.into(),
            Wide::Beyond { is_negative: true } => i128::MIN,
            Wide::Beyond { is_negative: false } => i128::MAX,
        }),
        _ => Err(error::wrong_type(&format!("an Integer for {what}"), given)),
    }
}

/// A count for a header: 0..2**32-1, else `RangeError`.
#[inline]
pub fn header_length(given: Value, what: &str) -> Result<u32, Error> {
    match value::fixnum(given).map(u32::try_from) {
        Some(Ok(n)) => Ok(n),
        _ => header_length_slow(given, what),
    }
}

#[cold]
fn header_length_slow(given: Value, what: &str) -> Result<u32, Error> {
    let n = integer(given, what)?;
    u32::try_from(n).map_err(|_| error::range(format!("{what} must be in 0..4294967295, got {}", show(n))))
}

/// A type number of the wire: -128..127, else `RangeError`.
pub fn wire_type(given: Value) -> Result<i8, Error> {
    let n = integer(given, "the type number")?;
    i8::try_from(n)
        .map_err(|_| error::range(format!("the type number must be in -128..127, got {}", show(n))))
}

/// A type number that applications may use: 0..127, else `ArgumentError`.
pub fn application_type(given: Value) -> Result<i8, Error> {
    let n = integer(given, "the type number")?;
    i8::try_from(n)
        .ok()
        .filter(|n| *n >= 0)
        .ok_or_else(|| error::argument(format!("the type number must be in 0..127, got {}", show(n))))
}

fn show(n: i128) -> String {
    match n {
        i128::MAX => "a larger Integer".into(),
        i128::MIN => "a smaller Integer".into(),
        n => n.to_string(),
    }
}

/// A Class or Module argument.
pub fn module(given: Value) -> Result<Value, Error> {
    if value::is_module(given) {
        return Ok(given);
    }
    Err(error::argument(format!("expected a Class or Module, got {}", error::describe(given))))
}

/// A String argument.
pub fn string(given: Value, what: &str) -> Result<Value, Error> {
    if value::is_string(given) {
        return Ok(given);
    }
    Err(error::wrong_type(&format!("a String for {what}"), given))
}

/// Both a handler and a block are given.
#[cold]
pub fn both(what: &str) -> Error {
    error::argument(format!("expected {what} or a block, got both"))
}

/// A String of bytes, or what `to_str` makes of something else.
pub fn bytes(given: Value) -> Result<Value, Error> {
    static TO_STR: Name = Name::new("to_str");
    if value::is_string(given) {
        return Ok(given);
    }
    let mut string = None;
    call::protect_unit(|| string = call::call_if(given, &TO_STR, []))?;
    string
        .filter(|&string| value::is_string(string))
        .ok_or_else(|| error::wrong_type("a String of bytes", given))
}
