//! The target `skip`: passing over, taking over, giving up.

use crate::dig::dig;
use crate::journal::{expected, Step};
use crate::plan::split;
use crate::reference::{end, End};
use crate::tree::stream::Stream;
use crate::tree::Tree;
use msgpack_wire::{DecodeError, Decoder, Event, Fault, Limits, NoValue, Rest};

/// A skip consumes what a read consumes and refuses what it refuses: whole, cut, and taking over what a read has
/// begun. What is given up at any point ends where the object ends. A search along a path finds what is there.
///
/// # Panics
/// Where it is otherwise.
pub fn skip(input: &[u8]) {
    let (mut plan, message) = split(input);
    let message = &*message;
    // A skip does not look into strings.
    let limits = Limits { validate_utf8: false, ..plan.limits() };
    let choices = plan.clone();
    let pieces = plan.pieces(message);
    let sizes: Vec<usize> = pieces.iter().map(|(piece, _)| piece.len()).collect();

    let first = expected(message, limits).0.into_iter().next();
    dig(message, limits, first.as_ref(), &mut choices.clone());
    let expected = match first {
        Some(Step::Value(_, at)) => Outcome::Done(at as usize),
        Some(Step::Refused(error, at)) => Outcome::Refused(error, at as usize),
        Some(Step::Passed(_) | Step::Reserved(_)) => panic!("nothing was refused before"),
        None => Outcome::Incomplete,
    };
    assert_eq!(run(&mut Decoder::new(limits), message, 0, &[message.len()]), expected, "whole");
    if expected != Outcome::Incomplete {
        // As long as inputs have to be for a skip that remembers what maps looked like.
        let long = [message, &[0; 1100]].concat();
        assert_eq!(run(&mut Decoder::new(limits), &long, 0, &[long.len()]), expected, "with more behind it");
    }
    assert_eq!(run(&mut Decoder::new(limits), message, 0, &sizes), expected, "in pieces");

    let cut = choices.clone().number(2) as usize % (message.len() + 1);
    takes_over(message, cut, limits, &sizes, &expected);
    is_given_up(message, cut, limits, choices.clone().flag(), &sizes);
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Done(usize),
    Refused(DecodeError, usize),
    Incomplete,
}

/// Skips what `decoder` is at, from `at` on, in pieces of these sizes: where that ends.
fn run(decoder: &mut Decoder, message: &[u8], mut at: usize, sizes: &[usize]) -> Outcome {
    let mut end = at;
    let mut sizes = sizes.iter();
    loop {
        let (consumed, event) = decoder.run(&message[at..end], &mut NoValue);
        at += consumed;
        assert_eq!(decoder.position(), at as u64);
        match event {
            Ok(Event::Done) => {
                assert!(!decoder.is_amid());
                return Outcome::Done(at);
            }
            Ok(Event::Need(needed)) => {
                assert!(needed > end - at, "needs {needed} and has them");
                assert!(end - at < 9, "{} bytes held", end - at);
                let Some(size) = sizes.next() else {
                    return Outcome::Incomplete;
                };
                end = (end + size).min(message.len());
            }
            Ok(Event::Breathe) => {}
            Ok(Event::Stop(stop)) => match stop {},
            Ok(Event::NoMemory(none)) => panic!("{none}"),
            Ok(Event::Ext { .. }) => panic!("an extended type while skipping"),
            Err(error) => return Outcome::Refused(error, at),
        }
    }
}

/// A read of the bytes up to `cut`, then a skip of the rest.
fn takes_over(message: &[u8], cut: usize, limits: Limits, sizes: &[usize], expected: &Outcome) {
    let mut stream = Stream::new(Tree::default(), limits);
    stream.feed(&message[..cut]);
    if stream.read() == Ok(None) {
        let at = stream.decoder.position() as usize;
        // What the read has looked at is there once more.
        let sizes: Vec<usize> = std::iter::once(cut - at).chain(sizes.iter().copied()).collect();
        assert_eq!(&run(&mut stream.decoder, message, at, &sizes), expected, "taken over at {cut}");
    }
}

/// A read or a skip of the bytes up to `cut`, which is given up there.
fn is_given_up(message: &[u8], cut: usize, limits: Limits, skips: bool, sizes: &[usize]) {
    let mut stream = Stream::new(Tree::default(), limits);
    let mut at = if skips {
        if run(&mut stream.decoder, &message[..cut], 0, &[cut]) == Outcome::Incomplete {
            stream.decoder.position() as usize
        } else {
            return;
        }
    } else {
        stream.feed(&message[..cut]);
        if stream.read() != Ok(None) {
            return;
        }
        stream.decoder.position() as usize
    };
    let is_amid = stream.decoder.is_amid();
    let mut rest = stream.decoder.give_up();
    assert!(!stream.decoder.is_amid());
    if !is_amid {
        assert_eq!((rest, at), (Rest::default(), 0), "nothing has begun");
        return;
    }
    let found = pass(&mut rest, message, &mut at, sizes);
    assert_eq!(found, end(message), "given up at {cut}");
}

/// Passes over `rest` in pieces of these sizes.
fn pass(rest: &mut Rest, message: &[u8], at: &mut usize, sizes: &[usize]) -> End {
    let mut end = *at;
    let mut sizes = std::iter::once(&0).chain(sizes);
    loop {
        let (consumed, needed) = rest.run(&message[*at..end]);
        *at += consumed;
        match needed {
            Err(fault) => {
                assert_eq!((fault, *rest), (Fault::Reserved, Rest::default()));
                return End::Reserved(*at);
            }
            Ok(0) => {
                assert!(rest.is_done());
                return End::At(*at);
            }
            Ok(needed) => {
                assert!(!rest.is_done() && needed > end - *at, "needs {needed} and has {}", end - *at);
                match sizes.next() {
                    Some(size) => end = (end + size).min(message.len()),
                    None if end < message.len() => end = message.len(),
                    None => return End::Missing,
                }
            }
        }
    }
}
