//! Plain values that are met less often: short binaries, Floats that are objects, Integers of 64 bits. They have a loop of
//! their own, for the one over other plain values would have too few registers.

use super::{text_of, ENCODING_MASK, PAD, TYPE_MASK};
use crate::ffi::number::{self, Wide};
use crate::ffi::out::copy;
use crate::ffi::value::{class_pointer, wrap};
use msgpack_wire::encode;
use rb_sys::{ruby_value_type as T, VALUE};

/// Writes a value to `end`, and returns where it ends; null, with nothing done, if it is none of these, or does not fit.
///
/// # Safety
/// A heap object with that header; from `end` to `limit` lies memory that nobody else
/// uses.
#[inline]
pub unsafe fn write(v: VALUE, flags: VALUE, end: *mut u8, limit: *mut u8) -> *mut u8 {
    let has = limit as usize - end as usize;
    let nothing = std::ptr::null_mut();
    let number = match flags & TYPE_MASK {
        string if string == T::RUBY_T_STRING as VALUE => {
            // SAFETY: a String with that header.
            let (bytes, len) = unsafe { text_of(v, flags) };
            // SAFETY: a constant of a running VM.
            let class = unsafe { rb_sys::rb_cString };
            if flags & ENCODING_MASK != 0 || class_pointer(v) != class || len > 255 || has < len + 2 {
                return nothing;
            }
            // SAFETY: there is room for the header and `len` bytes; they lie elsewhere, and nothing runs that could change
            // the String.
            return unsafe {
                end.cast::<[u8; 2]>().write_unaligned(encode::short_bin_header(len as u8));
                let to = end.add(2);
                copy(std::slice::from_raw_parts(bytes, len), to);
                to.add(len)
            };
        }
        // SAFETY: a Float is read, which calls nothing.
        float if float == T::RUBY_T_FLOAT as VALUE => encode::padded_float(unsafe { rb_sys::NUM2DBL(v) }),
        bignum if bignum == T::RUBY_T_BIGNUM as VALUE => match number::bignum(wrap(v)) {
            Wide::Unsigned(n) => encode::padded_wide(n),
            Wide::Signed(n) => encode::padded_int(n),
            Wide::Beyond { .. } => return nothing,
        },
        _ => return nothing,
    };
    if has < PAD {
        return nothing;
    }
    let (first, rest, len) = number;
    // SAFETY: there is room for nine bytes.
    unsafe {
        end.write(first);
        end.add(1).cast::<[u8; 8]>().write_unaligned(rest);
        end.add(len)
    }
}
