//! A queue of chunks: bytes appended at one end, consumed at the other, copied at most once in between.
//!
//! Owns where unread bytes lie. The newest bytes are in `tail`, which can be appended to; full ones wait in
//! `chunks`. A chunk may belong to somebody else (`O`: an owner whose bytes stay where they are as long as
//! it lives); only the owner is kept then, never a `Bytes` made of it, for clones of a `Bytes` outlive what
//! their maker knows of.
//!
//! What takes memory may find none, and says so ([`NoMemory`]) before anything has changed; only what is small is taken
//! for granted.
//!
//! Invariants: no chunk in `chunks` is empty; of the tail less is `consumed` than there is, or nothing; `len` is the sum
//! of all that is not.

mod appender;
mod chunk;
mod moving;
mod pushing;
mod row;

pub use appender::Appender;

use crate::error::NoMemory;
use bytes::{Buf, Bytes, BytesMut};
use chunk::Chunk;
use row::Row;
use std::sync::Mutex;

/// From this capacity on a tail is not grown but put behind the others, in bytes.
const TAIL_MAX: usize = 64 * 1024;
/// The first tail, in bytes. Doubled five times it is what a writer that hands its bytes over from 32 KiB on
/// needs, and still a spare one.
const TAIL_MIN: usize = 1100;
/// An empty tail of up to so many bytes is kept for the next ones.
const SPARE_MAX: usize = 36 * 1024;
/// Memory for fewer bytes is taken for granted: the process ends if there is none.
const LARGE: usize = 16 * 1024;
/// An empty row with room for up to so many chunks is kept for the next ones.
const SPARE_CHUNKS: usize = 8;

/// From so many bytes on a tail is grown into the one that another queue has left, if there is one.
const LEFT_MIN: usize = 4096;
/// The empty tail of a queue that has been handed over: who writes streams through short-lived queues would ask the
/// system for fresh memory each time, and wait for its pages.
static LEFT: Mutex<Option<BytesMut>> = Mutex::new(None);

/// The bytes of a number that is encoded with its padding.
const PADDED: usize = 9;

/// Memory for a chunk, of which nothing is used.
fn memory(capacity: usize) -> Result<BytesMut, NoMemory> {
    if capacity < LARGE {
        return Ok(BytesMut::with_capacity(capacity));
    }
    let (mut memory, mut spare) = (Vec::new(), Vec::<u8>::new());
    // What is large leaves something for what is small, which is not asked for.
    memory
        .try_reserve_exact(capacity)
        .and_then(|()| spare.try_reserve_exact(LARGE))
        .map_err(|_| NoMemory { bytes: capacity })?;
    // Otherwise the compiler leaves it out.
    std::hint::black_box(&spare);
    drop(spare);
    // Changes hands, and is not copied.
    Ok(BytesMut::from(Bytes::from(memory)))
}

/// Bytes in a row, in chunks.
#[derive(Debug)]
pub struct ChunkQueue<O> {
    chunks: Row<O>,
    tail: BytesMut,
    /// Bytes of the tail that have been consumed and are still in it: to cut them off at each token costs more than to
    /// read the token.
    consumed: usize,
    /// Heap bytes of the tail (also while it is taken out), as far as known: the most that its capacity was.
    tail_memory: usize,
    len: usize,
}

impl<O: AsRef<[u8]>> Default for ChunkQueue<O> {
    fn default() -> Self {
        Self { chunks: Row::default(), tail: BytesMut::new(), consumed: 0, tail_memory: 0, len: 0 }
    }
}

impl<O: AsRef<[u8]>> ChunkQueue<O> {
    /// Unread bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no byte is unread.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets all bytes, and gives their memory back but for a small tail; whether there was any to give back.
    #[inline]
    pub fn clear(&mut self) -> bool {
        self.clear_tail();
        self.len = 0;
        let has_more = self.chunks.capacity() > 0 || self.tail_memory > SPARE_MAX;
        if has_more {
            self.clear_far();
        }
        has_more
    }

    /// Forgets what is not in the tail.
    #[cold]
    fn clear_far(&mut self) {
        self.chunks.clear();
        self.trim();
    }

    #[inline]
    fn clear_tail(&mut self) {
        self.tail.clear();
        self.consumed = 0;
    }

    /// Cuts off what has been consumed of the tail.
    #[inline]
    fn settle(&mut self) {
        if self.consumed > 0 {
            self.tail.advance(self.consumed);
            self.consumed = 0;
        }
    }

    /// Leaves the memory of an empty queue to the next one that grows; for when nothing is expected to follow.
    pub fn leave(&mut self) {
        if self.is_empty() && self.tail_memory > LEFT_MIN {
            let (mut tail, memory) = (std::mem::take(&mut self.tail), std::mem::take(&mut self.tail_memory));
            tail.clear();
            // What has been consumed in front comes back.
            if tail.try_reclaim(memory) {
                if let Ok(mut left) = LEFT.try_lock() {
                    *left = Some(tail);
                }
            }
        }
    }

    /// The tail that was left, if this one, which is short, can go on there.
    #[cold]
    fn take_left(&mut self, room: usize) -> bool {
        let needed = (self.tail.len() + room).max(self.tail.capacity() + 1);
        let Ok(mut left) = LEFT.try_lock() else { return false };
        let Some(mut tail) = left.take_if(|left| left.capacity() >= needed) else { return false };
        tail.extend_from_slice(&self.tail);
        self.tail_memory = tail.capacity();
        self.tail = tail;
        true
    }

    /// Gives back what holds no byte, unless it is little and of use for the next bytes.
    fn trim(&mut self) {
        if self.tail.is_empty() && self.tail_memory > SPARE_MAX {
            self.tail = BytesMut::new();
            self.tail_memory = 0;
        }
        if self.chunks.is_empty() && self.chunks.capacity() > SPARE_CHUNKS {
            self.chunks = Row::default();
        }
    }

    /// The unread bytes that lie together at the front; empty only if the queue is.
    #[must_use]
    #[inline]
    pub fn front(&self) -> &[u8] {
        self.chunks.front().map_or_else(|| &self.tail[self.consumed..], Chunk::bytes)
    }

    /// Consumes `n` bytes, or all that are there; whether memory may have been given back.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: the call costs as much again
    pub fn advance(&mut self, n: usize) -> bool {
        let is_far = !self.advance_near(n);
        if is_far {
            self.advance_far(n);
        }
        is_far
    }

    /// Consumes `n` bytes where that takes next to nothing, in the common cases: all lies together, in the tail or in a
    /// chunk of which some stays. Otherwise does nothing; whether it has.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `advance`
    fn advance_near(&mut self, n: usize) -> bool {
        match self.chunks.front_mut() {
            None if n == self.len => {
                if self.tail_memory > SPARE_MAX || self.chunks.capacity() > SPARE_CHUNKS {
                    return false;
                }
                self.len = 0;
                // What comes next goes to the same place.
                self.clear_tail();
            }
            None if n < self.len => {
                self.len -= n;
                self.consumed += n;
            }
            Some(Chunk::Foreign { start, end, .. }) if n < *end - *start => {
                self.len -= n;
                *start += n;
            }
            _ => return false,
        }
        true
    }

    /// Lets `look` read what lies together at the front, and consumes as many bytes of it as that says. None, with nothing
    /// done, where it gives nothing, and where more is to be done to consume them ([`ChunkQueue::advance`]).
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `advance`
    pub fn take_near<R>(&mut self, look: impl FnOnce(&[u8]) -> Option<(R, usize)>) -> Option<(R, usize)> {
        let (taken, n) = look(self.front())?;
        self.advance_near(n).then_some((taken, n))
    }

    #[inline(never)]
    fn advance_far(&mut self, n: usize) {
        if n == self.len && self.chunks.is_empty() {
            self.len = 0;
            self.clear_tail();
            return self.trim();
        }
        self.settle();
        let mut n = n.min(self.len);
        self.len -= n;
        while n > 0 {
            let Some(chunk) = self.chunks.front_mut() else {
                self.tail.advance(n.min(self.tail.len()));
                break;
            };
            let here = chunk.bytes().len();
            if here > n {
                chunk.advance(n);
                break;
            }
            n -= here;
            self.chunks.pop_front();
        }
        self.trim();
    }

    /// Takes back bytes from the end, until `len` are left.
    pub fn truncate(&mut self, len: usize) {
        self.settle();
        while self.len > len {
            let surplus = self.len - len;
            if self.tail.is_empty() {
                let Some(mut chunk) = self.chunks.pop_back() else {
                    break;
                };
                let here = chunk.bytes().len();
                self.len -= here.min(surplus);
                if here > surplus {
                    chunk.truncate(here - surplus);
                    self.chunks.push_back(chunk);
                }
            } else {
                let cut = surplus.min(self.tail.len());
                self.tail.truncate(self.tail.len() - cut);
                self.len -= cut;
            }
        }
        self.trim();
    }

    /// The unread bytes, piece by piece.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks
            .iter()
            .map(Chunk::bytes)
            .chain(std::iter::once(&self.tail[self.consumed..]).filter(|tail| !tail.is_empty()))
    }

    /// The owners of foreign chunks.
    pub fn owners(&self) -> impl Iterator<Item = &O> {
        self.chunks.iter().filter_map(|chunk| match chunk {
            Chunk::Foreign { owner, .. } => Some(owner),
            Chunk::Owned { .. } => None,
        })
    }

    /// Heap bytes that hold unread bytes: whole chunks, foreign ones too.
    #[must_use]
    pub fn heap_size(&self) -> usize {
        if self.is_empty() {
            return 0;
        }
        let tail = if self.tail.is_empty() { 0 } else { self.tail_memory };
        self.chunks.heap_size() + tail
    }
}
