//! A builder that makes extended types itself: what comes out is what the driver would have made, and it is offered
//! nothing that is refused or not all there.

mod tree;

use msgpack_wire::{Decoder, Event, Fault, Limits};
use proptest::prelude::*;
use tree::making::Making;
use tree::strategy::{cases, value};
use tree::stream::Stream;
use tree::{Tree, Value};

/// Numbers that [`ODD`] makes, and that it does not.
const OWN: i8 = -3;
const OTHER: i8 = 4;
const ODD: u8 = 1;

/// Payloads at the ends of each form, alone and between other values, as keys and values.
fn of_all_forms() -> Value {
    let payloads = [0usize, 1, 2, 3, 4, 8, 15, 16, 17, 255, 256, 65_535, 65_536];
    let ext = |kind, len| Value::Ext(kind, vec![len as u8; len]);
    let values = payloads.iter().flat_map(|&len| [ext(OWN, len), Value::Nil, ext(OTHER, len), ext(OWN, len)]);
    let pairs = payloads.iter().map(|&len| (ext(OWN, len), ext(OTHER, len)));
    Value::Array(vec![Value::Array(values.collect()), Value::Map(pairs.collect()), ext(OWN, 1)])
}

fn read(stream: &mut Stream<Making>, bytes: &[u8], size: usize, apart: bool) -> Option<Value> {
    let mut found = None;
    for piece in bytes.chunks(size) {
        if apart {
            stream.feed_apart(piece);
        } else {
            stream.feed(piece);
        }
        assert_eq!(found, None, "an object before its last byte");
        found = stream.read().expect("well formed");
    }
    found
}

#[test]
fn all_that_it_makes_are_made_at_once() {
    let value = of_all_forms();
    let bytes = value.encode();
    let mut making = Making::new(ODD | OTHER as u8);
    let (consumed, event) = Decoder::default().run(&bytes, &mut making);
    assert_eq!((consumed, event), (bytes.len(), Ok(Event::Done)));
    assert_eq!(making.made, 13 * 5 + 1);
    let mut stream = Stream::new(making, Limits::default());
    assert!(tree::Driven::tree(&mut stream.builder).take() == value);
}

#[test]
fn wherever_a_message_is_cut_they_are_the_same() {
    let value = of_all_forms();
    let bytes = value.encode();
    for size in [1, 2, 3, 7, 300, 70_000, bytes.len()] {
        let mut stream = Stream::new(Making::new(ODD), Limits::default());
        assert!(read(&mut stream, &bytes, size, size > 100) == Some(value.clone()));
        assert_eq!(stream.builder.made, 13 * 3 + 1, "in pieces of {size}");
        assert_eq!(stream.decoder.position(), bytes.len() as u64);
    }
}

#[test]
fn it_is_not_offered_what_a_bound_refuses() {
    for len in [1usize, 2, 4, 8, 16, 17, 300] {
        let value = Value::Array(vec![Value::Ext(OWN, vec![7; len]), Value::Nil]);
        let limits = |max: usize| Limits { max_ext_len: max as u32, ..Limits::default() };
        let bytes = value.encode();
        for size in [bytes.len(), 1] {
            let mut stream = Stream::new(Making::new(ODD), limits(len));
            assert_eq!(read(&mut stream, &bytes, size, false), Some(value.clone()));
            let mut making = Making::new(ODD);
            let (_, event) = Decoder::new(limits(len - 1)).run(&bytes, &mut making);
            assert!(matches!(event.expect_err("too long").fault, Fault::TooLong { .. }));
            assert_eq!((making.made, making.longest), (0, 0));
        }
    }
}

#[test]
fn it_is_offered_no_key_where_keys_are_strings() {
    let strict = Limits { strict_map_key: true, ..Limits::default() };
    let own = || Value::Ext(OWN, vec![7]);
    let value = Value::Map(vec![(Value::str("key"), own())]);
    let mut stream = Stream::new(Making::new(ODD), strict);
    assert_eq!(read(&mut stream, &value.encode(), 100, false), Some(value));
    assert_eq!(stream.builder.made, 1);
    let mut making = Making::new(ODD);
    let (_, event) = Decoder::new(strict).run(&Value::Map(vec![(own(), Value::Nil)]).encode(), &mut making);
    assert!(matches!(event.expect_err("no string").fault, Fault::Key(_)));
    assert_eq!(making.longest, 0);
}

/// As long as the driver has not taken the payload.
#[test]
fn one_that_was_announced_may_be_made_after_all() {
    let bytes = Value::Array(vec![Value::Ext(OTHER, vec![7; 3]), Value::Nil]).encode();
    let mut decoder = Decoder::default();
    let mut tree = Tree::default();
    let (consumed, event) = decoder.run(&bytes, &mut tree);
    assert_eq!(event, Ok(Event::Ext { kind: OTHER, len: 3, offset: 1 }));
    let mut making = Making::new(OTHER as u8);
    assert_eq!(decoder.run(&bytes[consumed..], &mut making), (bytes.len() - consumed, Ok(Event::Done)));
    assert_eq!((making.made, decoder.position()), (1, bytes.len() as u64));
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn they_are_what_the_driver_makes(
        value in value(), bit in 0..8u8, size in 1..60usize, apart in any::<bool>(),
    ) {
        let bytes = value.encode();
        for size in [size, bytes.len()] {
            let mut stream = Stream::new(Making::new(1 << bit), Limits::default());
            prop_assert_eq!(read(&mut stream, &bytes, size, apart), Some(value.clone()));
            prop_assert_eq!(stream.decoder.position(), bytes.len() as u64);
        }
    }
}
