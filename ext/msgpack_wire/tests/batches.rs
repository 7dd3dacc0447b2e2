//! Containers of more values than a batch: filled while they are open, so that the stack of values stays
//! small; cut anywhere they come out the same.

mod tree;

use msgpack_wire::decode::{BATCH, MAP_BATCH};
use msgpack_wire::{Event, Limits, NoValue};
use proptest::prelude::*;
use tree::strategy::cases;
use tree::stream::{decode, decode_cut, Stream};
use tree::{Tree, Value};

/// Around one batch, around two of an array and one of a map, around two of a map, and some that end amid one.
const COUNTS: [usize; 10] = [4095, 4096, 4097, 6144, 6145, 8191, 8192, 8193, 10_000, 12_289];

fn string(i: usize) -> Value {
    Value::str(&i.to_string())
}

/// Values of several kinds: one byte, several, a body, and containers that are built meanwhile.
fn entry(i: usize) -> Value {
    match i % 5 {
        0 => Value::Integer(i as i128),
        1 => string(i),
        2 => Value::Array(vec![string(i)]),
        3 => Value::Ext(3, vec![0; i % 7]),
        _ => Value::Map(vec![(string(i), Value::Nil)]),
    }
}

fn array(n: usize) -> Value {
    Value::Array((0..n).map(entry).collect())
}

fn map(n: usize) -> Value {
    Value::Map((0..n).map(|i| (string(i), entry(i))).collect())
}

#[test]
fn whole() {
    for n in COUNTS {
        for value in [array(n), map(n)] {
            assert!(decode(&value.encode()) == value, "{n}");
        }
    }
}

#[test]
fn byte_by_byte() {
    for n in COUNTS {
        for value in [array(n), map(n)] {
            let bytes = value.encode();
            let everywhere: Vec<usize> = (0..bytes.len()).collect();
            assert!(decode_cut(&bytes, &everywhere, true) == value, "{n}");
        }
    }
}

#[test]
fn inside_one_another() {
    let value = Value::Array(vec![
        map(4097),
        Value::Array((0..5000).map(|i| if i == 4096 { map(4098) } else { entry(i) }).collect()),
        Value::Map(vec![(array(4100), array(9000)), (Value::Nil, map(8200))]),
        map(12_290),
    ]);
    assert!(decode(&value.encode()) == value);
}

#[test]
fn no_more_than_a_batch_is_on_the_stack() {
    for (value, batch) in [(array(50_000), BATCH), (map(50_000), MAP_BATCH)] {
        let mut stream = Stream::<Tree>::default();
        stream.feed(&value.encode());
        assert!(stream.read() == Ok(Some(value)));
        // The container itself, its batch, and what is built for one entry.
        assert!(stream.builder.peak <= batch as usize + 4, "{}", stream.builder.peak);
    }
}

#[test]
fn long_work_pauses_for_breath() {
    // Not one long array alone: many short ones come to as much.
    let short = Value::Array(vec![Value::Array(vec![Value::Nil; 3]); 200_000]);
    for value in [Value::Array(vec![Value::Nil; 800_000]), short] {
        let bytes = value.encode();
        let mut stream = Stream::<Tree>::default();
        let (mut at, mut breaths) = (0, 0);
        loop {
            let (consumed, event) = stream.decoder.run(&bytes[at..], &mut NoValue);
            at += consumed;
            match event.expect("well formed") {
                Event::Done => break,
                Event::Breathe => breaths += 1,
                other => panic!("{other:?}"),
            }
            assert!(consumed <= 3 * 65_536, "{consumed} bytes in one go");
        }
        assert_eq!(at, bytes.len());
        // 65,536 at a time, of about 800,000 and 1,000,000 values and containers.
        assert!((10..=16).contains(&breaths), "{breaths}");
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn cut_anywhere(n in prop::sample::select(&COUNTS[..]), maps in any::<bool>(),
                    cuts in prop::collection::vec(0..60_000usize, 0..8), apart in any::<bool>()) {
        let value = if maps { map(n) } else { array(n) };
        prop_assert!(decode_cut(&value.encode(), &cuts, apart) == value);
    }

    #[test]
    fn given_up_anywhere(n in prop::sample::select(&COUNTS[..]), maps in any::<bool>(), at in 0..60_000usize) {
        let bytes = if maps { map(n) } else { array(n) }.encode();
        let at = at % (bytes.len() - 1) + 1;
        let mut stream = Stream::new(Tree::default(), Limits::default());
        stream.feed(&bytes[..at]);
        prop_assert_eq!(stream.read(), Ok(None));
        let mut rest = stream.drop_object();
        stream.feed(&bytes[at..]);
        stream.feed(&[0x2a]);
        stream.pass_over(&mut rest);
        prop_assert_eq!(stream.read(), Ok(Some(Value::Integer(42))));
        prop_assert_eq!(stream.decoder.position(), bytes.len() as u64 + 1);
    }
}

/// A builder that has something to do with complete containers hears of each exactly once.
#[test]
fn the_last_batch_says_that_it_is() {
    for n in COUNTS {
        let mut tree = Tree::default();
        let mut decoder = msgpack_wire::Decoder::default();
        let bytes = Value::Array(vec![Value::Nil; n]).encode();
        assert_eq!(decoder.run(&bytes, &mut tree), (bytes.len(), Ok(Event::Done)));
        let batches = n.div_ceil(BATCH as usize);
        let wanted: Vec<bool> = (1..=batches).map(|batch| batch == batches).collect();
        assert_eq!(tree.last_batches, if batches == 1 { vec![] } else { wanted }, "{n}");
    }
}

/// Taking one extended type after the other is what running the decoder does, wherever the input ends.
#[test]
fn extended_types_ahead() {
    let mut values: Vec<Value> = (0..40).map(|i| Value::Ext(i, vec![7; i as usize % 20])).collect();
    values.insert(30, Value::Nil);
    let bytes = Value::Array(vec![Value::Array(values), Value::Ext(-1, vec![])]).encode();
    for end in 0..=bytes.len() {
        let (mut ahead, mut plain) = (msgpack_wire::Decoder::default(), msgpack_wire::Decoder::default());
        let mut trees = [Tree::default(), Tree::default()];
        let (mut at, mut taken) = (0, 0);
        loop {
            let before = (ahead.position(), ahead.offset(), ahead.depth());
            let looked = (-1..40).find_map(|kind| {
                let (header, len) = ahead.next_ext(&bytes[at..end], kind)?;
                Some((kind, len, header))
            });
            assert_eq!((ahead.position(), ahead.offset(), ahead.depth()), before);
            let found = ahead.ext_ahead(&bytes[at..end]);
            assert_eq!(looked, found);
            if found.is_none() {
                assert_eq!((ahead.position(), ahead.offset(), ahead.depth()), before);
            }
            let event = found.is_none().then(|| ahead.run(&bytes[at..end], &mut trees[0]));
            let (consumed, wanted) = plain.run(&bytes[at..end], &mut trees[1]);
            match (found, event) {
                (Some((kind, len, header)), _) => {
                    let offset = at as u64;
                    assert_eq!((consumed, wanted), (header, Ok(Event::Ext { kind, len, offset })));
                    taken += 1;
                }
                (None, event) => assert_eq!(event, Some((consumed, wanted))),
            }
            at += consumed;
            let Ok(Event::Ext { len, .. }) = wanted else { break };
            for tree in &mut trees {
                tree.push(Value::Ext(0, bytes[at..at + len].to_vec()));
            }
            ahead.take_payload();
            plain.take_payload();
            assert_eq!((ahead.position(), ahead.is_amid()), (plain.position(), plain.is_amid()));
            at += len;
        }
        assert_eq!(trees[0].peak, trees[1].peak);
        if end == bytes.len() {
            assert!(taken >= 38, "{taken}");
        }
    }
}

/// Extended types that are looked at and passed over leave the decoder where running it leaves it.
#[test]
fn extended_types_passed() {
    let mut values: Vec<Value> = (0..20).map(|i| Value::Ext(1, vec![7; i])).collect();
    values.extend([Value::Ext(2, vec![8]), Value::Nil]);
    let bytes = Value::Array(values).encode();
    let (mut passing, mut plain) = (msgpack_wire::Decoder::default(), msgpack_wire::Decoder::default());
    let mut trees = [Tree::default(), Tree::default()];
    let (mut at, mut passed) = (0, 0);
    loop {
        let (consumed, event) = plain.run(&bytes[at..], &mut trees[1]);
        let next = passing.next_ext(&bytes[at..], 1);
        let Ok(Event::Ext { kind, len, .. }) = event else {
            assert_eq!(next, None);
            assert_eq!(passing.run(&bytes[at..], &mut trees[0]), (consumed, event));
            break;
        };
        if let Some((header, length)) = next {
            assert_eq!((kind, header, length), (1, consumed, len));
            passing.pass_ext(header + len);
            passed += 1;
        } else {
            assert_eq!(passing.run(&bytes[at..], &mut trees[0]), (consumed, event));
            passing.take_payload();
        }
        plain.take_payload();
        at += consumed + len;
        assert_eq!((passing.position(), passing.is_amid()), (plain.position(), plain.is_amid()));
        for tree in &mut trees {
            tree.push(Value::Ext(kind, vec![]));
        }
    }
    assert_eq!((passed, passing.position()), (19, bytes.len() as u64));
    assert_eq!(trees[0].peak, trees[1].peak);
}
