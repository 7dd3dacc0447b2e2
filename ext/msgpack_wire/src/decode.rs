//! The one decoder: a state machine that may be left and taken up again at any byte.
//!
//! Owns the walk over tokens and the stack of open containers; a [`Builder`] makes values of what it finds.
//! It never recurses, so depth costs heap and not native stack; it never reads a token twice, and reserves
//! nothing for what a header announces. It never calls out for an extended type: it hands control back
//! ([`Event::Ext`]), and the driver pushes the value and calls [`Decoder::run`] again.
//!
//! Invariant: a frame's `left` and `beyond` count values that have not begun, so that what is left of an
//! object is the sum over all frames plus the body that is pending.

use crate::error::{DecodeError, Fault};
use crate::limits::Limits;
use crate::marker::{scan, Scan, Token};
use crate::skip::Rest;

/// Children that are collected before they are moved into a container that is still open.
///
/// Above this a container is filled in batches, so that no stack of values grows with what the wire says.
pub const BATCH: u32 = 4096;

/// Values and containers between two [`Event::Breathe`]: long inputs stay interruptible.
const FUEL: u32 = 65_536;

/// What a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Values in a row.
    Array,
    /// Keys and values in turn.
    Map,
}

/// Where a string or binary stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// At the top, in an array, or as the value of a pair.
    Value,
    /// As the key of a pair.
    Key,
}

/// Makes values of tokens, on a stack of its own.
///
/// A scalar is pushed; `build(kind, n)` takes the last `n` values and pushes the container made of them.
/// Where a method returns `Err`, the decoder hands that to its driver ([`Event::Stop`]) and counts the value
/// as complete: by the next call of [`Decoder::run`] the driver has put it where it belongs.
pub trait Builder {
    /// Why the driver has to take over.
    type Stop;
    /// Whether bodies are worthless: they are then passed over as they arrive.
    const SKIPS: bool = false;

    /// nil
    fn nil(&mut self);
    /// true or false
    fn boolean(&mut self, value: bool);
    /// an integer that is not negative
    fn unsigned(&mut self, value: u64);
    /// an integer
    fn signed(&mut self, value: i64);
    /// a float of either width
    fn float(&mut self, value: f64);
    /// A string. The bytes are as they came: not checked to be UTF-8.
    ///
    /// # Errors
    /// The driver has to take over.
    fn str(&mut self, bytes: &[u8], role: Role) -> Result<(), Self::Stop>;
    /// A binary.
    ///
    /// # Errors
    /// The driver has to take over.
    fn bin(&mut self, bytes: &[u8], role: Role) -> Result<(), Self::Stop>;
    /// Pushes an empty container that `append` is going to fill.
    fn open(&mut self, kind: Kind);
    /// Moves the last `n` values into the container below them, which is complete if they are its last.
    ///
    /// # Errors
    /// The driver has to take over.
    fn append(&mut self, kind: Kind, n: usize, is_last: bool) -> Result<(), Self::Stop>;
    /// Makes a container of the last `n` values.
    ///
    /// # Errors
    /// The driver has to take over.
    fn build(&mut self, kind: Kind, n: usize) -> Result<(), Self::Stop>;
}

/// Why [`Decoder::run`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<S> {
    /// A whole object is on the builder's stack.
    Done,
    /// Nothing more can be done before so many bytes follow those consumed.
    Need(usize),
    /// An extended type whose payload is the next `len` bytes of the input, all there. The driver takes them
    /// ([`Decoder::take_payload`]), pushes a value and runs on.
    Ext {
        /// The type's number.
        kind: i8,
        /// The payload's length in bytes.
        len: usize,
        /// Where its header stands in the stream.
        offset: u64,
    },
    /// The builder stopped.
    Stop(S),
    /// Much has been done: look for interrupts, then run on.
    Breathe,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Values of this batch that have not begun.
    left: u32,
    /// Values in this batch.
    batch: u32,
    /// Values after this batch.
    beyond: u64,
    kind: Kind,
    /// Whether the container has been pushed already, and is filled batch by batch.
    open: bool,
}

impl Frame {
    /// What stands for the top level: one value.
    const ROOT: Self = Self { left: 1, batch: 1, beyond: 0, kind: Kind::Array, open: false };

    fn new(kind: Kind, values: u64) -> Self {
        let cap = match kind {
            Kind::Array => BATCH,
            Kind::Map => BATCH * 2,
        };
        let batch = values.min(u64::from(cap)) as u32;
        let beyond = values - u64::from(batch);
        Self { left: batch, batch, beyond, kind, open: beyond > 0 }
    }

    /// Goes on to the next batch.
    fn turn(&mut self) {
        *self = Self { open: true, ..Self::new(self.kind, self.beyond) };
    }

    fn role(&self) -> Role {
        // `left` is odd when a key has just begun: it has been counted down for that key.
        if self.kind == Kind::Map && self.left & 1 == 1 {
            Role::Key
        } else {
            Role::Value
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Body {
    Str(Role),
    Bin(Role),
    Ext(i8),
}

/// A body whose header has been consumed.
#[derive(Clone, Copy, Debug)]
struct Pending {
    body: Body,
    len: usize,
    offset: u64,
}

/// The state between two pieces of input.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    /// The innermost open container; the top level where none is.
    top: Frame,
    /// The containers around `top`, outermost first.
    outer: Vec<Frame>,
    pending: Option<Pending>,
    position: u64,
    /// Levels that are open around this decoder's input: a payload lies in an object of another decoder.
    base: usize,
    fuel: u32,
    #[cfg(test)]
    pub(crate) examined: u64,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Decoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            top: Frame::ROOT,
            outer: Vec::new(),
            pending: None,
            position: 0,
            base: 0,
            fuel: FUEL,
            #[cfg(test)]
            examined: 0,
        }
    }

    /// Bytes consumed since the start of the stream.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Sets the position: somebody else has taken bytes from the stream.
    pub fn seek(&mut self, position: u64) {
        self.position = position;
    }

    /// Whether an object has begun and is not complete.
    #[must_use]
    pub fn is_amid(&self) -> bool {
        self.pending.is_some() || self.top.left == 0 || !self.outer.is_empty()
    }

    /// Where the token stands that is not complete: its header, or the next byte where none has begun.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.pending.map_or(self.position, |pending| pending.offset)
    }

    /// Open levels: containers, and those that the input itself lies in.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.base + self.outer.len()
    }

    /// Goes one level deeper than `outer`, the decoder that has met an extended type: what follows is its
    /// payload, at `position` of the stream.
    ///
    /// # Errors
    /// [`Fault::TooDeep`] where that level is one too many.
    pub fn inside(outer: &Self, position: u64) -> Result<Self, Fault> {
        let limits = outer.limits;
        if outer.depth() >= limits.max_depth {
            return Err(Fault::TooDeep(limits.max_depth));
        }
        Ok(Self { base: outer.depth() + 1, position, ..Self::new(limits) })
    }

    /// Forgets the object that has begun; the position stays.
    pub fn forget(&mut self) {
        self.top = Frame::ROOT;
        self.outer.clear();
        self.pending = None;
    }

    /// Forgets all: a new stream begins.
    pub fn reset(&mut self) {
        self.restart(self.limits);
    }

    /// Forgets all: a new stream begins, with these limits.
    pub fn restart(&mut self, limits: Limits) {
        self.limits = limits;
        self.forget();
        self.position = 0;
        self.base = 0;
    }

    /// Gives up the object that has begun and returns what is left of it.
    pub fn give_up(&mut self) -> Rest {
        let count = |frame: &Frame| u64::from(frame.left) + frame.beyond;
        let values = if self.is_amid() {
            self.outer.iter().map(count).fold(count(&self.top), u64::saturating_add)
        } else {
            0
        };
        let bytes = self.pending.map_or(0, |pending| pending.len as u64);
        self.forget();
        Rest { values, bytes }
    }

    /// The payload announced by [`Event::Ext`] has been taken.
    pub fn take_payload(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.position += pending.len as u64;
        }
    }

    /// Decodes as far as `input` goes, and at most to the end of one object.
    ///
    /// Returns how many bytes were consumed and why it stopped. What was consumed must not be given again;
    /// what was not must be, at the start of the next `input`.
    ///
    /// # Errors
    /// [`Fault::Reserved`]: the byte is consumed and the object forgotten. [`Fault::TooDeep`]: the header
    /// is consumed, and [`Decoder::give_up`] tells what is left of the object.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: as a call, the event is copied twice before anybody looks at it
    pub fn run<B: Builder>(
        &mut self,
        input: &[u8],
        builder: &mut B,
    ) -> (usize, Result<Event<B::Stop>, DecodeError>) {
        let mut pos = 0;
        let result = self.walk(input, builder, &mut pos);
        self.position += pos as u64;
        #[cfg(test)]
        {
            self.examined += pos as u64;
            if let Ok(Event::Need(_)) = result {
                // Looked at without being consumed: the first byte of an unfinished header.
                if self.pending.is_none() && input.len() > pos {
                    self.examined += 1;
                }
            }
        }
        if let Ok(Event::Done) = result {
            self.forget();
        }
        (pos, result)
    }

    fn walk<B: Builder>(
        &mut self,
        input: &[u8],
        builder: &mut B,
        pos: &mut usize,
    ) -> Result<Event<B::Stop>, DecodeError> {
        if let Some(event) = self.finish_body(input, builder, pos) {
            return Ok(event);
        }
        loop {
            // A frame is complete when nothing of it is left: close it, and those that it completes.
            while self.top.left == 0 {
                if let Some(event) = self.close(builder) {
                    return Ok(event);
                }
            }
            let start = *pos;
            let (token, header) = match scan(&input[start..]) {
                Scan::Token(token, header) => (token, header),
                Scan::Need(n) => return Ok(Event::Need(n)),
                Scan::Reserved => {
                    *pos += 1;
                    self.forget();
                    return Err(DecodeError { fault: Fault::Reserved, offset: self.position + start as u64 });
                }
            };
            *pos += header;
            self.top.left -= 1;
            let (body, len) = match token {
                Token::Nil => {
                    builder.nil();
                    continue;
                }
                Token::Boolean(value) => {
                    builder.boolean(value);
                    continue;
                }
                Token::Unsigned(value) => {
                    builder.unsigned(value);
                    continue;
                }
                Token::Signed(value) => {
                    builder.signed(value);
                    continue;
                }
                Token::Float(value) => {
                    builder.float(value);
                    continue;
                }
                Token::Array(len) => match self.enter(Kind::Array, u64::from(len), start, builder) {
                    None => continue,
                    Some(exit) => return exit,
                },
                Token::Map(len) => match self.enter(Kind::Map, u64::from(len) * 2, start, builder) {
                    None => continue,
                    Some(exit) => return exit,
                },
                Token::Str(len) => {
                    let role = self.top.role();
                    // The common case, without the detour over `pending`.
                    if let Some(bytes) = input[*pos..].get(..len as usize) {
                        *pos += bytes.len();
                        match builder.str(bytes, role) {
                            Ok(()) => continue,
                            Err(stop) => return Ok(Event::Stop(stop)),
                        }
                    }
                    (Body::Str(role), len)
                }
                Token::Bin(len) => (Body::Bin(self.top.role()), len),
                Token::Ext(kind, len) => {
                    // The common case: the event is made where it is returned.
                    if !B::SKIPS && input.len() - *pos >= len as usize {
                        let (len, offset) = (len as usize, self.position + start as u64);
                        self.pending = Some(Pending { body: Body::Ext(kind), len, offset });
                        return Ok(Event::Ext { kind, len, offset });
                    }
                    (Body::Ext(kind), len)
                }
            };
            self.pending = Some(Pending { body, len: len as usize, offset: self.position + start as u64 });
            if let Some(event) = self.finish_body(input, builder, pos) {
                return Ok(event);
            }
        }
    }

    /// Completes the body that is pending, if any; otherwise says why it can't be completed here.
    fn finish_body<B: Builder>(
        &mut self,
        input: &[u8],
        builder: &mut B,
        pos: &mut usize,
    ) -> Option<Event<B::Stop>> {
        let pending = self.pending.as_mut()?;
        let rest = &input[*pos..];
        if B::SKIPS {
            let passed = pending.len.min(rest.len());
            pending.len -= passed;
            *pos += passed;
            if pending.len > 0 {
                return Some(Event::Need(1));
            }
            self.pending = None;
            return None;
        }
        let Pending { body, len, offset } = *pending;
        let Some(bytes) = rest.get(..len) else {
            return Some(Event::Need(len));
        };
        let built = match body {
            Body::Str(role) => builder.str(bytes, role),
            Body::Bin(role) => builder.bin(bytes, role),
            Body::Ext(kind) => return Some(Event::Ext { kind, len, offset }),
        };
        self.pending = None;
        *pos += len;
        built.err().map(Event::Stop)
    }

    /// Opens a container of so many values, whose header is at `start` of the input.
    #[inline]
    fn enter<B: Builder>(
        &mut self,
        kind: Kind,
        values: u64,
        start: usize,
        builder: &mut B,
    ) -> Option<Result<Event<B::Stop>, DecodeError>> {
        let frame = Frame::new(kind, values);
        let depth = self.depth();
        self.outer.push(self.top);
        self.top = frame;
        if depth >= self.limits.max_depth {
            let fault = Fault::TooDeep(self.limits.max_depth);
            return Some(Err(DecodeError { fault, offset: self.position + start as u64 }));
        }
        if frame.open {
            builder.open(kind);
        }
        None
    }

    /// Closes the innermost frame, or turns it to its next batch. The state is changed before the builder is
    /// asked, so that a stop can be taken up again.
    #[inline]
    fn close<B: Builder>(&mut self, builder: &mut B) -> Option<Event<B::Stop>> {
        let frame = self.top;
        let built = if frame.beyond > 0 {
            self.top.turn();
            builder.append(frame.kind, frame.batch as usize, false)
        } else {
            let Some(outer) = self.outer.pop() else {
                return Some(Event::Done);
            };
            self.top = outer;
            if frame.open {
                builder.append(frame.kind, frame.batch as usize, true)
            } else {
                builder.build(frame.kind, frame.batch as usize)
            }
        };
        if let Err(stop) = built {
            return Some(Event::Stop(stop));
        }
        let Some(fuel) = self.fuel.checked_sub(frame.batch + 1) else {
            self.fuel = FUEL;
            return Some(Event::Breathe);
        };
        self.fuel = fuel;
        None
    }
}

#[cfg(test)]
mod tests;
