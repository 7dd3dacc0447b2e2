//! What a Buffer's bytes have to do with an io: handing them over, putting back what it did not take, reading more.
//!
//! The io is a program's object and may do anything, also to this Buffer: nothing is borrowed while it is called, and
//! the epoch tells afterwards whether all has been cleared.

use super::{Core, Queue};
use crate::error;
use crate::ffi::shared::FrozenString;
use crate::ffi::{call, text, value};
use crate::io::Io;
use magnus::{Error, Value};

impl Core {
    /// Hands the bytes that are held now to `io`, piece by piece; returns how many. What it did not take stays.
    pub fn write_to(&self, io: &Io) -> Result<usize, Error> {
        let (mut left, mut written) = (self.len(), 0);
        // A payload that has begun meanwhile waits for its header.
        while left.min(self.len()) > 0 && self.payload() == 0 {
            let mut len = 0;
            let string = call::protect(|| {
                let (string, n) = self.copy_front(left);
                len = n;
                // The queue may have to read from it.
                value::freeze(string);
                string
            })?;
            left -= len;
            // Out of the queue while the io has them: whoever comes in meanwhile does not send them again.
            self.advance(len);
            let epoch = self.epoch();
            let mut sent = 0;
            while sent < len {
                // The io gets a String that shares the bytes, and may do with it as it likes.
                let given = call::protect(|| text::dup(text::tail(string, sent)));
                match given.and_then(|given| io.write(given, len - sent)) {
                    Ok(n) => sent += n,
                    Err(error) => {
                        self.unread(string, sent, epoch);
                        return Err(error);
                    }
                }
                if self.epoch() != epoch {
                    // Cleared by the io: the rest is not to be sent.
                    return Ok(written + sent);
                }
            }
            written += len;
        }
        Ok(written)
    }

    /// Puts back what follows the first `from` bytes of `string`, unless all has been cleared since `epoch`.
    fn unread(&self, string: Value, from: usize, epoch: u64) {
        if self.epoch() != epoch {
            return;
        }
        let put_back = |queue: &mut Queue| {
            let copied =
                text::with_bytes(string, |bytes| queue.unread(bytes.get(from..).unwrap_or_default()));
            if copied.is_err() {
                // Frozen as it is, it is shared without any memory.
                queue.unread_owner(FrozenString::new(string), from);
            }
        };
        // They came from the outermost queue, and a payload may have begun since.
        match self.around.borrow_mut().first_mut() {
            Some(outermost) => put_back(&mut outermost.queue),
            None => put_back(&mut self.queue.borrow_mut()),
        }
        self.taken.set(self.taken.get() - (text::len(string) - from) as u64);
    }

    /// Hands all to the io, if there is one. A payload waits for its header.
    pub fn flush(&self) -> Result<(), Error> {
        if self.io.is_some() && self.payload() == 0 {
            self.write_to(&self.io)?;
        }
        Ok(())
    }

    /// As [`Core::flush`], where nothing more is expected soon.
    pub fn flush_all(&self) -> Result<(), Error> {
        self.flush()?;
        self.queue.borrow_mut().leave();
        self.measure();
        Ok(())
    }

    /// Reads from the io once; whether bytes came.
    pub fn fill(&self) -> Result<bool, Error> {
        let (held, max) = (self.len(), self.max_len.get());
        if self.io.is_some() && held >= max {
            return Err(error::buffer_full(held + 1, max, self.taken() + held as u64));
        }
        match self.io.read(max.saturating_sub(held))? {
            Some(string) => {
                // An io may give more than it was asked for: that is not lost.
                self.hold(string)?;
                Ok(text::len(string) > 0)
            }
            None => Ok(false),
        }
    }

    /// Reads from the io until `n` bytes are held; whether they are.
    pub fn ensure(&self, n: usize) -> Result<bool, Error> {
        while self.len() < n {
            if !self.fill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
