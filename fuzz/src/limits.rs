//! The target `limits`: what is built, and the memory that it takes.

use crate::counting::memory;
use crate::guard::{Guard, Keepless};
use crate::journal::Journal;
use crate::plan::{split, Plan};
use crate::tree::Value;
use msgpack_wire::{Decoder, Event, Limits};

/// What the queue and a builder of plain values take for each byte of the input. The most take maps of one pair, two
/// bytes long, for which the builder makes room for four pairs of 64 bytes.
const BYTES_A_BYTE: isize = 192;
/// And whatever the input is: a new tail of the queue, and what a stack begins with.
const BYTES_AT_FIRST: isize = 16 * 1024;
/// What the decoder takes for each level that is open: a frame, and what a growing row of frames leaves behind.
const BYTES_A_LEVEL: isize = 96;

/// Under any limits nothing longer or deeper is built than they allow, and memory is in proportion to what came.
///
/// # Panics
/// Where it is otherwise.
pub fn limits(input: &[u8]) {
    let (mut plan, message) = split(input);
    let message = &*message;
    let limits = plan.limits();
    what_is_built(&plan, message, limits);
    the_decoder_alone(message, limits);
}

fn what_is_built(plan: &Plan<'_>, message: &[u8], limits: Limits) {
    // Each piece costs its own: a few long ones do not hide what the decoder takes.
    let pieces: Vec<&[u8]> = match plan.clone().byte() {
        0 => vec![message],
        size => message.chunks(usize::from(size) * 4).collect(),
    };
    let ((), peak, _) = memory(|| {
        let mut journal = Journal::new(Guard::new(limits), limits);
        for piece in pieces {
            journal.feed(piece, false);
            while journal.pass_over() {
                journal.steps.clear();
                match journal.stream.read() {
                    Ok(None) => break,
                    Ok(Some(value)) => check(&value, &limits, limits.max_depth),
                    Err(_) => {
                        journal.give_up();
                        journal.stream.builder.restart();
                    }
                }
            }
            assert!(journal.stream.decoder.depth() <= limits.max_depth);
        }
    });
    let most = BYTES_A_BYTE * message.len() as isize + BYTES_AT_FIRST;
    assert!(peak <= most, "{peak} bytes in use for {} bytes", message.len());
}

/// Holds a value to the limits, with so many levels left.
fn check(value: &Value, limits: &Limits, levels: usize) {
    let within = |len: usize, max: u32| assert!(len <= max as usize, "{len} where {max} is the most");
    let inside = || levels.checked_sub(1).expect("no deeper than max_depth");
    match value {
        Value::Str(bytes) => within(bytes.len(), limits.max_str_len),
        Value::Bin(bytes) => within(bytes.len(), limits.max_bin_len),
        Value::Ext(_, payload) => within(payload.len(), limits.max_ext_len),
        Value::Array(values) => {
            within(values.len(), limits.max_array_len);
            let levels = inside();
            for value in values {
                check(value, limits, levels);
            }
        }
        Value::Map(pairs) => {
            within(pairs.len(), limits.max_map_len);
            let levels = inside();
            for (key, value) in pairs {
                let is_string = matches!(key, Value::Str(_) | Value::Bin(_));
                assert!(is_string || !limits.strict_map_key, "a key that is no string");
                check(key, limits, levels);
                check(value, limits, levels);
            }
        }
        Value::Nil | Value::Boolean(_) | Value::Integer(_) | Value::Float(_) => {}
    }
}

/// With a builder that takes nothing, what is left is the decoder's own.
fn the_decoder_alone(message: &[u8], limits: Limits) {
    let ((), peak, _) = memory(|| {
        let mut decoder = Decoder::new(limits);
        let mut at = 0;
        loop {
            let (consumed, event) = decoder.run(&message[at..], &mut Keepless);
            at += consumed;
            match event {
                Ok(Event::Need(_)) => break,
                Ok(Event::Ext { len, .. }) => {
                    at += len;
                    decoder.take_payload();
                }
                Ok(Event::Done | Event::Breathe) => {}
                Ok(Event::Stop(stop)) => match stop {},
                Ok(Event::NoMemory(none)) => panic!("{none}"),
                Err(_) => {
                    let (consumed, _) = decoder.give_up().run(&message[at..]);
                    at += consumed;
                }
            }
        }
    });
    // The level that is refused has its frame until it is given up.
    let levels = message.len().min(limits.max_depth) as isize + 1;
    assert!(peak <= BYTES_A_LEVEL * (levels + 1), "{peak} bytes in use for {levels} levels");
}
