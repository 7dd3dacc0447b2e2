//! `inspect`: the class of an object and its state, in one short line.
//!
//! Of other objects nothing but their class is asked, and no state is borrowed that a call in the middle of something
//! may hold: it works wherever Ruby runs, inside handlers too, and on objects that were never initialized.

use crate::ffi::class;
use crate::ffi::value;
use crate::io::Io;
use magnus::Value;
use std::fmt::Write;

/// The longest name of a class that is shown whole, in characters.
const NAME_MAX: usize = 60;

/// The line, as far as it has come.
pub struct Inspection {
    text: String,
    is_frozen: bool,
    has_parts: bool,
}

impl Inspection {
    pub fn of(object: Value) -> Self {
        let text = format!("#<{}", short(&class::name_of(object)));
        Self { text, is_frozen: value::is_frozen(object), has_parts: false }
    }

    /// Adds a part of the state, if there is anything to say.
    pub fn and(mut self, part: impl AsRef<str>) -> Self {
        if !part.as_ref().is_empty() {
            self.text.push_str(if self.has_parts { ", " } else { " " });
            self.text.push_str(part.as_ref());
            self.has_parts = true;
        }
        self
    }

    /// Adds a part if that is so.
    pub fn and_if(self, is_so: bool, part: &str) -> Self {
        self.and(if is_so { part } else { "" })
    }

    /// Adds the class of the io, if there is one.
    pub fn and_io(self, preposition: &str, io: &Io) -> Self {
        if !io.is_some() {
            return self;
        }
        let name = class::name_of(io.object());
        self.and(format!("{preposition} {}", short(&name)))
    }

    pub fn end(self) -> String {
        let is_frozen = self.is_frozen;
        let mut text = self.and_if(is_frozen, "frozen").text;
        text.push('>');
        text
    }
}

/// A number of things: "1 byte", "2 bytes".
pub fn count(n: usize, of_what: &str) -> String {
    // "2 types registered"
    let (noun, rest) =
        of_what.split_once(' ').map_or((of_what, String::new()), |(noun, rest)| (noun, format!(" {rest}")));
    let ending = match (n, noun.ends_with('s')) {
        (1, _) => "",
        (_, false) => "s",
        (_, true) => "es",
    };
    format!("{n} {noun}{ending}{rest}")
}

/// As [`count`], empty for none.
pub fn count_if_any(n: usize, of_what: &str) -> String {
    if n == 0 {
        return String::new();
    }
    count(n, of_what)
}

/// Registered types, as many as fit: "2 types (1 Point, 2 Money)".
pub fn types(listed: &[(i8, Value)]) -> String {
    const SHOWN: usize = 4;
    if listed.is_empty() {
        return "no types".into();
    }
    let mut text = count(listed.len(), "type");
    for (index, (kind, class)) in listed.iter().take(SHOWN).enumerate() {
        text.push_str(if index == 0 { " (" } else { ", " });
        let _ = write!(text, "{kind}");
        if !value::is_nil(*class) {
            let _ = write!(text, " {}", short(&class::name(*class)));
        }
    }
    text.push_str(if listed.len() > SHOWN { ", ...)" } else { ")" });
    text
}

fn short(name: &str) -> String {
    match name.char_indices().nth(NAME_MAX) {
        Some((end, _)) => format!("{}...", name.get(..end).unwrap_or_default()),
        None => name.into(),
    }
}
