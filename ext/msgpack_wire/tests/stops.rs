//! A builder that stops: whatever it refuses its driver makes, and the decoder goes on as if nothing had been.

mod tree;

use msgpack_wire::{Decoder, Event, Limits};
use proptest::prelude::*;
use tree::stopping::Stopping;
use tree::strategy::{cases, value};
use tree::stream::Stream;
use tree::Value;

/// Calls that may stop while `bytes` are read.
fn fallible_calls(bytes: &[u8]) -> usize {
    let mut stream = Stream::new(Stopping::new(usize::MAX, 1), Limits::default());
    stream.feed(bytes);
    stream.read().expect("well formed").expect("complete");
    stream.builder.calls
}

#[test]
fn stopping_everywhere_changes_nothing() {
    let deep = Value::Map(vec![
        (Value::str("key"), Value::Array(vec![Value::Bin(vec![1, 2]), Value::Array(vec![])])),
        (Value::Bin(vec![3]), Value::Map(vec![])),
    ]);
    let long_array = Value::Array((0..10_000).map(|i| Value::Integer(i.into())).collect());
    let long_map = Value::Map((0..10_000).map(|i| (Value::Integer(i.into()), Value::Nil)).collect());
    for (value, calls) in [(Value::str("alone"), 1), (deep, 7), (long_array, 3), (long_map, 2)] {
        let bytes = value.encode();
        assert_eq!(fallible_calls(&bytes), calls);
        let mut stream = Stream::new(Stopping::new(0, 1), Limits::default());
        for byte in bytes.chunks(1) {
            assert_eq!(stream.read(), Ok(None));
            stream.feed_apart(byte);
        }
        assert!(stream.read() == Ok(Some(value)));
        assert_eq!(stream.builder.stops, calls);
    }
}

#[test]
fn a_stopped_object_may_be_given_up() {
    let value =
        Value::Array(vec![Value::str("a"), Value::Array(vec![Value::Bin(vec![0; 9])]), Value::str("b")]);
    let bytes = value.encode();
    for calls in 0..fallible_calls(&bytes) {
        let mut decoder = Decoder::default();
        let (consumed, event) = decoder.run(&bytes, &mut Stopping::new(calls, 1));
        assert!(matches!(event, Ok(Event::Stop(_))), "{event:?}");
        assert!(decoder.is_amid());
        assert_eq!(decoder.position(), consumed as u64);
        assert_eq!(
            decoder.give_up().run(&bytes[consumed..]),
            (bytes.len() - consumed, Ok(0)),
            "at stop {calls}"
        );
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn stopping_at_any_calls_changes_nothing(
        value in value(), every in 1..6usize, first in 0..6usize, size in 1..60usize, apart in any::<bool>(),
    ) {
        let bytes = value.encode();
        let mut stream = Stream::new(Stopping::new(first, every), Limits::default());
        let mut found = None;
        for piece in bytes.chunks(size) {
            prop_assert_eq!(&found, &None);
            if apart { stream.feed_apart(piece) } else { stream.feed(piece) }
            found = stream.read().expect("well formed");
        }
        prop_assert_eq!(found, Some(value));
        prop_assert_eq!(stream.decoder.position(), bytes.len() as u64);
    }
}
