//! Bytes that change their place: joined, split off, taken over from another queue, put back. Copied only where they are
//! few, or have to lie together.

use super::chunk::Chunk;
use super::{memory, ChunkQueue};
use crate::error::NoMemory;
use bytes::BytesMut;

/// From so many bytes on a part is split off without copying it.
const SPLIT_MIN: usize = 512;
/// Up to so many bytes of another queue are copied when it is absorbed.
const COPY_MAX: usize = 4096;

impl<O: AsRef<[u8]>> ChunkQueue<O> {
    /// Takes the first `n` bytes, or all that are there, as a queue of its own. Few are copied; many are not, unless
    /// they lie apart, so that what is taken of what is taken does not multiply.
    ///
    /// # Errors
    /// [`NoMemory`]; nothing is taken then.
    pub fn split_front(&mut self, n: usize) -> Result<Self, NoMemory>
    where
        O: Clone,
    {
        self.settle();
        let n = n.min(self.len);
        let mut taken = Self::default();
        self.linearize(n)?;
        if n < SPLIT_MIN {
            taken.chunks.push_back(Chunk::owned(BytesMut::from(&self.front()[..n])));
            self.advance(n);
        } else {
            let chunk = match self.chunks.front_mut() {
                Some(Chunk::Foreign { owner, start, .. }) => {
                    let chunk = Chunk::Foreign { owner: owner.clone(), start: *start, end: *start + n };
                    self.advance(n);
                    chunk
                }
                Some(Chunk::Owned { bytes, .. }) => {
                    let part = bytes.split_to(n);
                    let is_empty = bytes.is_empty();
                    self.len -= n;
                    if is_empty {
                        self.chunks.pop_front();
                    }
                    Chunk::Owned { bytes: part, memory: n }
                }
                None => {
                    self.len -= n;
                    Chunk::Owned { bytes: self.tail.split_to(n), memory: n }
                }
            };
            taken.chunks.push_back(chunk);
        }
        taken.len = n;
        if n == 0 {
            taken.chunks.clear();
        }
        Ok(taken)
    }

    /// Makes at least `n` bytes lie together at the front, by copying what lies apart. Where the queue is
    /// shorter, all of it.
    ///
    /// # Errors
    /// [`NoMemory`]; all stays where it is then.
    #[inline]
    pub fn linearize(&mut self, n: usize) -> Result<(), NoMemory> {
        let n = n.min(self.len);
        if self.front().len() >= n {
            return Ok(());
        }
        self.join(n)
    }

    fn join(&mut self, n: usize) -> Result<(), NoMemory> {
        let mut joined = memory(n)?;
        self.make_places(1)?;
        while joined.len() < n {
            let front = self.front();
            let part = front.len().min(n - joined.len());
            joined.extend_from_slice(&front[..part]);
            self.advance(part);
        }
        self.len += joined.len();
        self.chunks.push_front(Chunk::owned(joined));
        Ok(())
    }

    /// Appends all bytes of `other`, which is empty then: little is copied, much changes hands.
    ///
    /// # Errors
    /// [`NoMemory`]; both hold what they held then.
    pub fn absorb(&mut self, other: &mut Self) -> Result<(), NoMemory> {
        if other.chunks.is_empty() && other.len < COPY_MAX {
            self.push_slice(&other.tail[other.consumed..])?;
        } else {
            other.make_places(1)?;
            self.make_places(other.chunks.len() + 2)?;
            self.seal();
            other.seal();
            self.len += other.len;
            self.chunks.append(&mut other.chunks);
        }
        other.clear();
        Ok(())
    }

    /// Puts a copy of bytes before all others: what was taken from the front and could not be used.
    ///
    /// # Errors
    /// [`NoMemory`]; nothing is put there then.
    pub fn unread(&mut self, bytes: &[u8]) -> Result<(), NoMemory> {
        if !bytes.is_empty() {
            let mut copy = memory(bytes.len())?;
            self.make_places(1)?;
            copy.extend_from_slice(bytes);
            self.len += bytes.len();
            self.chunks.push_front(Chunk::owned(copy));
        }
        Ok(())
    }

    /// As [`ChunkQueue::unread`], of what `owner` has from `start` on, without copying it.
    pub fn unread_owner(&mut self, owner: O, start: usize) {
        let end = owner.as_ref().len();
        if start < end {
            self.len += end - start;
            self.chunks.push_front(Chunk::Foreign { owner, start, end });
        }
    }
}
