//! Map keys and Symbols. How a key is packed is kept for the next time that it is met, unless a program has a say in it.
//!
//! A Symbol may be registered. If its handler is `Symbol#to_msgpack_ext`, and that is still this library's own, what it
//! gives is known. Programs may redefine that method at any time, but none does so between two Symbols while Ruby does not
//! run in this walk: another Ractor may, but then nobody can tell that it did not come later. So the method is called for
//! the first Symbol, and where this has come straight to this library's function, not for those that follow it.

use super::scratch::Leased;
use super::walk::{Outcome, Walk};
use crate::ext_types::handler::Handler;
use crate::ffi::encoded_keys::{EncodedKeys, LONGEST};
use crate::ffi::shared::Held;
use crate::ffi::text::{self, Encoding};
use crate::ffi::value::{self, Shape};
use crate::ffi::{call, direct};
use magnus::Value;

/// What is known of how keys are packed, until Ruby runs again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// In a way that is not known.
    Unknown,
    /// As Strings, be they Strings or Symbols.
    Plain,
    /// Strings as such, and Symbols as an extended type of this number, the payload being the name.
    Typed(i8),
}

impl Keys {
    #[inline]
    pub fn of(is_plain: bool) -> Self {
        if is_plain {
            Self::Plain
        } else {
            Self::Unknown
        }
    }

    /// Those that were met before; an extended type takes a level more.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured
    pub fn met(self, scratch: &Leased, depth: usize, max_depth: usize) -> Option<&EncodedKeys> {
        if self == Self::Plain {
            return Some(scratch.keys());
        }
        self.met_typed(scratch, depth < max_depth)
    }

    /// Apart from the loops over pairs, which have no register to spare.
    #[cold]
    #[inline(never)]
    pub fn met_typed(self, scratch: &Leased, has_level: bool) -> Option<&EncodedKeys> {
        if has_level && self != Self::Unknown {
            scratch.typed_keys()
        } else {
            None
        }
    }
}

impl Walk<'_> {
    /// The keys that were met before, if they may be used.
    #[inline]
    fn known_keys(&self) -> Option<&EncodedKeys> {
        self.keys.met(&self.scratch, self.depth, self.max_depth)
    }

    /// Appends a key met before.
    #[inline]
    fn known_key(&mut self, v: Value) -> bool {
        let keys = self.keys.met(&self.scratch, self.depth, self.max_depth);
        let out = &mut self.out;
        keys.is_some_and(|keys| keys.with(v, |bytes, len| out.put_padded(bytes, len)).is_some())
    }

    /// Appends a map key.
    #[inline]
    pub(super) fn key(&mut self, v: Value) -> Outcome {
        if self.known_key(v) {
            return Ok(());
        }
        let is_known = self.known_keys().is_some_and(|keys| keys.is_met_again(v));
        match value::shape(v) {
            Shape::Str if is_known && value::is_frozen(v) && text::encoding(v) == Encoding::Utf8 => {
                self.remembered(v, v)
            }
            _ => self.value(v),
        }
    }

    /// Appends a Symbol: as the String of its name would be, if none is registered.
    pub fn symbol(&mut self, v: Value) -> Outcome {
        if self.known_key(v) {
            return Ok(());
        }
        self.symbol_slow(v)
    }

    fn symbol_slow(&mut self, symbol: Value) -> Outcome {
        if let Keys::Typed(kind) = self.keys {
            return self.typed_symbol(kind, symbol);
        }
        if self.table().is_some_and(|table| table.borrow().has_symbol()) {
            self.need_net()?;
        }
        let entry = self.find(symbol);
        match entry.map(|entry| (entry, entry.kind, entry.handler)) {
            None => self.native_symbol(symbol),
            Some((entry, Some(kind), Handler::Method(Held(name))))
                if !entry.is_recursive && !self.is_foreign && !self.old_spec =>
            {
                self.named(kind, symbol, name)
            }
            Some((entry, ..)) => self.registered(symbol, entry),
        }
    }

    pub(super) fn native_symbol(&mut self, v: Value) -> Outcome {
        let name = text::symbol_name(v);
        if self.keys == Keys::Plain && text::encoding(name) == Encoding::Utf8 {
            return self.remembered(v, name);
        }
        self.string(name)
    }

    /// Appends a UTF-8 String and keeps its bytes for the next time that `key` is met, if they are few.
    fn remembered(&mut self, key: Value, string: Value) -> Outcome {
        if text::len(string) > LONGEST {
            return self.string(string);
        }
        // Room first, as `string` asks for it, so that the bytes written lie together behind the mark.
        self.make_room_for(string);
        let mark = self.out.mark();
        self.string(string)?;
        self.remember(key, mark);
        Ok(())
    }

    /// Keeps the bytes since a mark for the next time that `key` is met.
    fn remember(&self, key: Value, mark: usize) {
        if let (Some(written), Some(keys)) = (self.out.since(mark), self.known_keys()) {
            keys.put(key, written);
        }
    }

    /// Appends a Symbol of which it is known that its payload is its name.
    fn typed_symbol(&mut self, kind: i8, symbol: Value) -> Outcome {
        // The level that a handler takes.
        self.enter(0)?;
        self.depth -= 1;
        let name = text::symbol_name(symbol);
        if text::len(name) > LONGEST {
            return self.ext(kind, name);
        }
        self.make_room_for(name);
        let mark = self.out.mark();
        self.ext(kind, name)?;
        self.remember(symbol, mark);
        Ok(())
    }

    /// Appends what a method of a Symbol gives, and finds out whether it has to be called for the next one.
    #[inline(never)]
    fn named(&mut self, kind: i8, symbol: Value, name: Value) -> Outcome {
        self.enter_handler()?;
        let changes = self.changes();
        let mut is_direct = false;
        let payload = self.call_out(|| {
            let payload;
            (payload, is_direct) = direct::call(symbol, call::id_of(name));
            payload
        });
        self.depth -= 1;
        if !value::is_string(payload) {
            return self.fail(super::cold::no_payload(symbol, payload));
        }
        self.ext(kind, payload)?;
        if is_direct && self.changes() == changes {
            self.scratch.learn_typed_keys(kind);
            self.keys = Keys::Typed(kind);
        }
        Ok(())
    }
}
