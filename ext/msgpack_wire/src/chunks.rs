//! A queue of chunks: bytes appended at one end, consumed at the other, copied at most once in between.
//!
//! Owns where unread bytes lie. The newest bytes are in `tail`, which can be appended to; full ones wait in
//! `chunks`. A chunk may belong to somebody else (`O`: an owner whose bytes stay where they are as long as
//! it lives); only the owner is kept then, never a `Bytes` made of it, for clones of a `Bytes` outlive what
//! their maker knows of.
//!
//! Invariants: no chunk in `chunks` is empty; of the tail less is `consumed` than there is, or nothing; `len` is the sum
//! of all that is not.

mod chunk;

use crate::encode::Sink;
use bytes::{Buf, BytesMut};
use chunk::Chunk;
use std::collections::VecDeque;
use std::sync::Mutex;

/// From this capacity on a tail is not grown but put behind the others, in bytes.
const TAIL_MAX: usize = 64 * 1024;
/// The first tail, in bytes. Doubled five times it is what a writer that hands its bytes over from 32 KiB on
/// needs, and still a spare one.
const TAIL_MIN: usize = 1100;
/// An empty tail of up to so many bytes is kept for the next ones.
const SPARE_MAX: usize = 36 * 1024;
/// From so many bytes on a part is split off without copying it.
const SPLIT_MIN: usize = 512;
/// Up to so many bytes of another queue are copied when it is absorbed.
const COPY_MAX: usize = 4096;
/// An empty row with room for up to so many chunks is kept for the next ones.
const SPARE_CHUNKS: usize = 8;

/// From so many bytes on a tail is grown into the one that another queue has left, if there is one.
const LEFT_MIN: usize = 4096;
/// The empty tail of a queue that has been handed over: who writes streams through short-lived queues would ask the
/// system for fresh memory each time, and wait for its pages.
static LEFT: Mutex<Option<BytesMut>> = Mutex::new(None);

impl<O: AsRef<[u8]>> Sink for ChunkQueue<O> {
    fn put<const N: usize>(&mut self, head: [u8; N]) {
        self.push_slice(&head);
    }

    fn put_with<const N: usize>(&mut self, head: [u8; N], body: &[u8]) {
        self.push_slice(&head);
        self.push_slice(body);
    }
}

/// Bytes in a row, in chunks.
#[derive(Debug)]
pub struct ChunkQueue<O> {
    chunks: VecDeque<Chunk<O>>,
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
        Self { chunks: VecDeque::new(), tail: BytesMut::new(), consumed: 0, tail_memory: 0, len: 0 }
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

    /// Forgets all bytes, and gives their memory back but for a small tail.
    #[inline]
    pub fn clear(&mut self) {
        self.clear_tail();
        self.len = 0;
        if self.chunks.capacity() > 0 || self.tail_memory > SPARE_MAX {
            self.clear_far();
        }
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
            tail.reserve(memory);
            if let Ok(mut left) = LEFT.try_lock() {
                *left = Some(tail);
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

    /// Appends a copy of `bytes`.
    #[inline]
    pub fn push_slice(&mut self, bytes: &[u8]) {
        if self.tail.capacity() - self.tail.len() < bytes.len() {
            return self.push_far(bytes);
        }
        self.len += bytes.len();
        self.tail.extend_from_slice(bytes);
    }

    /// Appends more than the tail has room for.
    #[cold]
    fn push_far(&mut self, bytes: &[u8]) {
        self.settle();
        self.len += bytes.len();
        if !self.tail.is_empty() && self.tail.len() + bytes.len() > TAIL_MAX {
            // What there is of the tail is used up, so that no chunk holds more memory than bytes.
            let (here, behind) = bytes.split_at(self.tail.capacity() - self.tail.len());
            self.tail.extend_from_slice(here);
            self.make_room(behind.len());
            self.tail.extend_from_slice(behind);
        } else {
            self.make_room(bytes.len());
            self.tail.extend_from_slice(bytes);
        }
    }

    /// Appends all bytes of `owner` without copying them.
    pub fn push_owner(&mut self, owner: O) {
        let end = owner.as_ref().len();
        if end == 0 {
            return;
        }
        self.seal();
        self.len += end;
        self.chunks.push_back(Chunk::Foreign { owner, start: 0, end });
    }

    /// Appends some bytes of `owner` without copying them.
    pub fn push_owner_part(&mut self, owner: O, part: std::ops::Range<usize>) {
        let end = part.end.min(owner.as_ref().len());
        if part.start < end {
            self.seal();
            self.len += end - part.start;
            self.chunks.push_back(Chunk::Foreign { owner, start: part.start, end });
        }
    }

    /// Takes the first `n` bytes, or all that are there, as a queue of its own. Few are copied; many that lie
    /// together are not, so that what is taken of what is taken does not multiply.
    #[must_use]
    pub fn split_front(&mut self, n: usize) -> Self
    where
        O: Clone,
    {
        self.settle();
        let n = n.min(self.len);
        let mut taken = Self::default();
        if n < SPLIT_MIN || n > self.front().len() {
            self.linearize(n);
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
        taken
    }

    /// Lends the tail, with room for `room` more bytes, to be written to from outside: `write` may append to
    /// it, and nothing else.
    pub fn with_tail<R>(&mut self, room: usize, write: impl FnOnce(&mut BytesMut) -> R) -> R {
        self.settle();
        if self.tail.capacity() - self.tail.len() < room {
            self.make_room(room);
        }
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

    fn make_room(&mut self, room: usize) {
        if self.tail.is_empty() || self.tail.len() + room <= TAIL_MAX {
            if (LEFT_MIN..TAIL_MAX).contains(&self.tail.len()) && self.take_left(room) {
                return;
            }
            let grown = (self.tail.len() + room).max(self.tail.capacity() * 2).clamp(TAIL_MIN, TAIL_MAX);
            let wanted = grown.max(self.tail.len() + room);
            self.tail.reserve(wanted - self.tail.len());
        } else {
            let capacity = room.max(Self::next_capacity(self.len));
            self.seal();
            self.tail = BytesMut::with_capacity(capacity);
        }
        self.tail_memory = self.tail_memory.max(self.tail.capacity());
    }

    /// The capacity of a new chunk behind `held` bytes: in proportion, so that few chunks make a long queue
    /// and little of it is unused.
    #[must_use]
    pub fn next_capacity(held: usize) -> usize {
        (held / 16).clamp(TAIL_MAX, 1024 * 1024)
    }

    /// Puts the tail behind the chunks, so that something else can follow it.
    fn seal(&mut self) {
        self.settle();
        if !self.tail.is_empty() {
            let (bytes, memory) = (std::mem::take(&mut self.tail), std::mem::take(&mut self.tail_memory));
            self.chunks.push_back(Chunk::Owned { bytes, memory });
        }
    }

    /// Gives back what holds no byte, unless it is little and of use for the next bytes.
    fn trim(&mut self) {
        if self.tail.is_empty() && self.tail_memory > SPARE_MAX {
            self.tail = BytesMut::new();
            self.tail_memory = 0;
        }
        if self.chunks.is_empty() && self.chunks.capacity() > SPARE_CHUNKS {
            self.chunks = VecDeque::new();
        }
    }

    /// The unread bytes that lie together at the front; empty only if the queue is.
    #[must_use]
    #[inline]
    pub fn front(&self) -> &[u8] {
        self.chunks.front().map_or_else(|| &self.tail[self.consumed..], Chunk::bytes)
    }

    /// Consumes `n` bytes, or all that are there.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: the call costs as much again
    pub fn advance(&mut self, n: usize) {
        // The common cases: all lies together, in the tail or in a chunk of which some stays.
        match self.chunks.front_mut() {
            None if n == self.len => {
                self.len = 0;
                // What comes next goes to the same place.
                self.clear_tail();
                if self.tail_memory > SPARE_MAX || self.chunks.capacity() > SPARE_CHUNKS {
                    self.trim();
                }
            }
            None if n < self.len => {
                self.len -= n;
                self.consumed += n;
            }
            Some(Chunk::Foreign { start, end, .. }) if n < *end - *start => {
                self.len -= n;
                *start += n;
            }
            _ => self.advance_far(n),
        }
    }

    #[inline(never)]
    fn advance_far(&mut self, n: usize) {
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

    /// Makes at least `n` bytes lie together at the front, by copying what lies apart. Where the queue is
    /// shorter, all of it.
    pub fn linearize(&mut self, n: usize) {
        let n = n.min(self.len);
        if self.front().len() >= n {
            return;
        }
        let mut joined = BytesMut::with_capacity(n);
        while joined.len() < n {
            let front = self.front();
            let part = front.len().min(n - joined.len());
            joined.extend_from_slice(&front[..part]);
            self.advance(part);
        }
        self.len += joined.len();
        self.chunks.push_front(Chunk::owned(joined));
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

    /// Appends all bytes of `other`, which is empty then: little is copied, much changes hands.
    pub fn absorb(&mut self, other: &mut Self) {
        if other.chunks.is_empty() && other.len < COPY_MAX {
            self.push_slice(&other.tail[other.consumed..]);
        } else {
            self.seal();
            other.seal();
            self.len += other.len;
            self.chunks.append(&mut other.chunks);
        }
        other.clear();
    }

    /// Puts bytes before all others: what was taken from the front and could not be used.
    pub fn unread(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.len += bytes.len();
            self.chunks.push_front(Chunk::owned(BytesMut::from(bytes)));
        }
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
        let chunks = self.chunks.iter().map(|chunk| match chunk {
            Chunk::Owned { memory, .. } => *memory,
            Chunk::Foreign { owner, .. } => owner.as_ref().len(),
        });
        let tail = if self.tail.is_empty() { 0 } else { self.tail_memory };
        chunks.sum::<usize>() + tail + self.chunks.capacity() * size_of::<Chunk<O>>()
    }
}
