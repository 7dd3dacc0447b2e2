//! A builder around the plain tree that holds the decoder to its limits, and one that keeps nothing.

use crate::tree::{Driven, Tree};
use msgpack_wire::decode::{Kind, BATCH, MAP_BATCH};
use msgpack_wire::{Builder, Limits, Role};

/// Panics when it is given what the limits forbid, before it builds anything of that.
#[derive(Debug)]
pub struct Guard {
    tree: Tree,
    limits: Limits,
    /// Values of the containers that are being filled, innermost last.
    open: Vec<usize>,
}

impl Guard {
    pub fn new(limits: Limits) -> Self {
        Self { tree: Tree::default(), limits, open: Vec::new() }
    }

    fn container(&self, kind: Kind, values: usize) {
        match kind {
            Kind::Array => {
                assert!(values <= self.limits.max_array_len as usize, "an array of {values} values");
            }
            Kind::Map => assert!(values / 2 <= self.limits.max_map_len as usize, "a map of {values} halves"),
        }
    }

    fn batch(kind: Kind, n: usize) {
        let most = if kind == Kind::Map { MAP_BATCH as usize } else { BATCH as usize };
        assert!(n <= most, "a batch of {n}");
    }

    /// A new object: what a refused one has opened is gone.
    pub fn restart(&mut self) {
        self.open.clear();
    }
}

impl Driven for Guard {
    fn tree(&mut self) -> &mut Tree {
        &mut self.tree
    }

    fn resume(&mut self, stop: Self::Stop) {
        match stop {}
    }
}

impl Builder for Guard {
    type Stop = std::convert::Infallible;

    scalars_of_its_tree!();

    fn str(&mut self, bytes: &[u8], role: Role) -> Result<(), Self::Stop> {
        assert!(bytes.len() <= self.limits.max_str_len as usize, "a string of {} bytes", bytes.len());
        assert!(!self.limits.validate_utf8 || std::str::from_utf8(bytes).is_ok(), "not UTF-8: {bytes:x?}");
        self.tree.str(bytes, role)
    }
    fn bin(&mut self, bytes: &[u8], role: Role) -> Result<(), Self::Stop> {
        assert!(bytes.len() <= self.limits.max_bin_len as usize, "a binary of {} bytes", bytes.len());
        self.tree.bin(bytes, role)
    }
    fn ext(&mut self, kind: i8, payload: &[u8]) -> bool {
        assert!(payload.len() <= self.limits.max_ext_len as usize, "a payload of {} bytes", payload.len());
        let is_made = kind % 2 == 0;
        if is_made {
            self.tree.push(crate::tree::Value::Ext(kind, payload.to_vec()));
        }
        is_made
    }
    fn open(&mut self, kind: Kind) {
        self.open.push(0);
        self.tree.open(kind);
    }
    fn append(&mut self, kind: Kind, n: usize, is_last: bool) -> Result<(), Self::Stop> {
        Self::batch(kind, n);
        let filled = self.open.last_mut().expect("a container that is open");
        *filled += n;
        let filled = *filled;
        self.container(kind, filled);
        if is_last {
            self.open.pop();
        }
        self.tree.append(kind, n, is_last)
    }
    fn build(&mut self, kind: Kind, n: usize) -> Result<(), Self::Stop> {
        Self::batch(kind, n);
        self.container(kind, n);
        self.tree.build(kind, n)
    }
}

/// Keeps nothing, and yet is read to: a [`NoValue`](msgpack_wire::NoValue) would make it a skip.
#[derive(Debug)]
pub struct Keepless;

impl Builder for Keepless {
    type Stop = std::convert::Infallible;

    fn nil(&mut self) {}
    fn boolean(&mut self, _: bool) {}
    fn unsigned(&mut self, _: u64) {}
    fn signed(&mut self, _: i64) {}
    fn float(&mut self, _: f64) {}
    fn str(&mut self, _: &[u8], _: Role) -> Result<(), Self::Stop> {
        Ok(())
    }
    fn bin(&mut self, _: &[u8], _: Role) -> Result<(), Self::Stop> {
        Ok(())
    }
    fn open(&mut self, _: Kind) {}
    fn append(&mut self, _: Kind, _: usize, _: bool) -> Result<(), Self::Stop> {
        Ok(())
    }
    fn build(&mut self, _: Kind, _: usize) -> Result<(), Self::Stop> {
        Ok(())
    }
}
