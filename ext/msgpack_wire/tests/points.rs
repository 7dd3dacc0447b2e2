//! Short arrays of floats, which are built where they stand, come out as any other array does: in rows and alone, among
//! others, as keys and as values, cut anywhere, stopped anywhere, and within the same limits.

mod tree;

use msgpack_wire::{Bound, DecodeError, Decoder, Event, Fault, Limits};
use proptest::prelude::*;
use tree::stopping::Stopping;
use tree::strategy::cases;
use tree::stream::{decode, decode_cut, Stream};
use tree::{Tree, Value};

/// A short array: of floats, or with one value that is none.
fn short() -> impl Strategy<Value = Value> {
    let other = prop_oneof![
        Just(Value::Nil),
        any::<i8>().prop_map(|n| Value::Integer(n.into())),
        Just(Value::str("north")),
        Just(Value::Array(vec![Value::float(2.5)])),
    ];
    let odd = prop_oneof![6 => Just(None), 1 => (any::<prop::sample::Index>(), other).prop_map(Some)];
    (prop::collection::vec(any::<u64>().prop_map(Value::Float), 1..7), odd).prop_map(|(mut values, odd)| {
        if let Some((place, other)) = odd {
            let place = place.index(values.len());
            values[place] = other;
        }
        Value::Array(values)
    })
}

/// So many times the same number of floats, and others between.
fn rows() -> impl Strategy<Value = Vec<Value>> {
    let row = (short(), 1..20usize).prop_map(|(short, count)| vec![short; count]);
    prop::collection::vec(row, 0..8).prop_map(|rows| rows.concat())
}

/// Them in an array, or as keys and values.
fn container() -> impl Strategy<Value = Value> {
    (rows(), rows(), any::<bool>()).prop_map(|(values, others, is_map)| {
        if is_map {
            Value::Map(values.into_iter().zip(others).collect())
        } else {
            Value::Array([values, others].concat())
        }
    })
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn they_come_out_as_they_were_put_in(
        value in container(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        apart in any::<bool>(),
    ) {
        let bytes = value.encode();
        prop_assert_eq!(&decode(&bytes), &value);
        let cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        prop_assert_eq!(decode_cut(&bytes, &cuts, apart), value);
    }

    #[test]
    fn stops_change_nothing(value in container(), every in 1..6usize, first in 0..6usize) {
        let mut stream = Stream::new(Stopping::new(first, every), Limits::default());
        stream.feed(&value.encode());
        prop_assert_eq!(stream.read(), Ok(Some(value)));
    }
}

fn point(len: usize) -> Value {
    Value::Array((0..len).map(|n| Value::float(f64::from(n as u32) + 0.5)).collect())
}

/// How decoding `value` ends.
fn run(value: &Value, limits: Limits) -> Result<Event<std::convert::Infallible>, DecodeError> {
    Decoder::new(limits).run(&value.encode(), &mut Tree::default()).1
}

#[test]
fn each_of_their_bounds_holds() {
    for len in 2..=4usize {
        let value = Value::Map(vec![(Value::Nil, point(len))]);
        let limits = Limits { max_array_len: len as u32, ..Limits::default() };
        assert_eq!(run(&value, limits), Ok(Event::Done));
        let limits = Limits { max_array_len: len as u32 - 1, ..Limits::default() };
        let fault = Fault::TooLong { bound: Bound::Array, len: len as u32, max: len as u32 - 1 };
        assert_eq!(run(&value, limits), Err(DecodeError { fault, offset: 2 }));

        let value = Value::Array(vec![Value::Nil, point(len)]);
        assert_eq!(run(&value, Limits { max_depth: 2, ..Limits::default() }), Ok(Event::Done));
        let error = run(&value, Limits { max_depth: 1, ..Limits::default() }).unwrap_err();
        assert_eq!((error.fault, error.offset), (Fault::TooDeep(1), 2));
    }
}

/// Each costs what its array and its values do, however they are read: at least once in 65,536 of these a decoder that
/// reads on and on lets others look for interrupts.
#[test]
fn a_long_row_breathes() {
    let bytes = Value::Array(vec![point(3); 100_000]).encode();
    let (mut decoder, mut tree, mut at, mut breaths) = (Decoder::default(), Tree::default(), 0, 0);
    loop {
        let (consumed, event) = decoder.run(&bytes[at..], &mut tree);
        at += consumed;
        match event.expect("well formed") {
            Event::Breathe => breaths += 1,
            Event::Done => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(breaths >= 100_000 * 4 / 65_536, "{breaths}");
}
