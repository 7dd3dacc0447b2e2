//! Passing over: a skip consumes exactly what a read consumes, may take over what a read has begun, and what
//! is given up at any point ends exactly where the object ends.

mod tree;

use msgpack_wire::{Decoder, Event, Fault, Limits, NoValue, Rest};
use proptest::prelude::*;
use proptest::sample::Index;
use tree::strategy::{cases, value};
use tree::stream::Stream;
use tree::{Tree, Value};

/// Follows every object, to show that what passes over it stops in time.
const NEXT: u8 = 0x2a;

/// Skips over pieces of `size` bytes as far as one object goes: the bytes consumed.
fn skip(decoder: &mut Decoder, bytes: &[u8], size: usize) -> Option<usize> {
    let (mut at, mut end) = (0, size.min(bytes.len()));
    loop {
        let (consumed, event) = decoder.run(&bytes[at..end], &mut NoValue);
        at += consumed;
        match event.expect("well formed") {
            Event::Done => return Some(at),
            Event::Need(n) => {
                assert!(n > end - at, "asks for {n} and has them");
                if end == bytes.len() {
                    return None;
                }
                end = (end + size).min(bytes.len());
            }
            Event::Breathe => {}
            other => panic!("{other:?} while skipping"),
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_skip_consumes_what_a_read_consumes(value in value(), size in 1..40usize, more in any::<[u8; 3]>()) {
        let encoded = value.encode();
        let bytes = [&encoded[..], &more].concat();
        for size in [size, bytes.len()] {
            let mut decoder = Decoder::default();
            prop_assert_eq!(skip(&mut decoder, &bytes, size), Some(encoded.len()));
            prop_assert_eq!(decoder.position(), encoded.len() as u64);
            prop_assert!(!decoder.is_amid());
        }
    }

    /// The quick way over whole values included, which must not be a way around limits.
    #[test]
    fn a_skip_refuses_what_a_read_refuses(
        value in value(), max in 0..20u32, which in 0..7, broken in prop::option::of(any::<Index>()),
    ) {
        let mut limits = Limits::default();
        match which {
            0 => limits.max_depth = max as usize % 5,
            1 => limits.max_str_len = max,
            2 => limits.max_bin_len = max,
            3 => limits.max_ext_len = max,
            4 => limits.max_array_len = max,
            5 => limits.max_map_len = max,
            _ => limits.strict_map_key = true,
        }
        let (mut bytes, starts) = value.encode_marked();
        if let Some(broken) = broken {
            bytes[*broken.get(&starts)] = 0xc1;
        }
        let mut stream = Stream::new(Tree::default(), limits);
        stream.feed(&bytes);
        let read = stream.read().map(|_| stream.decoder.position());
        let mut decoder = Decoder::new(limits);
        let (consumed, skipped) = decoder.run(&bytes, &mut NoValue);
        prop_assert_eq!(skipped.map(|_| consumed as u64), read);
        prop_assert_eq!(consumed as u64, stream.decoder.position());
    }

    /// Bodies are passed over as they come: nothing is held but the start of a header.
    #[test]
    fn a_skip_waits_for_no_body(value in value(), size in 1..40usize) {
        let bytes = value.encode();
        let mut decoder = Decoder::default();
        let mut at = 0;
        for end in (1..bytes.len()).step_by(size) {
            let (consumed, event) = decoder.run(&bytes[at..end], &mut NoValue);
            at += consumed;
            prop_assert!(matches!(event, Ok(Event::Need(1..=9))), "{:?}", event);
            prop_assert!(end - at < 9, "{} bytes held", end - at);
        }
    }

    /// As a skip that finishes what a read has begun.
    #[test]
    fn a_skip_takes_over(value in value(), cut in 0..400usize) {
        let mut bytes = value.encode();
        let len = bytes.len();
        bytes.push(NEXT);
        let mut stream = Stream::<Tree>::default();
        stream.feed(&bytes[..cut.min(len - 1)]);
        prop_assert_eq!(stream.read(), Ok(None));
        let consumed = stream.decoder.position() as usize;
        prop_assert_eq!(skip(&mut stream.decoder, &bytes[consumed..], 1000), Some(len - consumed));
        prop_assert_eq!(stream.decoder.position(), len as u64);
    }

    #[test]
    fn what_is_given_up_ends_where_the_object_ends(
        value in value(), cut in 0..400usize, size in 1..40usize, apart in any::<bool>(),
    ) {
        let bytes = value.encode();
        let len = bytes.len();
        let cut = cut % len;
        let mut stream = Stream::<Tree>::default();
        stream.feed(&bytes[..cut]);
        prop_assert_eq!(stream.read(), Ok(None));
        let begun = stream.decoder.is_amid();
        let mut rest = stream.drop_object();
        prop_assert!(!stream.decoder.is_amid());
        if !begun {
            // Only a part of the first header has come, and none of it is gone.
            prop_assert!(rest.is_done());
            rest = Rest { values: 1, bytes: 0, ..Rest::default() };
        }
        for piece in bytes[cut..len].chunks(size) {
            prop_assert!(!rest.is_done());
            if apart { stream.feed_apart(piece) } else { stream.feed(piece) }
            stream.pass_over(&mut rest);
        }
        prop_assert!(rest.is_done());
        stream.feed(&[NEXT]);
        prop_assert_eq!(stream.read(), Ok(Some(Value::Integer(NEXT.into()))));
        prop_assert_eq!(stream.decoder.position(), len as u64 + 1);
    }

    /// Given up amid a skip, with a body half passed over.
    #[test]
    fn a_skip_may_be_given_up(value in value(), cut in 0..400usize) {
        let bytes = value.encode();
        let cut = cut % bytes.len();
        let mut decoder = Decoder::default();
        let (consumed, event) = decoder.run(&bytes[..cut], &mut NoValue);
        prop_assert!(matches!(event, Ok(Event::Need(_))));
        if decoder.is_amid() {
            let mut rest = decoder.give_up();
            prop_assert_eq!(rest.run(&bytes[consumed..]), (bytes.len() - consumed, Ok(0)));
        } else {
            prop_assert_eq!(consumed, 0);
        }
    }
}

/// Extended types are handed over one by one: each is a place where a driver may give up, before and
/// after it has taken the payload.
#[test]
fn given_up_at_every_extended_type() {
    let ext = |i: u8| Value::Ext(1, vec![i; i.into()]);
    let value = Value::Array(vec![
        ext(3),
        Value::Map(vec![
            (ext(0), ext(1)),
            (Value::str("k"), Value::Array((0..5000).map(|_| ext(2)).collect())),
        ]),
        ext(17),
    ]);
    let mut bytes = value.encode();
    bytes.push(NEXT);
    let mut seen = 0;
    for stop_at in [0, 1, 2, 3, 4, 1000, 4098, 4099, 5002, 5003] {
        for taken in [false, true] {
            let mut decoder = Decoder::default();
            let (mut tree, mut at, mut count) = (Tree::default(), 0, 0);
            loop {
                let (consumed, event) = decoder.run(&bytes[at..], &mut tree);
                at += consumed;
                match event.expect("well formed") {
                    Event::Ext { len, .. } if count < stop_at || taken => {
                        at += len;
                        decoder.take_payload();
                        tree.push(Value::Nil);
                        if count == stop_at {
                            break;
                        }
                        count += 1;
                    }
                    Event::Ext { .. } => break,
                    Event::Breathe => {}
                    other => panic!("{other:?}"),
                }
            }
            let mut rest = decoder.give_up();
            assert_eq!(rest.run(&bytes[at..]), (bytes.len() - 1 - at, Ok(0)), "{stop_at}, {taken}");
            seen += 1;
        }
    }
    assert_eq!(seen, 20);
}

#[test]
fn a_skip_counts_depth_and_what_is_given_up_does_not() {
    let deep = [vec![0x91; 10], vec![0xc0]].concat();
    let mut decoder = Decoder::new(Limits { max_depth: 9, ..Limits::default() });
    let (consumed, result) = decoder.run(&deep, &mut NoValue);
    assert_eq!((consumed, result.expect_err("too deep").offset), (10, 9));
    let mut rest = decoder.give_up();
    assert_eq!(rest, Rest { values: 1, bytes: 0, ..Rest::default() });
    assert_eq!(rest.run(&deep), (11, Ok(0)));
}

#[test]
fn nothing_begun_leaves_nothing() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.give_up(), Rest::default());
    assert_eq!(decoder.give_up().run(&[0xc0]), (0, Ok(0)));
    assert_eq!(decoder.run(&[0xc0], &mut Tree::default()), (1, Ok(Event::Done)));
    assert_eq!(decoder.give_up(), Rest::default());
}

#[test]
fn the_reserved_byte_ends_what_is_given_up() {
    let mut rest = Rest { values: 3, bytes: 2, ..Rest::default() };
    assert_eq!(rest.run(&[0xc1, 0xc1, 0xc0, 0xc1, 0xc0]), (4, Err(Fault::Reserved)));
    assert!(rest.is_done());
}

#[test]
fn counts_that_no_stream_can_hold_do_not_wrap() {
    let mut rest = Rest { values: u64::MAX - 3, bytes: 0, ..Rest::default() };
    let map = [0xdf, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(rest.run(&map.repeat(3)), (15, Ok(1)));
    assert!(rest.values > u64::MAX - 10);
}

#[test]
fn what_is_given_up_says_how_much_it_needs() {
    let mut rest = Rest { values: 2, bytes: 3, ..Rest::default() };
    assert_eq!(rest.run(&[]), (0, Ok(1)));
    assert_eq!(rest.run(&[0xc1; 3]), (3, Ok(1)));
    assert_eq!(rest.run(&[0xce, 0]), (0, Ok(5)));
    assert_eq!(rest.run(&[0xce, 0, 0, 0, 0, 0xa2, b'x']), (7, Ok(1)));
    assert_eq!(rest, Rest { values: 0, bytes: 1, begun: 2 });
    assert_eq!(rest.run(b"y"), (1, Ok(0)));
}
