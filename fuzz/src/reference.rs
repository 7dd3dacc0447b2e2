//! The format, read by plain recursion from bytes that lie together: the specification's table and the order
//! of the checks, written out without anything of `msgpack_wire` but the names of errors.

use crate::tree::Value;
use msgpack_wire::{Bound, DecodeError, Fault, Limits};

/// What a first byte and the bytes that belong to it announce.
enum Head {
    Whole(Value),
    Str(u32),
    Bin(u32),
    Ext(i8, u32),
    Array(u32),
    Map(u32),
    Reserved,
}

/// The big-endian number in `bytes`.
fn big(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The same in two's complement.
fn two(bytes: &[u8]) -> i64 {
    let unused = 64 - 8 * bytes.len();
    ((big(bytes) << unused) as i64) >> unused
}

/// The header at the start of `bytes` and its length; None where a part of it is missing.
fn head(bytes: &[u8]) -> Option<(Head, usize)> {
    let first = *bytes.first()?;
    let after = |len: usize| bytes.get(1..=len);
    let length = |len: usize| after(len).map(|bytes| big(bytes) as u32);
    let ext = |len: usize| {
        let (length, kind) = after(len + 1)?.split_at(len);
        Some((Head::Ext(kind[0] as i8, big(length) as u32), len + 2))
    };
    let fixed = |len: u32| Some((Head::Ext(*bytes.get(1)? as i8, len), 2));
    let integer = |value: i128| Some((Head::Whole(Value::Integer(value)), 1));
    let unsigned = |len| Some((Head::Whole(Value::Integer(big(after(len)?).into())), len + 1));
    let signed = |len| Some((Head::Whole(Value::Integer(two(after(len)?).into())), len + 1));
    match first {
        0x00..=0x7f => integer(first.into()),
        0x80..=0x8f => Some((Head::Map(u32::from(first) - 0x80), 1)),
        0x90..=0x9f => Some((Head::Array(u32::from(first) - 0x90), 1)),
        0xa0..=0xbf => Some((Head::Str(u32::from(first) - 0xa0), 1)),
        0xc0 => Some((Head::Whole(Value::Nil), 1)),
        0xc1 => Some((Head::Reserved, 1)),
        0xc2 | 0xc3 => Some((Head::Whole(Value::Boolean(first == 0xc3)), 1)),
        0xc4 => Some((Head::Bin(length(1)?), 2)),
        0xc5 => Some((Head::Bin(length(2)?), 3)),
        0xc6 => Some((Head::Bin(length(4)?), 5)),
        0xc7 => ext(1),
        0xc8 => ext(2),
        0xc9 => ext(4),
        0xca => Some((Head::Whole(Value::float(f32::from_bits(length(4)?).into())), 5)),
        0xcb => Some((Head::Whole(Value::Float(big(after(8)?))), 9)),
        0xcc => unsigned(1),
        0xcd => unsigned(2),
        0xce => unsigned(4),
        0xcf => unsigned(8),
        0xd0 => signed(1),
        0xd1 => signed(2),
        0xd2 => signed(4),
        0xd3 => signed(8),
        0xd4 => fixed(1),
        0xd5 => fixed(2),
        0xd6 => fixed(4),
        0xd7 => fixed(8),
        0xd8 => fixed(16),
        0xd9 => Some((Head::Str(length(1)?), 2)),
        0xda => Some((Head::Str(length(2)?), 3)),
        0xdb => Some((Head::Str(length(4)?), 5)),
        0xdc => Some((Head::Array(length(2)?), 3)),
        0xdd => Some((Head::Array(length(4)?), 5)),
        0xde => Some((Head::Map(length(2)?), 3)),
        0xdf => Some((Head::Map(length(4)?), 5)),
        0xe0..=0xff => integer(i128::from(first) - 0x100),
    }
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoValue {
    Refused(DecodeError),
    /// The input ends before the value does.
    Incomplete,
}

/// A place in `bytes`, and the bounds that hold.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    limits: Limits,
    /// Bytes read; of a token that is refused its header, too, and a string that is not UTF-8.
    pub at: usize,
    /// Where the last token that was looked at begins.
    pub token: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], limits: Limits) -> Self {
        Self { bytes, limits, at: 0, token: 0 }
    }

    /// The next object.
    pub fn object(&mut self) -> Result<Value, NoValue> {
        self.value(0, false)
    }

    fn refuse<T>(&self, fault: Fault) -> Result<T, NoValue> {
        Err(NoValue::Refused(DecodeError { fault, offset: self.token as u64 }))
    }

    fn bound(&self, bound: Bound, len: u32, max: u32) -> Result<(), NoValue> {
        if len > max {
            return self.refuse(Fault::TooLong { bound, len, max });
        }
        Ok(())
    }

    fn body(&mut self, len: u32) -> Result<Vec<u8>, NoValue> {
        let end = self.at + len as usize;
        let body = self.bytes.get(self.at..end).ok_or(NoValue::Incomplete)?;
        self.at = end;
        Ok(body.to_vec())
    }

    fn value(&mut self, depth: usize, is_key: bool) -> Result<Value, NoValue> {
        self.token = self.at;
        let (head, len) = head(&self.bytes[self.at..]).ok_or(NoValue::Incomplete)?;
        self.at += len;
        if matches!(head, Head::Reserved) {
            return self.refuse(Fault::Reserved);
        }
        if is_key && self.limits.strict_map_key && !matches!(head, Head::Str(_) | Head::Bin(_)) {
            return self.refuse(Fault::Key(self.bytes[self.token]));
        }
        let limits = self.limits;
        match head {
            Head::Array(len) => self.bound(Bound::Array, len, limits.max_array_len)?,
            Head::Map(len) => self.bound(Bound::Map, len, limits.max_map_len)?,
            Head::Str(len) => self.bound(Bound::Str, len, limits.max_str_len)?,
            Head::Bin(len) => self.bound(Bound::Bin, len, limits.max_bin_len)?,
            Head::Ext(_, len) => self.bound(Bound::Ext, len, limits.max_ext_len)?,
            Head::Whole(_) | Head::Reserved => {}
        }
        if matches!(head, Head::Array(_) | Head::Map(_)) && depth >= limits.max_depth {
            return self.refuse(Fault::TooDeep(limits.max_depth));
        }
        match head {
            Head::Whole(value) => Ok(value),
            Head::Reserved => unreachable!("refused above"),
            Head::Str(len) => {
                let body = self.body(len)?;
                if limits.validate_utf8 && std::str::from_utf8(&body).is_err() {
                    return self.refuse(Fault::Utf8);
                }
                Ok(Value::Str(body))
            }
            Head::Bin(len) => Ok(Value::Bin(self.body(len)?)),
            Head::Ext(kind, len) => Ok(Value::Ext(kind, self.body(len)?)),
            Head::Array(len) => {
                (0..len).map(|_| self.value(depth + 1, false)).collect::<Result<_, _>>().map(Value::Array)
            }
            Head::Map(len) => {
                let mut pairs = Vec::new();
                for _ in 0..len {
                    pairs.push((self.value(depth + 1, true)?, self.value(depth + 1, false)?));
                }
                Ok(Value::Map(pairs))
            }
        }
    }
}

/// How an object ends that nobody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    At(usize),
    /// Behind a 0xc1 in it.
    Reserved(usize),
    Missing,
}

/// The end of the object at the start of `bytes`, whatever bounds there are.
pub fn end(bytes: &[u8]) -> End {
    let (mut at, mut values) = (0, 1u128);
    while values > 0 {
        let Some((head, len)) = bytes.get(at..).and_then(head) else {
            return End::Missing;
        };
        at += len;
        values -= 1;
        match head {
            Head::Whole(_) => {}
            Head::Str(len) | Head::Bin(len) | Head::Ext(_, len) => at += len as usize,
            Head::Array(len) => values += u128::from(len),
            Head::Map(len) => values += 2 * u128::from(len),
            Head::Reserved => return End::Reserved(at),
        }
    }
    if at > bytes.len() {
        return End::Missing;
    }
    End::At(at)
}

/// Bytes of the shortest encoding, of floats that of 64 bits.
pub fn size(value: &Value) -> usize {
    let len = |len: usize, short: usize, has8: bool| match len {
        len if len < short => 1,
        0..=0xff if has8 => 2,
        0..=0xffff => 3,
        _ => 5,
    };
    match value {
        Value::Nil | Value::Boolean(_) | Value::Integer(-32..=127) => 1,
        Value::Integer(-128..=255) => 2,
        Value::Integer(-32_768..=65_535) => 3,
        Value::Integer(-2_147_483_648..=4_294_967_295) => 5,
        Value::Float(_) | Value::Integer(_) => 9,
        Value::Str(bytes) => len(bytes.len(), 32, true) + bytes.len(),
        Value::Bin(bytes) => len(bytes.len(), 0, true) + bytes.len(),
        Value::Ext(_, payload) => match payload.len() {
            size @ (1 | 2 | 4 | 8 | 16) => 2 + size,
            size => 1 + len(size, 0, true) + size,
        },
        Value::Array(values) => len(values.len(), 16, false) + values.iter().map(size).sum::<usize>(),
        Value::Map(pairs) => {
            let each = pairs.iter().map(|(key, value)| size(key) + size(value));
            len(pairs.len(), 16, false) + each.sum::<usize>()
        }
    }
}
