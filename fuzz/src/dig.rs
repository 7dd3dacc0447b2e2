//! Searches along a path: a part of the target `skip`.

use crate::journal::Step as Journaled;
use crate::plan::Plan;
use crate::tree::stream::Stream;
use crate::tree::{Tree, Value};
use msgpack_wire::dig::{Dug, Search, Step};
use msgpack_wire::{DecodeError, Limits};

/// A search along a path finds what following it in the value finds, and refuses what a read refuses, if it comes so
/// far. `first` is what a read of the message comes to.
///
/// # Panics
/// Where it is otherwise.
pub fn dig(message: &[u8], limits: Limits, first: Option<&Journaled>, plan: &mut Plan) {
    let value = match first {
        Some(Journaled::Value(value, _)) => Some(value),
        _ => None,
    };
    let path = path(value, plan);
    // Behind a value in arrays nothing is looked at; a map around it is read to its end.
    let may_stop_early = path.is_empty() || !matches!(message.first(), Some(0x80..=0x8f | 0xde | 0xdf));
    let whole = search(message, &path, limits);
    match (whole, first) {
        (Ok(Dug::Done(place)), Some(Journaled::Value(value, _))) => {
            assert!(place.is_none_or(|place| place.depth == path.len()));
            let found = place.map(|place| read(&message[place.at..]));
            assert_eq!(found.as_ref(), follow(value, &path), "{path:?}");
        }
        (Err(error), Some(Journaled::Refused(expected, _))) => assert_eq!(error, *expected),
        (Ok(Dug::Short(offset)), None) => assert!(offset <= message.len() as u64),
        (Ok(Dug::Done(_)), _) => assert!(may_stop_early, "{path:?}: what is behind was not looked at"),
        (found, _) => panic!("{path:?}: {found:?} where a read has {first:?}"),
    }
    let cut = plan.number(2) as usize % (message.len() + 1);
    match search(&message[..cut], &path, limits) {
        Ok(Dug::Short(offset)) => assert!(offset <= cut as u64),
        found => assert_eq!(found, whole, "cut at {cut}"),
    }
}

fn search(input: &[u8], path: &[Step], limits: Limits) -> Result<Dug, DecodeError> {
    let mut search = Search::new(path, limits);
    loop {
        match search.run(input)? {
            Dug::Breathe => {}
            dug => return Ok(dug),
        }
    }
}

/// A path that leads into the value, where there is one, as far as there are choices.
fn path(mut value: Option<&Value>, plan: &mut Plan) -> Vec<Step> {
    let mut path = Vec::new();
    loop {
        let choice = plan.byte();
        if choice == 0 || path.len() == 8 {
            return path;
        }
        let (step, inner) = match value {
            Some(Value::Array(values)) if !values.is_empty() => {
                let index = usize::from(choice) % values.len();
                (number(index as i128), values.get(index))
            }
            Some(Value::Map(pairs)) if !pairs.is_empty() => match &pairs[usize::from(choice) % pairs.len()] {
                (Value::Str(key) | Value::Bin(key), inner) => (Step::Key(key[..].into()), Some(inner)),
                (Value::Integer(key), inner) => (number(*key), Some(inner)),
                (_, inner) => (number(0), Some(inner)),
            },
            _ => (number(i128::from(choice as i8)), None),
        };
        path.push(step);
        value = inner;
    }
}

fn number(number: i128) -> Step {
    Step::Number(number)
}

/// By plain recursion.
fn follow<'a>(value: &'a Value, path: &[Step]) -> Option<&'a Value> {
    let Some((step, path)) = path.split_first() else { return Some(value) };
    match (value, step) {
        (Value::Array(values), Step::Number(number)) => {
            let index = if *number < 0 { number + values.len() as i128 } else { *number };
            follow(values.get(usize::try_from(index).ok()?)?, path)
        }
        (Value::Map(pairs), step) => {
            let is_match = |key: &Value| match (key, step) {
                (Value::Str(key) | Value::Bin(key), Step::Key(wanted)) => key[..] == wanted[..],
                (Value::Integer(key), Step::Number(wanted)) => key == wanted,
                _ => false,
            };
            follow(&pairs.iter().rev().find(|(key, _)| is_match(key))?.1, path)
        }
        _ => None,
    }
}

fn read(bytes: &[u8]) -> Value {
    let mut stream =
        Stream::<Tree>::new(Tree::default(), Limits { max_depth: usize::MAX, ..Limits::default() });
    stream.feed(bytes);
    stream.read().expect("well formed").expect("complete")
}
