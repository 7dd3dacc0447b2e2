//! Integers and floats beyond what fits into a VALUE.

use super::value::{raw, wrap};
use magnus::Value;

/// The largest Fixnum: a C long without one bit.
#[allow(clippy::unnecessary_cast)] // a long has 32 bits elsewhere
const FIXNUM_MAX: i64 = std::os::raw::c_long::MAX as i64 >> 1;

/// An Integer by the range it is in.
#[derive(Clone, Copy)]
pub enum Wide {
    Unsigned(u64),
    Signed(i64),
    /// Not in -(2**63)..2**64-1.
    Beyond {
        is_negative: bool,
    },
}

/// The value of an Integer that is no fixnum.
pub fn bignum(value: Value) -> Wide {
    let mut zeros = 0;
    // SAFETY: callers pass a Bignum. Its size is asked for, and it is converted only where it fits: none of them raises.
    unsafe {
        let is_negative = rb_sys::rb_big_sign(raw(value)) == 0;
        let bytes = rb_sys::rb_absint_size(raw(value), &raw mut zeros);
        match (bytes, is_negative) {
            (..=8, false) => Wide::Unsigned(rb_sys::rb_big2ull(raw(value))),
            (..=8, true) if bytes < 8 || zeros > 0 => Wide::Signed(rb_sys::rb_big2ll(raw(value))),
            _ => at_the_end(value),
        }
    }
}

/// As [`bignum`], where only -(2**63) is not beyond.
#[cold]
fn at_the_end(value: Value) -> Wide {
    let mut magnitude: u64 = 0;
    // SAFETY: callers pass a Bignum; one word of eight bytes is what `magnitude` has. Packing never raises.
    let sign = unsafe {
        rb_sys::rb_integer_pack(
            raw(value),
            (&raw mut magnitude).cast(),
            1,
            8,
            0,
            (rb_sys::INTEGER_PACK_LSWORD_FIRST | rb_sys::INTEGER_PACK_NATIVE_BYTE_ORDER) as i32,
        )
    };
    match sign {
        -1 if magnitude == 1 << 63 => Wide::Signed(i64::MIN),
        _ => Wide::Beyond { is_negative: sign < 0 },
    }
}

/// An Integer of that value. May raise (memory).
#[inline]
pub fn from_unsigned(value: u64) -> Value {
    if value <= FIXNUM_MAX as u64 {
        return fixnum(value as i64);
    }
    // SAFETY: makes a new Integer.
    wrap(unsafe { rb_sys::rb_ull2inum(value) })
}

/// An Integer of that value. May raise (memory).
#[inline]
pub fn from_signed(value: i64) -> Value {
    if is_fixnum(value) {
        return fixnum(value);
    }
    // SAFETY: makes a new Integer.
    wrap(unsafe { rb_sys::rb_ll2inum(value) })
}

/// Whether it is an Integer without memory of its own.
#[inline]
pub fn is_fixnum(value: i64) -> bool {
    (-FIXNUM_MAX - 1..=FIXNUM_MAX).contains(&value)
}

/// Whether all are Integers without memory of their own. Looks at them all, whatever it finds: that is done for several
/// at once.
#[inline]
pub fn are_fixnums(values: &[i64]) -> bool {
    values.iter().fold(true, |all, &value| all & is_fixnum(value))
}

/// The Integer of a value that is one without memory of its own.
#[inline]
pub fn fixnum(value: i64) -> Value {
    wrap(((value as rb_sys::VALUE) << 1) | 1)
}

/// A Float of that value. May raise (memory).
#[inline]
pub fn from_float(value: f64) -> Value {
    wrap(rb_sys::DBL2NUM(value))
}
