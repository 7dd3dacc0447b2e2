//! Integers of an array, as many at once as a processor can: what follows one of them is mostly another one.
//!
//! Those of one form are read by their places. Where forms mix there is no branch among them, and where the next one begins
//! is all that a processor waits for. Knows no faults: whatever is not taken is left to the decoder's loop.

use super::rows::begin_alike;
use super::{Builder, ROW};
use crate::marker::{INT16, INT32, INT64, INT8, UINT16, UINT32, UINT64, UINT8};

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

/// Bytes of the integer with that first byte; 0 for what is none.
pub(super) const fn integer_len(first: u8) -> usize {
    FORMS[first as usize].step as usize
}

/// Integers that are decoded without a branch among them.
const GROUP: usize = ROW;
/// Bytes whose steps are found at once: places among them are bytes, too.
const BLOCK: usize = 256;
/// Bytes before a block, for the eight that end with an integer, and behind it, for the last integer that begins in it.
const MARGIN: usize = 8;
/// From here on, the last integer of a group could end behind the block.
const LAST: usize = BLOCK - GROUP * 9;
/// So many integers are worth a block.
const BLOCK_MIN: u32 = 32;

/// [`Form::step`] by arithmetic, which a processor does for many bytes at once.
#[inline(always)]
#[allow(clippy::inline_always)] // the loop around it becomes one over vectors
const fn step(first: u8) -> u8 {
    // The forms of 8, 16, 32 and 64 bits, without and with a sign, are neighbours: 2, 3, 5 and 9 bytes.
    let width = first & 3;
    let wider = width.saturating_sub(1);
    let wide = 2 + width + wider + (wider & 2);
    match first as i8 {
        -32..=127 => 1,
        -52..=-45 => wide,
        _ => 0,
    }
}

/// The integers of 64 bits without a sign, which may be beyond an i64: a mask for the highest bit, and `SIGNS` behind it.
const UNSIGNED64: u8 = 0x88;

/// Which place in [`BITS`] an integer has, by arithmetic, too. A short one is as one of 8 bits with a sign: its only byte is
/// the last.
#[inline(always)]
#[allow(clippy::inline_always)] // as `step`
const fn bits_of(first: u8) -> u8 {
    match first {
        0xe0..=0xff | 0x00..=0x7f => 0,
        UINT64 => UNSIGNED64 | (first & 7),
        _ => first & 7,
    }
}

/// Which of the eight bytes that end with an integer are its own, and which bit is its sign; by [`bits_of`].
struct Bits {
    own: [u64; 16],
    sign: [u64; 16],
}

static BITS: Bits = {
    let mut bits = Bits { own: [0; 16], sign: [0; 16] };
    let mut first = 0;
    while first < 256 {
        let form = FORMS[first];
        if form.step > 0 {
            let place = bits_of(first as u8) as usize & 15;
            let width = if form.step == 1 { 8 } else { (form.step as u32 - 1) * 8 };
            bits.own[place] = u64::MAX >> (64 - width);
            bits.sign[place] = if form.is_signed { 1 << (width - 1) } else { 0 };
        }
        first += 1;
    }
    bits
};

const _: () = {
    let mut first = 0;
    while first < 256 {
        assert!(step(first as u8) == FORMS[first].step);
        first += 1;
    }
};

/// Decodes integers of an array of which `left` values begin at `at`; what is left then, and where.
#[cold] // what is done about integers alone is not to take registers from the callers' loops
pub(super) fn integers_from<B: Builder>(
    mut left: u32,
    mut at: usize,
    input: &[u8],
    builder: &mut B,
) -> (u32, usize) {
    loop {
        (left, at) = alike(left, at, input, builder);
        // Blocks are for what has many integers in a row, and have bytes before them.
        let some = left.min(GROUP as u32);
        let missing;
        (missing, at) = one_by_one(some, at, input, builder);
        left -= some - missing;
        if missing > 0 || left == 0 {
            return (left, at);
        }
        (left, at) = blocks(left, at, input, builder);
    }
}

/// As [`integers_from`], for as long as they are many, and all in an i64.
///
/// A processor waits less for a place that lies ready than for a length that is looked up by a byte.
#[inline]
fn blocks<B: Builder>(mut left: u32, mut at: usize, input: &[u8], builder: &mut B) -> (u32, usize) {
    while left >= BLOCK_MIN {
        let start = at.checked_sub(MARGIN).and_then(|start| input.get(start..));
        let Some(block) = start.and_then(<[u8]>::first_chunk) else { break };
        let places = Places::of(block);
        let mut inside = 0;
        while inside < LAST && left >= GROUP as u32 {
            let Some((row, behind)) = places.group(block, inside) else { return (left, at + inside) };
            builder.signed_row(&row);
            inside = behind;
            left -= GROUP as u32;
        }
        (left, at) = alike(left, at + inside, input, builder);
    }
    (left, at)
}

type Block = [u8; BLOCK + 2 * MARGIN];

/// Of each byte of a block, if an integer began there: where the next one would, and which place it has in [`BITS`].
struct Places {
    next: [u8; BLOCK],
    bits: [u8; BLOCK],
}

impl Places {
    #[inline(always)]
    #[allow(clippy::inline_always)] // as a call it would return them through memory
    fn of(block: &Block) -> Self {
        let mut places = Self { next: [0; BLOCK], bits: [0; BLOCK] };
        for at in 0..BLOCK {
            let first = block[MARGIN + at];
            places.next[at] = (at as u8).wrapping_add(step(first));
            places.bits[at] = bits_of(first);
        }
        places
    }

    /// So many integers that begin at `at`, before LAST, and where they end; None where not all are integers in an i64.
    #[inline(always)]
    #[allow(clippy::inline_always)] // its state is in registers
    fn group(&self, block: &Block, mut at: usize) -> Option<([i64; GROUP], usize)> {
        let (mut row, mut last, mut beyond) = ([0; GROUP], at, 0);
        for value in &mut row {
            let next = usize::from(*self.next.get(at)?);
            // The eight bytes before the next one.
            let word = u64::from_be_bytes(*block[next..].first_chunk()?);
            let bits = self.bits[at];
            let place = usize::from(bits & 15);
            let sign = BITS.sign[place];
            *value = ((word & BITS.own[place]) ^ sign).wrapping_sub(sign) as i64;
            beyond |= *value & i64::from(bits as i8);
            last = at;
            at = next;
        }
        // What is no integer has no length: it is met again and again.
        (last != at && beyond >= 0).then_some((row, at))
    }
}

/// As [`integers_from`], for as long as they are of the form of the first one.
#[inline(never)] // as above
fn alike<B: Builder>(left: u32, at: usize, input: &[u8], builder: &mut B) -> (u32, usize) {
    macro_rules! wide {
        ($ty:ty, $number:expr) => {{
            const LEN: usize = 1 + size_of::<$ty>();
            alike_of::<LEN, { LEN * GROUP }, B>(left, at, input, builder, |bytes| {
                bytes.last_chunk().map_or(0, |bytes| $number(<$ty>::from_be_bytes(*bytes)))
            })
        }};
    }
    match input.get(at).copied() {
        Some(0x00..=0x7f | 0xe0..=0xff) => short(left, at, input, builder),
        Some(UINT8) => wide!(u8, i64::from),
        Some(UINT16) => wide!(u16, i64::from),
        Some(UINT32) => wide!(u32, i64::from),
        Some(UINT64) => wide!(u64, |value| value as i64),
        Some(INT8) => wide!(i8, i64::from),
        Some(INT16) => wide!(i16, i64::from),
        Some(INT32) => wide!(i32, i64::from),
        Some(INT64) => wide!(i64, std::convert::identity),
        _ => (left, at),
    }
}

/// As [`alike`], of LEN bytes each.
#[inline(always)]
#[allow(clippy::inline_always)] // a loop for each form
fn alike_of<const LEN: usize, const ALL: usize, B: Builder>(
    mut left: u32,
    mut at: usize,
    input: &[u8],
    builder: &mut B,
    value: impl Fn(&[u8; LEN]) -> i64,
) -> (u32, usize) {
    let first = input.get(at).copied().unwrap_or_default();
    while left >= GROUP as u32 {
        let Some(bytes) = input.get(at..).and_then(<[u8]>::first_chunk::<ALL>) else { break };
        if !begin_alike::<LEN, ALL>(bytes, first) {
            break;
        }
        let row: [i64; GROUP] = std::array::from_fn(|n| bytes[n * LEN..].first_chunk().map_or(0, &value));
        if first == UINT64 && row.iter().fold(0, |all, value| all | value) < 0 {
            for value in row {
                builder.unsigned(value as u64);
            }
        } else {
            builder.signed_row(&row);
        }
        left -= GROUP as u32;
        at += ALL;
    }
    (left, at)
}

/// As [`alike`], of one byte each.
fn short<B: Builder>(mut left: u32, mut at: usize, input: &[u8], builder: &mut B) -> (u32, usize) {
    while left >= GROUP as u32 {
        let Some(bytes) = input.get(at..).and_then(<[u8]>::first_chunk::<GROUP>) else { break };
        if bytes.iter().any(|&byte| step(byte) != 1) {
            break;
        }
        builder.signed_row(&bytes.map(|byte| i64::from(byte as i8)));
        left -= GROUP as u32;
        at += GROUP;
    }
    (left, at)
}

/// As [`integers_from`], one after the other.
#[inline]
fn one_by_one<B: Builder>(mut left: u32, mut at: usize, input: &[u8], builder: &mut B) -> (u32, usize) {
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
