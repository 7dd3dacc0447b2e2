//! Values and headers into bytes, always in the smallest form.
//!
//! Owns the choice of form; where the bytes go is a [`Sink`]'s business. Every function makes one call of
//! the sink, so that room is looked for once per value.

use crate::error::TooLarge;
use crate::marker as m;
use bytes::{BufMut, BytesMut};

pub use m::{FALSE, NIL, TRUE};

/// Takes bytes. `N` is a constant so that a head becomes one or two stores, not a call of `memcpy`.
pub trait Sink {
    /// Appends `head`.
    fn put<const N: usize>(&mut self, head: [u8; N]);
    /// Appends `head` and `body`.
    fn put_with<const N: usize>(&mut self, head: [u8; N], body: &[u8]);
}

impl Sink for Vec<u8> {
    fn put<const N: usize>(&mut self, head: [u8; N]) {
        self.extend_from_slice(&head);
    }

    fn put_with<const N: usize>(&mut self, head: [u8; N], body: &[u8]) {
        self.reserve(N + body.len());
        self.extend_from_slice(&head);
        self.extend_from_slice(body);
    }
}

impl Sink for BytesMut {
    fn put<const N: usize>(&mut self, head: [u8; N]) {
        self.put_slice(&head);
    }

    fn put_with<const N: usize>(&mut self, head: [u8; N], body: &[u8]) {
        self.reserve(N + body.len());
        self.put_slice(&head);
        self.put_slice(body);
    }
}

/// A marker with a big-endian number behind it.
macro_rules! head {
    ($marker:expr, $number:expr, $len:literal) => {{
        let mut head = [$marker; $len];
        head[1..].copy_from_slice(&$number.to_be_bytes());
        head
    }};
}

/// Appends nil.
#[inline]
pub fn nil(sink: &mut impl Sink) {
    sink.put([m::NIL]);
}

/// Appends true or false.
#[inline]
pub fn boolean(sink: &mut impl Sink, value: bool) {
    sink.put([if value { m::TRUE } else { m::FALSE }]);
}

/// Appends an integer that is not negative: positive fixint, uint 8, 16, 32 or 64.
#[inline]
pub fn unsigned(sink: &mut impl Sink, value: u64) {
    if value < 0x80 {
        sink.put([value as u8]);
    } else if value <= 0xff {
        sink.put([m::UINT8, value as u8]);
    } else if value <= 0xffff {
        sink.put(head!(m::UINT16, (value as u16), 3));
    } else if value <= 0xffff_ffff {
        sink.put(head!(m::UINT32, (value as u32), 5));
    } else {
        sink.put(head!(m::UINT64, value, 9));
    }
}

/// Appends an integer: as [`unsigned`], or negative fixint, int 8, 16, 32 or 64.
#[inline(always)]
#[allow(clippy::inline_always)] // measured: most integers are one byte, and a call costs more than writing it
pub fn signed(sink: &mut impl Sink, value: i64) {
    match fixint(value) {
        Some(byte) => sink.put([byte]),
        None => signed_wide(sink, value),
    }
}

/// The only byte of an integer that takes no more.
#[inline(always)]
#[allow(clippy::inline_always)] // one comparison
#[must_use]
pub fn fixint(value: i64) -> Option<u8> {
    (-0x20..0x80).contains(&value).then_some(value as u8)
}

/// As [`signed`], of an integer that takes more than one byte.
fn signed_wide(sink: &mut impl Sink, value: i64) {
    if value >= 0 {
        unsigned(sink, value as u64);
    } else if value >= i64::from(i8::MIN) {
        sink.put([m::INT8, value as u8]);
    } else if value >= i64::from(i16::MIN) {
        sink.put(head!(m::INT16, (value as i16), 3));
    } else if value >= i64::from(i32::MIN) {
        sink.put(head!(m::INT32, (value as i32), 5));
    } else {
        sink.put(head!(m::INT64, value, 9));
    }
}

/// The form of an integer, by the number of its leading zeros, its sign apart.
#[derive(Clone, Copy)]
struct IntForm {
    marker: u8,
    /// The bits of the first byte that are the integer's own: all of a fixint.
    own: u8,
    /// By so many bits to the left, the bytes that count come first.
    shift: u8,
    /// Bytes in all.
    len: u8,
}

/// Where the forms of negative integers begin.
const NEGATIVE: usize = 64;

/// Forms by the number of leading zeros: of the integers from 0 on, then of the negative ones.
const INT_FORMS: [IntForm; 2 * NEGATIVE] = {
    let mut forms = [IntForm { marker: 0, own: 0xff, shift: 0, len: 1 }; 2 * NEGATIVE];
    let mut index = 0;
    while index < forms.len() {
        let bits = 64 - index % NEGATIVE;
        let (marker, body) = match (index < NEGATIVE, bits) {
            (true, ..=7) | (false, ..=5) => (0, 0),
            (true, 8) => (m::UINT8, 1),
            (true, ..=16) => (m::UINT16, 2),
            (true, ..=32) => (m::UINT32, 4),
            (true, _) => (m::UINT64, 8),
            (false, ..=7) => (m::INT8, 1),
            (false, ..=15) => (m::INT16, 2),
            (false, ..=31) => (m::INT32, 4),
            (false, _) => (m::INT64, 8),
        };
        if body > 0 {
            forms[index] = IntForm { marker, own: 0, shift: 64 - 8 * body, len: 1 + body };
        }
        index += 1;
    }
    forms
};

/// A number as it is appended: its first byte, eight that follow, and how many of these nine count.
pub type Padded = (u8, [u8; 8], usize);

/// An integer as [`signed`] appends it. Without a branch: the widths of integers in a row are hard to predict.
#[inline]
#[must_use]
pub fn padded_int(value: i64) -> Padded {
    let sign = value >> 63;
    // The lowest bit makes no difference; without it there might be 64.
    let zeros = (value ^ sign | 1).leading_zeros() as usize;
    let IntForm { marker, own, shift, len } = INT_FORMS[zeros | (sign as usize & NEGATIVE)];
    let rest = (value as u64).wrapping_shl(u32::from(shift)).to_be_bytes();
    (marker | (value as u8 & own), rest, usize::from(len))
}

/// Appends a float 64.
#[inline]
pub fn float(sink: &mut impl Sink, value: f64) {
    sink.put(head!(m::FLOAT64, value, 9));
}

/// A float 64 as [`float`] appends it.
#[inline]
#[must_use]
pub fn padded_float(value: f64) -> Padded {
    (m::FLOAT64, value.to_be_bytes(), 9)
}

/// An integer from 2**32 on, as [`unsigned`] appends it.
#[inline]
#[must_use]
pub fn padded_wide(value: u64) -> Padded {
    (m::UINT64, value.to_be_bytes(), 9)
}

/// Appends a float 32.
#[inline]
pub fn float32(sink: &mut impl Sink, value: f32) {
    sink.put(head!(m::FLOAT32, value, 5));
}

/// The 32 bits of a header for `len`.
#[inline]
fn length(len: usize) -> Result<u32, TooLarge> {
    u32::try_from(len).map_err(|_| TooLarge { len })
}

/// Appends a string and its bytes, which are taken as they are.
///
/// # Errors
/// [`TooLarge`] above 2**32-1 bytes; nothing is appended then.
#[inline]
pub fn str(sink: &mut impl Sink, bytes: &[u8]) -> Result<(), TooLarge> {
    let len = bytes.len();
    if len < 0x20 {
        sink.put_with([0xa0 | len as u8], bytes);
    } else if len <= 0xff {
        sink.put_with([m::STR8, len as u8], bytes);
    } else if len <= 0xffff {
        sink.put_with(head!(m::STR16, (len as u16), 3), bytes);
    } else {
        sink.put_with(head!(m::STR32, (length(len)?), 5), bytes);
    }
    Ok(())
}

/// The header of a string of less than 256 bytes, and how many of its bytes count.
#[inline]
#[must_use]
pub fn short_str_header(len: u8) -> ([u8; 2], usize) {
    if len < 0x20 {
        ([0xa0 | len, 0], 1)
    } else {
        ([m::STR8, len], 2)
    }
}

/// The header of an array of less than 16 values.
#[inline]
#[must_use]
pub fn short_array_header(len: u8) -> u8 {
    0x90 | (len & 0x0f)
}

/// Appends bytes in the `raw` form of the specification of 2011, which had neither str 8 nor bin.
///
/// # Errors
/// [`TooLarge`] above 2**32-1 bytes; nothing is appended then.
pub fn raw(sink: &mut impl Sink, bytes: &[u8]) -> Result<(), TooLarge> {
    let len = bytes.len();
    if (0x20..=0xff).contains(&len) {
        sink.put_with(head!(m::STR16, (len as u16), 3), bytes);
        return Ok(());
    }
    str(sink, bytes)
}

/// The header of a binary of up to 255 bytes.
#[inline]
#[must_use]
pub fn short_bin_header(len: u8) -> [u8; 2] {
    [m::BIN8, len]
}

/// Appends a binary and its bytes.
///
/// # Errors
/// [`TooLarge`] above 2**32-1 bytes; nothing is appended then.
#[inline]
pub fn bin(sink: &mut impl Sink, bytes: &[u8]) -> Result<(), TooLarge> {
    let len = bytes.len();
    if len <= 0xff {
        sink.put_with(short_bin_header(len as u8), bytes);
    } else if len <= 0xffff {
        sink.put_with(head!(m::BIN16, (len as u16), 3), bytes);
    } else {
        sink.put_with(head!(m::BIN32, (length(len)?), 5), bytes);
    }
    Ok(())
}

/// Appends the header of a binary of `len` bytes.
pub fn bin_header(sink: &mut impl Sink, len: u32) {
    if len <= 0xff {
        sink.put(short_bin_header(len as u8));
    } else if len <= 0xffff {
        sink.put(head!(m::BIN16, (len as u16), 3));
    } else {
        sink.put(head!(m::BIN32, len, 5));
    }
}

/// Appends the `raw` header of the specification of 2011 for `len` bytes.
pub fn raw_header(sink: &mut impl Sink, len: u32) {
    if len < 0x20 {
        sink.put([0xa0 | len as u8]);
    } else if len <= 0xffff {
        sink.put(head!(m::STR16, (len as u16), 3));
    } else {
        sink.put(head!(m::STR32, len, 5));
    }
}

/// Appends the header of an array of `len` values.
#[inline]
pub fn array_header(sink: &mut impl Sink, len: u32) {
    if len < 0x10 {
        sink.put([0x90 | len as u8]);
    } else if len <= 0xffff {
        sink.put(head!(m::ARRAY16, (len as u16), 3));
    } else {
        sink.put(head!(m::ARRAY32, len, 5));
    }
}

/// Appends the header of a map of `len` pairs.
#[inline]
pub fn map_header(sink: &mut impl Sink, len: u32) {
    if len < 0x10 {
        sink.put([0x80 | len as u8]);
    } else if len <= 0xffff {
        sink.put(head!(m::MAP16, (len as u16), 3));
    } else {
        sink.put(head!(m::MAP32, len, 5));
    }
}

/// Appends the header of an extended type `kind` with a payload of `len` bytes.
pub fn ext_header(sink: &mut impl Sink, kind: i8, len: u32) {
    let kind = kind as u8;
    match len {
        1 => sink.put([m::FIXEXT1, kind]),
        2 => sink.put([m::FIXEXT2, kind]),
        4 => sink.put([m::FIXEXT4, kind]),
        8 => sink.put([m::FIXEXT8, kind]),
        16 => sink.put([m::FIXEXT16, kind]),
        0..=0xff => sink.put([m::EXT8, len as u8, kind]),
        0x100..=0xffff => {
            let [a, b] = (len as u16).to_be_bytes();
            sink.put([m::EXT16, a, b, kind]);
        }
        _ => {
            let [a, b, c, d] = len.to_be_bytes();
            sink.put([m::EXT32, a, b, c, d, kind]);
        }
    }
}

/// Appends an extended type and its payload.
///
/// # Errors
/// [`TooLarge`] above 2**32-1 bytes; nothing is appended then.
#[inline]
pub fn ext(sink: &mut impl Sink, kind: i8, payload: &[u8]) -> Result<(), TooLarge> {
    let byte = kind as u8;
    match payload.len() {
        len @ (1 | 2 | 4 | 8 | 16) => sink.put_with([m::FIXEXT1 + len.trailing_zeros() as u8, byte], payload),
        len @ 0..=0xff => sink.put_with([m::EXT8, len as u8, byte], payload),
        len => {
            ext_header(sink, kind, length(len)?);
            sink.put_with([], payload);
        }
    }
    Ok(())
}
