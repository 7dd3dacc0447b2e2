//! What the fuzzer chooses beside the message itself.

use msgpack_wire::limits::DEFAULT_MAX_DEPTH;
use msgpack_wire::Limits;
use std::borrow::Cow;

/// Choices, one after the other. Used up, it gives zeros, which stand for the plainest choice.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

/// From this first byte on a message is repeated in a long container: few bytes of the fuzzer make one that is built
/// in batches.
const GROWN: u8 = 240;
/// Bytes of such a message, which are more than the values of a batch.
const GROWN_LEN: usize = 9000;

/// Splits an input: the first byte says how many bytes of choices follow it, the message is the rest. So one
/// corpus serves all targets that take a message.
pub fn split(input: &[u8]) -> (Plan<'_>, Cow<'_, [u8]>) {
    let Some((&first, rest)) = input.split_first() else {
        return (Plan::new(&[]), Cow::Borrowed(&[]));
    };
    let len = if first < GROWN { first } else { first - GROWN };
    let (choices, message) = rest.split_at(usize::from(len).min(rest.len()));
    if first < GROWN || message.is_empty() {
        return (Plan::new(choices), Cow::Borrowed(message));
    }
    // An array 16 of 4,200 values, or a map 16 of as many pairs.
    let mut grown = vec![if first % 2 == 0 { 0xdc } else { 0xde }, 0x10, 0x68];
    grown.extend(message.iter().cycle().take(GROWN_LEN));
    (Plan::new(choices), Cow::Owned(grown))
}

impl<'a> Plan<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    pub fn is_used_up(&self) -> bool {
        self.bytes.as_slice().is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    pub fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub fn number(&mut self, bytes: usize) -> u64 {
        (0..bytes).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    pub fn take(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }

    /// Bounds near to what short messages have; a zero is none.
    pub fn limits(&mut self) -> Limits {
        let mut bound = || match self.byte() {
            0 => u32::MAX,
            bound => u32::from(bound - 1),
        };
        let none = Limits::default();
        let limits = Limits {
            max_str_len: bound(),
            max_bin_len: bound(),
            max_ext_len: bound(),
            max_array_len: bound(),
            max_map_len: bound(),
            ..none
        };
        Limits {
            max_depth: match self.byte() {
                0 => DEFAULT_MAX_DEPTH,
                depth => usize::from(depth - 1),
            },
            strict_map_key: self.flag(),
            validate_utf8: self.flag(),
            ..limits
        }
    }

    /// Cuts `message` into pieces; `apart` says of each whether it is a chunk of its own. Without choices left:
    /// byte by byte, up to a length at which that would only take time.
    pub fn pieces(&mut self, message: &[u8]) -> Vec<(Vec<u8>, bool)> {
        let mut pieces = Vec::new();
        let mut rest = message;
        let coarse = if message.len() > 600 { 97 } else { 1 };
        while !rest.is_empty() {
            let choice = self.byte();
            let len = match choice >> 1 {
                0 => coarse,
                len @ 1..=99 => usize::from(len),
                len => usize::from(len - 99) * 150,
            };
            let (piece, more) = rest.split_at(len.min(rest.len()));
            pieces.push((piece.to_vec(), choice & 1 == 1));
            rest = more;
        }
        pieces
    }
}
