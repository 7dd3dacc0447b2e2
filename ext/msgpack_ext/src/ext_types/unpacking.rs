//! What an Unpacker makes of extended types: its own table, and the chain of four that a number is looked up in.

use super::unpacking_globally as global;
use crate::ffi::shared::Held;
use crate::ffi::value;
use magnus::gc::Marker;
use magnus::{Error, Value};

/// The table of an Unpacker: a target for each number from -128 to 127, and the default.
#[derive(Clone, Default)]
pub struct UnpackingTable {
    targets: Option<Box<[Option<Held>; 256]>>,
    default: Option<Held>,
}

fn held(target: Value) -> Option<Held> {
    (!value::is_nil(target)).then_some(Held(target))
}

fn index(kind: i8) -> usize {
    usize::from(kind as u8)
}

impl UnpackingTable {
    /// Sets the target of a number; nil falls through.
    pub fn set(&mut self, kind: i8, target: Value) {
        self.targets.get_or_insert_with(|| Box::new([None; 256]))[index(kind)] = held(target);
    }

    /// Sets the default; nil falls through.
    pub fn set_default(&mut self, target: Value) {
        self.default = held(target);
    }

    /// The first step of the chain.
    pub fn get(&self, kind: i8) -> Option<Value> {
        self.targets.as_ref()?[index(kind)].map(|target| target.0)
    }

    /// The second step.
    pub fn fallback(&self) -> Option<Value> {
        self.default.map(|target| target.0)
    }

    /// Walks the four steps: a target, false, or nil where all are nil.
    ///
    /// # Errors
    /// `Ractor::IsolationError` where a class-level target belongs to the main Ractor.
    pub fn resolve(&self, kind: i8) -> Result<Value, Error> {
        match self.get(kind).or(self.fallback()) {
            Some(target) => Ok(target),
            None => global::resolve(kind),
        }
    }

    pub fn heap_size(&self) -> usize {
        self.targets.as_ref().map_or(0, |targets| size_of_val(&**targets))
    }

    pub fn mark(&self, marker: &Marker) {
        let targets = self.targets.iter().flat_map(|targets| targets.iter().flatten());
        targets.chain(&self.default).for_each(|target| marker.mark(target.0));
    }
}
