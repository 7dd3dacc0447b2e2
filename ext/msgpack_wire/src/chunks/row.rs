//! The chunks of a queue in a row, and their memory: summed up as they come and go, for a queue may have many.

use super::chunk::Chunk;
use std::collections::{TryReserveError, VecDeque};
use std::ops::Deref;

#[derive(Debug)]
pub(super) struct Row<O> {
    chunks: VecDeque<Chunk<O>>,
    /// Heap bytes of the chunks, foreign ones too.
    memory: usize,
}

impl<O> Default for Row<O> {
    fn default() -> Self {
        Self { chunks: VecDeque::new(), memory: 0 }
    }
}

/// To look at; what changes the row has to count.
impl<O> Deref for Row<O> {
    type Target = VecDeque<Chunk<O>>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.chunks
    }
}

impl<O: AsRef<[u8]>> Row<O> {
    /// Heap bytes of the chunks and of the row.
    pub fn heap_size(&self) -> usize {
        self.memory + self.chunks.capacity() * size_of::<Chunk<O>>()
    }

    pub fn try_reserve(&mut self, places: usize) -> Result<(), TryReserveError> {
        self.chunks.try_reserve(places)
    }

    pub fn push_back(&mut self, chunk: Chunk<O>) {
        self.memory += chunk.memory();
        self.chunks.push_back(chunk);
    }

    pub fn push_front(&mut self, chunk: Chunk<O>) {
        self.memory += chunk.memory();
        self.chunks.push_front(chunk);
    }

    pub fn pop_back(&mut self) -> Option<Chunk<O>> {
        let chunk = self.chunks.pop_back()?;
        self.memory -= chunk.memory();
        Some(chunk)
    }

    pub fn pop_front(&mut self) {
        if let Some(chunk) = self.chunks.pop_front() {
            self.memory -= chunk.memory();
        }
    }

    /// The first chunk, of which bytes may be taken: its memory stays what it was.
    #[inline]
    pub fn front_mut(&mut self) -> Option<&mut Chunk<O>> {
        self.chunks.front_mut()
    }

    pub fn append(&mut self, other: &mut Self) {
        self.memory += std::mem::take(&mut other.memory);
        self.chunks.append(&mut other.chunks);
    }

    pub fn clear(&mut self) {
        self.memory = 0;
        self.chunks.clear();
    }
}
