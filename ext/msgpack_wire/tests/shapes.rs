//! Arrays of maps that are nearly alike: what the fields of one were says nothing about the next. A skip that has all
//! the input before it comes out as one that gets it byte by byte, which foresees nothing.

mod tree;

use msgpack_wire::{DecodeError, Decoder, Event, Limits, NoValue};
use proptest::prelude::*;
use proptest::sample::Index;
use tree::strategy::cases;

/// Stands before the maps: fields are foreseen in long inputs only.
const FRONT: usize = 1100;

/// A token of `form` with a body of `len` bytes or values, as far as its header can tell that many.
fn token(form: u8, len: u8) -> Vec<u8> {
    let body = vec![b'x'; len.into()];
    let with = |header: &[u8]| [header, &body].concat();
    match form % 20 {
        0 => vec![0xc0],
        1 => vec![0xc2 + len % 2],
        2 => vec![len % 0x80],
        3 => vec![0xcc, len],
        4 => vec![0xd1, len, len],
        5 => vec![0xce, 0, 0, 0, len],
        6 => vec![0xcb, 0, 0, 0, 0, 0, 0, 0, len],
        7 => with(&[0xd9, len]),
        8 => with(&[0xda, 0, len]),
        9 => with(&[0xc4, len]),
        10 => with(&[0xc7, len, 5]),
        11 => vec![0xd5, 5, len, len],
        // Values and pairs of one byte each, in short and long headers.
        12 => [vec![0x90 + len % 16], vec![len % 0x80; (len % 16).into()]].concat(),
        13 => [vec![0x80 + len % 16], vec![0xa0; (len % 16 * 2).into()]].concat(),
        14 => [vec![0xde, 0, len], vec![0xe0; usize::from(len) * 2]].concat(),
        15 => [vec![0xdc, 0, 2, 0x81, 0xa1, b'k', 0xcc, len], vec![0x91, 0xa0]].concat(),
        _ => [vec![0xa0 + len % 32], vec![b'x'; (len % 32).into()]].concat(),
    }
}

type Field = (u8, u8);

/// Of all lengths, but mostly short ones.
fn field() -> impl Strategy<Value = Field> {
    (any::<u8>(), prop_oneof![0..4u8, 0..40u8, any::<u8>()])
}

/// Fields of a map, by which each of the maps differs from the one before.
type Changes = Vec<(Index, Field)>;

/// An array of maps that begin with `fields`, keys and values in turn.
fn document(mut fields: Vec<Field>, maps: &[Changes]) -> Vec<u8> {
    let mut bytes = vec![0xdc, 0, maps.len() as u8 + 1, 0xc5];
    bytes.extend((FRONT as u16).to_be_bytes());
    bytes.extend([0; FRONT]);
    for changes in maps {
        for (index, field) in changes {
            *index.get_mut(&mut fields) = *field;
        }
        match fields.len() as u8 / 2 {
            pairs @ 0..=15 => bytes.push(0x80 + pairs),
            pairs => bytes.extend([0xde, 0, pairs]),
        }
        bytes.extend(fields.iter().flat_map(|(form, len)| token(*form, *len)));
    }
    bytes
}

fn any_document() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<Index>(), field());
    let pairs = prop::collection::vec((field(), field()), 1..20);
    (pairs, prop::collection::vec(prop::collection::vec(change, 0..3), 2..8)).prop_map(|(pairs, maps)| {
        document(pairs.into_iter().flat_map(|(key, value)| [key, value]).collect(), &maps)
    })
}

/// How a skip came out: what it consumed, whether it is done or what is wrong, and all that the decoder knows.
type Outcome = (usize, Result<bool, DecodeError>, String);

/// Skips on with what lies between `at` and the end of `bytes`.
fn skip(decoder: &mut Decoder, bytes: &[u8], mut at: usize) -> Outcome {
    loop {
        let (consumed, event) = decoder.run(&bytes[at..], &mut NoValue);
        at += consumed;
        let result = match event {
            Ok(Event::Done) => Ok(true),
            Ok(Event::Need(_)) => Ok(false),
            Ok(Event::Breathe) => continue,
            Ok(other) => panic!("{other:?} while skipping"),
            Err(error) => Err(error),
        };
        return (at, result, format!("{decoder:?}"));
    }
}

/// The outcomes for each beginning of `bytes`, when they come one by one; the last one where that is the end of it.
fn one_by_one(bytes: &[u8], limits: Limits) -> Vec<Outcome> {
    let mut decoder = Decoder::new(limits);
    let mut outcomes: Vec<Outcome> = Vec::new();
    for end in 0..=bytes.len() {
        let at = outcomes.last().map_or(0, |outcome| outcome.0);
        outcomes.push(skip(&mut decoder, &bytes[..end], at));
        if outcomes[end].1 != Ok(false) {
            break;
        }
    }
    outcomes
}

proptest! {
    #![proptest_config(cases(30))]

    #[test]
    fn what_is_foreseen_changes_nothing_wherever_the_input_is_cut(bytes in any_document()) {
        let outcomes = one_by_one(&bytes, Limits::default());
        prop_assert_eq!(outcomes.len(), bytes.len() + 1);
        prop_assert_eq!((outcomes[bytes.len()].0, &outcomes[bytes.len()].1), (bytes.len(), &Ok(true)));
        for cut in FRONT..=bytes.len() {
            let mut decoder = Decoder::default();
            let outcome = skip(&mut decoder, &bytes[..cut], 0);
            prop_assert_eq!(&outcome, &outcomes[cut], "cut at {}", cut);
            if cut < bytes.len() {
                prop_assert_eq!(&skip(&mut decoder, &bytes, outcome.0), &outcomes[bytes.len()]);
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn what_is_foreseen_is_no_way_around_limits(
        bytes in any_document(), max in 0..40u32, which in 0..5, more in any::<bool>(),
    ) {
        let mut limits = Limits::default();
        match which {
            0 => limits.max_depth = max as usize % 5,
            1 => limits.max_str_len = if more { max * 7 } else { max },
            2 => limits.max_ext_len = max,
            // The outermost array has up to eight values.
            3 => limits.max_array_len = max + 8,
            _ => limits.max_map_len = max,
        }
        let outcomes = one_by_one(&bytes, limits);
        prop_assert_eq!(Some(&skip(&mut Decoder::new(limits), &bytes, 0)), outcomes.last());
    }

    #[test]
    fn what_is_foreseen_is_looked_at(bytes in any_document(), index in any::<Index>(), byte in any::<u8>()) {
        let mut bytes = bytes;
        let maps = FRONT + 6;
        let broken = maps + index.index(bytes.len() - maps);
        bytes[broken] = byte;
        let outcomes = one_by_one(&bytes, Limits::default());
        prop_assert_eq!(Some(&skip(&mut Decoder::default(), &bytes, 0)), outcomes.last());
    }
}

#[test]
fn the_longest_short_values_are_refused_where_they_are_too_long() {
    type Bound = fn(u32) -> Limits;
    let str: Bound = |max| Limits { max_str_len: max, ..Limits::default() };
    let array: Bound = |max| Limits { max_array_len: max, ..Limits::default() };
    let map: Bound = |max| Limits { max_map_len: max, ..Limits::default() };
    // Strings in the shortest header and in the next one, an array and a map.
    for (field, bound) in [((16, 31), str), ((7, 200), str), ((12, 15), array), ((13, 15), map)] {
        let bytes = document(vec![(16, 1), field], &[vec![], vec![], vec![], vec![]]);
        let len = u32::from(field.1);
        let (at, result, _) = skip(&mut Decoder::new(bound(len)), &bytes, 0);
        assert_eq!((at, result), (bytes.len(), Ok(true)), "{field:?}");
        let (_, result, _) = skip(&mut Decoder::new(bound(len - 1)), &bytes, 0);
        // Behind the headers of the array, of what is in front and of the first map, and its key.
        assert_eq!(result.expect_err("too long").offset, FRONT as u64 + 9, "{field:?}");
    }
}
