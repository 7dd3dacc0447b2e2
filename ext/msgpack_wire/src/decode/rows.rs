//! Rows of numbers: what follows a number in an array is mostly another one.
//!
//! The decoder's loop dispatches on each first byte, which is a wrong guess of the processor's wherever widths mix.
//! Here all widths are read alike. Knows no faults: whatever it does not take is left to that loop.

use super::{Builder, Decoder, Frame};
use crate::marker::{FALSE, FLOAT32, FLOAT64, INT16, INT32, INT64, INT8, NIL, TRUE};
use crate::marker::{UINT16, UINT32, UINT64, UINT8};

/// How an integer lies in the eight bytes that begin with it.
#[derive(Clone, Copy)]
struct Form {
    /// Bytes from its first to the next object's; 0 for what is no integer.
    step: u8,
    /// Bits behind it.
    shift: u8,
    /// Whether its highest bit is its sign.
    is_signed: bool,
}

const FORMS: [Form; 256] = {
    let mut forms = [Form { step: 0, shift: 0, is_signed: false }; 256];
    let mut first = 0;
    while first < 256 {
        let (step, shift, is_signed) = match first as u8 {
            0x00..=0x7f | 0xe0..=0xff => (1, 56, true),
            UINT8 => (2, 56, false),
            UINT16 => (3, 48, false),
            UINT32 => (5, 32, false),
            UINT64 => (9, 0, false),
            INT8 => (2, 56, true),
            INT16 => (3, 48, true),
            INT32 => (5, 32, true),
            INT64 => (9, 0, true),
            _ => (0, 0, false),
        };
        forms[first] = Form { step, shift, is_signed };
        first += 1;
    }
    forms
};

impl Form {
    /// The integer in the eight bytes that begin with it, if it is not one of 64 bits without a sign.
    #[inline(always)]
    #[allow(clippy::inline_always)] // two shifts
    fn value(self, word: u64) -> i64 {
        if self.is_signed {
            word as i64 >> self.shift
        } else {
            (word >> self.shift) as i64
        }
    }
}

/// Bytes of a scalar without a body; 0 for what is something else.
pub(super) const fn scalar_len(first: u8) -> usize {
    match first {
        NIL | FALSE | TRUE => 1,
        FLOAT32 => 5,
        FLOAT64 => 9,
        _ => FORMS[first as usize].step as usize,
    }
}

/// [`scalar_len`] by first bytes.
const SCALARS: [u8; 256] = {
    let mut lengths = [0; 256];
    let mut first = 0;
    while first < 256 {
        lengths[first] = scalar_len(first as u8) as u8;
        first += 1;
    }
    lengths
};

impl Decoder {
    /// Integers of an array, for as long as nine bytes and more are there.
    #[inline]
    pub(super) fn integers<B: Builder>(&mut self, input: &[u8], builder: &mut B, pos: &mut usize) {
        if B::SKIPS {
            return self.top.pass_row(input, pos);
        }
        if !self.top.is_map() {
            (self.top.left, *pos) = integers_from(self.top.left, *pos, input, builder);
        }
    }

    /// Floats of an array, of 64 bits each.
    #[inline]
    pub(super) fn floats<B: Builder>(&mut self, input: &[u8], builder: &mut B, pos: &mut usize) {
        if B::SKIPS {
            return self.top.pass_row(input, pos);
        }
        if !self.top.is_map() {
            (self.top.left, *pos) = floats_from(self.top.left, *pos, input, builder);
        }
    }
}

impl Frame {
    /// Passes over scalars of one length in an array: where each begins does not depend on the one before.
    #[inline]
    pub fn pass_row(&mut self, input: &[u8], pos: &mut usize) {
        if !self.is_map() {
            let (count, bytes) = row(&input[*pos..], self.left);
            self.left -= count;
            *pos += bytes;
        }
    }
}

/// Decodes integers of an array of which `left` values begin at `at`; what is left then, and where.
pub(super) fn integers_from<B: Builder>(
    mut left: u32,
    mut at: usize,
    input: &[u8],
    builder: &mut B,
) -> (u32, usize) {
    while left > 0 {
        let Some(bytes) = input.get(at..).and_then(<[u8]>::first_chunk::<9>) else { break };
        let [first, behind @ ..] = *bytes;
        let [with_first @ .., _] = *bytes;
        let form = FORMS[usize::from(first)];
        if form.step == 0 {
            break;
        }
        let word = u64::from_be_bytes(if form.step == 1 { with_first } else { behind });
        if first == UINT64 {
            builder.unsigned(word);
        } else {
            builder.signed(form.value(word));
        }
        at += usize::from(form.step);
        left -= 1;
    }
    (left, at)
}

/// As [`integers_from`], of floats of 64 bits each.
pub(super) fn floats_from<B: Builder>(
    mut left: u32,
    mut at: usize,
    input: &[u8],
    builder: &mut B,
) -> (u32, usize) {
    while left > 0 {
        let Some([FLOAT64, bits @ ..]) = input.get(at..).and_then(<[u8]>::first_chunk::<9>) else { break };
        builder.float(f64::from_be_bytes(*bits));
        at += 9;
        left -= 1;
    }
    (left, at)
}

/// The scalars of one length that `rest` begins with, but not more than `most`: how many, and their bytes.
#[inline(never)]
fn row(rest: &[u8], most: u32) -> (u32, usize) {
    let Some(&first) = rest.first() else { return (0, 0) };
    let len = usize::from(SCALARS[usize::from(first)]);
    if len == 0 {
        return (0, 0);
    }
    let whole = rest.chunks_exact(len).take(most as usize);
    let count = whole.take_while(|scalar| usize::from(SCALARS[usize::from(scalar[0])]) == len).count();
    (count as u32, count * len)
}
