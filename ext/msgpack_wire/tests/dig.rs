//! Paths: what a search finds is what decoding all and following the path finds, and it refuses what a skip refuses.

mod tree;

use msgpack_wire::dig::{Dug, Place, Search, Step};
use msgpack_wire::{Bound, DecodeError, Decoder, Event, Fault, Limits, NoValue};
use proptest::prelude::*;
use proptest::sample::{select, Index};
use tree::strategy::cases;
use tree::stream::Stream;
use tree::{Tree, Value};

fn key(text: &str) -> Step {
    Step::Key(text.as_bytes().into())
}

/// Runs to the end, however often it pauses.
fn search(bytes: &[u8], path: &[Step], limits: Limits) -> Result<Dug, DecodeError> {
    let mut search = Search::new(path, limits);
    loop {
        match search.run(bytes)? {
            Dug::Breathe => {}
            dug => return Ok(dug),
        }
    }
}

fn dig(bytes: &[u8], path: &[Step]) -> Option<Place> {
    match search(bytes, path, Limits::default()) {
        Ok(Dug::Done(place)) => place,
        other => panic!("{other:?}"),
    }
}

/// The value at a place.
fn at(bytes: &[u8], place: Place) -> Value {
    let mut stream = Stream::<Tree>::default();
    stream.feed(&bytes[place.at..]);
    stream.read().expect("well formed").expect("complete")
}

/// The same by plain recursion.
fn follow(value: &Value, path: &[Step]) -> Option<Value> {
    let Some((step, path)) = path.split_first() else { return Some(value.clone()) };
    match value {
        Value::Array(values) => {
            let Step::Number(number) = step else { return None };
            let index = if *number < 0 { number + values.len() as i128 } else { *number };
            follow(values.get(usize::try_from(index).ok()?)?, path)
        }
        Value::Map(pairs) => {
            let is_match = |key: &Value| match (key, step) {
                (Value::Str(bytes) | Value::Bin(bytes), Step::Key(wanted)) => bytes[..] == wanted[..],
                (Value::Integer(number), Step::Number(wanted)) => number == wanted,
                _ => false,
            };
            follow(&pairs.iter().rev().find(|(key, _)| is_match(key))?.1, path)
        }
        _ => None,
    }
}

/// Keys and leaves of few kinds, so that keys are met twice and paths lead somewhere.
fn leaf() -> impl Strategy<Value = Value> {
    let few = vec![
        Value::str(""),
        Value::str("a"),
        Value::Bin(b"a".to_vec()),
        Value::str("a key that is longer than thirty-one bytes"),
        Value::Integer(0),
        Value::Integer(1),
        Value::Integer(-1),
        Value::Integer(70_000),
        Value::Nil,
        Value::Boolean(true),
        Value::float(1.0),
        Value::Ext(1, b"a".to_vec()),
        Value::Array(vec![Value::Integer(1)]),
    ];
    select(few)
}

fn document() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            // Containers as keys, too, but rarely.
            prop::collection::vec((prop_oneof![15 => leaf(), 1 => inner.clone()], inner), 0..20)
                .prop_map(Value::Map),
        ]
    })
}

fn step() -> impl Strategy<Value = Step> {
    let numbers = (-3..6i128).prop_map(Step::Number);
    let keys =
        select(vec![key("a"), key(""), key("a key that is longer than thirty-one bytes"), key("none")]);
    prop_oneof![numbers, keys, Just(Step::Number(70_000)), Just(Step::Number(i128::MIN))]
}

/// A path that leads into `value` as far as there are choices, mostly.
fn path_into(value: &Value, choices: &[(Index, Option<Step>)]) -> Vec<Step> {
    let Some(((index, other), choices)) = choices.split_first() else { return Vec::new() };
    let (step, inner) = match value {
        Value::Array(values) if !values.is_empty() => {
            let number = index.index(values.len());
            (Step::Number(number as i128), &values[number])
        }
        Value::Map(pairs) if !pairs.is_empty() => match index.get(pairs) {
            (Value::Str(bytes) | Value::Bin(bytes), inner) => (Step::Key(bytes[..].into()), inner),
            (Value::Integer(number), inner) => (Step::Number(*number), inner),
            (_, inner) => (Step::Number(0), inner),
        },
        _ => return other.clone().into_iter().collect(),
    };
    let mut path = vec![other.clone().unwrap_or(step)];
    path.extend(path_into(inner, choices));
    path
}

/// Documents and paths that lead into them.
fn dug() -> impl Strategy<Value = (Value, Vec<Step>)> {
    let choices = prop::collection::vec((any::<Index>(), prop::option::weighted(0.1, step())), 0..6);
    (document(), choices).prop_map(|(value, choices)| {
        let path = path_into(&value, &choices);
        (value, path)
    })
}

/// What a skip of the whole object says.
fn skip(bytes: &[u8], limits: Limits) -> Result<Event<std::convert::Infallible>, DecodeError> {
    Decoder::new(limits).run(bytes, &mut NoValue).1
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn it_finds_what_decoding_all_finds((value, path) in dug(), more in any::<[u8; 3]>()) {
        let bytes = [&value.encode()[..], &more].concat();
        let place = dig(&bytes, &path);
        prop_assert_eq!(place.map(|place| at(&bytes, place)), follow(&value, &path));
        prop_assert!(place.is_none_or(|place| place.depth == path.len()));
    }

    /// A cut changes nothing, or is told: behind a value that only arrays lie around, nothing is looked at.
    #[test]
    fn of_cut_input_it_says_so((value, path) in dug(), cut in any::<Index>()) {
        let bytes = value.encode();
        let cut = cut.index(bytes.len());
        match search(&bytes[..cut], &path, Limits::default()) {
            Ok(Dug::Short(offset)) => {
                prop_assert!(offset as usize <= cut);
                let mut decoder = Decoder::default();
                prop_assert!(matches!(decoder.run(&bytes[..cut], &mut NoValue).1, Ok(Event::Need(_))));
                prop_assert_eq!(decoder.offset(), offset);
            }
            Ok(Dug::Done(place)) => {
                prop_assert_eq!(place, dig(&bytes, &path));
                prop_assert!(path.is_empty() || !matches!(value, Value::Map(_)));
            }
            other => panic!("{other:?}"),
        }
    }

    /// What a limit, a key or 0xc1 makes a skip refuse makes a search refuse, if it comes so far.
    #[test]
    fn it_refuses_what_a_skip_refuses(
        (value, path) in dug(), max in 0..5u32, which in 0..7, broken in prop::option::of(any::<Index>()),
    ) {
        let mut limits = Limits::default();
        match which {
            0 => limits.max_depth = max as usize,
            1 => limits.max_str_len = max,
            2 => limits.max_bin_len = max.min(1),
            3 => limits.max_ext_len = max.min(1),
            4 => limits.max_array_len = max,
            5 => limits.max_map_len = max,
            _ => limits.strict_map_key = true,
        }
        let (mut bytes, starts) = value.encode_marked();
        if let Some(broken) = broken {
            bytes[*broken.get(&starts)] = 0xc1;
        }
        match (search(&bytes, &path, limits), skip(&bytes, limits)) {
            (Ok(Dug::Done(found)), Ok(_)) => {
                prop_assert_eq!(found.map(|place| at(&bytes, place)), follow(&value, &path));
            }
            (Ok(Dug::Done(found)), Err(error)) => {
                let is_open = path.is_empty() || !matches!(bytes[0], 0x80..=0x8f | 0xde | 0xdf);
                prop_assert!(is_open, "{:?} is behind {:?}", error, found);
            }
            (found, skipped) => prop_assert_eq!(found.err(), skipped.err()),
        }
    }
}

#[test]
fn the_last_of_equal_keys_counts_even_where_it_leads_nowhere() {
    let inner = |name: &str, n| Value::Map(vec![(Value::str(name), Value::Integer(n))]);
    let twice = |first, last| Value::Map(vec![(Value::str("k"), first), (Value::str("k"), last)]).encode();
    let path = [key("k"), key("a")];
    let bytes = twice(inner("a", 1), inner("a", 2));
    assert_eq!(dig(&bytes, &path).map(|place| at(&bytes, place)), Some(Value::Integer(2)));
    assert_eq!(dig(&twice(inner("a", 1), inner("b", 2)), &path), None);
    assert_eq!(dig(&twice(inner("a", 1), Value::Nil), &path), None);
    // One a string, the other a binary.
    let bytes = Value::Map(vec![(Value::str("k"), Value::Nil), (Value::Bin(b"k".to_vec()), inner("a", 3))]);
    assert_eq!(dig(&bytes.encode(), &path), Some(Place { at: 10, depth: 2 }));
}

#[test]
fn integers_are_compared_by_value_whatever_their_form() {
    // {uint64 5 => nil, int8 5 => true, uint64 2**64-1 => false, -5 => 1.0}
    let mut bytes = vec![0x84, 0xcf, 0, 0, 0, 0, 0, 0, 0, 5, 0xc0, 0xd0, 5, 0xc3, 0xcf];
    bytes.extend([0xff; 8]);
    bytes.extend([0xc2, 0xfb, 0xca, 0x3f, 0x80, 0, 0]);
    let found = |number| dig(&bytes, &[Step::Number(number)]).map(|place| at(&bytes, place));
    assert_eq!(found(5), Some(Value::Boolean(true)));
    assert_eq!(found(u64::MAX.into()), Some(Value::Boolean(false)));
    assert_eq!(found(-5), Some(Value::float(1.0)));
    assert_eq!(found(-1), None);
}

#[test]
fn a_place_in_arrays_alone_is_told_at_once() {
    // Nothing of what follows is there.
    assert_eq!(
        dig(&[0x93, 1, 0x92, 2], &[Step::Number(1), Step::Number(0)]),
        Some(Place { at: 3, depth: 2 })
    );
    assert_eq!(dig(&[0xdd, 0xff, 0xff, 0xff, 0xff], &[key("a")]), None);
    assert_eq!(dig(&[], &[]), Some(Place { at: 0, depth: 0 }));
    assert_eq!(dig(&[0xd4, 1, 0], &[Step::Number(0)]), None);
}

#[test]
fn it_pauses_in_what_is_long() {
    let count = |bytes: &[u8], path: &[Step]| {
        let mut search = Search::new(path, Limits::default());
        let mut pauses = 0;
        loop {
            match search.run(bytes).expect("well formed") {
                Dug::Breathe => pauses += 1,
                Dug::Done(place) => return (pauses, place.map(|place| at(bytes, place))),
                other => panic!("{other:?}"),
            }
        }
    };
    let array = Value::Array((0..200_000).map(Value::Integer).collect()).encode();
    let last = Some(Value::Integer(199_999));
    assert_eq!(count(&array, &[Step::Number(-1)]), (3, last.clone()));
    let pairs = (0..200_000).map(|n| (Value::Integer(n), Value::Integer(n)));
    let map = Value::Map(pairs.collect()).encode();
    assert_eq!(count(&map, &[Step::Number(199_999)]), (3, last));
}

#[test]
fn levels_on_the_path_count() {
    let limits = Limits { max_depth: 2, ..Limits::default() };
    let path = [Step::Number(0), Step::Number(0), Step::Number(0)];
    let too_deep = DecodeError { fault: Fault::TooDeep(2), offset: 2 };
    assert_eq!(search(&[0x91, 0x91, 0x91, 7], &path, limits), Err(too_deep));
    let found = search(&[0x91, 0x91, 7], &path[..2], limits);
    assert_eq!(found, Ok(Dug::Done(Some(Place { at: 2, depth: 2 }))));
    let limits = Limits { max_array_len: 0, ..Limits::default() };
    let fault = Fault::TooLong { bound: Bound::Array, len: 1, max: 0 };
    assert_eq!(search(&[0x91, 7], &path, limits), Err(DecodeError { fault, offset: 0 }));
}
