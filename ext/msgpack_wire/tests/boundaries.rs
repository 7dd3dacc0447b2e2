//! Lengths and numbers on both sides of every place where the form changes, up to the largest that a header
//! can announce; each written to both sinks, read back whole and in pieces.

mod tree;

use bytes::BytesMut;
use msgpack_wire::marker::wide_integer;
use msgpack_wire::{encode, Decoder, Event, Rest, Sink, TooLarge};
use tree::stream::{decode, decode_cut};
use tree::{Tree, Value};

/// The lengths around each change of form of any type.
const LENGTHS: [usize; 20] =
    [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 127, 128, 255, 256, 65_535, 65_536];

/// Both sinks must get the same bytes, behind what they have.
fn written(write: impl Fn(&mut Vec<u8>), write_too: impl Fn(&mut BytesMut)) -> Vec<u8> {
    let (mut vec, mut bytes) = (vec![0xc1], BytesMut::from(&[0xc1][..]));
    write(&mut vec);
    write_too(&mut bytes);
    assert_eq!(vec, bytes);
    assert_eq!(vec.remove(0), 0xc1);
    vec
}

macro_rules! written {
    (|$sink:ident| $write:expr) => {
        written(|$sink| $write, |$sink| $write)
    };
}

/// The bytes that count.
fn padded((first, rest, len): encode::Padded) -> Vec<u8> {
    [&[first], &rest[..len - 1]].concat()
}

/// A header: the marker and a big-endian number of so many bytes.
fn head(marker: u8, number: usize, width: usize) -> Vec<u8> {
    let mut head = vec![marker];
    head.extend(&(number as u64).to_be_bytes()[8 - width..]);
    head
}

fn str_head(len: usize) -> Vec<u8> {
    match len {
        0..=31 => vec![0xa0 + len as u8],
        32..=255 => head(0xd9, len, 1),
        256..=65_535 => head(0xda, len, 2),
        _ => head(0xdb, len, 4),
    }
}

fn raw_head(len: usize) -> Vec<u8> {
    match len {
        0..=31 => vec![0xa0 + len as u8],
        32..=65_535 => head(0xda, len, 2),
        _ => head(0xdb, len, 4),
    }
}

fn bin_head(len: usize) -> Vec<u8> {
    match len {
        0..=255 => head(0xc4, len, 1),
        256..=65_535 => head(0xc5, len, 2),
        _ => head(0xc6, len, 4),
    }
}

/// Arrays and maps: the one-byte form starts at `fix`, the others at `long`.
fn container_head(fix: u8, long: u8, len: usize) -> Vec<u8> {
    match len {
        0..=15 => vec![fix + len as u8],
        16..=65_535 => head(long, len, 2),
        _ => head(long + 1, len, 4),
    }
}

fn ext_head(kind: i8, len: usize) -> Vec<u8> {
    let mut bytes = match len {
        1 => vec![0xd4],
        2 => vec![0xd5],
        4 => vec![0xd6],
        8 => vec![0xd7],
        16 => vec![0xd8],
        0..=255 => head(0xc7, len, 1),
        256..=65_535 => head(0xc8, len, 2),
        _ => head(0xc9, len, 4),
    };
    bytes.push(kind as u8);
    bytes
}

/// Reads back whole, cut in the header, before and in the body, and before the last byte.
fn assert_reads(bytes: &[u8], value: &Value) {
    assert_eq!(&decode(bytes), value);
    let cuts = [1, 2, 3, 5, 6, 7, bytes.len() / 2, bytes.len() - 1];
    for apart in [false, true] {
        assert_eq!(&decode_cut(bytes, &cuts, apart), value);
    }
}

#[test]
fn strings_and_binaries() {
    for len in LENGTHS {
        let body: Vec<u8> = (0..len).map(|i| i as u8).collect();
        let bytes = written!(|sink| encode::str(sink, &body).expect("short"));
        assert_eq!(bytes, [str_head(len), body.clone()].concat(), "str {len}");
        assert_reads(&bytes, &Value::Str(body.clone()));

        let bytes = written!(|sink| encode::bin(sink, &body).expect("short"));
        assert_eq!(bytes, [bin_head(len), body.clone()].concat(), "bin {len}");
        assert_reads(&bytes, &Value::Bin(body.clone()));
        assert_eq!(written!(|sink| encode::bin_header(sink, len as u32)), bin_head(len));

        let bytes = written!(|sink| encode::raw(sink, &body).expect("short"));
        assert_eq!(bytes, [raw_head(len), body.clone()].concat(), "raw {len}");
        assert_reads(&bytes, &Value::Str(body));
        assert_eq!(written!(|sink| encode::raw_header(sink, len as u32)), raw_head(len));
    }
}

#[test]
fn extended_types() {
    for len in LENGTHS {
        for kind in [0, 1, 127, -1, -128] {
            let payload: Vec<u8> = (0..len).map(|i| !i as u8).collect();
            let bytes = written!(|sink| encode::ext(sink, kind, &payload).expect("short"));
            assert_eq!(bytes, [ext_head(kind, len), payload.clone()].concat(), "ext {kind} {len}");
            assert_eq!(written!(|sink| encode::ext_header(sink, kind, len as u32)), ext_head(kind, len));
            assert_reads(&bytes, &Value::Ext(kind, payload));
        }
    }
}

#[test]
fn arrays_and_maps() {
    for len in LENGTHS {
        let number = |i: usize| Value::Integer(i as i128);
        let array = Value::Array((0..len).map(number).collect());
        let bytes = array.encode();
        let head = container_head(0x90, 0xdc, len);
        assert!(bytes.starts_with(&head), "array {len}");
        assert_eq!(written!(|sink| encode::array_header(sink, len as u32)), head);
        assert_reads(&bytes, &array);

        let map = Value::Map((0..len).map(|i| (number(i), Value::Nil)).collect());
        let bytes = map.encode();
        let head = container_head(0x80, 0xde, len);
        assert!(bytes.starts_with(&head), "map {len}");
        assert_eq!(written!(|sink| encode::map_header(sink, len as u32)), head);
        assert_reads(&bytes, &map);
    }
}

/// Markers of each width, with the first number that needs it.
const UNSIGNED: [(u8, u64); 4] = [(0xcc, 1 << 7), (0xcd, 1 << 8), (0xce, 1 << 16), (0xcf, 1 << 32)];
const SIGNED: [(u8, i64); 4] =
    [(0xd0, -0x20 - 1), (0xd1, -(1 << 7) - 1), (0xd2, -(1 << 15) - 1), (0xd3, -(1 << 31) - 1)];

#[test]
fn integers() {
    let mut form = 0x00;
    for value in (0..260).chain(65_530..65_540).chain(0xffff_fff0..0x1_0000_0010).chain([u64::MAX]) {
        if let Some((marker, _)) = UNSIGNED.iter().find(|(_, first)| *first == value) {
            form = *marker;
        }
        let expected = match form {
            0x00 => vec![value as u8],
            0xcc => head(form, value as usize, 1),
            0xcd => head(form, value as usize, 2),
            0xce => head(form, value as usize, 4),
            _ => head(form, value as usize, 8),
        };
        assert_eq!(written!(|sink| encode::unsigned(sink, value)), expected, "{value}");
        if let Ok(value) = i64::try_from(value) {
            assert_eq!(written!(|sink| encode::signed(sink, value)), expected, "{value}");
            assert_eq!(padded(encode::padded_int(value)), expected, "{value}");
        }
        assert_reads(&expected, &Value::Integer(value.into()));
    }
    let mut form = 0x00;
    let edge = -(1i64 << 31);
    for value in
        (-260..0).rev().chain((-32_780..-32_760).rev()).chain((edge - 9..edge + 9).rev()).chain([i64::MIN])
    {
        if let Some((marker, _)) = SIGNED.iter().find(|(_, first)| *first == value) {
            form = *marker;
        }
        let expected = match form {
            0x00 => vec![value as u8],
            0xd0 => head(form, value as usize, 1),
            0xd1 => head(form, value as usize, 2),
            0xd2 => head(form, value as usize, 4),
            _ => head(form, value as usize, 8),
        };
        assert_eq!(written!(|sink| encode::signed(sink, value)), expected, "{value}");
        assert_reads(&expected, &Value::Integer(value.into()));
    }
}

#[test]
fn floats() {
    for value in
        [0.0, -0.0, 0.1, 1.0, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]
    {
        let bytes = written!(|sink| encode::float(sink, value));
        assert_eq!(bytes, [&[0xcb][..], &value.to_bits().to_be_bytes()].concat());
        assert_reads(&bytes, &Value::float(value));
    }
    for value in [0.0, -0.0, 0.1, f32::MAX, f32::MIN_POSITIVE, f32::INFINITY, f32::NEG_INFINITY] {
        let bytes = written!(|sink| encode::float32(sink, value));
        assert_eq!(bytes, [&[0xca][..], &value.to_bits().to_be_bytes()].concat());
        assert_reads(&bytes, &Value::float(value.into()));
    }
}

#[test]
fn nil_true_and_false() {
    assert_eq!(written!(|sink| encode::nil(sink)), [0xc0]);
    assert_eq!(written!(|sink| encode::boolean(sink, false)), [0xc2]);
    assert_eq!(written!(|sink| encode::boolean(sink, true)), [0xc3]);
}

#[test]
fn the_longest_headers_that_can_be_written() {
    const MAX: usize = u32::MAX as usize;
    assert_eq!(written!(|sink| encode::bin_header(sink, u32::MAX)), bin_head(MAX));
    assert_eq!(written!(|sink| encode::raw_header(sink, u32::MAX)), raw_head(MAX));
    assert_eq!(written!(|sink| encode::array_header(sink, u32::MAX)), container_head(0x90, 0xdc, MAX));
    assert_eq!(written!(|sink| encode::map_header(sink, u32::MAX)), container_head(0x80, 0xde, MAX));
    assert_eq!(written!(|sink| encode::ext_header(sink, -1, u32::MAX)), ext_head(-1, MAX));
    let error = TooLarge { len: MAX + 1 };
    assert_eq!(error.to_string(), "4294967296 is more than a MessagePack header can announce (4294967295)");
}

/// Runs over `bytes` alone: the event, and what is left of the object then.
fn announced(bytes: &[u8]) -> (Event<std::convert::Infallible>, Rest) {
    let mut decoder = Decoder::default();
    let (consumed, event) = decoder.run(bytes, &mut Tree::default());
    assert_eq!(consumed, bytes.len());
    (event.expect("a good header"), decoder.give_up())
}

#[test]
fn four_gibibytes_are_waited_for_in_full() {
    const MAX: usize = u32::MAX as usize;
    let rest = |begun| Rest { values: 0, bytes: MAX as u64, begun };
    assert_eq!(announced(&head(0xdb, MAX, 4)), (Event::Need(MAX), rest(5)));
    assert_eq!(announced(&head(0xc6, MAX, 4)), (Event::Need(MAX), rest(5)));
    assert_eq!(announced(&ext_head(5, MAX)), (Event::Need(MAX), rest(6)));
    let values = |values| Rest { values, bytes: 0, ..Rest::default() };
    assert_eq!(announced(&head(0xdd, MAX, 4)), (Event::Need(1), values(MAX as u64)));
    assert_eq!(announced(&head(0xdf, MAX, 4)), (Event::Need(1), values(2 * MAX as u64)));
}

/// A sink that cannot grow would do: the trait is all that the encoder knows.
#[test]
fn a_sink_of_ones_own() {
    struct Count(usize);
    impl Sink for Count {
        fn put<const N: usize>(&mut self, _: [u8; N]) {
            self.0 += N;
        }
        fn put_with<const N: usize>(&mut self, _: [u8; N], body: &[u8]) {
            self.0 += N + body.len();
        }
    }
    let mut count = Count(0);
    encode::array_header(&mut count, 16);
    encode::str(&mut count, b"abc").expect("short");
    encode::unsigned(&mut count, 65_536);
    assert_eq!(count.0, 3 + 4 + 5);
}

/// An integer of two bytes or more is read at once, or not at all.
#[test]
fn wide_integers_are_read_whole() {
    let near = |bits: u32| (-2..=2).map(move |by| (1i64 << bits).wrapping_add(by));
    for n in (5..=63).flat_map(near).flat_map(|n| [n, n.wrapping_neg()]) {
        let mut bytes = Vec::new();
        encode::signed(&mut bytes, n);
        let len = bytes.len();
        assert_eq!(wide_integer(&bytes), (len > 1).then_some((n, len)), "{n}");
        (0..len).for_each(|cut| assert_eq!(wide_integer(&bytes[..cut]), None, "{n}"));
        bytes.push(0xc1);
        assert_eq!(wide_integer(&bytes), (len > 1).then_some((n, len)), "{n}");
    }
    assert_eq!(wide_integer(&head(0xcf, 1 << 63, 8)), None);
    for first in (0x00..=0xff).filter(|first| !(0xcc..=0xd3).contains(first)) {
        assert_eq!(wide_integer(&[first; 10]), None);
    }
}
