//! The one decoder: a state machine that may be left and taken up again at any byte.
//!
//! Owns the walk over tokens and the stack of open containers; a [`Builder`] makes values of what it finds.
//! It never recurses, so depth costs heap and not native stack; it never reads a token twice, and reserves
//! nothing for what a header announces. It never calls out for an extended type: what the builder does not make at
//! once ([`Builder::ext`]) it hands back ([`Event::Ext`]), and the driver pushes the value and calls [`Decoder::run`]
//! again.
//!
//! Invariant: a frame's `left` and `beyond` count values that have not begun, so that what is left of an
//! object is the sum over all frames plus the body that is pending.

mod builder;
mod exit;
mod frame;
mod integers;
mod next_ext;
mod pass;
mod points;
mod quick;
mod refuse;
mod rows;
mod shapes;
mod state;

pub use builder::{Builder, Kind, Role, ROW};
pub use frame::{BATCH, MAP_BATCH};
pub(crate) use pass::Ahead;

use crate::error::{DecodeError, Fault, NoMemory};
use crate::limits::Limits;
use crate::marker::{is_ext, scan, Scan, Token, FIXEXT1, FIXEXT16};
use exit::{Exit, Reason};
use frame::Frame;

/// Values and containers between two [`Event::Breathe`]: long inputs stay interruptible.
const FUEL: u32 = 65_536;

/// Why [`Decoder::run`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<S> {
    /// A whole object is on the builder's stack.
    Done,
    /// Nothing more can be done before so many bytes follow those consumed.
    Need(usize),
    /// An extended type that the builder has not made a value of, whose payload is the next `len` bytes of the input,
    /// all there. The driver takes them ([`Decoder::take_payload`]), pushes a value and runs on.
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
    /// There is no memory for the frame of a container, which has not been consumed: run on when there is
    /// ([`Decoder::make_room`]).
    NoMemory(NoMemory),
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

    /// As [`Decoder::run`], where it would consume one header and come back with [`Event::Ext`]: what follows an
    /// extended type in a container is often another one. Returns its number, the length of its payload and that of
    /// its header, which is consumed. None, with nothing done, otherwise.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as a call, its result goes through memory
    pub fn ext_ahead(&mut self, input: &[u8]) -> Option<(i8, usize, usize)> {
        match *input {
            [first @ FIXEXT1..=FIXEXT16, kind, ..] => {
                self.begin_ext(input, kind as i8, 1 << (first - FIXEXT1), 2)
            }
            _ => self.ext_ahead_slow(input),
        }
    }

    #[inline(never)]
    fn ext_ahead_slow(&mut self, input: &[u8]) -> Option<(i8, usize, usize)> {
        if !is_ext(*input.first()?) {
            return None;
        }
        let Scan::Token(Token::Ext(kind, len), header) = scan(input) else { return None };
        self.begin_ext(input, kind, len, header)
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    fn begin_ext(&mut self, input: &[u8], kind: i8, len: u32, header: usize) -> Option<(i8, usize, usize)> {
        let is_refused = len > self.limits.max_ext_len || self.limits.strict_map_key;
        if self.top.left == 0 || self.pending.is_some() || is_refused {
            return None;
        }
        let len = len as usize;
        if input.len() - header < len {
            return None;
        }
        self.top.left -= 1;
        self.pending = Some(Pending { body: Body::Ext(kind), len, offset: self.position });
        self.position += header as u64;
        #[cfg(test)]
        {
            self.examined += header as u64;
        }
        Some((kind, len, header))
    }

    /// Decodes as far as `input` goes, and at most to the end of one object.
    ///
    /// Returns how many bytes were consumed and why it stopped. What was consumed must not be given again;
    /// what was not must be, at the start of the next `input`.
    ///
    /// # Errors
    /// [`Fault::Reserved`]: the byte is consumed and the object forgotten. Any other fault: the header is
    /// consumed (with [`Fault::Utf8`] the body, too), and [`Decoder::give_up`] tells what is left of the object.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: as a call, the event is copied twice before anybody looks at it
    pub fn run<B: Builder>(
        &mut self,
        input: &[u8],
        builder: &mut B,
    ) -> (usize, Result<Event<B::Stop>, DecodeError>) {
        let mut pos = 0;
        let mut stop = Reason::None;
        let exit = self.walk(input, builder, &mut pos, &mut stop);
        #[cfg(test)]
        {
            self.examined += pos as u64;
            // Looked at without being consumed: the first byte of an unfinished header.
            if matches!(exit, Exit::Need(_)) && self.pending.is_none() && input.len() > pos {
                self.examined += 1;
            }
        }
        self.position += pos as u64;
        let result = match exit {
            Exit::Done => {
                self.forget();
                Ok(Event::Done)
            }
            Exit::Need(n) => Ok(Event::Need(n)),
            Exit::Ext => match self.pending {
                Some(Pending { body: Body::Ext(kind), len, offset }) => Ok(Event::Ext { kind, len, offset }),
                _ => Ok(Event::Breathe),
            },
            Exit::Stop => match stop {
                Reason::Builder(stop) => Ok(Event::Stop(stop)),
                Reason::Fault(error) => {
                    if error.fault == Fault::Reserved {
                        self.forget();
                    }
                    Err(error)
                }
                Reason::None => Ok(Event::Breathe),
            },
            Exit::Breathe => Ok(Event::Breathe),
            Exit::NoMemory(bytes) => Ok(Event::NoMemory(NoMemory { bytes })),
        };
        (pos, result)
    }

    fn walk<B: Builder>(
        &mut self,
        input: &[u8],
        builder: &mut B,
        pos: &mut usize,
        stop: &mut Reason<B::Stop>,
    ) -> Exit {
        if self.pending.is_some() {
            if let Some(exit) = self.finish_body(input, builder, pos, stop) {
                return exit;
            }
        }
        loop {
            self.pass_ahead::<B>(input, pos);
            if let Some(exit) = self.quick(input, builder, pos, stop) {
                return exit;
            }
            let start = *pos;
            let (token, header) = match scan(&input[start..]) {
                Scan::Token(token, header) => (token, header),
                Scan::Need(n) => return Exit::Need(n),
                Scan::Reserved => {
                    *pos += 1;
                    return stop.fault(Fault::Reserved, self.position + start as u64);
                }
            };
            if let Err(NoMemory { bytes }) = self.make_room_for(token) {
                return Exit::NoMemory(bytes);
            }
            *pos += header;
            self.top.left -= 1;
            if self.limits.strict_map_key && self.is_bad_key(token) {
                return self.refuse(token, Fault::Key(input[start]), start, stop);
            }
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
                    self.integers(input, builder, pos);
                    continue;
                }
                Token::Signed(value) => {
                    builder.signed(value);
                    self.integers(input, builder, pos);
                    continue;
                }
                Token::Float(value) => {
                    builder.float(value);
                    self.floats(input, builder, pos);
                    continue;
                }
                Token::Array(len) => {
                    if len > self.limits.max_array_len {
                        return self.refuse_length(token, start, stop);
                    }
                    if self.enter(Kind::Array, u64::from(len), builder) {
                        continue;
                    }
                    return self.too_deep(start, stop);
                }
                Token::Map(len) => {
                    if len > self.limits.max_map_len {
                        return self.refuse_length(token, start, stop);
                    }
                    if self.enter(Kind::Map, u64::from(len) * 2, builder) {
                        continue;
                    }
                    return self.too_deep(start, stop);
                }
                Token::Str(len) => {
                    if len > self.limits.max_str_len {
                        return self.refuse_length(token, start, stop);
                    }
                    let role = self.top.role();
                    // The common case, without the detour over `pending`.
                    if let Some(bytes) = input[*pos..].get(..len as usize) {
                        *pos += bytes.len();
                        if !B::SKIPS && self.limits.validate_utf8 && core::str::from_utf8(bytes).is_err() {
                            return stop.fault(Fault::Utf8, self.position + start as u64);
                        }
                        match builder.str(bytes, role) {
                            Ok(()) => continue,
                            Err(reason) => return stop.builder(reason),
                        }
                    }
                    (Body::Str(role), len)
                }
                Token::Bin(len) if len > self.limits.max_bin_len => {
                    return self.refuse_length(token, start, stop);
                }
                Token::Bin(len) => (Body::Bin(self.top.role()), len),
                Token::Ext(_, len) if len > self.limits.max_ext_len => {
                    return self.refuse_length(token, start, stop);
                }
                Token::Ext(kind, len) => (Body::Ext(kind), len),
            };
            self.pending = Some(Pending { body, len: len as usize, offset: self.position + start as u64 });
            if let Some(exit) = self.finish_body(input, builder, pos, stop) {
                return exit;
            }
        }
    }

    /// Completes the body that is pending, if any; otherwise says why it can't be completed here.
    #[inline]
    fn finish_body<B: Builder>(
        &mut self,
        input: &[u8],
        builder: &mut B,
        pos: &mut usize,
        stop: &mut Reason<B::Stop>,
    ) -> Option<Exit> {
        let pending = self.pending.as_mut()?;
        let rest = &input[*pos..];
        if B::SKIPS {
            let passed = pending.len.min(rest.len());
            pending.len -= passed;
            *pos += passed;
            if pending.len > 0 {
                return Some(Exit::Need(1));
            }
            self.pending = None;
            return None;
        }
        let Pending { body, len, offset } = *pending;
        let Some(bytes) = rest.get(..len) else {
            return Some(Exit::Need(len));
        };
        let built = match body {
            Body::Str(_) if self.limits.validate_utf8 && core::str::from_utf8(bytes).is_err() => {
                self.pending = None;
                *pos += len;
                return Some(stop.fault(Fault::Utf8, offset));
            }
            Body::Str(role) => builder.str(bytes, role),
            Body::Bin(role) => builder.bin(bytes, role),
            Body::Ext(kind) if builder.ext(kind, bytes) => Ok(()),
            Body::Ext(_) => return Some(Exit::Ext),
        };
        self.pending = None;
        *pos += len;
        built.err().map(|reason| stop.builder(reason))
    }

    /// Makes sure of a place for the frame of a container.
    #[inline(always)]
    #[allow(clippy::inline_always)] // of most tokens nothing is left of it
    fn make_room_for(&mut self, token: Token) -> Result<(), NoMemory> {
        if matches!(token, Token::Array(_) | Token::Map(_)) && self.outer.len() == self.outer.capacity() {
            return self.make_room();
        }
        Ok(())
    }

    /// Opens a container of so many values; false where it is one level too many.
    #[inline]
    fn enter<B: Builder>(&mut self, kind: Kind, values: u64, builder: &mut B) -> bool {
        let frame = Frame::new(kind, values);
        let depth = self.depth();
        self.outer.push(self.top);
        self.top = frame;
        if depth >= self.limits.max_depth {
            return false;
        }
        if frame.is_open() {
            builder.open(kind);
        }
        true
    }
}

#[cfg(test)]
mod tests;
