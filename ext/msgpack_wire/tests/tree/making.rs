//! A tree's builder that makes some extended types itself. For the tests of that, and for the fuzzer.

use super::{Driven, Tree, Value};
use msgpack_wire::decode::Kind;
use msgpack_wire::{Builder, Role};

/// Makes those whose number has this bit, and leaves the others to the driver.
#[derive(Debug)]
pub struct Making {
    tree: Tree,
    bit: u8,
    /// Extended types that it has made.
    pub made: usize,
    /// The longest payload that it was offered.
    pub longest: usize,
}

impl Making {
    pub fn new(bit: u8) -> Self {
        Self { tree: Tree::default(), bit, made: 0, longest: 0 }
    }
}

impl Driven for Making {
    fn tree(&mut self) -> &mut Tree {
        &mut self.tree
    }

    fn resume(&mut self, stop: Self::Stop) {
        match stop {}
    }
}

impl Builder for Making {
    type Stop = std::convert::Infallible;

    scalars_of_its_tree!();

    fn str(&mut self, bytes: &[u8], role: Role) -> Result<(), Self::Stop> {
        self.tree.str(bytes, role)
    }
    fn bin(&mut self, bytes: &[u8], role: Role) -> Result<(), Self::Stop> {
        self.tree.bin(bytes, role)
    }
    fn ext(&mut self, kind: i8, payload: &[u8]) -> bool {
        self.longest = self.longest.max(payload.len());
        let is_made = kind as u8 & self.bit != 0;
        if is_made {
            self.made += 1;
            self.tree.push(Value::Ext(kind, payload.to_vec()));
        }
        is_made
    }
    fn open(&mut self, kind: Kind) {
        self.tree.open(kind);
    }
    fn append(&mut self, kind: Kind, n: usize, is_last: bool) -> Result<(), Self::Stop> {
        self.tree.append(kind, n, is_last)
    }
    fn build(&mut self, kind: Kind, n: usize) -> Result<(), Self::Stop> {
        self.tree.build(kind, n)
    }
}
