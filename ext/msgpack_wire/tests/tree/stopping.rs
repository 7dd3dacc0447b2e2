//! A tree's builder that stops at chosen calls. For the tests of stops, and for the fuzzer.

use super::{Driven, Tree, Value};
use msgpack_wire::decode::Kind;
use msgpack_wire::{Builder, Role};

/// What a stop leaves to the driver.
#[derive(Clone, Debug)]
pub enum Left {
    String(Value, Role),
    Append(Kind, usize),
    Build(Kind, usize),
}

/// Stops at its `first` call that may stop (counted from 0), and then at `every` so manieth.
#[derive(Debug)]
pub struct Stopping {
    tree: Tree,
    first: usize,
    every: usize,
    pub calls: usize,
    pub stops: usize,
}

impl Stopping {
    pub fn new(first: usize, every: usize) -> Self {
        Self { tree: Tree::default(), first, every, calls: 0, stops: 0 }
    }

    fn turn(&mut self, left: Left) -> Result<(), Left> {
        let since = self.calls.checked_sub(self.first);
        self.calls += 1;
        if since.is_some_and(|since| since % self.every == 0) {
            self.stops += 1;
            return Err(left);
        }
        self.resume(left);
        Ok(())
    }
}

impl Driven for Stopping {
    fn tree(&mut self) -> &mut Tree {
        &mut self.tree
    }

    fn resume(&mut self, left: Left) {
        match left {
            Left::String(value, role) => self.tree.push_string(value, role),
            Left::Append(kind, n) => self.tree.append_now(kind, n),
            Left::Build(kind, n) => self.tree.build_now(kind, n),
        }
    }
}

impl Builder for Stopping {
    type Stop = Left;

    scalars_of_its_tree!();

    fn str(&mut self, bytes: &[u8], role: Role) -> Result<(), Left> {
        self.turn(Left::String(Value::Str(bytes.to_vec()), role))
    }
    fn bin(&mut self, bytes: &[u8], role: Role) -> Result<(), Left> {
        self.turn(Left::String(Value::Bin(bytes.to_vec()), role))
    }
    fn open(&mut self, kind: Kind) {
        self.tree.open(kind);
    }
    fn append(&mut self, kind: Kind, n: usize, _: bool) -> Result<(), Left> {
        self.turn(Left::Append(kind, n))
    }
    fn build(&mut self, kind: Kind, n: usize) -> Result<(), Left> {
        self.turn(Left::Build(kind, n))
    }
}
