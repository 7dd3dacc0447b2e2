//! All 256 first bytes, against a table of the specification's formats written out here once more.

mod tree;

use msgpack_wire::marker::{scan, Scan};
use msgpack_wire::{Event, Fault, Token};
use std::ops::RangeInclusive;
use tree::stream::{decode_cut, Stream};
use tree::{Tree, Value};

/// What a row of the table says about a header: its bytes in, its token out.
type Reading = fn(&[u8]) -> Token;

struct Row {
    first: RangeInclusive<u8>,
    /// Bytes of the header, the first included.
    header: usize,
    reading: Reading,
}

/// The big-endian number that `bytes` are.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// The same in two's complement.
fn two(bytes: &[u8]) -> i64 {
    let unused = 64 - 8 * bytes.len();
    ((number(bytes) << unused) as i64) >> unused
}

const fn row(first: RangeInclusive<u8>, header: usize, reading: Reading) -> Row {
    Row { first, header, reading }
}

/// All formats but 0xc1, in the order of the specification's overview.
fn table() -> Vec<Row> {
    vec![
        row(0x00..=0x7f, 1, |h| Token::Unsigned(h[0].into())),
        row(0x80..=0x8f, 1, |h| Token::Map((h[0] - 0x80).into())),
        row(0x90..=0x9f, 1, |h| Token::Array((h[0] - 0x90).into())),
        row(0xa0..=0xbf, 1, |h| Token::Str((h[0] - 0xa0).into())),
        row(0xc0..=0xc0, 1, |_| Token::Nil),
        row(0xc2..=0xc2, 1, |_| Token::Boolean(false)),
        row(0xc3..=0xc3, 1, |_| Token::Boolean(true)),
        row(0xc4..=0xc4, 2, |h| Token::Bin(number(&h[1..]) as u32)),
        row(0xc5..=0xc5, 3, |h| Token::Bin(number(&h[1..]) as u32)),
        row(0xc6..=0xc6, 5, |h| Token::Bin(number(&h[1..]) as u32)),
        row(0xc7..=0xc7, 3, |h| Token::Ext(two(&h[2..]) as i8, number(&h[1..2]) as u32)),
        row(0xc8..=0xc8, 4, |h| Token::Ext(two(&h[3..]) as i8, number(&h[1..3]) as u32)),
        row(0xc9..=0xc9, 6, |h| Token::Ext(two(&h[5..]) as i8, number(&h[1..5]) as u32)),
        row(0xca..=0xca, 5, |h| Token::Float(f32::from_bits(number(&h[1..]) as u32).into())),
        row(0xcb..=0xcb, 9, |h| Token::Float(f64::from_bits(number(&h[1..])))),
        row(0xcc..=0xcc, 2, |h| Token::Unsigned(number(&h[1..]))),
        row(0xcd..=0xcd, 3, |h| Token::Unsigned(number(&h[1..]))),
        row(0xce..=0xce, 5, |h| Token::Unsigned(number(&h[1..]))),
        row(0xcf..=0xcf, 9, |h| Token::Unsigned(number(&h[1..]))),
        row(0xd0..=0xd0, 2, |h| Token::Signed(two(&h[1..]))),
        row(0xd1..=0xd1, 3, |h| Token::Signed(two(&h[1..]))),
        row(0xd2..=0xd2, 5, |h| Token::Signed(two(&h[1..]))),
        row(0xd3..=0xd3, 9, |h| Token::Signed(two(&h[1..]))),
        row(0xd4..=0xd4, 2, |h| Token::Ext(two(&h[1..]) as i8, 1)),
        row(0xd5..=0xd5, 2, |h| Token::Ext(two(&h[1..]) as i8, 2)),
        row(0xd6..=0xd6, 2, |h| Token::Ext(two(&h[1..]) as i8, 4)),
        row(0xd7..=0xd7, 2, |h| Token::Ext(two(&h[1..]) as i8, 8)),
        row(0xd8..=0xd8, 2, |h| Token::Ext(two(&h[1..]) as i8, 16)),
        row(0xd9..=0xd9, 2, |h| Token::Str(number(&h[1..]) as u32)),
        row(0xda..=0xda, 3, |h| Token::Str(number(&h[1..]) as u32)),
        row(0xdb..=0xdb, 5, |h| Token::Str(number(&h[1..]) as u32)),
        row(0xdc..=0xdc, 3, |h| Token::Array(number(&h[1..]) as u32)),
        row(0xdd..=0xdd, 5, |h| Token::Array(number(&h[1..]) as u32)),
        row(0xde..=0xde, 3, |h| Token::Map(number(&h[1..]) as u32)),
        row(0xdf..=0xdf, 5, |h| Token::Map(number(&h[1..]) as u32)),
        row(0xe0..=0xff, 1, |h| Token::Signed(i64::from(h[0]) - 0x100)),
    ]
}

/// Every first byte but 0xc1, with what the table says of it.
fn first_bytes() -> impl Iterator<Item = (u8, usize, Reading)> {
    table().into_iter().flat_map(|row| row.first.map(move |first| (first, row.header, row.reading)))
}

/// Equality that takes a NaN for itself.
fn same(a: Scan, b: Scan) -> bool {
    match (a, b) {
        (Scan::Token(Token::Float(a), m), Scan::Token(Token::Float(b), n)) => {
            m == n && a.to_bits() == b.to_bits()
        }
        _ => a == b,
    }
}

/// What may follow a first byte: zeros, ones, the edges of two's complement, all different.
const FOLLOWING: [[u8; 8]; 6] = [
    [0; 8],
    [0xff; 8],
    [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0x80, 0, 0, 0, 0, 0, 0, 0],
    [0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7],
    [1, 2, 3, 4, 5, 6, 7, 8],
];

#[test]
fn the_table_has_every_byte_once() {
    let mut bytes: Vec<u8> = first_bytes().map(|(first, ..)| first).collect();
    bytes.push(0xc1);
    bytes.sort_unstable();
    assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
}

#[test]
fn every_header_is_read_as_the_table_says() {
    for (first, header, reading) in first_bytes() {
        for following in FOLLOWING {
            let mut input = vec![first];
            input.extend(following);
            let expected = Scan::Token(reading(&input[..header]), header);
            for len in header..=input.len() {
                let found = scan(&input[..len]);
                assert!(same(found, expected), "{:x?}: {found:?}, not {expected:?}", &input[..len]);
            }
        }
    }
}

#[test]
fn every_cut_header_says_how_long_it_is() {
    assert_eq!(scan(&[]), Scan::Need(1));
    for (first, header, _) in first_bytes() {
        for following in FOLLOWING {
            let mut input = vec![first];
            input.extend(following);
            for len in 1..header {
                assert_eq!(scan(&input[..len]), Scan::Need(header), "{:x?}", &input[..len]);
            }
        }
    }
}

/// The name of a token's kind in messages.
fn name(token: Token) -> &'static str {
    match token {
        Token::Nil => "nil",
        Token::Boolean(_) => "a boolean",
        Token::Unsigned(_) | Token::Signed(_) => "an integer",
        Token::Float(_) => "a float",
        Token::Str(_) => "a string",
        Token::Bin(_) => "a binary",
        Token::Array(_) => "an array",
        Token::Map(_) => "a map",
        Token::Ext(..) => "an extended type",
    }
}

#[test]
fn every_first_byte_has_the_name_of_what_it_announces() {
    for (first, header, reading) in first_bytes() {
        let mut input = vec![0; header];
        input[0] = first;
        assert_eq!(Token::family(first), Some(name(reading(&input))), "{first:x}");
    }
    assert_eq!(Token::family(0xc1), None);
}

/// A body for a token, and the value that the two make.
fn body(token: Token) -> (Vec<u8>, Value) {
    match token {
        Token::Nil => (vec![], Value::Nil),
        Token::Boolean(value) => (vec![], Value::Boolean(value)),
        Token::Unsigned(value) => (vec![], Value::Integer(value.into())),
        Token::Signed(value) => (vec![], Value::Integer(value.into())),
        Token::Float(value) => (vec![], Value::float(value)),
        Token::Str(n) => (vec![b'x'; n as usize], Value::Str(vec![b'x'; n as usize])),
        Token::Bin(n) => (vec![0xff; n as usize], Value::Bin(vec![0xff; n as usize])),
        Token::Ext(kind, n) => (vec![0xc1; n as usize], Value::Ext(kind, vec![0xc1; n as usize])),
        Token::Array(n) => (vec![0xc0; n as usize], Value::Array(vec![Value::Nil; n as usize])),
        Token::Map(n) => (vec![0xc0; 2 * n as usize], Value::Map(vec![(Value::Nil, Value::Nil); n as usize])),
    }
}

#[test]
fn every_format_is_decoded_whole_and_byte_by_byte() {
    for (first, header, reading) in first_bytes() {
        // Lengths of 0 and 3, in as many bytes as the header has for them.
        for last in [0, 3] {
            let mut input = vec![0; header];
            input[0] = first;
            if header > 1 {
                // In front of the type, where there is one.
                let at = if (0xc7..=0xc9).contains(&first) { header - 2 } else { header - 1 };
                input[at] = last;
            }
            let (body, value) = body(reading(&input));
            input.extend(body);
            let everywhere: Vec<usize> = (0..input.len()).collect();
            assert_eq!(decode_cut(&input, &[], false), value, "{input:x?}");
            assert_eq!(decode_cut(&input, &everywhere, true), value, "{input:x?}");
        }
    }
}

#[test]
fn the_reserved_byte_is_refused_where_it_stands() {
    for following in FOLLOWING {
        let mut input = vec![0xc1];
        input.extend(following);
        assert_eq!(scan(&input), Scan::Reserved);
    }
    let mut stream = Stream::<Tree>::default();
    let (consumed, result) = stream.decoder.run(&[0xc1, 0xc0], &mut stream.builder);
    let error = result.expect_err("0xc1");
    assert_eq!((consumed, error.fault, error.offset), (1, Fault::Reserved, 0));
    assert_eq!(stream.decoder.run(&[0xc0], &mut stream.builder), (1, Ok(Event::Done)));
}
