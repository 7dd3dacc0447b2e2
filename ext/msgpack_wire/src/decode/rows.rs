//! Rows of numbers: what follows a number in an array is mostly another one.
//!
//! The decoder's loop dispatches on each first byte, which is a wrong guess of the processor's wherever widths mix.
//! Knows no faults: whatever it does not take is left to that loop.

use super::integers::{integer_len, integers_from};
use super::{Builder, Decoder, Frame, ROW};
use crate::marker::{FALSE, FLOAT32, FLOAT64, NIL, TRUE};

/// Bytes of a scalar without a body; 0 for what is something else.
pub(super) const fn scalar_len(first: u8) -> usize {
    match first {
        NIL | FALSE | TRUE => 1,
        FLOAT32 => 5,
        FLOAT64 => 9,
        _ => integer_len(first),
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

    /// Floats of an array, of one width.
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

/// Decodes floats of an array of which `left` values begin at `at`, as long as they are as wide as the first; what is left
/// then, and where.
#[cold] // as integers_from
pub(super) fn floats_from<B: Builder>(left: u32, at: usize, input: &[u8], builder: &mut B) -> (u32, usize) {
    match input.get(at) {
        Some(&FLOAT64) => floats_of::<9, { 9 * ROW }, B>(left, at, input, builder, |[_, bits @ ..]| {
            f64::from_be_bytes(*bits)
        }),
        Some(&FLOAT32) => floats_of::<5, { 5 * ROW }, B>(left, at, input, builder, |[_, bits @ ..]| {
            f32::from_be_bytes(*bits).into()
        }),
        _ => (left, at),
    }
}

/// As [`floats_from`], of LEN bytes each, in rows of ALL bytes.
#[inline(always)]
#[allow(clippy::inline_always)] // a loop for each width
fn floats_of<const LEN: usize, const ALL: usize, B: Builder>(
    mut left: u32,
    mut at: usize,
    input: &[u8],
    builder: &mut B,
    value: impl Fn(&[u8; LEN]) -> f64,
) -> (u32, usize) {
    let first = input.get(at).copied().unwrap_or_default();
    let from = |at: usize| input.get(at..).unwrap_or_default();
    while left >= ROW as u32 {
        let Some(row) = from(at).first_chunk::<ALL>().filter(|row| begin_alike::<LEN, ALL>(row, first))
        else {
            break;
        };
        builder.float_row(&std::array::from_fn(|n| row[n * LEN..].first_chunk().map_or(0.0, &value)));
        at += ALL;
        left -= ROW as u32;
    }
    while left > 0 {
        let Some(float) = from(at).first_chunk::<LEN>().filter(|float| float[0] == first) else { break };
        builder.float(value(float));
        at += LEN;
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
    let is_row =
        |row: &&[u8]| <&[u8; ALL]>::try_from(*row).is_ok_and(|row| begin_alike::<LEN, ALL>(row, rest[0]));
    rows.take_while(is_row).count() * ROW
}

/// Whether all scalars of a row, of LEN bytes each, have that first byte. Looks at them all, whatever it finds: that is done
/// for several at once.
#[inline]
pub(super) fn begin_alike<const LEN: usize, const ALL: usize>(row: &[u8; ALL], first: u8) -> bool {
    (0..ROW).fold(0, |other, at| other | (row[at * LEN] ^ first)) == 0
}
