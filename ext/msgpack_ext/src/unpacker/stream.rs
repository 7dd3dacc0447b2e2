//! An Unpacker as a source: its queue of fed bytes, and its io behind it.

use super::source::Source;
use super::Inner;
use crate::buffer::Queue;
use crate::ffi::shared::Span;
use magnus::{Error, Value};
use msgpack_wire::NoMemory;

impl Source for Inner {
    #[inline]
    fn front(&self) -> Span {
        Span::of(self.core.queue.borrow().front())
    }

    fn string(&self) -> Option<Value> {
        None
    }

    fn len(&self) -> usize {
        self.core.len()
    }

    #[inline]
    fn position(&self) -> u64 {
        self.core.taken()
    }

    #[inline]
    fn advance(&self, n: usize) {
        self.core.advance(n);
    }

    #[inline]
    fn linearize(&self, n: usize) -> Result<(), NoMemory> {
        self.core.queue.borrow_mut().linearize(n)
    }

    fn split(&self, skip: usize, n: usize) -> Queue {
        self.core.split_front(skip, n)
    }

    fn fill(&self) -> Result<bool, Error> {
        self.core.fill()
    }

    fn lacks(&self, n: usize) {
        self.lack.set((self.core.taken(), n));
    }

    #[inline]
    fn prepare(&self) -> Result<(), Error> {
        Ok(())
    }

    #[inline]
    fn is_cleared(&self) -> bool {
        self.epoch.get() != self.core.epoch()
    }

    fn lose(&self) {
        self.core.clear();
        self.forget();
    }

    fn turn(&self) -> u64 {
        self.turn.get()
    }
}
