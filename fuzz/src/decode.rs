//! The target `decode`: any bytes, beside the reference.

use crate::journal::{expected, Journal, Step};
use crate::plan::split;
use crate::tree::Tree;
use msgpack_wire::{Decoder, Event, Fault, Limits};

/// Any bytes, with any limits: the objects, errors and positions are those of the reference.
///
/// # Panics
/// Where one of them is another.
pub fn decode(input: &[u8]) {
    let (mut plan, message) = split(input);
    let message = &*message;
    let limits = plan.limits();
    let mut journal = Journal::new(Tree::default(), limits);
    journal.feed(message, plan.flag());
    journal.read_all();

    let (steps, token) = expected(message, limits);
    assert_eq!(journal.steps, steps);
    journal.check_held(message);
    for step in &steps {
        if let Step::Refused(error, at) = step {
            assert!(error.offset < *at && *at <= message.len() as u64, "{error} of {}", message.len());
            assert_ne!(error.to_string(), "");
        }
    }
    if let Some(token) = token {
        assert_eq!(journal.stream.decoder.offset(), token as u64, "the token that is not complete");
        assert!(journal.stream.wants > journal.stream.queue.len(), "incomplete, and has all it wants");
    }
    extended_types_ahead(message, limits, &steps);
}

/// [`Decoder::ext_ahead`] finds what [`Decoder::run`] would find.
fn extended_types_ahead(message: &[u8], limits: Limits, expected: &[Step]) {
    let mut decoder = Decoder::new(limits);
    let mut tree = Tree::default();
    let (mut at, mut found) = (0, Vec::new());
    loop {
        let (consumed, event) = decoder.run(&message[at..], &mut tree);
        at += consumed;
        match event {
            Ok(Event::Done) => found.push(Step::Value(tree.take(), at as u64)),
            Ok(Event::Need(_)) => break,
            Ok(Event::Breathe) => {}
            Ok(Event::Stop(stop)) => match stop {},
            Ok(Event::NoMemory(none)) => panic!("{none}"),
            Ok(Event::Ext { kind, len, .. }) => {
                let mut next = Some((kind, len, 0));
                while let Some((kind, len, header)) = next {
                    at += header + len;
                    tree.push(crate::tree::Value::Ext(kind, message[at - len..at].to_vec()));
                    decoder.take_payload();
                    assert_eq!(decoder.position(), at as u64);
                    next = decoder.ext_ahead(&message[at..]);
                }
            }
            Err(error) => {
                found.push(Step::Refused(error, at as u64));
                if error.fault != Fault::Reserved {
                    break;
                }
                tree.clear();
            }
        }
    }
    assert_eq!(found, expected[..found.len().min(expected.len())]);
    // It ends behind the first error that leaves something of an object, or with the message.
    let refused = matches!(found.last(), Some(Step::Refused(error, _)) if error.fault != Fault::Reserved);
    assert!(refused || found.len() == expected.len(), "{} of {} steps", found.len(), expected.len());
}
