//! What can be wrong with bytes, in small `Copy` errors that carry the position of the offending token.

use thiserror::Error;

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The byte 0xc1, which the specification never uses.
    #[error("byte 0xc1 is never used in MessagePack")]
    Reserved,
    /// A container inside as many others as are accepted.
    #[error("nesting deeper than {0} levels")]
    TooDeep(usize),
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
