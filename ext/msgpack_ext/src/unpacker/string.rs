//! A String as a source: read from its start to its end, without an Unpacker.

use super::source::Source;
use crate::buffer::Queue;
use crate::ffi::shared::{FrozenString, Span};
use crate::ffi::{call, memory, text, value};
use magnus::{Error, Value};
use msgpack_wire::NoMemory;
use std::cell::Cell;

/// From so many bytes on a payload is read where it is. No String of so many has them in its own slot, from where the
/// GC of Ruby 3.2 could move them although somebody shares them.
const SHARE_MIN: usize = 1024;

/// Whose bytes are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bytes {
    /// Those of the String given, which whoever has it may change.
    Given,
    /// Those of a frozen one.
    Frozen,
    /// Nobody's: all have been, and what is appended from here on does not belong to them.
    None,
}

/// A String that is read from its start to its end.
pub(super) struct Text {
    string: Cell<Value>,
    bytes: Cell<Bytes>,
    pos: Cell<usize>,
}

impl Text {
    pub fn new(string: Value) -> Self {
        Self { string: Cell::new(string), bytes: Cell::new(Bytes::Given), pos: Cell::new(0) }
    }

    /// Lends all its bytes to `look`, which must not call Ruby.
    pub fn with_bytes<R>(&self, look: impl FnOnce(&[u8]) -> R) -> R {
        text::with_bytes(self.string.get(), look)
    }
}

impl Source for Text {
    #[inline]
    fn front(&self) -> Span {
        if self.bytes.get() == Bytes::None {
            return Span::of(&[]);
        }
        text::with_bytes(self.string.get(), |bytes| Span::of(bytes.get(self.pos.get()..).unwrap_or_default()))
    }

    fn string(&self) -> Option<Value> {
        Some(self.string.get())
    }

    fn len(&self) -> usize {
        if self.bytes.get() == Bytes::None {
            return 0;
        }
        text::len(self.string.get()).saturating_sub(self.pos.get())
    }

    fn position(&self) -> u64 {
        self.pos.get() as u64
    }

    fn advance(&self, n: usize) {
        self.pos.set(self.pos.get() + n);
    }

    fn linearize(&self, _: usize) -> Result<(), NoMemory> {
        Ok(())
    }

    fn split(&self, skip: usize, n: usize) -> Queue {
        self.advance(skip);
        let start = self.pos.get();
        let taken = memory::provide_or_raise(|| {
            let mut taken = Queue::default();
            if n < SHARE_MIN {
                text::with_bytes(self.string.get(), |bytes| {
                    taken.push_slice(bytes.get(start..start + n).unwrap_or_default())
                })?;
            } else {
                taken.push_owner_part(FrozenString::new(self.string.get()), start..start + n)?;
            }
            Ok(taken)
        });
        self.advance(n);
        taken
    }

    fn fill(&self) -> Result<bool, Error> {
        Ok(false)
    }

    /// Nobody asks again.
    fn lacks(&self, _: usize) {}

    /// A handler may change the String: from here on a frozen one of the same bytes is read, if any are left.
    fn prepare(&self) -> Result<(), Error> {
        if self.bytes.get() != Bytes::Given {
            return Ok(());
        }
        if self.len() == 0 {
            self.bytes.set(Bytes::None);
            return Ok(());
        }
        if !value::is_frozen(self.string.get()) {
            self.string.set(call::protect(|| text::frozen(self.string.get()))?);
        }
        self.bytes.set(Bytes::Frozen);
        Ok(())
    }

    fn lose(&self) {}

    fn is_cleared(&self) -> bool {
        false
    }

    fn turn(&self) -> u64 {
        0
    }
}
