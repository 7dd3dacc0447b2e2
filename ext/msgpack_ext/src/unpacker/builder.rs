//! Tokens into Ruby objects, on the value stack.
//!
//! Runs inside the decoder, under the driver's `protect`. Calls nothing that a program could have defined:
//! a map with keys that hash by a method of their own is left to the driver.

use super::own_types::OwnTypes;
use super::scratch::Keys;
use super::Style;
use crate::ffi::key_cache::KeyKind;
use crate::ffi::shapes::Shapes;
use crate::ffi::stack::ValueStack;
use crate::ffi::{array, hash, number, text, value};
use magnus::Value;
use msgpack_wire::decode::{Kind, ROW};
use msgpack_wire::{Builder, Role};

/// From so many bytes on sharing is cheaper than copying.
const SHARE_MIN: usize = 1024;

/// What the driver has to do.
pub enum Stop {
    /// Insert the last values, keys among them that are not plain, into the map below them, or into a new one.
    /// `is_last`: the map is complete then.
    Map { values: usize, append: bool, is_last: bool },
    /// Make a Symbol of the last value, which is a String.
    Symbol,
}

pub struct RubyBuilder<'a> {
    pub stack: &'a ValueStack,
    pub keys: &'a Keys<'a>,
    pub style: Style,
    /// The extended types that it makes.
    pub own: &'a OwnTypes,
    /// The String that is decoded, if it is one, and its end: what ends there may share its bytes.
    pub source: Option<(Value, *const u8)>,
}

impl RubyBuilder<'_> {
    /// A long String at the end of the source shares its bytes, unless it would keep alive much more than itself.
    #[inline(always)]
    #[allow(clippy::inline_always)] // the role and the kind are constants of the caller
    fn string(&mut self, bytes: &[u8], is_text: bool) -> Value {
        if self.style.freeze {
            return self.frozen(bytes, is_text);
        }
        if bytes.len() >= SHARE_MIN {
            if let Some((source, end)) = self.source {
                if bytes.as_ptr_range().end == end && text::len(source) / 4 <= bytes.len() {
                    return text::new_shared_tail(source, bytes.len(), is_text);
                }
            }
        }
        if is_text {
            text::new_utf8(bytes)
        } else {
            text::new_binary(bytes)
        }
    }

    #[inline(never)]
    fn frozen(&self, bytes: &[u8], is_text: bool) -> Value {
        match is_text {
            true if self.style.key_cache => self.keys.values().value(bytes),
            true => text::interned_utf8(bytes),
            false => text::interned_binary(bytes),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // as `str`
    fn key(&mut self, bytes: &[u8], role: Role) -> Result<(), Stop> {
        let kind = if self.style.symbolize_keys { KeyKind::Symbol } else { KeyKind::Text };
        if role == Role::KeyOfMany && kind == KeyKind::Text {
            // More of them than the cache holds: they would drive each other out, and all others.
            self.stack.push(text::interned_utf8(bytes));
            return Ok(());
        }
        if self.style.key_cache {
            if let Some(key) = self.keys.get().get(bytes, kind) {
                self.stack.push(key);
                return Ok(());
            }
        }
        self.new_key(bytes, kind)
    }

    #[cold]
    fn new_key(&mut self, bytes: &[u8], kind: KeyKind) -> Result<(), Stop> {
        match kind {
            KeyKind::Text => {
                self.stack.push(if self.style.key_cache {
                    self.keys.get().make_text(bytes)
                } else {
                    text::interned_utf8(bytes)
                });
                Ok(())
            }
            KeyKind::Symbol => {
                // Invalid UTF-8 raises, and making that exception may run Ruby code: not in here.
                self.stack.push(text::new_utf8(bytes));
                Err(Stop::Symbol)
            }
        }
    }

    #[cold]
    fn binary_key(&mut self, bytes: &[u8]) {
        self.stack.push(text::interned_binary(bytes));
    }
}

impl RubyBuilder<'_> {
    /// The Hash of keys and values on the marked stack; None where its keys are not plain.
    #[inline]
    fn map(&self, pairs: &[Value]) -> Option<Value> {
        if !self.style.key_cache || !Shapes::holds(pairs.len()) {
            return has_plain_keys(pairs).then(|| insert(pairs));
        }
        let shapes = self.keys.shapes();
        // SAFETY: so many are held; they are on the marked stack.
        if let Some(map) = unsafe { shapes.build(pairs) } {
            return Some(map);
        }
        if !has_plain_keys(pairs) {
            return None;
        }
        let map = insert(pairs);
        // SAFETY: as above.
        unsafe { shapes.learn(map, pairs) };
        Some(map)
    }
}

#[inline]
fn insert(pairs: &[Value]) -> Value {
    let map = hash::new();
    // SAFETY: the pairs are on the marked stack.
    unsafe { hash::insert(map, pairs) };
    map
}

fn has_plain_keys(pairs: &[Value]) -> bool {
    pairs.iter().step_by(2).all(|&key| value::is_plain_key(key))
}

impl Builder for RubyBuilder<'_> {
    type Stop = Stop;

    #[inline]
    fn nil(&mut self) {
        self.stack.push(value::nil());
    }

    #[inline]
    fn boolean(&mut self, flag: bool) {
        self.stack.push(value::boolean(flag));
    }

    #[inline]
    fn unsigned(&mut self, n: u64) {
        self.stack.push(number::from_unsigned(n));
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // as `str`
    fn signed(&mut self, n: i64) {
        self.stack.push(number::from_signed(n));
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // what is stored in halves and loaded as a whole has a processor wait
    fn signed_row(&mut self, row: &[i64; ROW]) {
        if number::are_fixnums(row) {
            self.stack.push_row(row, |&n| number::fixnum(n));
        } else {
            for n in row {
                self.signed(*n);
            }
        }
    }

    #[inline]
    fn float(&mut self, n: f64) {
        self.stack.push(number::from_float(n));
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // as `signed_row`
    fn float_row(&mut self, row: &[f64; ROW]) {
        self.stack.push_each(row, |&n| number::from_float(n));
    }

    #[inline]
    fn point<const N: usize>(&mut self, floats: [f64; N]) -> Result<(), Stop> {
        let values = floats.map(number::from_float);
        // SAFETY: the values are on the native stack, which the GC looks through.
        let point = unsafe { array::from_values(&values) };
        if self.style.freeze {
            value::freeze(point);
        }
        self.stack.push(point);
        Ok(())
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: as a call, its result goes through memory
    fn str(&mut self, bytes: &[u8], role: Role) -> Result<(), Stop> {
        if role != Role::Value {
            return self.key(bytes, role);
        }
        let string = self.string(bytes, true);
        self.stack.push(string);
        Ok(())
    }

    #[inline]
    fn bin(&mut self, bytes: &[u8], role: Role) -> Result<(), Stop> {
        if role != Role::Value {
            return if self.style.symbolize_keys {
                self.key(bytes, role)
            } else {
                self.binary_key(bytes);
                Ok(())
            };
        }
        let string = self.string(bytes, false);
        self.stack.push(string);
        Ok(())
    }

    #[inline]
    fn ext(&mut self, kind: i8, payload: &[u8]) -> bool {
        self.own_type(kind, payload)
    }

    fn open(&mut self, kind: Kind) {
        self.stack.push(match kind {
            Kind::Array => array::new(),
            Kind::Map => hash::new(),
        });
    }

    fn append(&mut self, kind: Kind, n: usize, is_last: bool) -> Result<(), Stop> {
        let freeze = is_last && self.style.freeze;
        let plain = self.stack.with_last(n + 1, |values| {
            let [container, children @ ..] = values else { return true };
            match kind {
                // SAFETY: the values are on the marked stack.
                Kind::Array => unsafe { array::append(*container, children) },
                Kind::Map if !has_plain_keys(children) => return false,
                // SAFETY: the pairs are on the marked stack.
                Kind::Map => unsafe { hash::insert(*container, children) },
            }
            if freeze {
                value::freeze(*container);
            }
            true
        });
        if !plain {
            return Err(Stop::Map { values: n, append: true, is_last });
        }
        self.stack.drop_last(n);
        Ok(())
    }

    #[inline]
    fn build(&mut self, kind: Kind, n: usize) -> Result<(), Stop> {
        let built = self.stack.with_last(n, |values| match kind {
            // SAFETY: the values are on the marked stack.
            Kind::Array => Some(unsafe { array::from_values(values) }),
            Kind::Map => self.map(values),
        });
        let Some(built) = built else {
            return Err(Stop::Map { values: n, append: false, is_last: true });
        };
        if self.style.freeze {
            value::freeze(built);
        }
        self.stack.drop_last(n);
        self.stack.push(built);
        Ok(())
    }
}
