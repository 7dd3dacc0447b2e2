//! Properties of every value: reading undoes writing, cutting anywhere changes nothing, and on the way the
//! decoder knows what it waits for and where.

mod tree;

use msgpack_wire::marker::{scan, Scan};
use msgpack_wire::{Event, Token};
use proptest::prelude::*;
use tree::strategy::{cases, value};
use tree::stream::{decode, decode_cut, Stream};
use tree::{Tree, Value};

/// Where the token starts that byte `at` is in, or that begins there.
fn token_start(starts: &[usize], at: usize) -> usize {
    *starts.iter().rfind(|&&start| start <= at).expect("the first is 0")
}

/// What is missing of the token that starts at `start`, when `at` bytes have come.
fn missing(bytes: &[u8], start: usize, at: usize) -> usize {
    let Scan::Token(token, header) = scan(&bytes[start..]) else {
        panic!("a token starts at {start}");
    };
    match token {
        _ if at == start => 1,
        _ if at < start + header => header,
        Token::Str(n) | Token::Bin(n) | Token::Ext(_, n) => n as usize,
        other => panic!("{other:?} has no body"),
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn reading_undoes_writing(value in value()) {
        prop_assert_eq!(decode(&value.encode()), value);
    }

    #[test]
    fn cutting_anywhere_changes_nothing(
        value in value(), cuts in prop::collection::vec(0..400usize, 0..12), apart in any::<bool>(),
    ) {
        prop_assert_eq!(decode_cut(&value.encode(), &cuts, apart), value);
    }

    #[test]
    fn byte_by_byte_changes_nothing(value in value(), apart in any::<bool>()) {
        let bytes = value.encode();
        let everywhere: Vec<usize> = (0..bytes.len()).collect();
        prop_assert_eq!(decode_cut(&bytes, &everywhere, apart), value);
    }

    #[test]
    fn objects_in_a_row_stay_apart(
        values in prop::collection::vec(value(), 0..6), size in 1..40usize, apart in any::<bool>(),
    ) {
        let bytes: Vec<u8> = values.iter().flat_map(Value::encode).collect();
        let (mut stream, mut found) = (Stream::<Tree>::default(), Vec::new());
        for piece in bytes.chunks(size) {
            if apart { stream.feed_apart(piece) } else { stream.feed(piece) }
            while let Some(value) = stream.read().expect("well formed") {
                prop_assert!(!stream.decoder.is_amid());
                found.push(value);
            }
        }
        prop_assert_eq!(found, values);
        prop_assert_eq!(stream.decoder.position(), bytes.len() as u64);
    }

    /// After every prefix: the offset is that of the token that is not complete, what is asked for is
    /// exactly what is missing of it, and less than that changes nothing.
    #[test]
    fn it_knows_what_it_waits_for_and_where(value in value(), before in 0..1000u64) {
        let (bytes, starts) = value.encode_marked();
        let mut stream = Stream::<Tree>::default();
        stream.decoder.seek(before);
        let mut wanted_to = 0;
        for at in 0..bytes.len() {
            prop_assert_eq!(stream.read(), Ok(None));
            let start = token_start(&starts, at);
            prop_assert_eq!(stream.decoder.offset(), before + start as u64);
            prop_assert_eq!(stream.wants, missing(&bytes, start, at), "after {} of {:x?}", at, bytes);
            prop_assert_eq!(stream.decoder.position(), before + (at - stream.queue.len()) as u64);
            prop_assert_eq!(stream.decoder.is_amid(), stream.decoder.position() > before);
            // Waiting for the same bytes as before, or for the next.
            let to = at - stream.queue.len() + stream.wants;
            prop_assert!(to >= wanted_to && to > at);
            wanted_to = to;
            stream.feed(&bytes[at..=at]);
        }
        prop_assert_eq!(stream.read(), Ok(Some(value)));
        prop_assert_eq!(stream.decoder.offset(), before + bytes.len() as u64);
    }

    /// Until the payload has been taken the same event comes again: a driver may look twice.
    #[test]
    fn a_payload_not_taken_is_announced_again(kind in any::<i8>(), payload in prop::collection::vec(any::<u8>(), 0..40)) {
        let bytes = Value::Ext(kind, payload.clone()).encode();
        let header = bytes.len() - payload.len();
        let mut stream = Stream::<Tree>::default();
        let expected = Ok(Event::Ext { kind, len: payload.len(), offset: 0 });
        prop_assert_eq!(stream.decoder.run(&bytes, &mut stream.builder), (header, expected));
        for _ in 0..2 {
            prop_assert_eq!(stream.decoder.run(&bytes[header..], &mut stream.builder), (0, expected));
        }
        stream.decoder.take_payload();
        stream.decoder.take_payload();
        stream.builder.push(Value::Nil);
        prop_assert_eq!(stream.decoder.run(&[], &mut stream.builder), (0, Ok(Event::Done)));
        prop_assert_eq!(stream.decoder.position(), bytes.len() as u64);
    }

    /// Any bytes at all: an object, an error or a wish for more, and never more consumed than given.
    #[test]
    fn any_bytes_end_somehow(bytes in prop::collection::vec(any::<u8>(), 1..200), size in 1..50usize) {
        let (mut whole, mut cut) = (Stream::<Tree>::default(), Stream::<Tree>::default());
        whole.feed(&bytes);
        let outcome = whole.read();
        let mut outcome_cut = Ok(None);
        for piece in bytes.chunks(size) {
            cut.feed_apart(piece);
            outcome_cut = cut.read();
            if outcome_cut != Ok(None) {
                break;
            }
        }
        prop_assert_eq!(&outcome, &outcome_cut);
        prop_assert_eq!(whole.decoder.position(), cut.decoder.position());
        prop_assert_eq!(whole.decoder.offset(), cut.decoder.offset());
        prop_assert_eq!(whole.wants, cut.wants);
    }
}

#[test]
fn a_reset_decoder_is_a_new_one() {
    let bytes = Value::Array(vec![Value::str("abc"), Value::Bin(vec![1, 2, 3])]).encode();
    for cut in 0..bytes.len() {
        let mut stream = Stream::<Tree>::default();
        stream.feed(&bytes[..cut]);
        assert_eq!(stream.read(), Ok(None));
        stream.queue.clear();
        stream.builder.clear();
        stream.decoder.reset();
        assert_eq!((stream.decoder.position(), stream.decoder.offset(), stream.decoder.depth()), (0, 0, 0));
        assert!(!stream.decoder.is_amid());
        stream.feed(&[0x07]);
        assert_eq!(stream.read(), Ok(Some(Value::Integer(7))));
        assert_eq!(stream.decoder.position(), 1);
    }
}
