//! Rows of numbers: what follows a number in an array is mostly another one.
//!
//! The decoder's loop dispatches on each first byte, which is a wrong guess of the processor's wherever widths mix.
//! Here all widths are read alike. Knows no faults: whatever it does not take is left to that loop.

use super::{Builder, Decoder, Frame, ROW};
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

/// Integers that are decoded without a branch among them.
const GROUP: usize = ROW;
/// Bytes whose steps are found at once: those of a few groups.
const BLOCK: usize = 128;
/// From here on, the last integer of a group could begin behind the block.
const LAST: usize = BLOCK - (GROUP - 1) * 9;
/// So many integers are worth a block.
const BLOCK_MIN: u32 = 32;

/// [`Form::step`] by arithmetic, which a processor does for many bytes at once.
#[inline(always)]
#[allow(clippy::inline_always)] // the loop around it becomes one over vectors
const fn step(first: u8) -> u8 {
    // The forms of 8, 16, 32 and 64 bits, without and with a sign, are neighbours.
    let width = first & 3;
    let wide = 2 + width + (width == 2) as u8 + if width == 3 { 4 } else { 0 };
    match first as i8 {
        -32..=127 => 1,
        -52..=-45 => wide,
        _ => 0,
    }
}

const _: () = {
    let mut first = 0;
    while first < 256 {
        assert!(step(first as u8) == FORMS[first].step);
        first += 1;
    }
};

/// Decodes integers of an array of which `left` values begin at `at`; what is left then, and where.
///
/// Where the next one begins is all that a processor waits for. It waits less for a step that lies ready than for one
/// that is looked up by a byte.
pub(super) fn integers_from<B: Builder>(
    mut left: u32,
    mut at: usize,
    input: &[u8],
    builder: &mut B,
) -> (u32, usize) {
    while left >= BLOCK_MIN {
        let Some(block) = input.get(at..).and_then(<[u8]>::first_chunk::<{ BLOCK + 8 }>) else { break };
        let mut steps = [0; BLOCK];
        for (step_of, first) in steps.iter_mut().zip(block) {
            *step_of = step(*first);
        }
        let mut inside = 0;
        while inside < LAST && left >= GROUP as u32 {
            let Some((row, behind)) = group(block, &steps, inside) else {
                return integers_one_by_one(left, at + inside, input, builder);
            };
            builder.signed_row(&row);
            inside = behind;
            left -= GROUP as u32;
        }
        at += inside;
    }
    integers_one_by_one(left, at, input, builder)
}

/// So many integers that begin at `at`, before LAST, and where they end; None where not all are integers in an i64.
#[inline(always)]
#[allow(clippy::inline_always)] // its state is in registers
fn group(block: &[u8; BLOCK + 8], steps: &[u8; BLOCK], mut at: usize) -> Option<([i64; GROUP], usize)> {
    let (mut row, mut last, mut beyond) = ([0; GROUP], 0, 0);
    for value in &mut row {
        let len = usize::from(*steps.get(at)?);
        // Of a short one, its only byte is its value.
        let has_header = usize::from(len != 1);
        let bytes = block[at + has_header..].first_chunk()?;
        let word = u64::from_be_bytes(*bytes);
        let shift = (64 + 8 * has_header - 8 * len) & 63;
        let unsigned = (word >> shift) as i64;
        let is_signed = block[at] as i8 >= INT8 as i8;
        *value = if is_signed { word as i64 >> shift } else { unsigned };
        beyond |= if is_signed { 0 } else { unsigned };
        at += len;
        last = len;
    }
    // What is no integer has no length: it is met again and again.
    (last != 0 && beyond >= 0).then_some((row, at))
}

/// As [`integers_from`], for a few of them.
#[inline]
fn integers_one_by_one<B: Builder>(
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
    let alike = match len {
        9 => alike::<9, { 9 * ROW }>(rest, most),
        5 => alike::<5, { 5 * ROW }>(rest, most),
        3 => alike::<3, { 3 * ROW }>(rest, most),
        _ => 0,
    };
    let whole = rest[alike * len..].chunks_exact(len).take(most as usize - alike);
    let count =
        alike + whole.take_while(|scalar| usize::from(SCALARS[usize::from(scalar[0])]) == len).count();
    (count as u32, count * len)
}

/// How many scalars of LEN bytes begin as the first does, by rows of ALL bytes: those are looked at together.
#[inline]
fn alike<const LEN: usize, const ALL: usize>(rest: &[u8], most: u32) -> usize {
    let rows = rest.chunks_exact(ALL).take(most as usize / ROW);
    let is_row = |row: &&[u8]| {
        <&[u8; ALL]>::try_from(*row)
            .is_ok_and(|row| (0..ROW).fold(0, |other, at| other | (row[at * LEN] ^ rest[0])) == 0)
    };
    rows.take_while(is_row).count() * ROW
}
