//! The object that bytes are read from or written to: which of its methods to call, and what they may return.

use crate::error;
use crate::ffi::call::{self, Name};
use crate::ffi::{class, text, value};
use magnus::gc::Marker;
use magnus::{Error, Value};
use std::cell::Cell;

static READPARTIAL: Name = Name::new("readpartial");
static READ: Name = Name::new("read");
static WRITE: Name = Name::new("write");
static APPEND: Name = Name::new("<<");
static CLOSE: Name = Name::new("close");

/// An io, or none.
pub struct Io {
    object: Option<Value>,
    reads: Option<&'static Name>,
    writes: Option<&'static Name>,
    /// What is asked for at once, in bytes.
    read_size: Cell<usize>,
}

/// What an io is wanted for.
#[derive(Clone, Copy)]
enum Wanted {
    Reader,
    /// To read from, where bytes would do as well.
    Source,
    Writer,
    Either,
}

impl Wanted {
    fn name(self) -> &'static str {
        match self {
            Self::Reader => "an io with readpartial or read",
            Self::Source => "a String, something with to_str, or an io with readpartial or read",
            Self::Writer => "an io with write or <<",
            Self::Either => "an io with read, readpartial, write or <<",
        }
    }
}

fn first(io: Value, names: [&'static Name; 2]) -> Result<Option<&'static Name>, Error> {
    for name in names {
        let mut found = false;
        call::protect_unit(|| found = call::responds(io, name))?;
        if found {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

impl Io {
    fn new(io: Option<Value>, wanted: Wanted) -> Result<Self, Error> {
        let Some(object) = io else {
            return Ok(Self::none());
        };
        let (reads, writes) = match wanted {
            Wanted::Reader | Wanted::Source => (first(object, [&READPARTIAL, &READ])?, None),
            Wanted::Writer => (None, first(object, [&WRITE, &APPEND])?),
            Wanted::Either => (first(object, [&READPARTIAL, &READ])?, first(object, [&WRITE, &APPEND])?),
        };
        // An Integer has `<<`, too.
        if (reads.is_none() && writes.is_none()) || value::is_integer(object) {
            return Err(error::wrong_type(wanted.name(), object));
        }
        Ok(Self { object: Some(object), reads, writes, read_size: Cell::new(0) })
    }

    /// No io.
    pub fn none() -> Self {
        Self { object: None, reads: None, writes: None, read_size: Cell::new(0) }
    }

    /// An io to read from.
    pub fn reader(io: Option<Value>) -> Result<Self, Error> {
        Self::new(io, Wanted::Reader)
    }

    /// An io to read from, where bytes would do as well.
    pub fn source(io: Value) -> Result<Self, Error> {
        Self::new(Some(io), Wanted::Source)
    }

    /// An io to write to.
    pub fn writer(io: Option<Value>) -> Result<Self, Error> {
        Self::new(io, Wanted::Writer)
    }

    /// An io for either.
    pub fn either(io: Option<Value>) -> Result<Self, Error> {
        Self::new(io, Wanted::Either)
    }

    pub fn set_read_size(&self, bytes: usize) {
        self.read_size.set(bytes);
    }

    pub fn is_some(&self) -> bool {
        self.object.is_some()
    }

    pub fn object(&self) -> Value {
        self.object.unwrap_or_else(value::nil)
    }

    pub fn mark(&self, marker: &Marker) {
        if let Some(object) = self.object {
            marker.mark(object);
        }
    }

    /// Reads once, asking for `max` bytes at most. None at the end, and where the io has nothing now.
    pub fn read(&self, max: usize) -> Result<Option<Value>, Error> {
        let (Some(io), Some(name)) = (self.object, self.reads) else { return Ok(None) };
        let size = crate::ffi::number::from_unsigned(self.read_size.get().min(max) as u64);
        match call::protect(|| call::call(io, name, [size])) {
            Ok(none) if value::is_nil(none) => Ok(None),
            Ok(string) if value::is_string(string) => {
                Ok(Some(string).filter(|&string| text::len(string) > 0))
            }
            Ok(other) => {
                let (name, class) = (name.text(), class::name_of(io));
                Err(error::wrong_type(&format!("a String or nil from {name} of {class}"), other))
            }
            Err(error) if error.is_kind_of(call::ruby().exception_eof_error()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes `len` bytes; returns how many were taken.
    pub fn write(&self, string: Value, len: usize) -> Result<usize, Error> {
        let (Some(io), Some(name)) = (self.object, self.writes) else { return Ok(len) };
        let result = call::protect(|| call::call(io, name, [string]))?;
        match value::shape(result) {
            value::Shape::Fixnum(0) => {
                let (name, class) = (name.text(), class::name_of(io));
                Err(error::io(format!(
                    "{name} of {class} took 0 of {len} bytes, expected 1 at least: they are kept for the next flush"
                )))
            }
            value::Shape::Fixnum(n) => Ok(usize::try_from(n).map_or(len, |n| n.min(len))),
            _ => Ok(len),
        }
    }

    pub fn close(&self) -> Result<(), Error> {
        if let Some(io) = self.object {
            call::protect(|| call::call(io, &CLOSE, []))?;
        }
        Ok(())
    }
}
