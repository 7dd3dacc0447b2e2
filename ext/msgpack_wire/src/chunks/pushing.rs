//! What is appended to a queue: copies, and chunks of others.

use super::{memory, Appender, Chunk, ChunkQueue, LARGE, LEFT_MIN, PADDED, TAIL_MAX, TAIL_MIN};
use crate::encode::Padded;
use crate::error::NoMemory;
use bytes::BytesMut;

impl<O: AsRef<[u8]>> ChunkQueue<O> {
    /// Appends a copy of `bytes`.
    ///
    /// # Errors
    /// [`NoMemory`]; nothing is appended then.
    #[inline]
    pub fn push_slice(&mut self, bytes: &[u8]) -> Result<(), NoMemory> {
        if self.tail.capacity() - self.tail.len() < bytes.len() {
            return self.push_far(bytes);
        }
        self.len += bytes.len();
        match *bytes {
            // Many streams come byte by byte: a store instead of a call.
            [byte] => self.tail.extend_from_slice(&[byte]),
            _ => self.tail.extend_from_slice(bytes),
        }
        Ok(())
    }

    /// Appends a number that is encoded already.
    ///
    /// # Errors
    /// [`NoMemory`]; nothing is appended then.
    #[inline]
    pub fn push_padded(&mut self, (first, rest, len): Padded) -> Result<(), NoMemory> {
        // As one number, so that they go from registers to their place.
        let bytes = (u128::from(first) | u128::from(u64::from_le_bytes(rest)) << 8).to_le_bytes();
        let before = self.tail.len();
        if self.tail.capacity() - before < PADDED {
            return self.push_at_end(bytes.get(..len).unwrap_or(&bytes[..PADDED]));
        }
        // All of them, and then fewer: a copy of a length that is known is two stores.
        self.tail.extend_from_slice(&bytes[..PADDED]);
        self.tail.truncate(before + len);
        self.len += len;
        Ok(())
    }

    /// Appends what the tail may have room for, or not.
    #[cold]
    fn push_at_end(&mut self, bytes: &[u8]) -> Result<(), NoMemory> {
        self.push_slice(bytes)
    }

    /// Appends more than the tail has room for.
    #[cold]
    fn push_far(&mut self, bytes: &[u8]) -> Result<(), NoMemory> {
        self.settle();
        let len = self.len + bytes.len();
        if !self.tail.is_empty() && self.tail.len() + bytes.len() > TAIL_MAX {
            // What there is of the tail is used up, so that no chunk holds more memory than bytes.
            let (here, behind) = bytes.split_at(self.tail.capacity() - self.tail.len());
            let mut next = memory(behind.len().max(Self::next_capacity(len)))?;
            self.make_places(1)?;
            self.tail.extend_from_slice(here);
            self.seal();
            self.tail_memory = next.capacity();
            next.extend_from_slice(behind);
            self.tail = next;
        } else {
            self.make_room(bytes.len())?;
            self.tail.extend_from_slice(bytes);
        }
        self.len = len;
        Ok(())
    }

    /// Appends a header and what it announces.
    ///
    /// # Errors
    /// [`NoMemory`]; nothing is appended then.
    #[inline]
    pub fn push_with(&mut self, head: &[u8], body: &[u8]) -> Result<(), NoMemory> {
        let len = self.len;
        self.push_slice(head)?;
        self.push_slice(body).inspect_err(|_| self.truncate(len))
    }

    /// A sink that appends to this queue.
    pub fn appender(&mut self) -> Appender<'_, O> {
        Appender::new(self)
    }

    /// Appends all bytes of `owner` without copying them.
    ///
    /// # Errors
    /// [`NoMemory`]; nothing is appended then.
    pub fn push_owner(&mut self, owner: O) -> Result<(), NoMemory> {
        let end = owner.as_ref().len();
        self.push_owner_part(owner, 0..end)
    }

    /// Appends some bytes of `owner` without copying them.
    ///
    /// # Errors
    /// [`NoMemory`]; nothing is appended then.
    pub fn push_owner_part(&mut self, owner: O, part: std::ops::Range<usize>) -> Result<(), NoMemory> {
        let end = part.end.min(owner.as_ref().len());
        if part.start < end {
            self.make_places(2)?;
            self.seal();
            self.len += end - part.start;
            self.chunks.push_back(Chunk::Foreign { owner, start: part.start, end });
        }
        Ok(())
    }

    /// Makes room for `room` more bytes in the tail.
    ///
    /// # Errors
    /// [`NoMemory`]
    #[inline]
    pub fn reserve(&mut self, room: usize) -> Result<(), NoMemory> {
        if self.tail.capacity() - self.tail.len() < room {
            self.settle();
            self.make_room(room)?;
        }
        Ok(())
    }

    /// Lends the tail to be written to from outside: `write` may append to it, as far as there is room, and nothing
    /// else.
    pub fn with_tail<R>(&mut self, write: impl FnOnce(&mut BytesMut) -> R) -> R {
        self.settle();
        let before = self.tail.len();
        let result = write(&mut self.tail);
        self.len += self.tail.len() - before;
        self.tail_memory = self.tail_memory.max(self.tail.capacity());
        result
    }

    /// Chunks that lie before the tail.
    #[must_use]
    pub fn full_chunks(&self) -> usize {
        self.chunks.len()
    }

    /// As `reserve`, where nothing is consumed of the tail.
    pub(super) fn make_room(&mut self, room: usize) -> Result<(), NoMemory> {
        if self.tail.is_empty() || self.tail.len() + room <= TAIL_MAX {
            if (LEFT_MIN..TAIL_MAX).contains(&self.tail.len()) && self.take_left(room) {
                return Ok(());
            }
            let grown = (self.tail.len() + room).max(self.tail.capacity() * 2).clamp(TAIL_MIN, TAIL_MAX);
            let wanted = grown.max(self.tail.len() + room);
            if wanted < LARGE {
                self.tail.reserve(wanted - self.tail.len());
            } else if !self.tail.try_reclaim(room) {
                let mut grown = memory(wanted)?;
                grown.extend_from_slice(&self.tail);
                self.tail = grown;
            }
        } else {
            let next = memory(room.max(Self::next_capacity(self.len)))?;
            self.make_places(1)?;
            self.seal();
            self.tail = next;
        }
        self.tail_memory = self.tail_memory.max(self.tail.capacity());
        Ok(())
    }

    /// Makes sure of memory for so many more chunks in the row.
    #[inline]
    pub(super) fn make_places(&mut self, places: usize) -> Result<(), NoMemory> {
        let bytes = (self.chunks.len() * 2 + places) * size_of::<Chunk<O>>();
        self.chunks.try_reserve(places).map_err(|_| NoMemory { bytes })
    }

    /// The capacity of a new chunk behind `held` bytes: in proportion, so that few chunks make a long queue
    /// and little of it is unused.
    #[must_use]
    pub fn next_capacity(held: usize) -> usize {
        (held / 16).clamp(TAIL_MAX, 1024 * 1024)
    }

    /// Puts the tail behind the chunks, where there is a place for it, so that something else can follow it.
    pub(super) fn seal(&mut self) {
        self.settle();
        if !self.tail.is_empty() {
            let (bytes, memory) = (std::mem::take(&mut self.tail), std::mem::take(&mut self.tail_memory));
            self.chunks.push_back(Chunk::Owned { bytes, memory });
        }
    }
}
