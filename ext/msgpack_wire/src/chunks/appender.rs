//! A queue as a sink: what is encoded is appended, until there is no memory for it.

use super::ChunkQueue;
use crate::encode::Sink;
use crate::error::NoMemory;

/// Appends to a queue. Of what is put at once all is appended or nothing.
#[derive(Debug)]
pub struct Appender<'a, O> {
    queue: &'a mut ChunkQueue<O>,
    result: Result<(), NoMemory>,
}

impl<'a, O: AsRef<[u8]>> Appender<'a, O> {
    pub(super) fn new(queue: &'a mut ChunkQueue<O>) -> Self {
        Self { queue, result: Ok(()) }
    }

    /// Whether all that was put could be appended.
    ///
    /// # Errors
    /// [`NoMemory`] for the last thing for which there was none.
    #[inline]
    pub fn end(self) -> Result<(), NoMemory> {
        self.result
    }
}

impl<O: AsRef<[u8]>> Sink for Appender<'_, O> {
    #[inline]
    fn put<const N: usize>(&mut self, head: [u8; N]) {
        if let Err(none) = self.queue.push_slice(&head) {
            self.result = Err(none);
        }
    }

    #[inline]
    fn put_with<const N: usize>(&mut self, head: [u8; N], body: &[u8]) {
        if let Err(none) = self.queue.push_with(&head, body) {
            self.result = Err(none);
        }
    }
}
