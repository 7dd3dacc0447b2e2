//! Extended types: the driver has a payload in front of it, and makes a value of it.

use super::drive::{Drive, Phase};
use super::source::Source;
use crate::classes;
use crate::error;
use crate::ext_types::handler::{self, Callee};
use crate::ext_types::registrations::check_shareable;
use crate::ext_types::unpacking::{self, Form, Target};
use crate::ffi::ractor;
use crate::ffi::shared::Span;
use crate::ffi::{text, value};
use magnus::{Error, Value};
use msgpack_wire::Decoder;
use std::cell::Cell;

/// An extended type in front of the driver: its header has been decoded, its payload lies behind it.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub kind: i8,
    /// The payload's length in bytes.
    pub len: usize,
    /// Where its header stands in the stream.
    pub offset: u64,
    /// Bytes that the decoder has passed over and the source has not, before the payload.
    pub consumed: usize,
}

/// What comes behind an extended type of which a value has been made, or is to be.
pub(super) enum Next {
    /// Whatever the decoder finds there.
    Any,
    /// Another extended type.
    Ext(Found),
    /// It itself: its handler reads the payload ([`Drive::descend`]).
    Descend(Callee),
}

impl<S: Source> Drive<'_, S> {
    /// Makes a value of an extended type, and of those of its number behind it, or returns what is to read the payload
    /// itself. May raise: `phase` tells from where.
    pub(super) fn extended(&self, found: Found, phase: &Cell<Phase>) -> Result<Next, Error> {
        let kind = found.kind;
        // The common case first, and only what it needs: a Target that is passed on is copied twice, and waited for.
        match self.callee(kind) {
            Some((callee, Form::Payload)) => self.row(found, phase, |payload| callee.call(payload)),
            Some((callee, Form::Recursive)) => Ok(Next::Descend(callee)),
            Some((callee, _)) => self.row(found, phase, |payload| callee.call_extended(kind, payload)),
            None => self.extended_slow(found, phase),
        }
    }

    fn next_ext(&self) -> Next {
        self.ext_ahead(self.source.front()).map_or(Next::Any, Next::Ext)
    }

    /// Lets a handler make the values of the payload and of those behind it that are of the same number, as long as
    /// nothing is registered meanwhile. May raise.
    #[inline]
    fn row(
        &self,
        mut found: Found,
        phase: &Cell<Phase>,
        handler: impl Fn(Value) -> Value,
    ) -> Result<Next, Error> {
        let kind = found.kind;
        let changes = self.table.borrow().changes();
        let mut front = self.source.front();
        loop {
            self.call_over(front, found, phase, &handler)?;
            front = self.source.front();
            found = match self.ext_ahead(front) {
                None => return Ok(Next::Any),
                Some(ahead) if ahead.kind == kind && self.table.borrow().changes() == changes => ahead,
                Some(ahead) => return Ok(Next::Ext(ahead)),
            };
        }
    }

    /// As [`Drive::extended`], where more has to be asked.
    #[inline(never)]
    fn extended_slow(&self, found: Found, phase: &Cell<Phase>) -> Result<Next, Error> {
        let Found { kind, offset, .. } = found;
        let target = match self.resolve(kind) {
            Ok(Some(target)) if !target.is_forbidden() => target,
            Ok(Some(_)) => return Err(self.refuse(found, error::forbidden_ext_type(kind, offset))),
            Ok(None) => return Err(self.refuse(found, error::unknown_ext_type(kind, offset))),
            Err(error) => return Err(self.refuse(found, error)),
        };
        match target.form {
            Form::Extended if classes::is_ext_type(target.shown.0) => {
                return Ok(self.ext_type(found, target.shown.0, phase));
            }
            Form::Extended => {
                self.call(found, phase, |payload| handler::build(target.shown.0, kind, payload))?;
            }
            Form::Payload => self.call(found, phase, |payload| target.callee.call(payload))?,
            Form::Recursive => return Ok(Next::Descend(target.callee)),
            Form::Symbol => return self.symbol(found, phase),
            Form::SymbolByMethod => return self.symbol_by_method(found, target.callee, phase),
            Form::Time => return self.time(found, target.callee, phase),
        }
        Ok(self.next_ext())
    }

    /// What is registered and called, if nothing else is to be looked at.
    #[inline]
    fn callee(&self, kind: i8) -> Option<(Callee, Form)> {
        let table = self.table.borrow();
        let target = table.registry()?.get_ref(kind)?;
        let is_called = match target.form {
            Form::Payload | Form::Recursive => true,
            Form::Extended => !target.is_forbidden() && !value::is_module(target.shown.0),
            _ => false,
        };
        (is_called && !self.style.is_foreign).then_some((target.callee, target.form))
    }

    /// What a number becomes, in the order of the four steps; None where all are nil.
    #[inline]
    fn resolve(&self, kind: i8) -> Result<Option<Target>, Error> {
        // The borrow ends before the class-level table is asked, which may run Ruby.
        let (own, is_strict) = {
            let table = self.table.borrow();
            (table.own(kind), table.is_strict)
        };
        let Some(target) = own else { return unpacking::beyond(kind, is_strict) };
        if self.style.is_foreign && !ractor::is_main() {
            let shown_class = || target.class.map_or(target.shown.0, |class| class.0);
            check_shareable(target.callee.is_shareable(), shown_class)?;
        }
        Ok(Some(target))
    }

    /// Passes over the payload, and gives the object up.
    #[cold]
    #[inline(never)]
    pub(super) fn refuse(&self, found: Found, error: Error) -> Error {
        self.pass(found);
        self.give_up(error)
    }

    pub(super) fn pass(&self, found: Found) {
        self.source.advance(found.consumed + found.len);
        self.decoder.with(Decoder::take_payload);
    }

    /// Takes the payload as a String. May raise (memory).
    #[inline]
    pub(super) fn take(&self, found: Found, phase: &Cell<Phase>) -> Value {
        self.take_from(self.source.front(), found, phase)
    }

    /// As [`Drive::take`], from the front, which has just been asked for.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `call_over`
    fn take_from(&self, front: Span, found: Found, phase: &Cell<Phase>) -> Value {
        // Without memory for the payload it can be taken later.
        phase.set(Phase::Taking(found.consumed));
        let end = found.consumed + found.len;
        // SAFETY: making a String runs no Ruby code, so the source keeps its bytes in place; nor has any run since the
        // caller has asked for them.
        let front: &[u8] = unsafe { front.bytes() };
        let payload = text::new_binary(front.get(found.consumed..end).unwrap_or_default());
        self.source.advance(end);
        self.decoder.with(Decoder::take_payload);
        payload
    }

    /// Lets a handler make the value of the payload. May raise.
    #[inline]
    pub(super) fn call(
        &self,
        found: Found,
        phase: &Cell<Phase>,
        handler: impl FnOnce(Value) -> Value,
    ) -> Result<(), Error> {
        self.call_over(self.source.front(), found, phase, handler)
    }

    /// As [`Drive::call`], of a payload at the front, which has just been asked for.
    #[inline(always)]
    #[allow(clippy::inline_always)] // the loop over a row of objects
    fn call_over(
        &self,
        front: Span,
        found: Found,
        phase: &Cell<Phase>,
        handler: impl FnOnce(Value) -> Value,
    ) -> Result<(), Error> {
        let payload = self.take_from(front, found, phase);
        phase.set(Phase::Handler(found.offset));
        self.prepare()?;
        let value = handler(payload);
        self.go_on_with(value)
    }

    /// Takes up the stream again behind a handler.
    #[inline]
    pub(super) fn go_on_with(&self, value: Value) -> Result<(), Error> {
        self.check_cleared()?;
        // The handler may have taken bytes through the buffer.
        let position = self.source.position();
        self.decoder.with(|decoder| decoder.seek(position));
        self.stack.push(value);
        Ok(())
    }

    /// The next value, if it is an extended type, and all there: at the front, which has just been asked for.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as a call, its result goes through memory
    pub(super) fn ext_ahead(&self, front: Span) -> Option<Found> {
        // SAFETY: only the decoder looks at the bytes, and no Ruby code runs meanwhile.
        let front: &[u8] = unsafe { front.bytes() };
        let offset = self.source.position();
        let (kind, len, consumed) = self.decoder.with(|decoder| decoder.ext_ahead(front))?;
        Some(Found { kind, len, offset, consumed })
    }
}
