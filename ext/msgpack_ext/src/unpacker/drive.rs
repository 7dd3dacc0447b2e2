//! Runs the decoder over a source of bytes, and calls Ruby between its runs.
//!
//! While the decoder runs, no code of a program can: it works on borrowed state under one `protect`. When it
//! needs a handler, more bytes or a look at interrupts it comes back first; by then nothing is borrowed, and
//! whatever the program does meanwhile (feed, reset, raise) is seen afterwards.

use super::builder::{RubyBuilder, Stop};
use super::extended::{Found, Next};
use super::own_types::OwnTypes;
use super::passing::Left;
use super::scratch::Keys;
use super::source::Source;
use super::spare::Spare;
use super::{Style, Unpacker};
use crate::classes;
use crate::error;
use crate::ext_types::handler::Callee;
use crate::ext_types::unpacking::UnpackingTable;
use crate::ffi::call;
use crate::ffi::shared::Desk;
use crate::ffi::shell::Shell;
use crate::ffi::stack::ValueStack;
use crate::ffi::value;
use crate::ffi::{class, hash, memory};
use magnus::{Error, Value};
use msgpack_wire::{DecodeError, Decoder, Event, NoMemory, Rest};
use std::cell::{Cell, RefCell};

/// From so many levels on Ruby's stack may be used up by handlers that go deeper: that is a matter of nesting.
const DEEP: usize = 16;

/// One call's decoding.
pub struct Drive<'a, S> {
    pub source: &'a S,
    pub decoder: &'a Desk<Decoder>,
    pub stack: &'a ValueStack,
    pub keys: &'a Keys<'a>,
    pub table: &'a RefCell<UnpackingTable>,
    pub style: Style,
    pub own: OwnTypes,
    /// The Unpacker of the handler that runs, if it has one.
    pub child: Cell<Option<Shell<Unpacker>>>,
    pub spare: &'a Spare,
    pub left: &'a Left,
    /// The use of the source that this is ([`Source::turn`]).
    pub turn: u64,
    /// Whether a skip that an earlier call had begun has been finished.
    pub has_skipped: bool,
}

/// What one run of the decoder has come to, behind so many bytes that the source still has.
type Ran = (usize, Result<Event<Stop>, DecodeError>);

/// How far the driver has come.
enum Step {
    /// To a whole object, or to the end of the input within one.
    Read(Option<Value>),
    /// To an extended type whose handler reads the payload with an Unpacker of its own.
    Descend((Found, Callee)),
}

/// What a longjmp that leaves the driver comes out of.
#[derive(Clone, Copy)]
pub(super) enum Phase {
    /// The decoder, before which so much was left of an object, if that is known: there was no memory for a value. Where
    /// it stands now is not known, but before a body.
    Decoding(Option<Rest>),
    /// The extended type behind so many bytes that the source still has: there was no memory for the payload.
    Taking(usize),
    /// Nothing that has changed anything yet; a handler that is over may have left its Unpacker.
    Preparing,
    /// A look at interrupts.
    Breathing,
    /// The handler of the extended type at this offset.
    Handler(u64),
    /// As Handler, of one that reads with an Unpacker of its own.
    Recursive(u64),
    /// A map key's own `hash` or `eql?`.
    Keys,
}

impl<S: Source> Drive<'_, S> {
    /// The next object if one run of the decoder makes it, otherwise what that run has come to, for
    /// [`Drive::next_after`]. May raise (memory), with no byte taken and the decoder anywhere, over frames that own
    /// nothing.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: as a call, what it has come to goes through memory
    pub fn next_bare(&self) -> Result<Option<Value>, Ran> {
        match self.run() {
            (consumed, Ok(Event::Done)) => {
                self.source.advance(consumed);
                Ok(self.stack.pop_last())
            }
            ran => Err(ran),
        }
    }

    /// The next object, or None where the input ends within it.
    #[inline(always)]
    #[allow(clippy::inline_always)] // a frame less in each level of recursive types
    pub fn next(&self) -> Result<Option<Value>, Error> {
        let phase = Cell::new(Phase::Preparing);
        loop {
            let mut step = Ok(Step::Read(None));
            if let Err(error) = call::protect_unit(|| step = self.steps(&phase)) {
                return Err(self.left_by(error, phase.get()));
            }
            match step? {
                Step::Read(object) => return Ok(object),
                // Out here: what the decoder needs on the native stack is not there while the handler runs, whose
                // levels are all on it.
                Step::Descend(mut first) => {
                    let mut done = Ok(());
                    if let Err(error) = call::protect_unit(|| done = self.descend(&mut first, &phase)) {
                        return Err(self.left_by(error, phase.get()));
                    }
                    done?;
                }
            }
        }
    }

    /// As [`Drive::next`], from what the first run has come to on. Apart from it: the levels of recursive types, which
    /// stand on the native stack, do without.
    #[inline(never)]
    pub fn next_after(&self, first: Ran) -> Result<Option<Value>, Error> {
        let phase = Cell::new(Phase::Preparing);
        let mut step = Ok(Step::Read(None));
        let steps = || match self.step(first, &phase)? {
            Some(step) => Ok(step),
            None => self.steps(&phase),
        };
        if let Err(error) = call::protect_unit(|| step = steps()) {
            return Err(self.left_by(error, phase.get()));
        }
        match step? {
            Step::Read(object) => Ok(object),
            Step::Descend(mut first) => {
                let mut done = Ok(());
                if let Err(error) = call::protect_unit(|| done = self.descend(&mut first, &phase)) {
                    return Err(self.left_by(error, phase.get()));
                }
                done?;
                self.next()
            }
        }
    }

    /// Runs the decoder over what lies at the front. May raise (memory).
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: as a call, what it has come to goes through memory
    fn run(&self) -> Ran {
        let front = self.source.front();
        let source = self.source.string().map(|string| (string, front.end()));
        let mut builder =
            RubyBuilder { stack: self.stack, keys: self.keys, style: self.style, own: &self.own, source };
        // SAFETY: the builder runs no Ruby code, so the source keeps its bytes in place.
        self.decoder.with(|decoder| decoder.run(unsafe { front.bytes() }, &mut builder))
    }

    /// Runs until there is an object. May raise: `phase` tells from where. Its frames own nothing then.
    fn steps(&self, phase: &Cell<Phase>) -> Result<Step, Error> {
        loop {
            phase.set(Phase::Decoding(self.decoder.with(|decoder| decoder.rest_of_few())));
            let ran = self.run();
            phase.set(Phase::Preparing);
            if let Some(step) = self.step(ran, phase)? {
                return Ok(step);
            }
        }
    }

    /// Does what a run asks for; None where the decoder is to run on. As [`Drive::steps`].
    #[inline(always)]
    #[allow(clippy::inline_always, clippy::needless_pass_by_value)] // as a call, the event is copied, and waited for
    fn step(&self, ran: Ran, phase: &Cell<Phase>) -> Result<Option<Step>, Error> {
        match ran {
            (consumed, Ok(Event::Ext { kind, len, offset })) => {
                let mut found = Found { kind, len, offset, consumed };
                loop {
                    found = match self.extended(found, phase)? {
                        Next::Any => return Ok(None),
                        Next::Ext(ahead) => ahead,
                        Next::Descend(callee) => return Ok(Some(Step::Descend((found, callee)))),
                    };
                }
            }
            (consumed, Ok(Event::Done)) => {
                self.source.advance(consumed);
                Ok(Some(Step::Read(self.stack.pop_last())))
            }
            (consumed, Ok(Event::Need(n))) => {
                self.source.advance(consumed);
                Ok(if self.gather(n)? { None } else { Some(Step::Read(None)) })
            }
            (consumed, Ok(Event::Stop(Stop::Map { values, append, is_last }))) => {
                self.source.advance(consumed);
                self.insert(values, append, is_last, phase)?;
                Ok(None)
            }
            (consumed, Ok(Event::Stop(Stop::Symbol))) => {
                self.source.advance(consumed);
                self.intern(phase)?;
                Ok(None)
            }
            (consumed, Ok(Event::Breathe)) => {
                self.source.advance(consumed);
                self.prepare()?;
                phase.set(Phase::Breathing);
                call::check_interrupts();
                self.check_cleared()?;
                Ok(None)
            }
            (consumed, Ok(Event::NoMemory(none))) => {
                self.source.advance(consumed);
                self.make_room(none)?;
                Ok(None)
            }
            (consumed, Err(error)) => {
                self.source.advance(consumed);
                Err(self.give_up(error::decode(error)))
            }
        }
    }

    /// Leaves all in order after a longjmp.
    #[cold]
    fn left_by(&self, error: Error, phase: Phase) -> Error {
        self.decoder.release();
        match phase {
            Phase::Decoding(_) if self.decoder.with(|decoder| decoder.is_before_body()) => error,
            Phase::Taking(consumed) => {
                self.source.advance(consumed);
                error
            }
            Phase::Decoding(rest) => {
                // One that this run has begun begins anew; one that an earlier run has begun is given up.
                self.decoder.with(Decoder::forget);
                self.stack.clear();
                match rest {
                    Some(rest) => self.left.rest.set(rest),
                    None => self.source.lose(),
                }
                error
            }
            Phase::Preparing => {
                self.end_child();
                error
            }
            Phase::Handler(offset) => self.give_up_unless_cleared(error::locate(error, offset)),
            Phase::Recursive(offset) => {
                self.end_child();
                let error = if self.decoder.with(|decoder| decoder.depth()) < DEEP {
                    error
                } else {
                    error::too_deep_if_overflown(error, offset)
                };
                self.give_up_unless_cleared(error::locate(error, offset))
            }
            Phase::Keys if error.is_kind_of(call::ruby().exception_sys_stack_error()) => {
                let offset = self.decoder.with(|decoder| decoder.offset());
                self.give_up_unless_cleared(error::key_too_deep(offset))
            }
            Phase::Breathing | Phase::Keys => self.give_up_unless_cleared(error),
        }
    }

    /// Makes `n` bytes lie together at the front; false where there are not so many.
    pub fn gather(&self, n: usize) -> Result<bool, Error> {
        while self.source.len() < n {
            self.prepare()?;
            match self.source.fill() {
                Ok(filled) => {
                    self.check_cleared()?;
                    if !filled {
                        self.source.lacks(n);
                        return Ok(false);
                    }
                }
                Err(error) => {
                    if self.is_cleared() {
                        self.abandon();
                    } else if class::is_error(&error, classes::limit_error())
                        && self.decoder.with(|it| it.is_amid())
                    {
                        // More than may be held: it will not be had by asking again.
                        return Err(self.give_up(error));
                    }
                    return Err(error);
                }
            }
        }
        memory::provide(|| self.source.linearize(n))?;
        Ok(true)
    }

    /// Makes room for one more open container, when there was none; the decoder goes on where it is.
    #[cold]
    #[inline(never)]
    pub(super) fn make_room(&self, none: NoMemory) -> Result<(), Error> {
        memory::again(none, || self.decoder.with(Decoder::make_room))
    }

    #[inline]
    pub(super) fn check_cleared(&self) -> Result<(), Error> {
        if self.is_cleared() {
            return Err(self.reset_meanwhile());
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn reset_meanwhile(&self) -> Error {
        error::reset_meanwhile(self.abandon())
    }

    /// Whether what was begun has been cleared away, or the source has been given to somebody else since a reset.
    fn is_cleared(&self) -> bool {
        self.is_over() || self.source.is_cleared()
    }

    /// Whether the source is no longer this one's: it touches nothing then.
    fn is_over(&self) -> bool {
        self.source.turn() != self.turn
    }

    /// Forgets the object that has begun; returns where it stood.
    fn abandon(&self) -> u64 {
        if self.is_over() {
            return 0;
        }
        self.left.is_skipping.set(false);
        self.stack.clear();
        self.decoder.with(|decoder| {
            let offset = decoder.offset();
            decoder.forget();
            offset
        })
    }

    /// The object can't be had: what is left of it is passed over by the next call.
    pub(super) fn give_up(&self, error: Error) -> Error {
        self.left.is_skipping.set(false);
        self.left.rest.set(self.decoder.with(Decoder::give_up));
        self.stack.clear();
        error
    }

    pub(super) fn give_up_unless_cleared(&self, error: Error) -> Error {
        if self.is_cleared() {
            self.abandon();
            return error;
        }
        self.give_up(error)
    }

    /// Makes a Symbol of the String that was pushed last. May raise (`EncodingError`).
    #[cold]
    fn intern(&self, phase: &Cell<Phase>) -> Result<(), Error> {
        let Some(name) = self.stack.pop() else { return Ok(()) };
        self.prepare()?;
        phase.set(Phase::Keys);
        let symbol = self.keys.get().make_symbol(name);
        self.check_cleared()?;
        self.stack.push(symbol);
        Ok(())
    }

    /// Inserts pairs whose keys have methods of their own for hashing and comparing. May raise.
    #[cold]
    fn insert(&self, values: usize, append: bool, is_last: bool, phase: &Cell<Phase>) -> Result<(), Error> {
        let depth = usize::from(append);
        self.prepare()?;
        phase.set(Phase::Keys);
        let map = if append { self.stack.nth_from_top(values) } else { hash::new() };
        for index in (0..values).step_by(2) {
            // One by one: whoever comes in may reset the Unpacker, and use the stack for something else.
            let (key, value) =
                (self.stack.nth_from_top(values - index - 1), self.stack.nth_from_top(values - index - 2));
            hash::store(map, key, value);
            self.check_cleared()?;
        }
        if self.style.freeze && is_last {
            value::freeze(map);
        }
        self.stack.drop_last(values + depth);
        self.stack.push(map);
        Ok(())
    }
}
