//! The vectors of msgpack-test-suite: every form of every value, whole, and resumed after every prefix.

mod tree;

use msgpack_wire::timestamp::{self, Timestamp};
use msgpack_wire::{Event, NoValue};
use serde_json::Value as Json;
use tree::stream::{decode, decode_cut, Stream};
use tree::{Tree, Value};

/// A file of the repository; its licence lies beside it.
const SUITE: &str = include_str!("../../../spec/data/msgpack-test-suite.json");

struct Vector {
    group: String,
    /// The value in the forms that the suite allows: a number may be an integer or a float.
    values: Vec<Value>,
    forms: Vec<Vec<u8>>,
}

/// Bytes written as `01-ff`.
fn hex(text: &str) -> Vec<u8> {
    text.split('-')
        .filter(|byte| !byte.is_empty())
        .map(|byte| u8::from_str_radix(byte, 16).expect("two digits"))
        .collect()
}

/// The value of plain JSON.
fn plain(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => number
            .to_string()
            .parse()
            .map_or_else(|_| Value::float(number.as_f64().expect("finite")), Value::Integer),
        Json::String(text) => Value::str(text),
        Json::Array(values) => Value::Array(values.iter().map(plain).collect()),
        Json::Object(pairs) => {
            Value::Map(pairs.iter().map(|(key, value)| (Value::str(key), plain(value))).collect())
        }
    }
}

fn number(text: &str) -> Vec<Value> {
    let float = Value::float(text.parse().expect("a number"));
    match text.parse() {
        Ok(integer) => vec![Value::Integer(integer), float],
        Err(_) => vec![float],
    }
}

fn moment(json: &Json) -> Timestamp {
    let part = |at: usize| json[at].as_i64().expect("an integer");
    Timestamp::new(part(0), u32::try_from(part(1)).expect("nanoseconds")).expect("in range")
}

/// What the value of a vector's own key is in MessagePack.
fn values(vector: &serde_json::Map<String, Json>) -> Vec<Value> {
    if let Some(number_as_text) = vector.get("bignum") {
        return number(number_as_text.as_str().expect("text"));
    }
    let (kind, json) = vector.iter().find(|(key, _)| *key != "msgpack").expect("a value");
    match kind.as_str() {
        "nil" | "bool" | "string" | "array" | "map" => vec![plain(json)],
        "number" => number(&json.to_string()),
        "binary" => vec![Value::Bin(hex(json.as_str().expect("hex")))],
        "ext" => {
            let kind = json[0].as_i64().and_then(|kind| i8::try_from(kind).ok()).expect("a type");
            vec![Value::Ext(kind, hex(json[1].as_str().expect("hex")))]
        }
        "timestamp" => vec![Value::Ext(timestamp::TYPE, moment(json).to_payload().as_ref().to_vec())],
        other => panic!("what is {other}?"),
    }
}

fn vectors() -> Vec<Vector> {
    let suite: serde_json::Map<String, Json> = serde_json::from_str(SUITE).expect("JSON");
    let vectors: Vec<Vector> = suite
        .iter()
        .flat_map(|(group, list)| {
            list.as_array().expect("a list").iter().map(|vector| {
                let vector = vector.as_object().expect("an object");
                let forms = vector["msgpack"].as_array().expect("a list");
                Vector {
                    group: group.clone(),
                    values: values(vector),
                    forms: forms.iter().map(|form| hex(form.as_str().expect("hex"))).collect(),
                }
            })
        })
        .collect();
    assert!(suite.len() >= 15 && vectors.len() >= 80, "the suite is whole");
    vectors
}

/// Each form of each vector, with the value that it must give.
fn forms() -> Vec<(Vec<u8>, Value)> {
    let expected = |vector: &Vector, form: &[u8]| {
        let float = matches!(form[0], 0xca | 0xcb);
        let fits = |value: &&Value| matches!(value, Value::Float(_)) == float;
        let found = vector.values.iter().find(fits).unwrap_or_else(|| panic!("{}: {form:x?}", vector.group));
        found.clone()
    };
    let all = vectors();
    all.iter()
        .flat_map(|vector| vector.forms.iter().map(|form| (form.clone(), expected(vector, form))))
        .collect()
}

#[test]
fn every_form_is_read() {
    for (form, value) in forms() {
        assert_eq!(decode(&form), value, "{form:x?}");
    }
}

#[test]
fn every_value_is_written_in_its_shortest_form() {
    for vector in vectors() {
        for value in &vector.values {
            let float = matches!(value, Value::Float(_));
            let bytes = value.encode();
            let family = vector.forms.iter().filter(|form| matches!(form[0], 0xca | 0xcb) == float);
            let (lengths, listed): (Vec<_>, Vec<_>) = family.map(|form| (form.len(), *form == bytes)).unzip();
            // Some values are listed in one family only; floats are always written in 64 bits.
            let Some(shortest) = lengths.iter().copied().min() else {
                continue;
            };
            assert!(listed.contains(&true), "{}: {bytes:x?} is not a form of {value:?}", vector.group);
            assert!(float || bytes.len() == shortest, "{}: {bytes:x?}", vector.group);
        }
    }
}

#[test]
fn every_timestamp_is_read() {
    let suite: Json = serde_json::from_str(SUITE).expect("JSON");
    let list = suite["50.timestamp.yaml"].as_array().expect("a list");
    for vector in list {
        for form in vector["msgpack"].as_array().expect("a list") {
            let Value::Ext(-1, payload) = decode(&hex(form.as_str().expect("hex"))) else {
                panic!("{form} is an extended type -1");
            };
            assert_eq!(Timestamp::from_payload(&payload), Ok(moment(&vector["timestamp"])));
        }
    }
    assert_eq!(list.len(), 19);
}

#[test]
fn every_prefix_resumes_at_every_byte() {
    for (form, value) in forms() {
        for first in 0..=form.len() {
            let every_byte: Vec<usize> = (first..form.len()).collect();
            for apart in [false, true] {
                assert_eq!(decode_cut(&form, &every_byte, apart), value, "{form:x?} from {first}");
                for second in first..=form.len() {
                    let found = decode_cut(&form, &[first, second], apart);
                    assert_eq!(found, value, "{form:x?} at {first}, {second}");
                }
            }
        }
    }
}

#[test]
fn every_prefix_is_skipped_like_it_is_read() {
    for (form, _) in forms() {
        for cut in 0..form.len() {
            let mut stream = Stream::<Tree>::default();
            let (passed, event) = stream.decoder.run(&form[..cut], &mut NoValue);
            assert!(matches!(event, Ok(Event::Need(_))), "{form:x?} at {cut}: {event:?}");
            let (more, event) = stream.decoder.run(&form[passed..], &mut NoValue);
            assert_eq!((passed + more, event), (form.len(), Ok(Event::Done)));
        }
    }
}

#[test]
fn one_stream_of_all() {
    let (bytes, values): (Vec<_>, Vec<_>) = forms().into_iter().unzip();
    let mut stream = Stream::<Tree>::default();
    let mut found = Vec::new();
    for byte in bytes.concat() {
        stream.feed_apart(&[byte]);
        while let Some(value) = stream.read().expect("well formed") {
            found.push(value);
        }
    }
    assert_eq!(found, values);
}
