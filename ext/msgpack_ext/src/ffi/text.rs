//! Strings and Symbols: their bytes, their encodings, new ones.

use super::in_place;
use super::value::{raw, wrap};
use magnus::Value;
use std::os::raw::c_long;

/// Indexes that Ruby gives to its builtin encodings; `assert_indexes` checks them when the library loads.
const ASCII_8BIT: i32 = 0;
const UTF_8: i32 = 1;
const US_ASCII: i32 = 2;
/// Where the index stands in the header of a String.
const ENCODING_SHIFT: u32 = rb_sys::ruby_encoding_consts::RUBY_ENCODING_SHIFT as u32;
/// Where a String has it, and what is known of its characters.
const ENCODING_AND_CHARACTERS: rb_sys::VALUE = rb_sys::ruby_encoding_consts::RUBY_ENCODING_MASK
    as rb_sys::VALUE
    | rb_sys::ruby_coderange_type::RUBY_ENC_CODERANGE_MASK as rb_sys::VALUE;

/// Whether the constants above are this Ruby's.
pub fn assert_indexes() -> bool {
    // SAFETY: plain getters of a running VM.
    unsafe {
        rb_sys::rb_ascii8bit_encindex() == ASCII_8BIT
            && rb_sys::rb_utf8_encindex() == UTF_8
            && rb_sys::rb_usascii_encindex() == US_ASCII
    }
}

/// How the bytes of a String are to be taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Binary,
    /// UTF-8, or its subset US-ASCII.
    Utf8,
    Other,
}

#[inline]
pub fn encoding(string: Value) -> Encoding {
    // SAFETY: callers pass a String or a Symbol, whose flags hold the index.
    match unsafe { rb_sys::ENCODING_GET(raw(string)) } {
        UTF_8 | US_ASCII => Encoding::Utf8,
        ASCII_8BIT => Encoding::Binary,
        _ => Encoding::Other,
    }
}

#[inline]
pub fn len(string: Value) -> usize {
    // SAFETY: callers pass a String.
    unsafe { rb_sys::RSTRING_LEN(raw(string)) as usize }
}

/// Lends the bytes of a String to `look`, which must not call Ruby: a call could change or free them.
#[inline]
pub fn with_bytes<R>(string: Value, look: impl FnOnce(&[u8]) -> R) -> R {
    // SAFETY: callers pass a String; nothing runs while `look` does that could change it, and the guard
    // below keeps it alive and in its place.
    let bytes = unsafe {
        let ptr = rb_sys::RSTRING_PTR(raw(string)).cast::<u8>();
        std::slice::from_raw_parts(ptr, len(string))
    };
    let result = look(bytes);
    let guarded = raw(string);
    rb_sys::rb_gc_guard!(guarded);
    result
}

/// The String in UTF-8. May raise (`Encoding::UndefinedConversionError` and its kin).
pub fn to_utf8(string: Value) -> Value {
    // SAFETY: a String and an Encoding; no options.
    unsafe {
        let utf8 = rb_sys::rb_enc_from_encoding(rb_sys::rb_utf8_encoding());
        wrap(rb_sys::rb_str_encode(raw(string), utf8, 0, rb_sys::Qnil as rb_sys::VALUE))
    }
}

/// The name of a Symbol.
pub fn symbol_name(symbol: Value) -> Value {
    // SAFETY: callers pass a Symbol.
    wrap(unsafe { rb_sys::rb_sym2str(raw(symbol)) })
}

fn parts(bytes: &[u8]) -> (*const std::os::raw::c_char, c_long) {
    (bytes.as_ptr().cast(), bytes.len() as c_long)
}

/// A new UTF-8 String. May raise (memory).
#[inline]
pub fn new_utf8(bytes: &[u8]) -> Value {
    // SAFETY: the String is new.
    wrap(unsafe { as_utf8(raw(new_binary(bytes))) })
}

/// # Safety
/// A String that nobody else has, ASCII-8BIT, of whose characters nothing is known: setting the bits of UTF-8, where
/// ASCII-8BIT has none, is all that `rb_utf8_str_new` does besides.
#[inline]
unsafe fn as_utf8(string: rb_sys::VALUE) -> rb_sys::VALUE {
    // SAFETY: a String, by the caller's promise.
    unsafe { (*(string as *mut rb_sys::RBasic)).flags |= (UTF_8 as rb_sys::VALUE) << ENCODING_SHIFT };
    string
}

/// A new ASCII-8BIT String. May raise (memory).
#[inline]
pub fn new_binary(bytes: &[u8]) -> Value {
    let (ptr, len) = parts(bytes);
    // SAFETY: pointer and length of one slice; Ruby copies them.
    wrap(in_place::string::new(bytes).unwrap_or_else(|| unsafe { rb_sys::rb_str_new(ptr, len) }))
}

/// The String without its first `start` bytes, which it shares where Ruby can. May raise (memory).
pub fn tail(string: Value, start: usize) -> Value {
    if start == 0 {
        return string;
    }
    let len = len(string).saturating_sub(start);
    // SAFETY: callers pass a String; the range lies within it.
    wrap(unsafe { rb_sys::rb_str_subseq(raw(string), start as c_long, len as c_long) })
}

/// The last `len` bytes of `source` as a String that shares them where Ruby can. May raise (memory).
pub fn new_shared_tail(source: Value, len: usize, is_text: bool) -> Value {
    let start = self::len(source).saturating_sub(len);
    // SAFETY: callers pass a String; the range lies within it. The result is a new String, whose encoding
    // may be set.
    unsafe {
        let tail = rb_sys::rb_str_subseq(raw(source), start as c_long, len as c_long);
        if (*(tail as *const rb_sys::RBasic)).flags & ENCODING_AND_CHARACTERS == 0 {
            return wrap(if is_text { as_utf8(tail) } else { tail });
        }
        // By way of ASCII-8BIT: what is known of the source's characters does not hold for a part of it.
        rb_sys::rb_enc_associate_index(tail, ASCII_8BIT);
        if is_text {
            rb_sys::rb_enc_associate_index(tail, UTF_8);
        }
        wrap(tail)
    }
}

/// An empty ASCII-8BIT String with room for `capacity` bytes. May raise (memory).
pub fn with_capacity(capacity: usize) -> Value {
    // SAFETY: makes a new String.
    wrap(unsafe { rb_sys::rb_str_buf_new(capacity as c_long) })
}

/// Appends to a String of this library's own. May raise (memory).
pub fn append(string: Value, bytes: &[u8]) {
    let (ptr, len) = parts(bytes);
    // SAFETY: pointer and length of one slice; Ruby copies them.
    unsafe { rb_sys::rb_str_cat(raw(string), ptr, len) };
}

/// The frozen, interned UTF-8 String of these bytes. May raise (memory).
pub fn interned_utf8(bytes: &[u8]) -> Value {
    let (ptr, len) = parts(bytes);
    // SAFETY: pointer and length of one slice; Ruby copies them.
    wrap(unsafe { rb_sys::rb_enc_interned_str(ptr, len, rb_sys::rb_utf8_encoding()) })
}

/// The frozen, interned ASCII-8BIT String of these bytes. May raise (memory).
pub fn interned_binary(bytes: &[u8]) -> Value {
    let (ptr, len) = parts(bytes);
    // SAFETY: pointer and length of one slice; Ruby copies them.
    wrap(unsafe { rb_sys::rb_enc_interned_str(ptr, len, rb_sys::rb_ascii8bit_encoding()) })
}

/// The decimal digits of an Integer. May raise (memory).
pub fn to_s(integer: Value) -> String {
    // SAFETY: callers pass an Integer.
    let digits = wrap(unsafe { rb_sys::rb_big2str(raw(integer), 10) });
    with_bytes(digits, |bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// The frozen, interned String of the same bytes and encoding; `string` itself where it is the first of them. May
/// raise (memory).
pub fn interned(string: Value) -> Value {
    // SAFETY: callers pass a String.
    wrap(unsafe { rb_sys::rb_str_to_interned_str(raw(string)) })
}

/// Lets a String of this library's own be taken as UTF-8.
pub fn set_utf8(string: Value) {
    // SAFETY: callers pass a String that is not frozen.
    unsafe { rb_sys::rb_enc_associate_index(raw(string), UTF_8) };
}

/// The Symbol of that name, one that the GC may take again. May raise (`EncodingError`).
pub fn intern(string: Value) -> Value {
    // SAFETY: callers pass a String.
    wrap(unsafe { rb_sys::rb_str_intern(raw(string)) })
}

/// The Symbol of a name's bytes, taken as UTF-8: one that is there without making a String for it. May raise
/// (`EncodingError`).
pub fn symbol(name: Value) -> Value {
    // What is no UTF-8 is not looked for: Ruby would show it to `inspect` as a String on the native stack, which the
    // GC must not meet.
    with_bytes(name, symbol_of).unwrap_or_else(|| intern(with_bytes(name, new_utf8)))
}

/// The Symbol whose name these bytes are, one that is there without making a String for it; None where they are no UTF-8.
/// Runs no Ruby code. May raise (memory).
pub fn symbol_of(name: &[u8]) -> Option<Value> {
    std::str::from_utf8(name).ok()?;
    let (ptr, len) = parts(name);
    // SAFETY: pointer and length of one slice. They are UTF-8, so Ruby compares them and raises nothing.
    let known = unsafe { rb_sys::rb_check_symbol_cstr(ptr, len, rb_sys::rb_utf8_encoding()) };
    if known != rb_sys::Qnil as rb_sys::VALUE {
        return Some(wrap(known));
    }
    Some(intern(new_utf8(name)))
}

/// A frozen String of the same bytes, sharing them where Ruby can: it keeps them in their place whatever
/// happens to the original. May raise (memory).
pub fn frozen(string: Value) -> Value {
    // SAFETY: callers pass a String.
    wrap(unsafe { rb_sys::rb_str_new_frozen(raw(string)) })
}

/// Another String of the same bytes, sharing them until one of the two is changed. May raise (memory).
pub fn dup(string: Value) -> Value {
    // SAFETY: callers pass a String.
    wrap(unsafe { rb_sys::rb_str_dup(raw(string)) })
}

/// Replaces the content of a String given by a caller. May raise (`FrozenError`).
pub fn replace(string: Value, content: Value) {
    // SAFETY: callers pass two Strings.
    unsafe { rb_sys::rb_str_replace(raw(string), raw(content)) };
}
