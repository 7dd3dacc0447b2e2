//! What is refused, with its offset, and where the stream goes on: 0xc1, and nesting beyond the limit.

mod tree;

use msgpack_wire::limits::DEFAULT_MAX_DEPTH;
use msgpack_wire::{DecodeError, Decoder, Event, Fault, Limits, NoValue, Rest};
use tree::stream::Stream;
use tree::{Tree, Value};

/// So many containers in one another, of all forms in turn; a map's content is a key or a value.
fn nested(depth: usize) -> Vec<u8> {
    let headers: [&[u8]; 4] = [&[0x91], &[0xdc, 0, 1], &[0x81, 0xc0], &[0xdd, 0, 0, 0, 1]];
    let mut bytes: Vec<u8> = (0..depth).flat_map(|i| headers[i % 4].to_vec()).collect();
    bytes.push(0xc0);
    bytes
}

#[test]
fn five_hundred_levels_pass() {
    assert_eq!(DEFAULT_MAX_DEPTH, 500);
    let bytes = nested(500);
    for size in [1, 7, bytes.len()] {
        let mut stream = Stream::<Tree>::default();
        let mut deepest = 0;
        let mut found = None;
        for piece in bytes.chunks(size) {
            stream.feed_apart(piece);
            found = stream.read().expect("deep, not too deep");
            deepest = deepest.max(stream.decoder.depth());
        }
        assert!(matches!(found, Some(Value::Array(_))));
        assert_eq!(stream.decoder.depth(), 0);
        assert!(size > 1 || deepest == 500);
    }
}

#[test]
fn one_level_more_is_refused_at_its_header() {
    let mut bytes = nested(501);
    let offset = nested(500).len() as u64 - 1;
    bytes.push(0x07);
    for size in [1, 7, bytes.len()] {
        let mut stream = Stream::<Tree>::default();
        let mut pieces = bytes.chunks(size);
        let error = loop {
            stream.feed(pieces.next().expect("an error before the end"));
            match stream.read() {
                Ok(None) => {}
                Ok(found) => panic!("{found:?}"),
                Err(error) => break error,
            }
        };
        assert_eq!((error.fault, error.offset), (Fault::TooDeep(500), offset));
        assert_eq!(error.to_string(), format!("nesting deeper than 500 levels at byte {offset}"));
        // The refused container's content is all that is left.
        let mut rest = stream.drop_object();
        pieces.for_each(|piece| stream.feed(piece));
        stream.pass_over(&mut rest);
        assert_eq!(stream.read(), Ok(Some(Value::Integer(7))));
    }
}

#[test]
fn the_limit_is_where_it_is_set() {
    for max_depth in [0, 1, 2, 17, 1000] {
        let limits = Limits { max_depth, ..Limits::default() };
        for (depth, passes) in [(max_depth, true), (max_depth + 1, false)] {
            let bytes = nested(depth);
            let (_, read) = Decoder::new(limits).run(&bytes, &mut Tree::default());
            let (_, skipped) = Decoder::new(limits).run(&bytes, &mut NoValue);
            assert_eq!(read.is_ok(), passes, "{depth} of {max_depth}");
            assert_eq!(read.err(), skipped.err());
        }
    }
}

#[test]
fn siblings_do_not_add_up() {
    let value = Value::Array(vec![Value::Array(vec![]); 1000]);
    let mut decoder = Decoder::new(Limits { max_depth: 2, ..Limits::default() });
    assert_eq!(decoder.run(&value.encode(), &mut Tree::default()).1, Ok(Event::Done));
}

#[test]
fn two_million_levels_are_refused_and_passed_over() {
    let mut bytes = vec![0x91; 2_000_000];
    bytes.extend([0xc0, 0x07]);
    let mut stream = Stream::<Tree>::default();
    stream.feed(&bytes);
    assert_eq!(stream.read().expect_err("too deep").offset, 500);
    let rest = stream.drop_object();
    assert!(rest.is_done());
    assert_eq!(stream.read(), Ok(Some(Value::Integer(7))));
    assert_eq!(stream.decoder.position(), 2_000_002);
}

/// Depth costs heap, not native stack, where somebody lifts the limit.
#[test]
fn two_million_levels_fit_on_a_small_stack() {
    let work = || {
        let mut bytes = vec![0x91; 2_000_000];
        bytes.push(0xc0);
        let mut decoder = Decoder::new(Limits { max_depth: usize::MAX, ..Limits::default() });
        let (mut at, mut deepest) = (0, 0);
        loop {
            let (consumed, event) = decoder.run(&bytes[at..], &mut NoValue);
            at += consumed;
            deepest = deepest.max(decoder.depth());
            match event {
                Ok(Event::Done) => return (at, deepest),
                Ok(Event::Breathe) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(64 * 1024).spawn(work).expect("a thread");
    let (consumed, deepest) = thread.join().expect("no overflow");
    assert_eq!(consumed, 2_000_001);
    assert!(deepest > 1_800_000, "{deepest}");
}

#[test]
fn the_reserved_byte_is_refused_wherever_a_token_may_stand() {
    // Before it: nothing, open containers, a map's key, a map's value, after a body.
    let before: [&[u8]; 6] =
        [&[], &[0x92], &[0x92, 0x91], &[0x81], &[0x81, 0xa1, b'k'], &[0x93, 0xc4, 2, 0xc1, 0xc1]];
    for head in before {
        for first in [0, 1000] {
            let mut stream = Stream::<Tree>::default();
            stream.decoder.seek(first);
            stream.feed(head);
            assert_eq!(stream.read(), Ok(None));
            stream.feed(&[0xc1, 0x07]);
            let error = stream.read().expect_err("0xc1");
            let offset = first + head.len() as u64;
            assert_eq!((error.fault, error.offset), (Fault::Reserved, offset));
            assert_eq!(error.to_string(), format!("byte 0xc1 is never used in MessagePack at byte {offset}"));
            // The object is forgotten and the next begins behind that byte.
            assert!(!stream.decoder.is_amid());
            assert_eq!(stream.decoder.give_up(), Rest::default());
            stream.builder.clear();
            assert_eq!(stream.read(), Ok(Some(Value::Integer(7))));
            assert_eq!(stream.decoder.position(), offset + 2);
        }
    }
}

#[test]
fn the_reserved_byte_is_welcome_in_bodies() {
    let value = Value::Map(vec![(
        Value::Str(vec![0xc1]),
        Value::Array(vec![Value::Bin(vec![0xc1; 300]), Value::Ext(1, vec![0xc1; 3])]),
    )]);
    assert_eq!(tree::stream::decode(&value.encode()), value);
}

#[test]
fn a_skip_refuses_the_reserved_byte_too() {
    let mut decoder = Decoder::default();
    let (consumed, result) = decoder.run(&[0x92, 0xc0, 0xc1, 0x07], &mut NoValue);
    assert_eq!((consumed, result.expect_err("0xc1").offset), (3, 2));
    assert!(!decoder.is_amid());
}

/// A payload is as deep as what it lies in, and one level more.
#[test]
fn a_payload_counts_the_levels_around_it() {
    let limits = Limits { max_depth: 3, ..Limits::default() };
    let mut outer = Decoder::new(limits);
    let (_, event) = outer.run(&[0x91], &mut NoValue);
    assert_eq!(event, Ok(Event::Need(1)));
    let mut payload = Decoder::default();
    payload.run(&[0x91], &mut NoValue).1.expect("what it forgets");
    payload.restart_at(outer.limits(), 40, outer.depth_inside().expect("the second level"));
    assert_eq!((payload.depth(), payload.position(), payload.offset()), (2, 40, 40));
    assert_eq!(payload.run(&[0x91, 0xc0], &mut NoValue), (2, Ok(Event::Done)));
    let too_deep = DecodeError { fault: Fault::TooDeep(3), offset: 43 };
    assert_eq!(payload.run(&[0x91, 0x91, 0xc0], &mut NoValue), (2, Err(too_deep)));
    payload.forget();
    payload.run(&[0x91], &mut NoValue).1.expect("the third level");
    assert_eq!(payload.depth_inside(), Err(Fault::TooDeep(3)));
}
