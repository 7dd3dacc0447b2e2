//! Runs the decoder over a source of bytes, and calls Ruby between its runs.
//!
//! While the decoder runs, no code of a program can: it works on borrowed state under one `protect`. When it
//! needs a handler, more bytes or a look at interrupts it comes back first; by then nothing is borrowed, and
//! whatever the program does meanwhile (feed, reset, raise) is seen afterwards.

use super::builder::{RubyBuilder, Stop};
use super::scratch::Keys;
use super::Style;
use crate::error;
use crate::ext_types::handler;
use crate::ffi::call::{self, Name};
use crate::ffi::shared::Span;
use crate::ffi::stack::ValueStack;
use crate::ffi::value::{self, raw};
use crate::ffi::{class, hash, number};
use magnus::{Error, Value};
use msgpack_wire::{DecodeError, Decoder, Event, NoValue, Rest};
use std::cell::{Cell, RefCell};

static TYPE: Name = Name::new("@type");
static DATA: Name = Name::new("@data");

/// Where bytes come from.
pub trait Source {
    /// The unread bytes that lie together at the front. They stay until Ruby code runs or `advance` is called.
    fn front(&self) -> Span;
    /// The String whose end is the end of `front`, if it is one String.
    fn string(&self) -> Option<Value>;
    /// Unread bytes in all.
    fn len(&self) -> usize;
    /// Consumes bytes.
    fn advance(&self, n: usize);
    /// Makes `n` of the unread bytes lie together at the front.
    fn linearize(&self, n: usize);
    /// Takes `n` bytes into a String of its own.
    fn take(&self, n: usize) -> Result<Value, Error>;
    /// Asks for more bytes, by running Ruby where there is an io; whether some came.
    fn fill(&self) -> Result<bool, Error>;
    /// Ruby code is going to run.
    fn prepare(&self) -> Result<(), Error>;
    /// Whether all that was begun has been cleared away by the Ruby code that ran.
    fn is_cleared(&self) -> bool;
    /// The bytes and what was begun are lost: where the decoder stands is not known.
    fn lose(&self);
    /// What an extended type becomes.
    fn resolve(&self, kind: i8) -> Result<Value, Error>;
}

/// One call's decoding.
pub struct Drive<'a, S> {
    pub source: &'a S,
    pub decoder: &'a RefCell<Decoder>,
    pub stack: &'a ValueStack,
    pub keys: &'a Keys<'a>,
    pub style: Style,
    /// Where what is left of an object goes that is given up.
    pub rest: &'a Cell<Rest>,
}

impl<S: Source> Drive<'_, S> {
    /// The next object, or None where the input ends within it.
    pub fn next(&self) -> Result<Option<Value>, Error> {
        loop {
            let mut ran = None;
            let outcome = {
                let mut decoder = self.decoder.borrow_mut();
                let front = self.source.front();
                let source = self.source.string().map(|string| (string, front.end()));
                let mut builder =
                    RubyBuilder { stack: self.stack, keys: self.keys, style: self.style, source };
                // SAFETY: the builder runs no Ruby code, so the source keeps its bytes in place.
                call::protect_unit(|| ran = Some(decoder.run(unsafe { front.bytes() }, &mut builder)))
            };
            let (consumed, event) = match (outcome, ran) {
                (Ok(()), Some(ran)) => ran,
                (outcome, _) => {
                    // No memory, in the middle of a run.
                    self.stack.clear();
                    self.source.lose();
                    return Err(outcome.err().unwrap_or_else(|| error::runtime("decoding was left")));
                }
            };
            self.source.advance(consumed);
            match event {
                Ok(Event::Done) => return Ok(self.stack.pop()),
                Ok(Event::Need(n)) => {
                    if !self.gather(n)? {
                        return Ok(None);
                    }
                }
                Ok(Event::Ext { kind, len, offset }) => self.extended(kind, len, offset)?,
                Ok(Event::Stop(Stop::Map { values, append })) => self.insert(values, append)?,
                Ok(Event::Stop(Stop::Raised(error))) => return Err(self.give_up(error)),
                Ok(Event::Breathe) => self.breathe()?,
                Err(error) => return Err(self.give_up(error::decode(error))),
            }
        }
    }

    /// Passes over the next object, or what is left of the one half read; false where the input ends within it.
    pub fn skip(&self) -> Result<bool, Error> {
        self.stack.clear();
        loop {
            let (consumed, event) = {
                let front = self.source.front();
                // SAFETY: nothing but the decoder runs, so the source keeps its bytes in place.
                self.decoder.borrow_mut().run(unsafe { front.bytes() }, &mut NoValue)
            };
            self.source.advance(consumed);
            match event {
                Ok(Event::Done) => return Ok(true),
                Ok(Event::Need(n)) => {
                    if !self.gather(n)? {
                        return Ok(false);
                    }
                }
                Ok(Event::Breathe) => self.breathe()?,
                // A read that was interrupted within an extended type.
                Ok(Event::Ext { .. }) => {}
                Ok(Event::Stop(never)) => match never {},
                Err(error) => return Err(self.give_up(error::decode(error))),
            }
        }
    }

    /// Passes over what is left of an object that was given up; false where the input ends within it.
    pub fn finish_rest(&self) -> Result<bool, Error> {
        let mut rest = self.rest.get();
        while !rest.is_done() {
            let front = self.source.front();
            // SAFETY: nothing runs but `rest`, so the source keeps its bytes in place.
            let (consumed, need) = rest.run(unsafe { front.bytes() });
            self.rest.set(rest);
            self.source.advance(consumed);
            let mut decoder = self.decoder.borrow_mut();
            let position = decoder.position() + consumed as u64;
            decoder.seek(position);
            drop(decoder);
            let need = need.map_err(|fault| error::decode(DecodeError { fault, offset: position - 1 }))?;
            if !rest.is_done() && !self.gather(need)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes `n` bytes lie together at the front; false where there are not so many.
    pub fn gather(&self, n: usize) -> Result<bool, Error> {
        while self.source.len() < n {
            self.source.prepare()?;
            let filled = self.source.fill();
            self.check_cleared()?;
            if !filled? {
                return Ok(false);
            }
        }
        self.source.linearize(n);
        Ok(true)
    }

    fn check_cleared(&self) -> Result<(), Error> {
        if self.source.is_cleared() {
            self.stack.clear();
            let offset = self.decoder.borrow().offset();
            self.decoder.borrow_mut().forget();
            return Err(error::underflow(offset));
        }
        Ok(())
    }

    /// Runs Ruby code that may do anything, and looks afterwards whether it has cleared all away.
    fn call_out(&self, body: impl FnOnce() -> Value) -> Result<Value, Error> {
        self.source.prepare()?;
        let result = call::protect(body);
        if let Err(cleared) = self.check_cleared() {
            return Err(result.err().unwrap_or(cleared));
        }
        result
    }

    /// The object can't be had: what is left of it is passed over by the next call.
    fn give_up(&self, error: Error) -> Error {
        self.rest.set(self.decoder.borrow_mut().give_up());
        self.stack.clear();
        error
    }

    fn breathe(&self) -> Result<(), Error> {
        let breathed = self.call_out(|| {
            call::check_interrupts();
            value::nil()
        });
        breathed.map(|_| ()).map_err(|error| self.give_up_unless_cleared(error))
    }

    fn give_up_unless_cleared(&self, error: Error) -> Error {
        if self.source.is_cleared() {
            return error;
        }
        self.give_up(error)
    }

    fn extended(&self, kind: i8, len: usize, offset: u64) -> Result<(), Error> {
        let payload = self.source.take(len)?;
        self.decoder.borrow_mut().take_payload();
        let target = self.source.resolve(kind).map_err(|error| self.give_up(error))?;
        if value::is_nil(target) || value::is_false(target) {
            return Err(self.give_up(error::unknown_ext_type(kind, offset)));
        }
        let made = if raw(target) == raw(crate::classes::ext_type()) {
            call::protect(|| new_ext_type(target, kind, payload))
        } else {
            self.call_out(|| handler::build(target, kind, payload))
        };
        match made {
            Ok(value) => {
                self.stack.push(value);
                Ok(())
            }
            Err(error) => Err(self.give_up_unless_cleared(error::locate(error, offset))),
        }
    }

    /// Inserts pairs whose keys have methods of their own for hashing and comparing.
    #[cold]
    fn insert(&self, values: usize, append: bool) -> Result<(), Error> {
        let depth = usize::from(append);
        let inserted = self.call_out(|| {
            self.stack.with_last(values + depth, |values| {
                let (map, pairs) = match values {
                    [map, pairs @ ..] if append => (*map, pairs),
                    pairs => (hash::new(), pairs),
                };
                // SAFETY: the values are on the marked stack, which nobody touches while this Unpacker is
                // busy (an Unpacker) or leased (a scratch).
                unsafe { hash::insert(map, pairs) };
                map
            })
        });
        match inserted {
            Ok(map) => {
                self.stack.drop_last(values + depth);
                self.stack.push(map);
                Ok(())
            }
            Err(error) if error.is_kind_of(call::ruby().exception_sys_stack_error()) => {
                let offset = self.decoder.borrow().offset();
                Err(self.give_up_unless_cleared(error::key_too_deep(offset)))
            }
            Err(error) => Err(self.give_up_unless_cleared(error)),
        }
    }
}

/// An ExtType, as its `from_exttype` would make it. May raise (memory).
fn new_ext_type(class: Value, kind: i8, payload: Value) -> Value {
    let made = class::allocate(class);
    class::set_ivar(made, &TYPE, number::from_signed(i64::from(kind)));
    class::set_ivar(made, &DATA, payload);
    made
}
