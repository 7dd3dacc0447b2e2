//! Values for property tests: small trees with lengths around the places where headers change.

use super::Value;
use proptest::prelude::*;
use proptest::sample::select;

/// Runs so many cases and leaves no file behind: the failing value is in the message.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn integer() -> impl Strategy<Value = Value> {
    let edge = (0..=64u32, -2..=2i128, any::<bool>()).prop_map(|(bits, near, negative)| {
        let value = (1i128 << bits) + near;
        (if negative { -value } else { value }).clamp(i64::MIN.into(), u64::MAX.into())
    });
    prop_oneof![edge, any::<u64>().prop_map(i128::from), any::<i64>().prop_map(i128::from)]
        .prop_map(Value::Integer)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let near = select(vec![1usize, 2, 4, 8, 15, 16, 17, 31, 32, 33, 255, 256, 257, 700]);
    prop_oneof![
        6 => prop::collection::vec(any::<u8>(), 0..12),
        2 => (near, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Nil),
        1 => any::<bool>().prop_map(Value::Boolean),
        3 => integer(),
        1 => any::<u64>().prop_map(Value::Float),
        3 => bytes().prop_map(Value::Str),
        2 => bytes().prop_map(Value::Bin),
        2 => (any::<i8>(), bytes()).prop_map(|(kind, payload)| Value::Ext(kind, payload)),
    ]
}

/// Any value: up to 5 levels, any value as a key.
pub fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(5, 48, 18, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..18).prop_map(Value::Array),
            prop::collection::vec((inner.clone(), inner), 0..18).prop_map(Value::Map),
        ]
    })
}
