//! The queues that wait for the end of a payload, outermost first.
//!
//! The place behind the last one that waits is kept, with an empty queue: the next payload is written there, and nothing
//! is made for it but an exchange of the two.

use super::core::Queue;
use msgpack_wire::NoMemory;
use std::mem;
use std::ops::{Deref, DerefMut};

/// A queue that waits for the end of a payload.
pub(super) struct Around {
    /// Of the payload that has begun.
    pub id: u64,
    /// The write that has begun it.
    pub writer: u64,
    pub queue: Queue,
}

/// Invariant: of `places` so many wait, and at most one more is there, whose queue is empty.
#[derive(Default)]
pub(super) struct Arounds {
    places: Vec<Around>,
    waiting: usize,
}

impl Arounds {
    /// Lets `queue` wait for the end of this payload, and puts an empty one in its place.
    ///
    /// # Errors
    /// [`NoMemory`]; nothing has changed then.
    #[inline]
    pub fn begin(&mut self, id: u64, writer: u64, queue: &mut Queue) -> Result<(), NoMemory> {
        if self.waiting == self.places.len() {
            self.make_place()?;
        }
        if let Some(place) = self.places.get_mut(self.waiting) {
            (place.id, place.writer) = (id, writer);
            mem::swap(&mut place.queue, queue);
            self.waiting += 1;
        }
        Ok(())
    }

    #[cold]
    fn make_place(&mut self) -> Result<(), NoMemory> {
        let bytes = (self.places.len() * 2).max(4) * size_of::<Around>();
        self.places.try_reserve(1).map_err(|_| NoMemory { bytes })?;
        self.places.push(Around { id: 0, writer: 0, queue: Queue::default() });
        Ok(())
    }

    /// Puts the queue that waits for the innermost payload back in the place of that, which is to be empty.
    #[inline]
    pub fn end(&mut self, payload: &mut Queue) {
        let Some(last) = self.waiting.checked_sub(1) else { return };
        if let Some(place) = self.places.get_mut(last) {
            mem::swap(&mut place.queue, payload);
        }
        self.waiting = last;
        self.places.truncate(last + 1);
    }

    /// Takes out one that waits.
    pub fn remove(&mut self, index: usize) -> Queue {
        self.waiting -= 1;
        self.places.remove(index).queue
    }
}

impl Deref for Arounds {
    type Target = [Around];

    #[inline]
    fn deref(&self) -> &[Around] {
        self.places.get(..self.waiting).unwrap_or_default()
    }
}

impl DerefMut for Arounds {
    #[inline]
    fn deref_mut(&mut self) -> &mut [Around] {
        self.places.get_mut(..self.waiting).unwrap_or_default()
    }
}
