//! The room behind what is written, held in registers: plain values are put there one after the other, without a call
//! and without a look at anything else.
//!
//! What is not plain, or does not fit, is refused and left to the ordinary way. Reads headers of objects by the
//! layout of this Ruby, which [`is_known_layout`] has checked when the library was loaded.

mod rare;

use super::array;
use super::out::copy;
use super::value::{self, class_pointer, flags, raw};
use magnus::Value;
use msgpack_wire::encode;
use rb_sys::{ruby_rstring_flags as RString, ruby_value_type as T, VALUE};

/// A String whose bytes stand in the object has its length in the header up to Ruby 3.1, in a word of its own later.
const LEN_IN_FLAGS: bool = rb_sys::RUBY_API_VERSION_MAJOR == 3 && rb_sys::RUBY_API_VERSION_MINOR < 2;
/// Where a String has its length if that is not in the header, the address of its bytes if they are elsewhere, and its
/// bytes if they stand in the object. In bytes.
const LEN_AT: usize = 16;
const POINTER_AT: usize = 24;
const BYTES_AT: usize = if LEN_IN_FLAGS { 16 } else { 24 };
/// So many bytes can be read of any String whose bytes stand in the object: the smallest slot has 40.
const READABLE: usize = 40 - BYTES_AT;
/// In the header of an old Ruby: 5 bits of length.
const LEN_SHIFT: u32 = 14;
const LEN_MASK: VALUE = 0b1_1111;

const IMMEDIATE_MASK: VALUE = rb_sys::IMMEDIATE_MASK as VALUE;
/// No object has an address as low as that, and false and nil are not above it.
const NONE_ABOVE: VALUE = rb_sys::Qnil as VALUE | IMMEDIATE_MASK;

const ENCODING_SHIFT: u32 = rb_sys::ruby_encoding_consts::RUBY_ENCODING_SHIFT as u32;
const ENCODING_MASK: VALUE = rb_sys::ruby_encoding_consts::RUBY_ENCODING_MASK as VALUE;
const TYPE_MASK: VALUE = 0b1_1111;
const STRING: VALUE = T::RUBY_T_STRING as VALUE;
const IS_ELSEWHERE: VALUE = RString::RSTRING_NOEMBED as VALUE;
const UTF_8: VALUE = 1 << ENCODING_SHIFT;

/// What a value that is written padded takes at most: with so much room behind the end, no other look is needed. A
/// power of two.
const PAD: usize = 64;

/// The longest Array whose header is one byte.
pub const ROW_MAX: usize = 15;

pub struct Room {
    end: *mut u8,
    limit: *mut u8,
    /// Up to here the end may be for a padded value to fit; 0 where the whole room is too small for one.
    last: usize,
}

/// The word at `at` bytes in an object.
///
/// # Safety
/// A heap object that has a word there.
#[inline]
unsafe fn word(object: VALUE, at: usize) -> usize {
    // SAFETY: by the caller's promise.
    unsafe { *((object as usize + at) as *const usize) }
}

/// The length of a String whose header is `flags` and whose bytes stand in the object.
#[inline]
fn embedded_len(string: VALUE, flags: VALUE) -> usize {
    if LEN_IN_FLAGS {
        return (flags >> LEN_SHIFT & LEN_MASK) as usize;
    }
    // SAFETY: a String has its length there.
    unsafe { word(string, LEN_AT) }
}

/// Where a String whose header is `flags` has its bytes, and how many.
///
/// # Safety
/// A String with that header.
#[inline(always)]
#[allow(clippy::inline_always)] // as a call, its result goes through memory
unsafe fn text_of(string: VALUE, flags: VALUE) -> (*const u8, usize) {
    if flags & IS_ELSEWHERE == 0 {
        return ((string as usize + BYTES_AT) as *const u8, embedded_len(string, flags));
    }
    // SAFETY: a String has these words where the header says that its bytes are elsewhere.
    unsafe { (word(string, POINTER_AT) as *const u8, word(string, LEN_AT)) }
}

impl Room {
    /// # Safety
    /// From `end` to `limit` lies memory that nobody else uses while the room exists.
    #[inline]
    pub unsafe fn new(end: *mut u8, limit: *mut u8) -> Self {
        let last = if limit as usize - end as usize >= PAD { limit as usize - PAD } else { 0 };
        Self { end, limit, last }
    }

    #[inline]
    pub fn end(&self) -> *mut u8 {
        self.end
    }

    #[inline]
    fn has(&self, more: usize) -> bool {
        self.limit as usize - self.end as usize >= more
    }

    #[inline]
    fn has_pad(&self) -> bool {
        self.end as usize <= self.last
    }

    /// Appends `len` bytes of `padded`; false where all of them do not fit.
    #[inline(always)]
    #[allow(clippy::inline_always)] // the room stays in registers only where no call takes its address
    pub fn put_padded<const N: usize>(&mut self, padded: &[u8; N], len: usize) -> bool {
        const { assert!(N <= PAD) };
        if !self.has_pad() {
            return false;
        }
        // SAFETY: there is room for all N, and for as much as the remainder may be.
        unsafe {
            self.end.cast::<[u8; N]>().write_unaligned(*padded);
            self.end = self.end.add(len % PAD);
        }
        true
    }

    /// Appends a number; false where it does not fit, padded.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    fn put_number(&mut self, (first, rest, len): encode::Padded) -> bool {
        if !self.has_pad() {
            return false;
        }
        // SAFETY: there is room for nine bytes, and for as much as the remainder may be.
        unsafe {
            self.end.write(first);
            self.end.add(1).cast::<[u8; 8]>().write_unaligned(rest);
            self.end = self.end.add(len % 16);
        }
        true
    }

    /// Appends a value if it is nil, true, false, a Fixnum, an immediate Float or a short UTF-8 String of the class
    /// String; false, with nothing done, if it is not, or does not fit.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    pub fn put(&mut self, value: Value) -> bool {
        let v = raw(value);
        if rb_sys::FIXNUM_P(v) {
            return self.put_number(encode::padded_int((v as isize as i64) >> 1));
        }
        if v & IMMEDIATE_MASK == 0 {
            return if v > NONE_ABOVE { self.put_string(v) } else { self.put_constant(v) };
        }
        if rb_sys::FLONUM_P(v) {
            // SAFETY: a flonum is decoded from its own bits.
            return self.put_number(encode::padded_float(unsafe { rb_sys::NUM2DBL(v) }));
        }
        self.put_constant(v)
    }

    /// [`Room::put`] of nil, true and false.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    fn put_constant(&mut self, v: VALUE) -> bool {
        let byte = match v {
            v if v == rb_sys::Qnil as VALUE => encode::NIL,
            v if v == rb_sys::Qtrue as VALUE => encode::TRUE,
            v if v == rb_sys::Qfalse as VALUE => encode::FALSE,
            _ => return false,
        };
        self.put_padded(&[byte], 1)
    }

    /// Appends a short Array of the class Array with nothing in it but what [`Room::put`] takes, and returns its length;
    /// None, with nothing done, if it is something else, or does not fit.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    pub fn put_row(&mut self, value: Value) -> Option<usize> {
        if !value::is_plain_array(value) {
            return None;
        }
        let start = self.end;
        array::with_elements(value, |elements| {
            let len = elements.len();
            if len > ROW_MAX || !self.put_padded(&[encode::short_array_header(len as u8)], 1) {
                return None;
            }
            if !elements.iter().all(|&element| self.put(element)) {
                self.end = start;
                return None;
            }
            Some(len)
        })
    }

    /// [`Room::put`] of a heap object.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    fn put_string(&mut self, v: VALUE) -> bool {
        let flags = flags(v);
        // SAFETY: a constant of a running VM.
        let class = unsafe { rb_sys::rb_cString };
        if flags & (TYPE_MASK | IS_ELSEWHERE | ENCODING_MASK) == STRING | UTF_8 && class_pointer(v) == class {
            let len = embedded_len(v, flags);
            let (header, header_len) = encode::short_str_header(len as u8);
            if len > READABLE || !self.has_pad() {
                return self.put_text(v, flags);
            }
            // SAFETY: so much can be read of the object, and there is room for it; all of it is copied, since that
            // takes no branch, and what is too much is written over by what comes next.
            unsafe {
                let bytes = (v as usize + BYTES_AT) as *const u8;
                self.end.cast::<[u8; 2]>().write_unaligned(header);
                let to = self.end.add(header_len);
                to.cast::<[u8; READABLE]>().write_unaligned(bytes.cast::<[u8; READABLE]>().read());
                self.end = to.add(len);
            }
            return true;
        }
        if flags & TYPE_MASK != STRING || class_pointer(v) != class {
            return false;
        }
        self.put_text(v, flags)
    }

    /// Appends a value that [`rare`] knows; false, with nothing done, if it is something else, or does not fit.
    pub fn put_rare(&mut self, value: Value) -> bool {
        if !value::is_object(value) {
            return false;
        }
        let flags = flags(raw(value));
        // SAFETY: a heap object with that header; the room is this one's.
        let end = unsafe { rare::write(raw(value), flags, self.end, self.limit) };
        if end.is_null() {
            return false;
        }
        self.end = end;
        true
    }

    /// Appends a String of the class String if it is short, and in UTF-8 or US-ASCII.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    fn put_text(&mut self, v: VALUE, flags: VALUE) -> bool {
        let encoding = (flags & ENCODING_MASK) >> ENCODING_SHIFT;
        if !matches!(encoding, 1 | 2) {
            return false;
        }
        // SAFETY: a String with that header.
        let (bytes, len) = unsafe { text_of(v, flags) };
        if len > 255 || !self.has(len + 2) {
            return false;
        }
        let (header, header_len) = encode::short_str_header(len as u8);
        // SAFETY: there is room for the header and `len` bytes; they lie elsewhere, and nothing runs that could
        // change the String.
        unsafe {
            self.end.cast::<[u8; 2]>().write_unaligned(header);
            let to = self.end.add(header_len);
            copy(std::slice::from_raw_parts(bytes, len), to);
            self.end = to.add(len);
        }
        true
    }
}

/// Whether Strings are laid out as it is written here. Asked once, when the library loads. May raise (memory).
pub fn is_known_layout() -> bool {
    [
        "",
        "a",
        "sixteen bytes...",
        "twenty-three bytes.....",
        "more than fits into any small object: elsewhere",
    ]
    .into_iter()
    .all(|text| {
        let string = super::text::new_utf8(text.as_bytes());
        let mut memory = [0; 128];
        let range = memory.as_mut_ptr_range();
        // SAFETY: a local array, not read before the room is gone.
        let mut room = unsafe { Room::new(range.start, range.end) };
        let is_done = room.put(string);
        let len = room.end as usize - range.start as usize;
        let mut wanted = Vec::new();
        is_done
            && encode::str(&mut wanted, text.as_bytes()).is_ok()
            && memory.get(..len) == Some(wanted.as_slice())
    })
}
