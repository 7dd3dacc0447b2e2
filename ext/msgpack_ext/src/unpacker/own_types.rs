//! Extended types that are made without a handler: objects of the library's own classes, Symbols, Times.
//!
//! The driver looks the first one of a number up, and lets the builder make it and those behind it, within the
//! decoder's loop. What is found so holds until Ruby code runs, which could register something.

use super::builder::RubyBuilder;
use super::drive::{Drive, Phase};
use super::extended::{Found, Next};
use super::source::Source;
use crate::classes;
use crate::ext_types::handler::Callee;
use crate::ext_types::{symbols, times};
use crate::ffi::call::{self, Name};
use crate::ffi::key_cache::KeyKind;
use crate::ffi::value;
use crate::ffi::{class, in_place, number, text};
use magnus::{Error, Value};
use std::cell::Cell;

static TYPE: Name = Name::new("@type");
static DATA: Name = Name::new("@data");

/// Payloads from so many bytes on may share those of the source, which the driver sees to.
const SHARE_MIN: usize = 1024;
/// So many Symbols in a row are made by calling the method before it is looked at, which costs as much as two calls.
const CALLED_FIRST: i16 = 2;

/// No number of a type.
const NONE: i16 = i16::MAX;

/// The numbers that the builder makes values of.
pub struct OwnTypes {
    numbers: Cell<Numbers>,
    /// Of `ext_type`: one of the library's.
    class: Cell<Value>,
}

/// One word, which is soon forgotten.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Numbers {
    symbol: i16,
    time: i16,
    ext_type: i16,
    /// Symbols made by calling the method, one after the other; beyond [`CALLED_FIRST`] it is not the library's.
    called: i16,
}

impl Numbers {
    const UNKNOWN: Self = Self { symbol: NONE, time: NONE, ext_type: NONE, called: 0 };
}

/// Finds out what the objects look like. Once, when the library loads.
///
/// # Errors
/// No memory.
pub fn init() -> Result<(), Error> {
    call::protect_unit(|| in_place::object::learn(classes::ext_types(), [&TYPE, &DATA]))
}

impl OwnTypes {
    /// None that is known.
    #[inline]
    pub fn unknown() -> Self {
        Self { numbers: Cell::new(Numbers::UNKNOWN), class: Cell::new(value::nil()) }
    }
}

impl RubyBuilder<'_> {
    /// Makes a value of an extended type, if it is the library's own. May raise (memory).
    #[inline(never)]
    pub(super) fn own_type(&self, kind: i8, payload: &[u8]) -> bool {
        let own = self.own.numbers.get();
        let made = match i16::from(kind) {
            number if number == own.symbol => self.symbol(payload),
            number if number == own.time => times::build(payload),
            number if number == own.ext_type && payload.len() < SHARE_MIN => {
                let freeze = self.style.freeze;
                let data = if freeze { text::interned_binary(payload) } else { text::new_binary(payload) };
                Some(new_ext_type(self.own.class.get(), kind, data, freeze))
            }
            _ => None,
        };
        made.inspect(|value| self.stack.push(*value)).is_some()
    }

    /// The Symbol of that name; None where it is no UTF-8. May raise (memory).
    #[inline]
    fn symbol(&self, name: &[u8]) -> Option<Value> {
        if self.style.key_cache {
            if let Some(symbol) = self.keys.get().get(name, KeyKind::Symbol) {
                return Some(symbol);
            }
        }
        self.new_symbol(name)
    }

    #[inline(never)]
    fn new_symbol(&self, name: &[u8]) -> Option<Value> {
        let symbol = text::symbol_of(name)?;
        if self.style.key_cache {
            self.keys.get().keep_symbol(name, symbol);
        }
        Some(symbol)
    }
}

impl<S: Source> Drive<'_, S> {
    /// Ruby code is going to run.
    #[inline]
    pub(super) fn prepare(&self) -> Result<(), Error> {
        self.own.numbers.set(Numbers::UNKNOWN);
        self.source.prepare()
    }

    /// Lets the builder make what has been found, and those of its number behind it.
    fn leave_to_builder(&self, found: Found, own: Numbers) -> Next {
        self.own.numbers.set(own);
        self.source.advance(found.consumed);
        Next::Any
    }

    /// Makes an object of the library's own. May raise (memory).
    pub(super) fn ext_type(&self, found: Found, class: Value, phase: &Cell<Phase>) -> Next {
        let Found { kind, offset, .. } = found;
        if found.len < SHARE_MIN {
            self.own.class.set(class);
            let own = self.own.numbers.get();
            return self.leave_to_builder(found, Numbers { ext_type: kind.into(), ..own });
        }
        let payload = self.take(found, phase);
        phase.set(Phase::Handler(offset));
        let payload = if self.style.freeze { text::interned(payload) } else { payload };
        self.stack.push(new_ext_type(class, kind, payload, self.style.freeze));
        Next::Any
    }

    /// Makes a Symbol of the payload. May raise (`EncodingError`).
    pub(super) fn symbol(&self, found: Found, phase: &Cell<Phase>) -> Result<Next, Error> {
        let (own, kind) = (self.own.numbers.get(), i16::from(found.kind));
        if own.symbol != kind {
            return Ok(self.leave_to_builder(found, Numbers { symbol: kind, ..own }));
        }
        let name = self.take(found, phase);
        phase.set(Phase::Handler(found.offset));
        self.prepare()?;
        text::set_utf8(name);
        let symbol = text::intern(name);
        self.go_on_with(symbol)?;
        Ok(Next::Any)
    }

    /// Makes a Symbol of the payload by `Symbol.from_msgpack_ext`, or as that would. May raise.
    pub(super) fn symbol_by_method(
        &self,
        mut found: Found,
        method: Callee,
        phase: &Cell<Phase>,
    ) -> Result<Next, Error> {
        let (mut own, kind) = (self.own.numbers.get(), i16::from(found.kind));
        if own.called == CALLED_FIRST && own.symbol != kind {
            // Without memory for what the method is compared with it can be taken later.
            phase.set(Phase::Preparing);
            self.source.advance(found.consumed);
            found.consumed = 0;
            let is_unchanged = symbols::is_unchanged();
            // A TracePoint may have come in.
            self.check_cleared()?;
            if is_unchanged {
                return Ok(self.leave_to_builder(found, Numbers { symbol: kind, ..own }));
            }
            own.called += 1;
        }
        self.call(found, phase, |payload| method.call(payload))?;
        let called = own.called + i16::from(own.called < CALLED_FIRST);
        self.own.numbers.set(Numbers { called, ..Numbers::UNKNOWN });
        Ok(Next::Any)
    }

    /// Makes a Time of the payload, or lets the handler say what is wrong with it. May raise.
    pub(super) fn time(&self, found: Found, handler: Callee, phase: &Cell<Phase>) -> Result<Next, Error> {
        let (own, kind) = (self.own.numbers.get(), i16::from(found.kind));
        if own.time != kind {
            return Ok(self.leave_to_builder(found, Numbers { time: kind, ..own }));
        }
        self.call(found, phase, |payload| handler.call(payload))?;
        Ok(Next::Any)
    }
}

/// An ExtType, as its `from_exttype` would make it. May raise (memory).
fn new_ext_type(class: Value, kind: i8, payload: Value, freeze: bool) -> Value {
    let kind = number::from_signed(i64::from(kind));
    let made = in_place::object::new(class, [kind, payload]).unwrap_or_else(|| {
        let made = class::allocate(class);
        class::set_ivar(made, &TYPE, kind);
        class::set_ivar(made, &DATA, payload);
        made
    });
    if freeze {
        value::freeze(made);
    }
    made
}
