//! What the tests share: a plain tree of values, its encoder, and the builder that makes it.
//!
//! [`Tree`] checks what a decoder owes its builder: roles of strings, and containers made of whole pairs.
#![allow(dead_code, reason = "each test file uses a part of it")]

/// The methods for scalars of a builder that has a `tree`.
macro_rules! scalars_of_its_tree {
    () => {
        fn nil(&mut self) {
            self.tree.nil();
        }
        fn boolean(&mut self, value: bool) {
            self.tree.boolean(value);
        }
        fn unsigned(&mut self, value: u64) {
            self.tree.unsigned(value);
        }
        fn signed(&mut self, value: i64) {
            self.tree.signed(value);
        }
        fn float(&mut self, value: f64) {
            self.tree.float(value);
        }
    };
}

pub mod making;
pub mod stopping;
pub mod strategy;
pub mod stream;

use msgpack_wire::decode::Kind;
use msgpack_wire::{encode, Builder, Role};

/// A MessagePack value. Integers of both families are one kind; floats are compared bit by bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Nil,
    Boolean(bool),
    Integer(i128),
    Float(u64),
    Str(Vec<u8>),
    Bin(Vec<u8>),
    Ext(i8, Vec<u8>),
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

impl Value {
    pub fn str(text: &str) -> Self {
        Self::Str(text.as_bytes().to_vec())
    }

    pub fn float(value: f64) -> Self {
        Self::Float(value.to_bits())
    }

    /// The bytes of the smallest forms.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_marked().0
    }

    /// The bytes, and where each token starts.
    pub fn encode_marked(&self) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut starts) = (Vec::new(), Vec::new());
        self.append(&mut bytes, &mut starts);
        (bytes, starts)
    }

    fn append(&self, out: &mut Vec<u8>, starts: &mut Vec<usize>) {
        starts.push(out.len());
        match self {
            Self::Nil => encode::nil(out),
            Self::Boolean(value) => encode::boolean(out, *value),
            Self::Integer(value) => append_integer(out, *value),
            Self::Float(bits) => encode::float(out, f64::from_bits(*bits)),
            Self::Str(bytes) => encode::str(out, bytes).expect("short"),
            Self::Bin(bytes) => encode::bin(out, bytes).expect("short"),
            Self::Ext(kind, payload) => encode::ext(out, *kind, payload).expect("short"),
            Self::Array(values) => {
                encode::array_header(out, values.len() as u32);
                for value in values {
                    value.append(out, starts);
                }
            }
            Self::Map(pairs) => {
                encode::map_header(out, pairs.len() as u32);
                for (key, value) in pairs {
                    key.append(out, starts);
                    value.append(out, starts);
                }
            }
        }
    }
}

fn append_integer(out: &mut Vec<u8>, value: i128) {
    match i64::try_from(value) {
        Ok(value) => encode::signed(out, value),
        Err(_) => encode::unsigned(out, u64::try_from(value).expect("64 bits")),
    }
}

/// Builds a [`Value`] on a stack; a string keeps its role until its container takes it.
#[derive(Debug, Default)]
pub struct Tree {
    stack: Vec<(Value, Option<Role>)>,
    /// Of each batch appended, whether it was the last of its container.
    pub last_batches: Vec<bool>,
    /// The most values that were on the stack at once.
    pub peak: usize,
}

impl Tree {
    pub fn push(&mut self, value: Value) {
        self.stack.push((value, None));
        self.peak = self.peak.max(self.stack.len());
    }

    pub fn push_string(&mut self, value: Value, role: Role) {
        self.stack.push((value, Some(role)));
    }

    /// The one object that is on the stack when an event says that it is done.
    pub fn take(&mut self) -> Value {
        assert_eq!(self.stack.len(), 1, "one object, not {:?}", self.stack);
        let (value, role) = self.stack.pop().expect("counted");
        assert_ne!(role, Some(Role::Key), "the top level has no keys");
        value
    }

    /// Drops what a given up object left behind.
    pub fn clear(&mut self) {
        self.stack.clear();
    }

    fn values(&mut self, n: usize) -> Vec<Value> {
        let start = self.stack.len().checked_sub(n).expect("no more than were pushed");
        let take = |(value, role)| {
            assert_ne!(role, Some(Role::Key), "an array has no keys");
            value
        };
        self.stack.drain(start..).map(take).collect()
    }

    fn pairs(&mut self, n: usize) -> Vec<(Value, Value)> {
        assert_eq!(n % 2, 0, "whole pairs");
        let start = self.stack.len().checked_sub(n).expect("no more than were pushed");
        let mut flat = self.stack.drain(start..);
        let mut pairs = Vec::new();
        while let (Some((key, key_role)), Some((value, value_role))) = (flat.next(), flat.next()) {
            assert_ne!(key_role, Some(Role::Value), "a key");
            assert_ne!(value_role, Some(Role::Key), "a value");
            pairs.push((key, value));
        }
        pairs
    }

    pub fn build_now(&mut self, kind: Kind, n: usize) {
        let value = match kind {
            Kind::Array => Value::Array(self.values(n)),
            Kind::Map => Value::Map(self.pairs(n)),
        };
        self.push(value);
    }

    pub fn append_now(&mut self, kind: Kind, n: usize) {
        match kind {
            Kind::Array => {
                let more = self.values(n);
                let Some((Value::Array(values), _)) = self.stack.last_mut() else {
                    panic!("no array below");
                };
                values.extend(more);
            }
            Kind::Map => {
                let more = self.pairs(n);
                let Some((Value::Map(pairs), _)) = self.stack.last_mut() else {
                    panic!("no map below");
                };
                pairs.extend(more);
            }
        }
    }
}

/// What takes values that the driver makes itself: extended types, and whatever a stop left to it.
pub trait Driven: Builder {
    fn tree(&mut self) -> &mut Tree;
    fn resume(&mut self, stop: Self::Stop);
}

impl Driven for Tree {
    fn tree(&mut self) -> &mut Tree {
        self
    }

    fn resume(&mut self, stop: Self::Stop) {
        match stop {}
    }
}

impl Builder for Tree {
    type Stop = std::convert::Infallible;

    fn nil(&mut self) {
        self.push(Value::Nil);
    }
    fn boolean(&mut self, value: bool) {
        self.push(Value::Boolean(value));
    }
    fn unsigned(&mut self, value: u64) {
        self.push(Value::Integer(value.into()));
    }
    fn signed(&mut self, value: i64) {
        self.push(Value::Integer(value.into()));
    }
    fn float(&mut self, value: f64) {
        self.push(Value::float(value));
    }
    fn str(&mut self, bytes: &[u8], role: Role) -> Result<(), Self::Stop> {
        self.push_string(Value::Str(bytes.to_vec()), role);
        Ok(())
    }
    fn bin(&mut self, bytes: &[u8], role: Role) -> Result<(), Self::Stop> {
        self.push_string(Value::Bin(bytes.to_vec()), role);
        Ok(())
    }
    fn open(&mut self, kind: Kind) {
        self.push(match kind {
            Kind::Array => Value::Array(Vec::new()),
            Kind::Map => Value::Map(Vec::new()),
        });
    }
    fn append(&mut self, kind: Kind, n: usize, is_last: bool) -> Result<(), Self::Stop> {
        self.last_batches.push(is_last);
        self.append_now(kind, n);
        Ok(())
    }
    fn build(&mut self, kind: Kind, n: usize) -> Result<(), Self::Stop> {
        self.build_now(kind, n);
        Ok(())
    }
}
