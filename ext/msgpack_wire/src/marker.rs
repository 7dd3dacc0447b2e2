//! First bytes: what each of the 256 announces and how long its header is.
//!
//! Owns the reading of headers; encoding and decoding take their numbers from here. Source: the
//! MessagePack specification, section "Formats".

/// `nil`.
pub const NIL: u8 = 0xc0;
/// Never used by the specification.
pub const RESERVED: u8 = 0xc1;
/// `false`.
pub const FALSE: u8 = 0xc2;
/// `true`.
pub const TRUE: u8 = 0xc3;
/// `bin 8`: 8-bit length.
pub const BIN8: u8 = 0xc4;
/// `bin 16`: 16-bit length.
pub const BIN16: u8 = 0xc5;
/// `bin 32`: 32-bit length.
pub const BIN32: u8 = 0xc6;
/// `ext 8`: 8-bit length, then the type.
pub const EXT8: u8 = 0xc7;
/// `ext 16`: 16-bit length, then the type.
pub const EXT16: u8 = 0xc8;
/// `ext 32`: 32-bit length, then the type.
pub const EXT32: u8 = 0xc9;
/// `float 32`.
pub const FLOAT32: u8 = 0xca;
/// `float 64`.
pub const FLOAT64: u8 = 0xcb;
/// `uint 8`.
pub const UINT8: u8 = 0xcc;
/// `uint 16`.
pub const UINT16: u8 = 0xcd;
/// `uint 32`.
pub const UINT32: u8 = 0xce;
/// `uint 64`.
pub const UINT64: u8 = 0xcf;
/// `int 8`.
pub const INT8: u8 = 0xd0;
/// `int 16`.
pub const INT16: u8 = 0xd1;
/// `int 32`.
pub const INT32: u8 = 0xd2;
/// `int 64`.
pub const INT64: u8 = 0xd3;
/// `fixext 1`: the type, then 1 byte.
pub const FIXEXT1: u8 = 0xd4;
/// `fixext 2`.
pub const FIXEXT2: u8 = 0xd5;
/// `fixext 4`.
pub const FIXEXT4: u8 = 0xd6;
/// `fixext 8`.
pub const FIXEXT8: u8 = 0xd7;
/// `fixext 16`.
pub const FIXEXT16: u8 = 0xd8;
/// `str 8`: 8-bit length.
pub const STR8: u8 = 0xd9;
/// `str 16`.
pub const STR16: u8 = 0xda;
/// `str 32`.
pub const STR32: u8 = 0xdb;
/// `array 16`: 16-bit count.
pub const ARRAY16: u8 = 0xdc;
/// `array 32`.
pub const ARRAY32: u8 = 0xdd;
/// `map 16`: 16-bit count of pairs.
pub const MAP16: u8 = 0xde;
/// `map 32`.
pub const MAP32: u8 = 0xdf;

/// A header, read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token {
    /// nil
    Nil,
    /// true or false
    Boolean(bool),
    /// positive fixint and the uint family
    Unsigned(u64),
    /// negative fixint and the int family (whose forms may hold a positive number too)
    Signed(i64),
    /// float 32 and float 64
    Float(f64),
    /// a string of so many bytes follows
    Str(u32),
    /// so many bytes follow
    Bin(u32),
    /// so many values follow
    Array(u32),
    /// so many pairs follow
    Map(u32),
    /// an extended type: its number and the bytes that follow
    Ext(i8, u32),
}

impl Token {
    /// What the first byte announces, in words for messages; None for 0xc1.
    #[must_use]
    pub fn family(first: u8) -> Option<&'static str> {
        Some(match first {
            0x00..=0x7f | UINT8..=INT64 | 0xe0..=0xff => "an integer",
            0x80..=0x8f | MAP16 | MAP32 => "a map",
            0x90..=0x9f | ARRAY16 | ARRAY32 => "an array",
            0xa0..=0xbf | STR8..=STR32 => "a string",
            NIL => "nil",
            RESERVED => return None,
            FALSE | TRUE => "a boolean",
            BIN8..=BIN32 => "a binary",
            EXT8..=EXT32 | FIXEXT1..=FIXEXT16 => "an extended type",
            FLOAT32 | FLOAT64 => "a float",
        })
    }
}

/// Whether the first byte announces an extended type.
#[inline]
#[must_use]
pub fn is_ext(first: u8) -> bool {
    matches!(first, EXT8..=EXT32 | FIXEXT1..=FIXEXT16)
}

/// The outcome of looking for a header.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scan {
    /// A token and the length of its header, in bytes.
    Token(Token, usize),
    /// The header is so many bytes long (1 where not even the first byte is there).
    Need(usize),
    /// 0xc1.
    Reserved,
}

macro_rules! big_endian {
    ($input:ident, $at:literal, $ty:ty, $value:ident => $token:expr) => {{
        const END: usize = $at + size_of::<$ty>();
        match $input.get($at..END) {
            Some(bytes) => {
                let mut raw = [0; size_of::<$ty>()];
                raw.copy_from_slice(bytes);
                let $value = <$ty>::from_be_bytes(raw);
                Scan::Token($token, END)
            }
            None => Scan::Need(END),
        }
    }};
}

macro_rules! extended {
    ($input:ident, $len_ty:ty) => {{
        const LEN: usize = size_of::<$len_ty>();
        match $input.get(1..LEN + 2) {
            Some(bytes) => {
                let mut raw = [0; LEN];
                raw.copy_from_slice(&bytes[..LEN]);
                Scan::Token(Token::Ext(bytes[LEN] as i8, u32::from(<$len_ty>::from_be_bytes(raw))), LEN + 2)
            }
            None => Scan::Need(LEN + 2),
        }
    }};
}

macro_rules! fixed_extended {
    ($input:ident, $len:literal) => {
        match $input.get(1) {
            Some(&kind) => Scan::Token(Token::Ext(kind as i8, $len), 2),
            None => Scan::Need(2),
        }
    };
}

/// The N bytes at `at`.
#[inline(always)]
#[allow(clippy::inline_always)] // one load
pub(crate) fn bytes<const N: usize>(input: &[u8], at: usize) -> Option<&[u8; N]> {
    input.get(at..)?.first_chunk()
}

/// The integer whose first byte lies before `at`, and where it ends; None where that is no byte of an integer behind one,
/// and where it is cut off, or is beyond an i64.
#[inline(always)]
#[allow(clippy::inline_always)] // the caller of the decoder has the arms of the first byte already
pub(crate) fn integer(first: u8, input: &[u8], at: usize) -> Option<(i64, usize)> {
    macro_rules! read {
        ($ty:ty) => {
            (i64::from(<$ty>::from_be_bytes(*bytes(input, at)?)), at + size_of::<$ty>())
        };
    }
    Some(match first {
        UINT8 => read!(u8),
        UINT16 => read!(u16),
        UINT32 => read!(u32),
        UINT64 => (i64::try_from(u64::from_be_bytes(*bytes(input, at)?)).ok()?, at + 8),
        INT8 => read!(i8),
        INT16 => read!(i16),
        INT32 => read!(i32),
        INT64 => read!(i64),
        _ => return None,
    })
}

/// Reads an integer of two to nine bytes at the start of `input`, and tells its length. None for anything else, for one
/// that is cut off, and for one above `i64::MAX`.
#[inline]
#[must_use]
pub fn wide_integer(input: &[u8]) -> Option<(i64, usize)> {
    integer(*input.first()?, input, 1)
}

/// Reads the header at the start of `input`. Bodies are not looked at.
///
/// Inlined into its callers: each arm then goes straight on to what the caller does with that token.
#[inline(always)]
#[allow(clippy::inline_always)] // measured: the decoder's loop would dispatch twice on every token
#[must_use]
pub fn scan(input: &[u8]) -> Scan {
    let Some(&first) = input.first() else {
        return Scan::Need(1);
    };
    match first {
        0x00..=0x7f => Scan::Token(Token::Unsigned(u64::from(first)), 1),
        0x80..=0x8f => Scan::Token(Token::Map(u32::from(first & 0x0f)), 1),
        0x90..=0x9f => Scan::Token(Token::Array(u32::from(first & 0x0f)), 1),
        0xa0..=0xbf => Scan::Token(Token::Str(u32::from(first & 0x1f)), 1),
        NIL => Scan::Token(Token::Nil, 1),
        RESERVED => Scan::Reserved,
        FALSE => Scan::Token(Token::Boolean(false), 1),
        TRUE => Scan::Token(Token::Boolean(true), 1),
        BIN8 => big_endian!(input, 1, u8, n => Token::Bin(u32::from(n))),
        BIN16 => big_endian!(input, 1, u16, n => Token::Bin(u32::from(n))),
        BIN32 => big_endian!(input, 1, u32, n => Token::Bin(n)),
        EXT8 => extended!(input, u8),
        EXT16 => extended!(input, u16),
        EXT32 => extended!(input, u32),
        FLOAT32 => big_endian!(input, 1, f32, n => Token::Float(f64::from(n))),
        FLOAT64 => big_endian!(input, 1, f64, n => Token::Float(n)),
        UINT8 => big_endian!(input, 1, u8, n => Token::Unsigned(u64::from(n))),
        UINT16 => big_endian!(input, 1, u16, n => Token::Unsigned(u64::from(n))),
        UINT32 => big_endian!(input, 1, u32, n => Token::Unsigned(u64::from(n))),
        UINT64 => big_endian!(input, 1, u64, n => Token::Unsigned(n)),
        INT8 => big_endian!(input, 1, i8, n => Token::Signed(i64::from(n))),
        INT16 => big_endian!(input, 1, i16, n => Token::Signed(i64::from(n))),
        INT32 => big_endian!(input, 1, i32, n => Token::Signed(i64::from(n))),
        INT64 => big_endian!(input, 1, i64, n => Token::Signed(n)),
        FIXEXT1 => fixed_extended!(input, 1),
        FIXEXT2 => fixed_extended!(input, 2),
        FIXEXT4 => fixed_extended!(input, 4),
        FIXEXT8 => fixed_extended!(input, 8),
        FIXEXT16 => fixed_extended!(input, 16),
        STR8 => big_endian!(input, 1, u8, n => Token::Str(u32::from(n))),
        STR16 => big_endian!(input, 1, u16, n => Token::Str(u32::from(n))),
        STR32 => big_endian!(input, 1, u32, n => Token::Str(n)),
        ARRAY16 => big_endian!(input, 1, u16, n => Token::Array(u32::from(n))),
        ARRAY32 => big_endian!(input, 1, u32, n => Token::Array(n)),
        MAP16 => big_endian!(input, 1, u16, n => Token::Map(u32::from(n))),
        MAP32 => big_endian!(input, 1, u32, n => Token::Map(n)),
        0xe0..=0xff => Scan::Token(Token::Signed(i64::from(first as i8)), 1),
    }
}
