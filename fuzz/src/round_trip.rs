//! The target `round_trip`: trees, headers, integers and timestamps, written and read back.

use crate::plan::Plan;
use crate::reference::{size, Reader};
use crate::tree::stream::{decode, decode_cut};
use crate::tree::Value;
use msgpack_wire::timestamp::{Timestamp, NSEC_MAX};
use msgpack_wire::{encode, ChunkQueue, Limits};

/// Bodies and containers around the lengths at which another header is needed, or another batch begins.
const LENGTHS: [usize; 12] = [15, 16, 17, 31, 32, 33, 255, 256, 257, 4096, 4097, 8193];
/// The same, which take their time.
const LONG: [usize; 3] = [65_535, 65_536, 70_000];

/// Any tree is read back equal from its encoding, which is as short as the format allows, and any timestamp from
/// its payload.
///
/// # Panics
/// Where it is otherwise.
pub fn round_trip(input: &[u8]) {
    let mut plan = Plan::new(input);
    moments(&mut plan);
    headers(&mut plan);
    integers(&mut plan);
    let (cuts, apart) = ([0; 4].map(|_| plan.number(3) as usize), plan.flag());
    let mut budget = 100_000;
    let tree = value(&mut plan, 0, &mut budget);
    let bytes = tree.encode();
    assert_eq!(bytes.len(), size(&tree), "not the smallest form: {:x?}", &bytes[..bytes.len().min(20)]);
    let mut reader = Reader::new(&bytes, Limits::default());
    assert!(
        reader.object().as_ref() == Ok(&tree) && reader.at == bytes.len(),
        "the reference reads something else"
    );
    assert!(decode(&bytes) == tree, "another tree");
    let cuts = cuts.map(|cut| cut % bytes.len());
    assert!(decode_cut(&bytes, &cuts, apart) == tree, "another tree when cut at {cuts:?}");
}

/// A tree of what the plan says, with so many values and bytes left to make.
fn value(plan: &mut Plan<'_>, depth: usize, budget: &mut usize) -> Value {
    let choice = plan.byte();
    match choice % 11 {
        0 => Value::Nil,
        1 => Value::Boolean(plan.flag()),
        2 => Value::Integer(i128::from(plan.number(1) as i8)),
        3 => integer(plan),
        4 => Value::Float(plan.number(8)),
        5 => Value::Str(body(plan, budget)),
        6 => Value::Bin(body(plan, budget)),
        7 => Value::Ext(plan.byte() as i8, body(plan, budget)),
        // As many of the same: what few choices can't spell out.
        8 => {
            let len = length(plan, budget);
            let each = leaf(plan);
            if plan.flag() {
                Value::Array(vec![each; len])
            } else {
                Value::Map(vec![(each, Value::Nil); len])
            }
        }
        _ if depth > 60 || plan.is_used_up() => Value::Nil,
        9 => Value::Array((0..plan.byte() % 20).map(|_| value(plan, depth + 1, budget)).collect()),
        _ => {
            let pair = |_| (value(plan, depth + 1, budget), value(plan, depth + 1, budget));
            Value::Map((0..choice / 11).map(pair).collect())
        }
    }
}

fn leaf(plan: &mut Plan<'_>) -> Value {
    match plan.byte() % 4 {
        0 => Value::Integer(plan.byte().into()),
        1 => Value::Str(vec![plan.byte(); 2]),
        2 => Value::Array(vec![]),
        _ => Value::Ext(plan.byte() as i8, vec![0xc1]),
    }
}

/// Any integer of 64 bits, or one near a power of two.
fn integer(plan: &mut Plan<'_>) -> Value {
    let shape = plan.byte();
    let value = if shape & 0x80 == 0 {
        let near = i128::from(plan.byte() as i8 % 3);
        let value = (1i128 << (shape & 0x3f)) * if shape & 0x40 == 0 { 1 } else { 2 } + near;
        if plan.flag() {
            -value
        } else {
            value
        }
    } else if shape & 1 == 0 {
        plan.number(8).into()
    } else {
        (plan.number(8) as i64).into()
    };
    Value::Integer(value.clamp(i64::MIN.into(), u64::MAX.into()))
}

/// Some in a row: within a tree few inputs would have one at the edge of a form.
fn integers(plan: &mut Plan<'_>) {
    let values: Vec<Value> = (0..8).map(|_| integer(plan)).collect();
    for value in values {
        let bytes = value.encode();
        assert_eq!(bytes.len(), size(&value), "not the smallest form of {value:?}: {bytes:x?}");
        assert_eq!(decode(&bytes), value);
    }
}

fn length(plan: &mut Plan<'_>, budget: &mut usize) -> usize {
    let choice = usize::from(plan.byte());
    let len = match choice {
        0..=199 => choice % 40,
        200..=251 => LENGTHS[choice % LENGTHS.len()],
        _ => LONG[choice % LONG.len()],
    };
    let len = len.min(*budget);
    *budget -= len;
    len
}

fn body(plan: &mut Plan<'_>, budget: &mut usize) -> Vec<u8> {
    let len = length(plan, budget);
    if len < 40 {
        plan.take(len)
    } else {
        vec![plan.byte(); len]
    }
}

fn moments(plan: &mut Plan<'_>) {
    let seconds = match plan.byte() % 4 {
        0 => plan.number(8) as i64,
        1 => plan.number(4) as i64,
        2 => (1 << 32) - 128 + plan.number(1) as i64,
        _ => (1 << 34) - 128 + plan.number(1) as i64,
    };
    let nanoseconds = plan.number(4) as u32;
    if let Ok(moment) = Timestamp::new(seconds, nanoseconds) {
        let payload = moment.to_payload();
        let payload = payload.as_ref();
        assert_eq!(Timestamp::from_payload(payload), Ok(moment));
        assert_eq!(payload.len(), shortest(moment), "{moment:?}");
    } else {
        assert!(nanoseconds > NSEC_MAX, "{nanoseconds} refused");
    }
    // And the other way: what any bytes say.
    let len = usize::from(plan.byte() % 17);
    let payload = plan.take(len);
    let found = Timestamp::from_payload(&payload);
    if let Ok(moment) = found {
        assert!(matches!(len, 4 | 8 | 12) && moment.nanoseconds <= NSEC_MAX, "{moment:?} of {len} bytes");
        let again = moment.to_payload();
        assert_eq!(Timestamp::from_payload(again.as_ref()), Ok(moment));
        assert!(again.as_ref().len() <= len);
        assert!(
            again.as_ref().len() < len || again.as_ref() == payload,
            "{payload:x?} is {:x?}",
            again.as_ref()
        );
    } else {
        let number = |bytes: &[u8]| bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        let nanoseconds = match len {
            8 => number(&payload) >> 34,
            12 => number(&payload[..4]),
            4 => 0,
            _ => u64::MAX,
        };
        assert!(nanoseconds > NSEC_MAX.into(), "{payload:x?} refused: {found:?}");
    }
}

fn shortest(moment: Timestamp) -> usize {
    if moment.seconds < 0 || moment.seconds >> 34 != 0 {
        12
    } else if moment.nanoseconds > 0 || moment.seconds >> 32 != 0 {
        8
    } else {
        4
    }
}

/// Headers written apart from their bodies are those written with them, whatever the sink.
fn headers(plan: &mut Plan<'_>) {
    let len = length(plan, &mut 70_000);
    let body = vec![0xc1; len];
    let (mut apart, mut whole) = (Vec::new(), ChunkQueue::<Vec<u8>>::default());
    encode::bin(&mut whole.appender(), &body).expect("short");
    encode::bin_header(&mut apart, len as u32);
    apart.extend_from_slice(&body);
    encode::raw(&mut whole.appender(), &body).expect("short");
    encode::raw_header(&mut apart, len as u32);
    apart.extend_from_slice(&body);
    encode::ext(&mut whole.appender(), 5, &body).expect("short");
    encode::ext_header(&mut apart, 5, len as u32);
    apart.extend_from_slice(&body);
    if let Ok(short) = u8::try_from(len) {
        encode::str(&mut whole.appender(), &body).expect("short");
        let (header, header_len) = encode::short_str_header(short);
        apart.extend_from_slice(&header[..header_len]);
        apart.extend_from_slice(&body);
    }
    let single = f32::from_bits(plan.number(4) as u32);
    encode::float32(&mut whole.appender(), single);
    apart.push(0xca);
    apart.extend_from_slice(&single.to_be_bytes());
    let whole: Vec<u8> = whole.pieces().flatten().copied().collect();
    assert!(whole == apart, "headers of {len} bytes");
}
