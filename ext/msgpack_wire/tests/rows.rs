//! Arrays of scalars: numbers of all widths, alone and with others among them, come out as they were put in, wherever
//! the input is cut, and are passed over by as many bytes.

mod tree;

use msgpack_wire::{Decoder, Event, NoValue};
use proptest::prelude::*;
use tree::strategy::cases;
use tree::stream::{decode, decode_cut};
use tree::Value;

/// A scalar in one of its forms, which need not be the smallest: its bytes, and what they say.
fn scalar(form: u8, bits: u64) -> (Vec<u8>, Value) {
    let bytes = bits.to_be_bytes();
    let wide = |first: u8, width: usize| [&[first], &bytes[8 - width..]].concat();
    let unsigned = |width: u32| i128::from(bits & (u64::MAX >> (64 - width)));
    let signed = |width: u32| i128::from((bits as i64) << (64 - width) >> (64 - width));
    match form {
        0 => (vec![bits as u8 & 0x7f], Value::Integer(unsigned(7))),
        1 => (vec![bits as u8 | 0xe0], Value::Integer(unsigned(5) - 32)),
        2 => (wide(0xcc, 1), Value::Integer(unsigned(8))),
        3 => (wide(0xcd, 2), Value::Integer(unsigned(16))),
        4 => (wide(0xce, 4), Value::Integer(unsigned(32))),
        5 => (wide(0xcf, 8), Value::Integer(unsigned(64))),
        6 => (wide(0xd0, 1), Value::Integer(signed(8))),
        7 => (wide(0xd1, 2), Value::Integer(signed(16))),
        8 => (wide(0xd2, 4), Value::Integer(signed(32))),
        9 => (wide(0xd3, 8), Value::Integer(signed(64))),
        10 => (wide(0xcb, 8), Value::Float(bits)),
        11 => {
            let single = f32::from_bits(bits as u32 & 0x7f7f_ffff); // what is no number has more than one form
            ([&[0xca][..], &single.to_be_bytes()].concat(), Value::float(single.into()))
        }
        12 => (vec![0xc0], Value::Nil),
        13 => (vec![0xc3], Value::Boolean(true)),
        14 => (vec![0xa1, bits as u8], Value::Str(vec![bits as u8])),
        _ => (vec![0xd4, 5, bits as u8], Value::Ext(5, vec![bits as u8])),
    }
}

type Scalar = (u8, u64);

/// Of all sizes: as often as not with the highest bit, or the one below it, and none above.
fn bits() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64u32).prop_map(|(bits, shift)| bits >> shift)
}

/// Integers, and now and then something else among them.
fn mixed() -> impl Strategy<Value = Vec<Scalar>> {
    let form = prop_oneof![60 => 0..10u8, 1 => 10..15u8];
    prop::collection::vec((form, bits()), 0..300)
}

/// Scalars of one form, no two alike, after those of another.
fn runs() -> impl Strategy<Value = Vec<Scalar>> {
    let run = (0..15u8, prop::collection::vec(bits(), 1..60))
        .prop_map(|(form, bits)| bits.into_iter().map(|bits| (form, bits)).collect::<Vec<_>>());
    prop::collection::vec(run, 0..8).prop_map(|runs| runs.concat())
}

/// The array of them, with its longest header, and its bytes.
fn array(scalars: &[Scalar]) -> (Vec<u8>, Value) {
    let mut bytes = [&[0xdd], &(scalars.len() as u32).to_be_bytes()[..]].concat();
    let mut values = Vec::new();
    for (form, bits) in scalars {
        let (scalar, value) = scalar(*form, *bits);
        bytes.extend(scalar);
        values.push(value);
    }
    (bytes, Value::Array(values))
}

/// Bytes that a skip consumes, and whether the object is whole then.
fn skip(bytes: &[u8]) -> (usize, bool) {
    let mut decoder = Decoder::default();
    let mut at = 0;
    loop {
        let (consumed, event) = decoder.run(&bytes[at..], &mut NoValue);
        at += consumed;
        match event.expect("nothing is wrong") {
            Event::Breathe => {}
            Event::Done => return (at, true),
            Event::Need(_) => return (at, false),
            other => panic!("{other:?} while skipping"),
        }
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn numbers_come_out_as_they_were_put_in(
        scalars in prop_oneof![mixed(), runs()], cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        apart in any::<bool>(),
    ) {
        let (bytes, value) = array(&scalars);
        prop_assert_eq!(&decode(&bytes), &value);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        prop_assert_eq!(decode_cut(&bytes, &cuts, apart), value);
    }

    #[test]
    fn a_skip_ends_where_they_end(
        scalars in prop_oneof![mixed(), runs()], beyond in 0..40usize, alike in any::<bool>(),
    ) {
        let (bytes, _) = array(&scalars);
        let (form, bits) = scalars.last().copied().filter(|_| alike).unwrap_or((12, 0));
        let longer = [&bytes[..], &scalar(form, bits).0.repeat(beyond)].concat();
        prop_assert_eq!(skip(&longer), (bytes.len(), true));
    }
}

/// Where a row is cut, all whole scalars before the cut are consumed, by a skip as by a walk.
#[test]
fn a_skip_consumes_whole_scalars_up_to_each_cut() {
    for form in 0..14 {
        let (bytes, _) = array(&[(form, 0x0102_0304_0506_0708); 40]);
        let len = scalar(form, 0x0102_0304_0506_0708).0.len();
        for cut in 5..bytes.len() {
            assert_eq!(skip(&bytes[..cut]), (5 + (cut - 5) / len * len, false), "form {form} cut at {cut}");
        }
    }
}

/// One form for as long as it goes, then each of the others, at each place of what is decoded at once.
#[test]
fn a_form_ends_and_another_begins() {
    for form in 0..10 {
        for other in 0..16 {
            for count in 24..48 {
                let mut scalars: Vec<Scalar> =
                    (0..count).map(|i| (form, 0x0123_4567_89ab_cdef << i)).collect();
                scalars.extend((0..12).map(|i| (other, 0xfedc_ba98_7654_3210 >> i)));
                let (bytes, value) = array(&scalars);
                assert_eq!(decode(&bytes), value, "{count} of form {form}, then {other}");
            }
        }
    }
}

/// At each place of a long row: 64 bits that are beyond an i64, and what is no number.
#[test]
fn one_of_another_kind_at_each_place() {
    for (form, bits) in [(5, u64::MAX), (5, 1 << 63), (9, u64::MAX), (10, 3), (12, 0), (14, 7), (15, 7)] {
        for place in 0..120 {
            let mut scalars: Vec<Scalar> = (0..120).map(|i| (i % 10, 0x7f << (i % 8))).collect();
            scalars[place] = (form, bits);
            let (bytes, value) = array(&scalars);
            assert_eq!(decode(&bytes), value, "form {form} at {place}");
        }
    }
}
