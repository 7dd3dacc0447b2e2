//! `MessagePack.dig`: the value at a path, made as `unpack` would make it, and nothing else.

use super::one_shot::{self, string_of};
use super::source::Source;
use super::string::Text;
use crate::error;
use crate::ext_types::registrations;
use crate::ext_types::unpacking::UnpackingTable;
use crate::ffi::number::{bignum, Wide};
use crate::ffi::text::{self, Encoding};
use crate::ffi::value::{self, Core, Shape};
use crate::ffi::{call, memory, ractor};
use crate::options::Options;
use magnus::{Error, Value};
use msgpack_wire::dig::{Place, Step};
use msgpack_wire::{Dug, Limits, NoMemory, Search};

/// `MessagePack.dig(bytes, *path, **options)`
pub fn dig(args: &[Value]) -> Result<Value, Error> {
    let (args, options) = Options::behind_path(args)?;
    let Some((&source, path)) = args.split_first() else {
        return Err(error::argument("wrong number of arguments (given 0, expected 1+)"));
    };
    let Some(string) = string_of(source)? else {
        return Err(error::wrong_type("a String of bytes (dig does not read from an IO)", source));
    };
    // All that may run Ruby code comes first: the bytes are not looked at before.
    let mut steps = Vec::new();
    let bytes = size_of_val(path) / size_of::<Value>() * size_of::<Step>();
    memory::provide(|| steps.try_reserve_exact(path.len()).map_err(|_| NoMemory { bytes }))?;
    for (index, step) in path.iter().enumerate() {
        steps.push(self::step(index, *step)?);
    }
    let registry = registrations::default_unpacking();
    let is_foreign = registry.is_some() && !ractor::is_main();
    let (source, table) = (Text::new(string), UnpackingTable::of(registry, false));
    one_shot::read(&source, &options, table, is_foreign, |limits| find(&source, &steps, limits))
}

/// Where the value is.
fn find(source: &Text, path: &[Step], limits: Limits) -> Result<Option<Place>, Error> {
    let mut search = Search::new(path, limits);
    loop {
        match source.with_bytes(|bytes| search.run(bytes)) {
            Ok(Dug::Done(place)) => return Ok(place),
            Ok(Dug::Short(offset)) => return Err(error::underflow(offset, error::MORE)),
            Ok(Dug::Breathe) => {
                source.prepare()?;
                call::protect_unit(call::check_interrupts)?;
            }
            Ok(Dug::NoMemory(none)) => memory::again(none, || search.make_room())?,
            Err(error) => return Err(error::decode(error)),
        }
    }
}

/// A step of the path, with bytes of its own: a program may change its String while a search pauses.
fn step(index: usize, given: Value) -> Result<Step, Error> {
    Ok(match (value::shape(given), value::core(given)) {
        (Shape::Fixnum(number), _) => Step::Number(number.into()),
        (Shape::Bignum, _) => Step::Number(match bignum(given) {
            Wide::Unsigned(number) => number.into(),
            Wide::Signed(number) => number.into(),
            // Nothing on the wire is as large.
            Wide::Beyond { is_negative: true } => i128::MIN,
            Wide::Beyond { is_negative: false } => i128::MAX,
        }),
        (Shape::Symbol, _) => key(text::symbol_name(given))?,
        (_, Core::Str) => key(given)?,
        _ => {
            let help = match value::core(given) {
                Core::Array => " (several in an Array: *path)",
                Core::Hash => " (options are keywords: **options)",
                _ => "",
            };
            let wanted = format!("a String, Symbol or Integer as step {} of the path{help}", index + 1);
            return Err(error::wrong_type(&wanted, given));
        }
    })
}

/// A key as a Packer would write it.
fn key(string: Value) -> Result<Step, Error> {
    let string = match text::encoding(string) {
        Encoding::Utf8 | Encoding::Binary => string,
        Encoding::Other => call::protect(|| text::to_utf8(string))?,
    };
    let mut key = Vec::new();
    let bytes = text::len(string);
    memory::provide(|| key.try_reserve_exact(bytes).map_err(|_| NoMemory { bytes }))?;
    text::with_bytes(string, |bytes| key.extend_from_slice(bytes));
    Ok(Step::Key(key.into_boxed_slice()))
}
