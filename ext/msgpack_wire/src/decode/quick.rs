//! The quick way of the walk: over values that lie whole in front of it, with nothing to be said about them.
//!
//! Each arm does all that its token needs, and where the walk stands is held in registers. What is cut off, refused or
//! rare is left to the walk, token by token: this changes nothing but how long it takes.

use super::exit::{Exit, Reason};
use super::integers::integers_from;
use super::rows::floats_from;
use super::{Body, Builder, Decoder, Frame, Kind, Pending, BATCH, FUEL};
use crate::marker::{
    bytes, integer, ARRAY16, EXT8, FALSE, FIXEXT1, FIXEXT16, FLOAT32, FLOAT64, INT64, MAP16, NIL, STR16,
    STR8, TRUE, UINT8,
};

/// So many numbers of an array are worth a loop of their own.
const ROW_MIN: u32 = 4;

/// Set in a place in the input, which is never as large, where an extended type is left to the driver: two values would be
/// returned through memory.
const IS_LEFT: usize = 1 << (usize::BITS - 1);

impl Decoder {
    /// Decodes values as far as that is quick, and closes the containers that they complete.
    #[inline(always)]
    #[allow(clippy::inline_always, clippy::too_many_lines)] // as a call, its state went through memory; an arm a form
    pub(super) fn quick<B: Builder>(
        &mut self,
        input: &[u8],
        builder: &mut B,
        pos: &mut usize,
        stop: &mut Reason<B::Stop>,
    ) -> Option<Exit> {
        let is_plain = !B::SKIPS && !self.limits.strict_map_key && !self.limits.validate_utf8;
        let mut at = *pos;
        // A copy: as a part of the decoder it would be written in pieces and read as a whole, which waits for the pieces.
        let mut top = self.top;
        let exit = loop {
            let exit = loop {
                // A frame is complete when nothing of it is left: close it, and those that it completes.
                if top.left == 0 {
                    match self.close(&mut top, builder, stop) {
                        None => continue,
                        exit => break exit,
                    }
                }
                if !is_plain {
                    break None;
                }
                let Some(&first) = input.get(at) else { break None };
                let (start, len) = match first {
                    0x00..=0x7f | 0xe0..=0xff => {
                        builder.signed(i64::from(first as i8));
                        at += 1;
                        top.left -= 1;
                        if top.left >= ROW_MIN && !top.is_map() {
                            (top.left, at) = integers_from(top.left, at, input, builder);
                        }
                        continue;
                    }
                    0xa0..=0xbf => (at + 1, usize::from(first & 0x1f)),
                    0x80..=0x9f => {
                        if first > 0x90 && input.get(at + 1) == Some(&FLOAT64) {
                            let start = at;
                            match self.points(input, builder, &mut at, &mut top) {
                                Ok(()) if at == start => {}
                                Ok(()) => continue,
                                Err(reason) => break Some(stop.builder(reason)),
                            }
                        }
                        let kind = if first < 0x90 { Kind::Map } else { Kind::Array };
                        if !self.descend(&mut top, kind, u32::from(first & 0x0f)) {
                            break None;
                        }
                        at += 1;
                        continue;
                    }
                    NIL => {
                        builder.nil();
                        at += 1;
                        top.left -= 1;
                        continue;
                    }
                    FALSE | TRUE => {
                        builder.boolean(first == TRUE);
                        at += 1;
                        top.left -= 1;
                        continue;
                    }
                    FLOAT32 | FLOAT64 => {
                        let (float, behind) = if first == FLOAT64 {
                            let Some(bits) = bytes(input, at + 1) else { break None };
                            (f64::from_be_bytes(*bits), at + 9)
                        } else {
                            let Some(bits) = bytes(input, at + 1) else { break None };
                            (f32::from_be_bytes(*bits).into(), at + 5)
                        };
                        builder.float(float);
                        at = behind;
                        top.left -= 1;
                        if top.left >= ROW_MIN && !top.is_map() {
                            (top.left, at) = floats_from(top.left, at, input, builder);
                        }
                        continue;
                    }
                    UINT8..=INT64 => {
                        let Some((value, behind)) = integer(first, input, at + 1) else { break None };
                        builder.signed(value);
                        at = behind;
                        top.left -= 1;
                        if top.left >= ROW_MIN && !top.is_map() {
                            (top.left, at) = integers_from(top.left, at, input, builder);
                        }
                        continue;
                    }
                    STR8 => match input.get(at + 1) {
                        Some(len) => (at + 2, usize::from(*len)),
                        None => break None,
                    },
                    STR16 => match bytes(input, at + 1) {
                        Some(len) => (at + 3, usize::from(u16::from_be_bytes(*len))),
                        None => break None,
                    },
                    ARRAY16 | MAP16 => {
                        let Some(len) = bytes(input, at + 1) else { break None };
                        let kind = if first == MAP16 { Kind::Map } else { Kind::Array };
                        if !self.descend(&mut top, kind, u32::from(u16::from_be_bytes(*len))) {
                            break None;
                        }
                        at += 3;
                        continue;
                    }
                    _ => break None,
                };
                let Some(text) = input.get(start..start + len) else { break None };
                if len > self.limits.max_str_len as usize {
                    break None;
                }
                at = start + len;
                top.left -= 1;
                if let Err(reason) = builder.str(text, top.role()) {
                    break Some(stop.builder(reason));
                }
            };
            if exit.is_some() || !is_plain {
                break exit;
            }
            // Out here: in the loop it would take registers.
            if !matches!(input.get(at), Some(&(EXT8 | FIXEXT1..=FIXEXT16))) {
                break None;
            }
            let behind = self.extended(input, at, builder);
            if behind == 0 {
                break None;
            }
            top.left -= 1;
            at = behind & !IS_LEFT;
            if at != behind {
                break Some(Exit::Ext);
            }
        };
        self.top = top;
        *pos = at;
        exit
    }

    /// Offers the extended type at `at` to the builder. Where it ends if a value has been made; otherwise where its payload
    /// begins, which is then pending, with [`IS_LEFT`]; 0, with nothing done, where there is more to be said about it.
    #[inline(never)]
    fn extended<B: Builder>(&mut self, input: &[u8], at: usize, builder: &mut B) -> usize {
        let (header, len) = match input.get(at..) {
            Some([first @ FIXEXT1..=FIXEXT16, _, ..]) => (2, 1 << (first - FIXEXT1)),
            Some([EXT8, len, _, ..]) => (3, usize::from(*len)),
            _ => return 0,
        };
        let start = at + header;
        let Some(payload) = input.get(start..start + len) else { return 0 };
        if len > self.limits.max_ext_len as usize {
            return 0;
        }
        let kind = input[start - 1] as i8;
        if builder.ext(kind, payload) {
            return start + len;
        }
        self.pending = Some(Pending { body: Body::Ext(kind), len, offset: self.position + at as u64 });
        start | IS_LEFT
    }

    /// Opens a container of so many values or pairs in `top`; false, with nothing done, where there is more to be said
    /// about it.
    #[inline(always)]
    #[allow(clippy::inline_always)] // the kind and the bounds of the count are constants of the caller
    fn descend(&mut self, top: &mut Frame, kind: Kind, len: u32) -> bool {
        let (values, max) = match kind {
            Kind::Array => (len, self.limits.max_array_len),
            Kind::Map => (len * 2, self.limits.max_map_len),
        };
        if len > max
            || len > BATCH
            || self.depth() >= self.limits.max_depth
            || self.outer.len() == self.outer.capacity()
        {
            return false;
        }
        top.left -= 1;
        self.outer.push(*top);
        *top = Frame::of_one_batch(kind, values);
        true
    }

    /// Closes `top`, or turns it to its next batch. The state is changed before the builder is
    /// asked, so that a stop can be taken up again.
    #[inline(always)]
    #[allow(clippy::inline_always)] // its only caller is the loop over all tokens
    fn close<B: Builder>(
        &mut self,
        top: &mut Frame,
        builder: &mut B,
        stop: &mut Reason<B::Stop>,
    ) -> Option<Exit> {
        let frame = *top;
        let built = if frame.beyond() > 0 {
            top.turn();
            builder.append(frame.kind(), frame.batch as usize, false)
        } else {
            let Some(outer) = self.outer.pop() else {
                return Some(Exit::Done);
            };
            *top = outer;
            if frame.is_open() {
                builder.append(frame.kind(), frame.batch as usize, true)
            } else {
                builder.build(frame.kind(), frame.batch as usize)
            }
        };
        if let Err(reason) = built {
            return Some(stop.builder(reason));
        }
        let Some(fuel) = self.fuel.checked_sub(frame.batch + 1) else {
            self.fuel = FUEL;
            return Some(Exit::Breathe);
        };
        self.fuel = fuel;
        None
    }
}
