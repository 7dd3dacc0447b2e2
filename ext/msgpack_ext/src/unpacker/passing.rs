//! Passing over what nobody wants: an object that is skipped, the rest of one that was given up.

use super::drive::Drive;
use super::source::Source;
use crate::error;
use crate::ffi::call;
use magnus::Error;
use msgpack_wire::{DecodeError, Event, NoValue, Rest};
use std::cell::Cell;

/// Bytes passed over between two looks for interrupts: about as many values.
const WINDOW: usize = 65_536;

/// What is left of an object that is not wanted any more, for the next call to pass over.
#[derive(Default)]
pub struct Left {
    /// Of one that was given up.
    pub rest: Cell<Rest>,
    /// A skip has begun and is not complete: the decoder stands within its object.
    pub is_skipping: Cell<bool>,
}

impl Left {
    /// Whether nothing is left.
    pub fn is_nothing(&self) -> bool {
        !self.is_skipping.get() && self.rest.get().is_done()
    }
}

impl<S: Source> Drive<'_, S> {
    /// Passes over the next object, or what is left of the one half read; false where the input ends within it.
    pub fn skip(&self) -> Result<bool, Error> {
        self.stack.clear();
        self.left.is_skipping.set(true);
        loop {
            let (consumed, event) = {
                let front = self.source.front();
                // SAFETY: nothing but the decoder runs, so the source keeps its bytes in place.
                self.decoder.with(|decoder| decoder.run(unsafe { front.bytes() }, &mut NoValue))
            };
            self.source.advance(consumed);
            match event {
                Ok(Event::Done) => {
                    self.left.is_skipping.set(false);
                    return Ok(true);
                }
                Ok(Event::Need(n)) => {
                    if !self.gather(n)? {
                        return Ok(false);
                    }
                }
                Ok(Event::Breathe) => {
                    self.prepare()?;
                    call::protect_unit(call::check_interrupts)
                        .map_err(|error| self.give_up_unless_cleared(error))?;
                    self.check_cleared()?;
                }
                // A read that was interrupted within an extended type.
                Ok(Event::Ext { .. }) => {}
                Ok(Event::Stop(never)) => match never {},
                Ok(Event::NoMemory(none)) => self.make_room(none)?,
                Err(error) => return Err(self.give_up(error::decode(error))),
            }
        }
    }

    /// Passes over what is left of an object that was given up; false where the input ends within it.
    pub fn finish_rest(&self) -> Result<bool, Error> {
        let mut rest = self.left.rest.get();
        while !rest.is_done() {
            let front = self.source.front();
            // SAFETY: nothing runs but `rest`, so the source keeps its bytes in place.
            let bytes = unsafe { front.bytes() };
            let is_more = bytes.len() > WINDOW;
            let (consumed, need) = rest.run(bytes.get(..WINDOW).unwrap_or(bytes));
            self.left.rest.set(rest);
            self.source.advance(consumed);
            let position = self.decoder.with(|decoder| {
                let position = decoder.position() + consumed as u64;
                decoder.seek(position);
                position
            });
            let need = need.map_err(|fault| error::decode(DecodeError { fault, offset: position - 1 }))?;
            if rest.is_done() {
                break;
            }
            if is_more {
                self.prepare()?;
                // Interrupted, it goes on with the next call.
                call::protect_unit(call::check_interrupts)?;
                self.check_cleared()?;
                rest = self.left.rest.get();
            } else if !self.gather(need)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
