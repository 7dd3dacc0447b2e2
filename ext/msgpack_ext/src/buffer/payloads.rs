//! Payloads that are collected in a queue of their own, until their length is known and the header can be put before
//! them: those of extended types whose handlers write to the Packer. And keys that are going to be sorted.
//!
//! Writes and payloads are told apart by numbers: fibers and threads that share a Packer may begin and end theirs in
//! any order.

use super::around::Around;
use super::core::Core;
use crate::ffi::memory;
use msgpack_wire::{encode, NoMemory, TooLarge};

impl Core {
    /// A number that no write and no payload of this Buffer has had.
    pub fn next_id(&self) -> u64 {
        self.last_id.set(self.last_id.get() + 1);
        self.last_id.get()
    }

    /// The payload that is written now; 0 if none is.
    pub fn payload(&self) -> u64 {
        self.around.borrow().last().map_or(0, |around| around.id)
    }

    /// Appends an extended type. Of what is refused nothing is appended.
    #[inline]
    pub fn push_ext(&self, kind: i8, payload: &[u8]) -> Result<Result<(), TooLarge>, NoMemory> {
        let mut queue = self.queue.borrow_mut();
        let before = queue.len();
        let mut sink = queue.appender();
        let result = encode::ext(&mut sink, kind, payload);
        sink.end().inspect_err(|_| queue.truncate(before))?;
        Ok(result)
    }

    /// Lets what is written from here on be a payload, for a write. May raise (memory).
    pub fn begin_payload(&self, writer: u64) -> u64 {
        let id = self.next_id();
        memory::provide_or_raise(|| self.around.borrow_mut().begin(id, writer, &mut self.queue.borrow_mut()));
        id
    }

    /// Puts the payload behind its header. False where it is not the one that is written now: another fiber or
    /// thread is in the middle of one, or has given this one up. May raise (memory), with nothing done.
    ///
    /// # Errors
    /// [`TooLarge`] beyond 2**32-1 bytes.
    pub fn end_payload(&self, id: u64, kind: i8) -> Result<bool, TooLarge> {
        if self.payload() != id {
            return Ok(false);
        }
        let len = self.len();
        let len = u32::try_from(len).map_err(|_| TooLarge { len })?;
        memory::provide_or_raise(|| self.put_behind_header(kind, len));
        Ok(true)
    }

    fn put_behind_header(&self, kind: i8, len: u32) -> Result<(), NoMemory> {
        let mut around = self.around.borrow_mut();
        let Some(Around { queue, .. }) = around.last_mut() else { return Ok(()) };
        let payload = &mut *self.queue.borrow_mut();
        let before = queue.len();
        let mut header = queue.appender();
        encode::ext_header(&mut header, kind, len);
        header.end()?;
        queue.absorb(payload).inspect_err(|_| queue.truncate(before))?;
        around.end(payload);
        Ok(())
    }

    /// Moves the payload behind `bytes`, without a header. False, with nothing done, as [`Core::end_payload`]. May raise
    /// (memory), with nothing done.
    pub fn take_payload(&self, id: u64, bytes: &mut Vec<u8>) -> bool {
        if self.payload() != id {
            return false;
        }
        let len = self.len();
        memory::provide_or_raise(|| {
            bytes.try_reserve(len).map_err(|_| NoMemory { bytes: bytes.len() + len })
        });
        let payload = &mut *self.queue.borrow_mut();
        payload.pieces().for_each(|piece| bytes.extend_from_slice(piece));
        payload.clear();
        self.around.borrow_mut().end(payload);
        true
    }

    /// Forgets the payloads that a write has begun and not ended: of a key, and in it of an extended type.
    pub fn drop_payload(&self, writer: u64) {
        let mut around = self.around.borrow_mut();
        while let Some(index) = around.iter().position(|around| around.writer == writer) {
            let queue = around.remove(index);
            // What it had collected waits in the next one, or is what is written now.
            match around.get_mut(index) {
                Some(next) => next.queue = queue,
                None => drop(self.queue.replace(queue)),
            }
        }
    }

    /// Takes back what has been written since `start` into a payload, or into the stream where that is 0; nothing
    /// if that payload is no more.
    pub fn truncate(&self, payload: u64, start: u64) {
        let mut around = self.around.borrow_mut();
        let (index, kept) = if payload == 0 {
            (0, start.saturating_sub(self.taken()))
        } else {
            match around.iter().position(|around| around.id == payload) {
                Some(index) => (index + 1, start),
                None => return,
            }
        };
        match around.get_mut(index) {
            Some(around) => around.queue.truncate(kept as usize),
            None => self.queue.borrow_mut().truncate(kept as usize),
        }
    }
}
