//! An extended type behind another one of its number, for whoever has to do something that may fail before it is taken:
//! looked at first, passed over then.

use super::Decoder;
use crate::marker::{is_ext, scan, Scan, Token};

impl Decoder {
    /// The lengths of header and payload of the extended type at the start of `input`, if it is of this number, is all
    /// there, and [`Decoder::run`] would come back with it next. Nothing is consumed ([`Decoder::pass_ext`]).
    #[inline]
    #[must_use]
    pub fn next_ext(&self, input: &[u8], kind: i8) -> Option<(usize, usize)> {
        if self.top.left == 0 || self.pending.is_some() || !is_ext(*input.first()?) {
            return None;
        }
        let Scan::Token(Token::Ext(found, len), header) = scan(input) else { return None };
        let is_wanted = found == kind && len <= self.limits.max_ext_len && !self.limits.strict_map_key;
        let len = len as usize;
        (is_wanted && input.len() - header >= len).then_some((header, len))
    }

    /// Consumes the extended type that [`Decoder::next_ext`] has found, of so many bytes in all.
    #[inline]
    pub fn pass_ext(&mut self, len: usize) {
        debug_assert!(self.top.left > 0 && self.pending.is_none());
        self.top.left -= 1;
        self.position += len as u64;
    }
}
