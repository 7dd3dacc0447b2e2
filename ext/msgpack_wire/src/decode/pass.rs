//! The quick way of a skip: over values that lie whole in front of it, with nothing to be said about them.
//!
//! What is cut off, refused, or the end of a batch is left to the walk, token by token: this changes nothing but
//! how long it takes.

use super::shapes::{free, Shapes};
use super::{Builder, Decoder, Frame, Kind};
use crate::limits::Limits;
use crate::marker::{
    ARRAY16, ARRAY32, BIN16, BIN32, BIN8, EXT16, EXT32, EXT8, FALSE, FIXEXT1, FIXEXT16, FIXEXT2, FIXEXT4,
    FIXEXT8, FLOAT32, FLOAT64, INT16, INT32, INT64, INT8, MAP16, MAP32, NIL, RESERVED, STR16, STR32, STR8,
    TRUE, UINT16, UINT32, UINT64, UINT8,
};

/// The big-endian number of the N bytes at `at`.
#[inline(always)]
#[allow(clippy::inline_always)] // one load
fn number<const N: usize>(input: &[u8], at: usize) -> Option<u32> {
    let bytes: &[u8; N] = input.get(at..at + N)?.try_into().ok()?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// Bytes from which on it is worthwhile to remember what maps looked like.
const MANY: usize = 1024;

/// What lies in front.
pub(crate) enum Ahead {
    /// A value that is no container; here it ends.
    Value(usize),
    /// A container of so many values, which begin here.
    Container(Kind, u32, usize),
    /// What is cut off, refused or rare.
    Other,
}

impl Limits {
    /// What lies at `at`, if it is all there (of a container the header), and no longer than is accepted. Of depth,
    /// keys and UTF-8 nothing is said.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: the loop below would dispatch twice on every value
    pub(crate) fn ahead(&self, input: &[u8], at: usize) -> Ahead {
        let scalar = |width: usize| {
            if width <= input.len() - at {
                Ahead::Value(at + width)
            } else {
                Ahead::Other
            }
        };
        // The length is compared with what is left, since a sum might overflow.
        let body =
            |header: usize, len: Option<u32>, max: u32| match (len, input.len().checked_sub(at + header)) {
                (Some(len), Some(rest)) if len <= max && len as usize <= rest => {
                    Ahead::Value(at + header + len as usize)
                }
                _ => Ahead::Other,
            };
        let container = |kind, header: usize, len: Option<u32>, max: u32| match len {
            Some(len) if len <= max => Ahead::Container(kind, len, at + header),
            _ => Ahead::Other,
        };
        let short = |first: u8, mask: u8| Some(u32::from(first & mask));
        match input.get(at).copied().unwrap_or(RESERVED) {
            0x00..=0x7f | NIL | FALSE | TRUE | 0xe0..=0xff => Ahead::Value(at + 1),
            first @ 0xa0..=0xbf => body(1, short(first, 0x1f), self.max_str_len),
            first @ 0x80..=0x8f => container(Kind::Map, 1, short(first, 0x0f), self.max_map_len),
            first @ 0x90..=0x9f => container(Kind::Array, 1, short(first, 0x0f), self.max_array_len),
            MAP16 => container(Kind::Map, 3, number::<2>(input, at + 1), self.max_map_len),
            ARRAY16 => container(Kind::Array, 3, number::<2>(input, at + 1), self.max_array_len),
            UINT8 | INT8 => scalar(2),
            UINT16 | INT16 => scalar(3),
            UINT32 | INT32 | FLOAT32 => scalar(5),
            UINT64 | INT64 | FLOAT64 => scalar(9),
            STR8 => body(2, number::<1>(input, at + 1), self.max_str_len),
            STR16 => body(3, number::<2>(input, at + 1), self.max_str_len),
            STR32 => body(5, number::<4>(input, at + 1), self.max_str_len),
            BIN8 => body(2, number::<1>(input, at + 1), self.max_bin_len),
            BIN16 => body(3, number::<2>(input, at + 1), self.max_bin_len),
            BIN32 => body(5, number::<4>(input, at + 1), self.max_bin_len),
            FIXEXT1 => body(2, Some(1), self.max_ext_len),
            FIXEXT2 => body(2, Some(2), self.max_ext_len),
            FIXEXT4 => body(2, Some(4), self.max_ext_len),
            FIXEXT8 => body(2, Some(8), self.max_ext_len),
            FIXEXT16 => body(2, Some(16), self.max_ext_len),
            EXT8 => body(3, number::<1>(input, at + 1), self.max_ext_len),
            EXT16 => body(4, number::<2>(input, at + 1), self.max_ext_len),
            EXT32 => body(6, number::<4>(input, at + 1), self.max_ext_len),
            ARRAY32 | MAP32 | RESERVED => Ahead::Other,
        }
    }

    /// [`Limits::ahead`], where a call does no harm.
    #[inline(never)]
    fn ahead_rarely(&self, input: &[u8], at: usize) -> Ahead {
        self.ahead(input, at)
    }
}

impl Decoder {
    /// Passes over values as far as that is quick, if all that the builder does is to skip.
    #[inline(always)]
    #[allow(clippy::inline_always)] // a constant of the builder decides
    pub(super) fn pass_ahead<B: Builder>(&mut self, input: &[u8], pos: &mut usize) {
        if B::SKIPS && !self.limits.strict_map_key {
            if input.len() - *pos < MANY {
                self.pass::<false>(input, pos);
            } else {
                self.pass::<true>(input, pos);
            }
        }
    }

    #[inline(never)] // within a caller too few registers would be left, and `at` would go through memory
    fn pass<const REMEMBERS: bool>(&mut self, input: &[u8], pos: &mut usize) {
        let limits = self.limits;
        let deepest = limits.max_depth.saturating_sub(self.base);
        let free = free(input, &limits);
        let mut shapes = Shapes::new();
        let (mut at, mut top) = (*pos, self.top);
        top.pass_row(input, &mut at);
        loop {
            let header = if REMEMBERS && Shapes::hold(&top) {
                shapes.pass(input, free, limits.max_str_len, &mut top, &mut at)
            } else {
                loop {
                    if top.left == 0 {
                        break None;
                    }
                    let Ahead::Value(behind) = limits.ahead(input, at) else {
                        break if REMEMBERS { shapes.header(free, at) } else { free.get(at).copied() };
                    };
                    at = behind;
                    top.left -= 1;
                }
            };
            if top.left == 0 {
                let Some(outer) = self.leave(&top) else { break };
                top = outer;
                continue;
            }
            if let Some(header @ 0x80..=0x9f) = header {
                if self.outer.len() >= deepest || !self.has_room() {
                    break;
                }
                top.left -= 1;
                self.outer.push(top);
                top = Frame::short(header);
                at += 1;
                top.pass_row(input, &mut at);
                continue;
            }
            match limits.ahead_rarely(input, at) {
                Ahead::Value(behind) => {
                    at = behind;
                    top.left -= 1;
                }
                Ahead::Container(kind, len, start) if self.outer.len() < deepest && self.has_room() => {
                    top.left -= 1;
                    self.outer.push(top);
                    let values = match kind {
                        Kind::Array => u64::from(len),
                        Kind::Map => u64::from(len) * 2,
                    };
                    top = Frame::new(kind, values);
                    at = start;
                    top.pass_row(input, &mut at);
                }
                _ => break,
            }
        }
        (self.top, *pos) = (top, at);
    }

    /// Whether there is room for one more frame; what there is to be said if there is none is left to the walk.
    #[inline]
    fn has_room(&mut self) -> bool {
        self.outer.len() < self.outer.capacity() || self.make_room().is_ok()
    }

    /// Closes `top`, the innermost container, and returns the one around it; none where that is for the walk to do.
    #[inline]
    fn leave(&mut self, top: &Frame) -> Option<Frame> {
        let fuel = self.fuel.checked_sub(top.batch + 1)?;
        if top.beyond() > 0 {
            return None;
        }
        let outer = self.outer.pop()?;
        self.fuel = fuel;
        Some(outer)
    }
}
