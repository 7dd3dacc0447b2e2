//! Bounds act on the header, before the body is there; what is left of the object can be passed over.

mod tree;

use msgpack_wire::{Bound, DecodeError, Decoder, Event, Fault, Limits, NoValue, Rest};
use tree::{Tree, Value};

/// A value of that length for each bound, and the limits that accept `max`.
fn bounded(len: usize, max: u32) -> Vec<(Value, Bound, Limits)> {
    let none = Limits::default();
    vec![
        (Value::str(&"s".repeat(len)), Bound::Str, Limits { max_str_len: max, ..none }),
        (Value::Bin(vec![7; len]), Bound::Bin, Limits { max_bin_len: max, ..none }),
        (Value::Ext(5, vec![7; len]), Bound::Ext, Limits { max_ext_len: max, ..none }),
        (Value::Array(vec![Value::Nil; len]), Bound::Array, Limits { max_array_len: max, ..none }),
        (
            Value::Map((0..len).map(|i| (Value::Integer(i as i128), Value::Nil)).collect()),
            Bound::Map,
            Limits { max_map_len: max, ..none },
        ),
    ]
}

/// Passes over what is left of a refused object; returns where it ends.
fn finish(mut rest: Rest, bytes: &[u8], mut at: usize) -> usize {
    while !rest.is_done() {
        let (consumed, need) = rest.run(&bytes[at..]);
        assert!(consumed > 0 || rest.is_done(), "{need:?}");
        at += consumed;
    }
    at
}

/// Decodes or skips one object; returns how far that went and how it ended.
fn run(decoder: &mut Decoder, bytes: &[u8], skips: bool) -> (usize, Result<&'static str, DecodeError>) {
    let mut tree = Tree::default();
    let mut at = 0;
    loop {
        let (consumed, event) = if skips {
            let (consumed, event) = decoder.run(&bytes[at..], &mut NoValue);
            (consumed, event.map(|event| (event == Event::Done, None)))
        } else {
            let (consumed, event) = decoder.run(&bytes[at..], &mut tree);
            let payload = if let Ok(Event::Ext { len, .. }) = event { Some(len) } else { None };
            (consumed, event.map(|event| (event == Event::Done, payload)))
        };
        at += consumed;
        match event {
            Ok((true, _)) => return (at, Ok("done")),
            Ok((false, Some(payload))) => {
                decoder.take_payload();
                tree.push(Value::Nil);
                at += payload;
            }
            Ok((false, None)) => {}
            Err(error) => return (at, Err(error)),
        }
    }
}

#[test]
fn what_a_header_announces_is_refused_before_it_is_there() {
    for len in [1, 5, 40, 300, 70_000] {
        for (value, bound, limits) in bounded(len, len as u32 - 1) {
            // In a container of another kind, whose length is not bounded.
            let whole = if bound == Bound::Array {
                let after = (Value::Boolean(true), Value::Boolean(true));
                Value::Map(vec![(Value::Nil, value), after]).encode()
            } else {
                Value::Array(vec![Value::Nil, value, Value::Boolean(true)]).encode()
            };
            let exact = bounded(len, len as u32).into_iter().find(|(_, known, _)| *known == bound);
            for skips in [false, true] {
                let mut decoder = Decoder::new(exact.as_ref().expect("one").2);
                assert_eq!(run(&mut decoder, &whole, skips), (whole.len(), Ok("done")), "{bound:?} {len}");

                let fault = Fault::TooLong { bound, len: len as u32, max: len as u32 - 1 };
                let error = DecodeError { fault, offset: 2 };
                let mut decoder = Decoder::new(limits);
                // The header alone: five bytes at most, and the type's number.
                let (at, result) = run(&mut decoder, &whole[..whole.len().min(8)], skips);
                assert_eq!(result, Err(error));
                assert_eq!(finish(decoder.give_up(), &whole, at), whole.len(), "{bound:?} {len}");
            }
        }
    }
}

#[test]
fn keys_have_the_same_bounds() {
    let limits = Limits { max_str_len: 2, ..Limits::default() };
    let bytes = Value::Map(vec![(Value::str("abc"), Value::Integer(1))]).encode();
    let mut decoder = Decoder::new(limits);
    let fault = Fault::TooLong { bound: Bound::Str, len: 3, max: 2 };
    let (at, result) = run(&mut decoder, &bytes, false);
    assert_eq!(result, Err(DecodeError { fault, offset: 1 }));
    assert_eq!(finish(decoder.give_up(), &bytes, at), bytes.len());
    assert_eq!(fault.to_string(), "a string of 3 bytes where max_str_len is 2");
}

#[test]
fn strict_keys_are_strings_or_binaries() {
    let limits = Limits { strict_map_key: true, ..Limits::default() };
    let keys = [
        Value::Nil,
        Value::Boolean(true),
        Value::Integer(5),
        Value::Float(0),
        Value::Array(vec![Value::str("a")]),
        Value::Map(vec![(Value::str("a"), Value::Nil)]),
        Value::Ext(1, vec![1, 2]),
    ];
    for key in keys {
        let map = Value::Map(vec![(Value::str("k"), Value::Nil), (key.clone(), Value::Integer(1))]);
        let bytes = Value::Array(vec![map, Value::str("after")]).encode();
        for skips in [false, true] {
            let mut decoder = Decoder::new(limits);
            let (at, result) = run(&mut decoder, &bytes, skips);
            assert_eq!(result, Err(DecodeError { fault: Fault::Key(bytes[5]), offset: 5 }), "{key:?}");
            assert_eq!(finish(decoder.give_up(), &bytes, at), bytes.len(), "{key:?}");
        }
    }
    let good = Value::Map(vec![
        (Value::str("k"), Value::Array(vec![Value::Ext(1, vec![2]), Value::Ext(1, vec![2])])),
        (Value::Bin(vec![1]), Value::Integer(1)),
    ]);
    let bytes = good.encode();
    assert_eq!(run(&mut Decoder::new(limits), &bytes, false), (bytes.len(), Ok("done")));
}

#[test]
fn strings_are_looked_at_wherever_they_end() {
    let limits = Limits { validate_utf8: true, ..Limits::default() };
    let bad: [&[u8]; 4] = [b"\xff", b"ab\xc3", b"\xed\xa0\x80", b"0123456789012345678901234567890123\xf5"];
    for text in bad {
        let bytes = Value::Array(vec![Value::Nil, Value::Str(text.to_vec()), Value::Nil]).encode();
        let error = DecodeError { fault: Fault::Utf8, offset: 2 };
        for cut in 0..bytes.len() {
            let mut decoder = Decoder::new(limits);
            let mut tree = Tree::default();
            let (mut at, mut event) = decoder.run(&bytes[..cut], &mut tree);
            if event.is_ok() {
                let (consumed, next) = decoder.run(&bytes[at..], &mut tree);
                (at, event) = (at + consumed, next);
            }
            assert_eq!(event, Err(error), "{text:?} {cut}");
            assert_eq!(finish(decoder.give_up(), &bytes, at), bytes.len());
        }
        // A skip does not look, and neither does a binary say what it is.
        assert_eq!(run(&mut Decoder::new(limits), &bytes, true), (bytes.len(), Ok("done")));
        let binary = Value::Bin(text.to_vec()).encode();
        assert_eq!(run(&mut Decoder::new(limits), &binary, false), (binary.len(), Ok("done")));
    }
    let good = Value::Map(vec![(Value::str("schlüssel"), Value::str("日本語"))]).encode();
    assert_eq!(run(&mut Decoder::new(limits), &good, false), (good.len(), Ok("done")));
}

#[test]
fn a_payload_has_the_bounds_of_what_it_lies_in() {
    let limits = Limits { max_str_len: 1, ..Limits::default() };
    let outer = Decoder::new(limits);
    let mut inner = Decoder::default();
    inner.restart_at(outer.limits(), 0, outer.depth_inside().expect("a level"));
    let (_, result) = run(&mut inner, &Value::str("ab").encode(), false);
    let fault = Fault::TooLong { bound: Bound::Str, len: 2, max: 1 };
    assert_eq!(result, Err(DecodeError { fault, offset: 0 }));
}
