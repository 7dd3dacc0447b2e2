//! The moment of a Time, read where Ruby keeps it: `rb_time_timespec` makes three Integers of memory of their own for each
//! one that it looks at, to compare the moment with what the system's clock could tell.
//!
//! The first word of what a Time wraps is its nanoseconds since 1970: an Integer, or a Rational where there are parts of one.
//! That is private to Ruby. So it is read only on the versions of which that is known, and after a test at load that finds
//! there what was put in; else Ruby is asked.

use crate::ffi::class;
use crate::ffi::number;
use crate::ffi::value::{raw, wrap};
use magnus::Value;
use rb_sys::{rb_data_type_t, ruby_value_type as T, VALUE};
use std::ptr::{null_mut, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

const IS_OF_KNOWN_VERSION: bool = rb_sys::RUBY_API_VERSION_MAJOR == 3
    && matches!(rb_sys::RUBY_API_VERSION_MINOR, 1..=4)
    && cfg!(target_pointer_width = "64");
const NANOSECONDS: i64 = 1_000_000_000;
/// How an Integer is taken apart into two words.
const WORDS: i32 = (rb_sys::INTEGER_PACK_LSWORD_FIRST
    | rb_sys::INTEGER_PACK_NATIVE_BYTE_ORDER
    | rb_sys::INTEGER_PACK_2COMP) as i32;

/// The data type of Times; null where it is not known how they are laid out.
static TYPE: AtomicPtr<rb_data_type_t> = AtomicPtr::new(null_mut());

/// As [`super::parts`]; None also where Ruby has to be asked. Raises nothing and allocates nothing.
#[inline]
pub fn parts(time: Value) -> Option<(i64, u32)> {
    let known = NonNull::new(TYPE.load(Relaxed)).filter(|_| IS_OF_KNOWN_VERSION)?;
    if type_of(time) != Some(known) {
        return None;
    }
    // SAFETY: an object of that type, of a version whose layout this is.
    let moment = unsafe { *rb_sys::RTYPEDDATA_GET_DATA(raw(time)).cast::<VALUE>() };
    if rb_sys::FIXNUM_P(moment) {
        // 0 is also what stands there before the Time is initialized.
        let moment = moment as i64 >> 1;
        let seconds = moment.div_euclid(NANOSECONDS);
        return (moment != 0).then_some((seconds, moment.rem_euclid(NANOSECONDS) as u32));
    }
    wide_parts(moment)
}

/// Of a moment far from now, or between two nanoseconds.
#[inline(never)]
fn wide_parts(moment: VALUE) -> Option<(i64, u32)> {
    if rb_sys::SPECIAL_CONST_P(moment) {
        return None;
    }
    // SAFETY: a heap object, which the Time refers to.
    let moment = match unsafe { rb_sys::RB_BUILTIN_TYPE(moment) } {
        T::RUBY_T_BIGNUM => integer(moment)?,
        T::RUBY_T_RATIONAL => {
            // SAFETY: a Rational, whose parts are Integers, the second of them above 0.
            let (over, under) = unsafe { (rb_sys::rb_rational_num(moment), rb_sys::rb_rational_den(moment)) };
            integer(over)?.checked_div_euclid(integer(under)?)?
        }
        _ => return None,
    };
    let seconds = i64::try_from(moment.div_euclid(NANOSECONDS.into())).ok()?;
    Some((seconds, moment.rem_euclid(NANOSECONDS.into()) as u32))
}

/// The value of an Integer; None where it is too wide.
fn integer(given: VALUE) -> Option<i128> {
    if rb_sys::FIXNUM_P(given) {
        return Some((given as i64 >> 1).into());
    }
    let mut words = [0_u64; 2];
    // SAFETY: a Bignum, and two words of eight bytes. Packing one never raises.
    let sign = unsafe { rb_sys::rb_integer_pack(given, words.as_mut_ptr().cast(), 2, 8, 0, WORDS) };
    let value = (u128::from(words[1]) << 64 | u128::from(words[0])) as i128;
    // The sign counts as a bit of its own: what is beyond 127 of them comes out with the other one.
    ((-1..=1).contains(&sign) && value.signum() == sign.into()).then_some(value)
}

/// The type of typed data.
#[inline]
fn type_of(object: Value) -> Option<NonNull<rb_data_type_t>> {
    let object = raw(object);
    // SAFETY: asked of heap objects only; the type is read of typed data only.
    unsafe {
        if rb_sys::SPECIAL_CONST_P(object)
            || rb_sys::RB_BUILTIN_TYPE(object) != T::RUBY_T_DATA
            || !rb_sys::RTYPEDDATA_P(object)
        {
            return None;
        }
        NonNull::new(rb_sys::RTYPEDDATA_TYPE(object).cast_mut().cast())
    }
}

/// Finds out whether Times are as they are taken to be. Once, when the library loads. May raise (memory).
pub fn learn() {
    // SAFETY: the class is a constant of a running VM.
    let class = wrap(unsafe { rb_sys::rb_cTime });
    let uninitialized = class::allocate(class);
    let Some(found) = type_of(uninitialized).filter(|_| IS_OF_KNOWN_VERSION) else { return };
    TYPE.store(found.as_ptr(), Relaxed);
    let is_known = parts(uninitialized).is_none() && SAMPLES.into_iter().all(is_read);
    if !is_known {
        TYPE.store(null_mut(), Relaxed);
    }
}

/// Lets Ruby be asked, as where the layout is not known, for a test of that.
#[cfg(feature = "panic-probe")]
pub fn unlearn() {
    TYPE.store(null_mut(), Relaxed);
}

/// Seconds; nanoseconds, and thirds of one.
const SAMPLES: [(i64, u32, u32); 7] = [
    (1, 0, 0),
    (1_700_000_000, 123_456_789, 0),
    (-1, 999_999_999, 0),
    (1 << 40, 1, 0),
    (-(1 << 40), 1, 0),
    (1_700_000_000, 123_456_789, 2),
    (-1, 999_999_999, 1),
];

/// Whether the moment of a Time is read as it was put in.
fn is_read((seconds, nanoseconds, thirds): (i64, u32, u32)) -> bool {
    let under = 3 * i128::from(NANOSECONDS);
    let over = i128::from(seconds) * under + i128::from(nanoseconds) * 3 + i128::from(thirds);
    let words = [over as u64, (over >> 64) as u64];
    // SAFETY: two words of eight bytes; Integers above and below the line of a Rational, which is a number of seconds.
    let time = unsafe {
        let over = rb_sys::rb_integer_unpack(words.as_ptr().cast(), 2, 8, 0, WORDS);
        let seconds = rb_sys::rb_rational_new(over, raw(number::from_signed(under as i64)));
        rb_sys::rb_time_num_new(seconds, rb_sys::Qnil as VALUE)
    };
    parts(wrap(time)) == Some((seconds, nanoseconds))
}
