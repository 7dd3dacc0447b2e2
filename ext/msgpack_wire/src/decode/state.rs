//! What a decoder can be asked and told between two pieces of input.

use super::{Decoder, Frame, Kind};
use crate::error::{Fault, NoMemory};
use crate::limits::Limits;
use crate::skip::Rest;

/// Frames whose memory is kept when the object that needed them is over.
const SPARE_FRAMES: usize = 1024;
/// So many open containers are counted before each run, which may be one of a byte.
const COUNTED_FRAMES: usize = 1024;

impl Decoder {
    /// Bytes consumed since the start of the stream.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The bounds that it keeps.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets the position: somebody else has taken bytes from the stream.
    pub fn seek(&mut self, position: u64) {
        self.position = position;
    }

    /// Whether an object has begun and is not complete.
    #[must_use]
    pub fn is_amid(&self) -> bool {
        self.pending.is_some() || self.top.left == 0 || !self.outer.is_empty()
    }

    /// Whether a run that was left in the middle, by a jump out of the builder, has done nothing yet: it was about to
    /// complete the body that an earlier one has found the header of.
    #[must_use]
    pub fn is_before_body(&self) -> bool {
        self.pending.is_some_and(|pending| pending.offset < self.position)
    }

    /// Where the token stands that is not complete: its header, or the next byte where none has begun.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.pending.map_or(self.position, |pending| pending.offset)
    }

    /// Open levels: containers, and those that the input itself lies in.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.base + self.outer.len()
    }

    /// The levels that are open in the payload of an extended type that has been met, for the decoder that reads it
    /// ([`Decoder::restart_at`]).
    ///
    /// # Errors
    /// [`Fault::TooDeep`] where they are too many.
    #[inline]
    pub fn depth_inside(&self) -> Result<usize, Fault> {
        let depth = self.depth();
        if depth >= self.limits.max_depth {
            return Err(Fault::TooDeep(self.limits.max_depth));
        }
        Ok(depth + 1)
    }

    /// Forgets the object that has begun; the position stays.
    pub fn forget(&mut self) {
        self.top = Frame::ROOT;
        if self.outer.capacity() > SPARE_FRAMES {
            self.outer = Vec::new();
        }
        self.outer.clear();
        self.pending = None;
    }

    /// Makes room for the frame of one more container.
    ///
    /// # Errors
    /// [`NoMemory`]; nothing has changed then.
    #[cold]
    #[inline(never)]
    pub fn make_room(&mut self) -> Result<(), NoMemory> {
        let bytes = (self.outer.len() * 2).max(4) * size_of::<Frame>();
        self.outer.try_reserve(1).map_err(|_| NoMemory { bytes })
    }

    /// Heap bytes of the frames.
    #[must_use]
    pub fn heap_size(&self) -> usize {
        self.outer.capacity() * size_of::<Frame>()
    }

    /// Forgets all: a new stream begins.
    pub fn reset(&mut self) {
        self.restart(self.limits);
    }

    /// Forgets all: a new stream begins, with these limits.
    pub fn restart(&mut self, limits: Limits) {
        self.limits = limits;
        self.forget();
        self.position = 0;
        self.base = 0;
    }

    /// As [`Decoder::begin_at`], in another stream, with these limits.
    #[inline]
    pub fn restart_at(&mut self, limits: Limits, position: u64, depth: usize) {
        self.limits = limits;
        self.begin_at(position, depth);
    }

    /// Begins an object at `position` of the stream, inside so many open levels.
    pub fn begin_at(&mut self, position: u64, depth: usize) {
        self.forget();
        self.position = position;
        self.base = depth;
    }

    /// Begins in the middle of a container, the innermost of `depth` open levels: the next `values` of its values,
    /// at `position` of the stream, are to be passed over as if they were one object.
    pub fn begin_within(&mut self, position: u64, depth: usize, values: u64) {
        self.begin_at(position, depth.saturating_sub(1));
        self.outer.push(Frame::of_one_batch(Kind::Array, 0));
        self.top = Frame::new(Kind::Array, values);
    }

    /// Gives up the object that has begun and returns what is left of it.
    pub fn give_up(&mut self) -> Rest {
        let rest = self.rest();
        self.forget();
        rest
    }

    /// What is left of the object that has begun, for the case that the next run is left by a jump; nothing where none has,
    /// None where it takes long to count.
    #[must_use]
    pub fn rest_of_few(&self) -> Option<Rest> {
        (self.outer.len() <= COUNTED_FRAMES).then(|| self.rest())
    }

    fn rest(&self) -> Rest {
        let count = |frame: &Frame| u64::from(frame.left) + frame.beyond();
        let values = if self.is_amid() {
            self.outer.iter().map(count).fold(count(&self.top), u64::saturating_add)
        } else {
            0
        };
        let (bytes, begun) =
            self.pending.map_or((0, 0), |pending| (pending.len as u64, self.position - pending.offset));
        Rest { values, bytes, begun }
    }

    /// The payload announced by [`Event::Ext`] has been taken.
    pub fn take_payload(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.position += pending.len as u64;
        }
    }
}
