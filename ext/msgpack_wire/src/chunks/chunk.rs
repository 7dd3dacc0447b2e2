//! A chunk: bytes of the queue's own, or a part of somebody else's.

use bytes::{Buf, BytesMut};

#[derive(Debug)]
pub(super) enum Chunk<O> {
    /// `memory` is the chunk's heap bytes: the capacity leaves out what has been consumed.
    Owned {
        bytes: BytesMut,
        memory: usize,
    },
    Foreign {
        owner: O,
        start: usize,
        end: usize,
    },
}

impl<O: AsRef<[u8]>> Chunk<O> {
    pub fn owned(bytes: BytesMut) -> Self {
        let memory = bytes.capacity();
        Self::Owned { bytes, memory }
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Owned { bytes, .. } => bytes,
            Self::Foreign { owner, start, end } => owner.as_ref().get(*start..*end).unwrap_or_default(),
        }
    }

    /// Heap bytes, somebody else's too; however many have been consumed.
    pub fn memory(&self) -> usize {
        match self {
            Self::Owned { memory, .. } => *memory,
            Self::Foreign { owner, .. } => owner.as_ref().len(),
        }
    }

    #[inline]
    pub fn advance(&mut self, n: usize) {
        match self {
            Self::Owned { bytes, .. } => bytes.advance(n),
            Self::Foreign { start, .. } => *start += n,
        }
    }

    pub fn truncate(&mut self, len: usize) {
        match self {
            Self::Owned { bytes, .. } => bytes.truncate(len),
            Self::Foreign { start, end, .. } => *end = *start + len,
        }
    }
}
