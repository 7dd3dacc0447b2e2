//! What can be wrong with bytes, in small `Copy` errors that carry the position of the offending token.

use crate::marker::Token;
use thiserror::Error;

/// A bound on the length of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A string, in bytes.
    Str,
    /// A binary, in bytes.
    Bin,
    /// An extended type's payload, in bytes.
    Ext,
    /// An array, in values.
    Array,
    /// A map, in pairs.
    Map,
}

impl Bound {
    /// What is bounded, its unit, and the name of the bound.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Str => ("a string", "bytes", "max_str_len"),
            Self::Bin => ("a binary", "bytes", "max_bin_len"),
            Self::Ext => ("an extended type", "bytes", "max_ext_len"),
            Self::Array => ("an array", "values", "max_array_len"),
            Self::Map => ("a map", "pairs", "max_map_len"),
        }
    }
}

fn too_long(bound: Bound, len: u32, max: u32) -> String {
    let (what, unit, name) = bound.words();
    format!("{what} of {len} {unit} where {name} is {max}")
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The byte 0xc1, which the specification never uses.
    #[error("byte 0xc1 is never used in MessagePack")]
    Reserved,
    /// A container inside as many others as are accepted.
    #[error("nesting deeper than {0} levels")]
    TooDeep(usize),
    /// A header that announces more than is accepted.
    #[error("{}", too_long(*bound, *len, *max))]
    TooLong {
        /// Which bound.
        bound: Bound,
        /// What the header announces.
        len: u32,
        /// What is accepted.
        max: u32,
    },
    /// A map key that is neither a string nor a binary, by its first byte.
    #[error("expected a string as map key, found {}", Token::family(*.0).unwrap_or("0xc1"))]
    Key(u8),
    /// A string that is not UTF-8.
    #[error("a string that is not valid UTF-8")]
    Utf8,
}

/// A fault and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{fault} at byte {offset}")]
pub struct DecodeError {
    /// What is wrong.
    pub fault: Fault,
    /// The first byte of the offending token, counted from the start of the stream.
    pub offset: u64,
}

/// A string, payload or container longer than the 32 bits that a header has for its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{len} is more than a MessagePack header can announce (4294967295)")]
pub struct TooLarge {
    /// The length that was asked for, in bytes or entries.
    pub len: usize,
}

/// The allocator has no memory for something that had to grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no memory for {bytes} bytes")]
pub struct NoMemory {
    /// How much it was asked for, in bytes.
    pub bytes: usize,
}
