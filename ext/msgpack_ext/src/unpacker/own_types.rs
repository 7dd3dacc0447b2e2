//! Extended types that are made without a handler: objects of the library's own classes, Symbols, Times.

use super::drive::{Drive, Phase};
use super::extended::{Found, Next};
use super::source::Source;
use crate::ext_types::handler::Callee;
use crate::ext_types::times;
use crate::ffi::call::Name;
use crate::ffi::key_cache::KeyKind;
use crate::ffi::value;
use crate::ffi::{class, number, text};
use magnus::{Error, Value};
use std::cell::Cell;

static TYPE: Name = Name::new("@type");
static DATA: Name = Name::new("@data");

impl<S: Source> Drive<'_, S> {
    /// Makes an object of the library's own of the payload and of those behind it that are of the same number: that
    /// runs no Ruby code, which could register something. May raise (memory).
    pub(super) fn ext_types(&self, mut found: Found, class: Value, phase: &Cell<Phase>) -> Next {
        let kind = found.kind;
        loop {
            let payload = self.take(found, phase);
            phase.set(Phase::Handler(found.offset));
            self.stack.push(self.new_ext_type(class, kind, payload));
            found = match self.ext_ahead(self.source.front()) {
                None => return Next::Any,
                Some(ahead) if ahead.kind == kind => ahead,
                Some(ahead) => return Next::Ext(ahead),
            };
        }
    }

    /// Makes a Symbol of the payload. May raise (`EncodingError`).
    pub(super) fn symbol(&self, found: Found, phase: &Cell<Phase>) -> Result<(), Error> {
        // Without memory for the cache it can be taken later.
        phase.set(Phase::Taking(found.consumed));
        if self.style.key_cache {
            let keys = self.keys.get();
            // SAFETY: looking in the cache runs no Ruby code, so the source keeps its bytes in place.
            let front: &[u8] = unsafe { self.source.front().bytes() };
            let name = front.get(found.consumed..found.consumed + found.len);
            if let Some(symbol) = name.and_then(|name| keys.get(name, KeyKind::Symbol)) {
                self.stack.push(symbol);
                self.pass(found);
                return Ok(());
            }
        }
        let name = self.take(found, phase);
        phase.set(Phase::Handler(found.offset));
        self.source.prepare()?;
        text::set_utf8(name);
        let symbol = self.keys.get().make_symbol(name);
        self.go_on_with(symbol)
    }

    /// Makes a Time of the payload, or lets the handler say what is wrong with it. May raise.
    pub(super) fn time(&self, found: Found, handler: Callee, phase: &Cell<Phase>) -> Result<(), Error> {
        // Without memory for the Time it can be taken later.
        phase.set(Phase::Taking(found.consumed));
        // SAFETY: making a Time runs no Ruby code, so the source keeps its bytes in place.
        let front: &[u8] = unsafe { self.source.front().bytes() };
        let payload = front.get(found.consumed..found.consumed + found.len);
        match payload.and_then(times::build) {
            Some(time) => {
                self.stack.push(time);
                self.pass(found);
                Ok(())
            }
            None => self.call(found, phase, |payload| handler.call(payload)),
        }
    }

    /// An ExtType, as its `from_exttype` would make it. May raise (memory).
    fn new_ext_type(&self, class: Value, kind: i8, payload: Value) -> Value {
        let made = class::allocate(class);
        let payload = if self.style.freeze { text::interned(payload) } else { payload };
        class::set_ivar(made, &TYPE, number::from_signed(i64::from(kind)));
        class::set_ivar(made, &DATA, payload);
        if self.style.freeze {
            value::freeze(made);
        }
        made
    }
}
