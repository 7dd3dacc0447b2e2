//! What is read without a driver: scalars, short Strings and headers that are all there, where an object begins.
//!
//! A method of an Unpacker that reads one of these does little more than its own call costs: no claim, no decoder, no
//! net.

use super::{Inner, Style};
use crate::ffi::shared::Span;
use crate::ffi::{number, text, value};
use magnus::Value;
use msgpack_wire::decode::Kind;
use msgpack_wire::marker::{scan, wide_integer, Scan};
use msgpack_wire::{Limits, Token};

/// Longer Strings are read by the driver, in bytes.
const TEXT_END: u32 = 512;

/// What needs no further look, by limits and options: lengths and counts below these.
#[derive(Clone, Copy)]
pub struct Plain {
    texts: u32,
    binaries: u32,
    arrays: u64,
    maps: u64,
}

impl Plain {
    /// With no limit and no option set.
    pub const ANY: Self = Self { texts: TEXT_END, binaries: TEXT_END, arrays: u64::MAX, maps: u64::MAX };

    /// For objects that begin at `depth`.
    pub fn new(limits: &Limits, depth: usize, style: Style) -> Self {
        let text = |max: u32| if style.freeze { 0 } else { TEXT_END.min(max.saturating_add(1)) };
        let count = |max: u32| if depth < limits.max_depth { u64::from(max) + 1 } else { 0 };
        Self {
            texts: if limits.validate_utf8 { 0 } else { text(limits.max_str_len) },
            binaries: text(limits.max_bin_len),
            arrays: count(limits.max_array_len),
            maps: count(limits.max_map_len),
        }
    }
}

impl Plain {
    /// The object at the start of `bytes`, if it is plain, and how many of them it takes. May raise (memory). Runs no
    /// Ruby code.
    #[inline]
    pub fn object(self, bytes: &[u8]) -> Option<(Value, usize)> {
        let Scan::Token(token, header) = scan(bytes) else { return None };
        Some(match token {
            Token::Nil => (value::nil(), header),
            Token::Boolean(flag) => (value::boolean(flag), header),
            Token::Unsigned(n) => (number::from_unsigned(n), header),
            Token::Signed(n) => (number::from_signed(n), header),
            Token::Float(n) => (number::from_float(n), header),
            Token::Str(len) if len < self.texts => {
                let end = header + len as usize;
                (text::new_utf8(bytes.get(header..end)?), end)
            }
            Token::Bin(len) if len < self.binaries => {
                let end = header + len as usize;
                (text::new_binary(bytes.get(header..end)?), end)
            }
            _ => return None,
        })
    }
}

/// The integer at the start of `bytes`, if it is one of at most 64 bits with a sign, and its length.
#[inline(always)]
#[allow(clippy::inline_always)] // its caller goes on from each arm
fn integer(bytes: &[u8]) -> Option<(i64, usize)> {
    match *bytes.first()? {
        fixint @ (0..=0x7f | 0xe0..) => Some((i64::from(fixint as i8), 1)),
        _ => wide_integer(bytes),
    }
}

impl Inner {
    /// The bytes at the front, where an object begins there and nothing is to be done first. They stay as long as no
    /// Ruby code runs and nobody advances.
    #[inline]
    fn resting_at(&self) -> Option<&[u8]> {
        if self.resting.get() != self.core.epoch() {
            return None;
        }
        let front = Span::of(self.core.queue.borrow().front());
        // SAFETY: what is made of it below runs no Ruby code, so the queue keeps its bytes in place.
        Some(unsafe { front.bytes() })
    }

    /// The token there and its header's length.
    #[inline]
    fn resting_token(&self) -> Option<(Token, usize, &[u8])> {
        let bytes = self.resting_at()?;
        match scan(bytes) {
            Scan::Token(token, header) => Some((token, header, bytes)),
            _ => None,
        }
    }

    /// The next object, if it is plain. May raise (memory), with nothing taken, over frames that own nothing.
    #[inline]
    pub(super) fn next_plain(&self) -> Option<Value> {
        if self.resting.get() != self.core.epoch() {
            return None;
        }
        let mut front = Span::of(&[]);
        let taken = self.core.take_near(|bytes| {
            front = Span::of(bytes);
            // One that needs memory is made before it is taken.
            integer(bytes).filter(|&(n, _)| number::is_fixnum(n))
        });
        match taken {
            Some(n) => Some(number::fixnum(n)),
            None => self.next_wide(front),
        }
    }

    /// As [`Inner::next_plain`], of more than an integer, and where more is to be done. `front` is what lies there.
    #[inline(never)]
    fn next_wide(&self, front: Span) -> Option<Value> {
        // SAFETY: it has just been asked for, and what is made of it runs no Ruby code, so the queue keeps it in place.
        let (object, len) = self.plain.object(unsafe { front.bytes() })?;
        self.core.advance(len);
        Some(object)
    }

    /// Passes over the next object, if it is plain; whether it was.
    #[inline]
    pub(super) fn skip_plain(&self) -> bool {
        let Some((token, header, bytes)) = self.resting_token() else { return false };
        let len = match token {
            Token::Nil | Token::Boolean(_) | Token::Unsigned(_) | Token::Signed(_) | Token::Float(_) => {
                header
            }
            Token::Str(len) if len < self.plain.texts => header + len as usize,
            Token::Bin(len) if len < self.plain.binaries => header + len as usize,
            _ => return false,
        };
        if len > bytes.len() {
            return false;
        }
        self.core.advance(len);
        true
    }

    /// Whether the unread bytes are known to be too few for anything, and no io can give more.
    #[inline]
    pub(super) fn must_wait(&self) -> bool {
        let (len, epoch) = (self.core.len(), self.core.epoch());
        if self.core.io.is_some() || self.epoch.get() != epoch || self.busy.get() {
            return false;
        }
        let (position, needed) = self.lack.get();
        (len < needed && position == self.core.taken()) || (len == 0 && self.resting.get() == epoch)
    }

    /// The count of the next object's header, if it is a container of that kind.
    #[inline]
    pub(super) fn next_header(&self, kind: Kind) -> Option<u32> {
        let (token, header, _) = self.resting_token()?;
        let (count, end) = match (kind, token) {
            (Kind::Array, Token::Array(count)) => (count, self.plain.arrays),
            (Kind::Map, Token::Map(count)) => (count, self.plain.maps),
            _ => return None,
        };
        if u64::from(count) >= end {
            return None;
        }
        self.core.advance(header);
        Some(count)
    }
}
