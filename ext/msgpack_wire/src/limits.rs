//! What a decoder refuses although it is well formed. The place for every bound on hostile input.

use crate::error::{Bound, Fault};
use crate::marker::Token;

/// Open containers that are accepted when nothing else is said, on both sides of the wire.
pub const DEFAULT_MAX_DEPTH: usize = 500;

/// Bounds that a [`Decoder`](crate::Decoder) checks on a header, before the body arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open containers that pass; one more is [`Fault::TooDeep`].
    pub max_depth: usize,
    /// The longest string, in bytes.
    pub max_str_len: u32,
    /// The longest binary, in bytes.
    pub max_bin_len: u32,
    /// The longest payload of an extended type, in bytes.
    pub max_ext_len: u32,
    /// The most values of an array.
    pub max_array_len: u32,
    /// The most pairs of a map.
    pub max_map_len: u32,
    /// Whether map keys have to be strings or binaries.
    pub strict_map_key: bool,
    /// Whether strings have to be UTF-8. A skip does not look.
    pub validate_utf8: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_depth: DEFAULT_MAX_DEPTH,
            max_str_len: u32::MAX,
            max_bin_len: u32::MAX,
            max_ext_len: u32::MAX,
            max_array_len: u32::MAX,
            max_map_len: u32::MAX,
            strict_map_key: false,
            validate_utf8: false,
        }
    }
}

impl Limits {
    /// Whether a header announces no more than is accepted.
    ///
    /// # Errors
    /// [`Fault::TooLong`].
    pub fn check(&self, token: Token) -> Result<(), Fault> {
        let (bound, len, max) = match token {
            Token::Str(len) => (Bound::Str, len, self.max_str_len),
            Token::Bin(len) => (Bound::Bin, len, self.max_bin_len),
            Token::Ext(_, len) => (Bound::Ext, len, self.max_ext_len),
            Token::Array(len) => (Bound::Array, len, self.max_array_len),
            Token::Map(len) => (Bound::Map, len, self.max_map_len),
            _ => return Ok(()),
        };
        if len <= max {
            return Ok(());
        }
        Err(Fault::TooLong { bound, len, max })
    }
}
