//! Where in an object a value stands that can't be packed: the keys and indexes that lead there, for messages.
//!
//! Nothing is kept while all goes well: the steps are put down on the way back from the value, innermost first. Of many
//! only those are kept that are shown, for there may be little memory.

use crate::ffi::class;
use crate::ffi::text;
use crate::ffi::value::{self, Core, Shape};
use magnus::Value;
use std::fmt::Write;

/// The longest part of a key that is shown, in bytes.
const KEY_MAX: usize = 40;
/// Of a longer path so many steps of each end are shown.
const ENDS: usize = 8;

/// The steps to a value, innermost first: all, or those of both ends with an ellipsis between.
#[derive(Default)]
pub struct Path {
    steps: Vec<String>,
}

impl Path {
    pub fn clear(&mut self) {
        self.steps.clear();
    }

    fn push(&mut self, step: String) {
        if self.steps.len() == ENDS * 2 {
            // The first that is of neither end.
            self.steps[ENDS] = "…".into();
        } else if self.steps.len() > ENDS * 2 {
            self.steps.remove(ENDS + 1);
        }
        self.steps.push(step);
    }

    /// The value stands at this index of an array.
    pub fn index(&mut self, index: usize) {
        self.push(format!("[{index}]"));
    }

    /// The value stands behind this key of a map, or is in it. May raise (memory).
    pub fn key(&mut self, key: Value) {
        let shown = match (value::shape(key), value::core(key)) {
            (Shape::Fixnum(n), _) => n.to_string(),
            (Shape::Bignum, _) => text::to_s(key),
            (_, Core::Str) => quoted(key),
            (_, Core::Symbol) => symbol(key),
            _ => format!("{{{}}}", class::name_of(key)),
        };
        self.push(format!("[{shown}]"));
    }

    /// The end of a message, empty for a value that is in no container.
    pub fn suffix(&self) -> String {
        if self.steps.is_empty() {
            return String::new();
        }
        let mut shown = String::from(" (at $");
        self.steps.iter().rev().for_each(|step| shown.push_str(step));
        shown.push(')');
        shown
    }
}

/// The start of a String in quotes, what can't be shown escaped.
fn quoted(string: Value) -> String {
    text::with_bytes(string, |bytes| {
        let (start, is_cut) = match bytes.get(..KEY_MAX) {
            Some(start) if bytes.len() > KEY_MAX => (start, true),
            _ => (bytes, false),
        };
        let mut shown = String::from("\"");
        for chunk in start.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '"' | '\\' => shown.extend(['\\', c]),
                    '\n' => shown.push_str("\\n"),
                    c if c.is_control() => {
                        let _ = write!(shown, "\\u{:04X}", u32::from(c));
                    }
                    c => shown.push(c),
                }
            }
            for byte in chunk.invalid() {
                let _ = write!(shown, "\\x{byte:02X}");
            }
        }
        shown.push_str(if is_cut { "…\"" } else { "\"" });
        shown
    })
}

fn symbol(key: Value) -> String {
    let name = text::symbol_name(key);
    let is_plain = text::with_bytes(name, |bytes| {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        bytes.len() <= KEY_MAX
            && bytes.first().is_some_and(|first| is_word(first) && !first.is_ascii_digit())
            && bytes.iter().all(is_word)
    });
    if is_plain {
        return text::with_bytes(name, |bytes| format!(":{}", String::from_utf8_lossy(bytes)));
    }
    format!(":{}", quoted(name))
}
