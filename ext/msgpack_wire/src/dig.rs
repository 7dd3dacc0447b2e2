//! Finding the value at a path, with everything beside the path passed over.
//!
//! Bytes lie together, and are looked at once and in order; what is beside the path is passed over by the one
//! [`Decoder`], with its limits. A map on the path is read to its end, for the last of equal keys counts, and so is
//! what lies around it; where only arrays lie around the value, nothing behind it is looked at.
//!
//! Invariant: `levels` are the open containers from the outermost map of the path on, and `outside` counts the arrays
//! around that map. Nothing recurses, and memory is that of the path.

mod pairs;

use crate::decode::{Decoder, Event};
use crate::error::{DecodeError, Fault, NoMemory};
use crate::limits::Limits;
use crate::marker::{scan, Scan, Token};
use crate::skip::NoValue;

/// Pairs of one map between two [`Dug::Breathe`].
const FUEL: u32 = 65_536;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The key of these bytes, a string or a binary.
    Key(Box<[u8]>),
    /// Of a map the key, an integer; of an array the index, a negative one from the end on.
    Number(i128),
}

impl Step {
    /// The place of the value in an array of `len`.
    fn index(&self, len: u32) -> Option<u32> {
        let Self::Number(number) = self else { return None };
        let index = if *number < 0 { number.saturating_add(len.into()) } else { *number };
        u32::try_from(index).ok().filter(|index| *index < len)
    }
}

/// Where a value begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its first byte.
    pub at: usize,
    /// Containers that are open around it.
    pub depth: usize,
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dug {
    /// To its end: the place of the value, if there is one.
    Done(Option<Place>),
    /// To the end of the input, within the token that starts there.
    Short(u64),
    /// Much has been done: look for interrupts, then run on.
    Breathe,
    /// There is no memory for an open container: run on when there is ([`Search::make_room`]).
    NoMemory(NoMemory),
}

/// A container on the path.
#[derive(Clone, Copy, Debug)]
struct Level {
    /// Pairs that have not begun; of an array the values behind the one on the path.
    left: u32,
    is_map: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// A value on the path.
    Look,
    /// The decoder is passing over values, behind which lies a value on the path.
    PassThenLook,
    /// The decoder is passing over values.
    Pass,
    /// What is left of the innermost level.
    Level,
}

/// A search for the value at a path.
#[derive(Debug)]
pub struct Search<'p> {
    path: &'p [Step],
    decoder: Decoder,
    levels: Vec<Level>,
    outside: usize,
    at: usize,
    next: Next,
    found: Option<Place>,
    fuel: u32,
}

impl<'p> Search<'p> {
    /// A search from the first byte on. The limits hold for all that is looked at.
    #[must_use]
    pub fn new(path: &'p [Step], limits: Limits) -> Self {
        Self {
            path,
            decoder: Decoder::new(limits),
            levels: Vec::new(),
            outside: 0,
            at: 0,
            next: Next::Look,
            found: None,
            fuel: FUEL,
        }
    }

    /// Searches on. `input` is the whole of it at each call.
    ///
    /// # Errors
    /// As [`Decoder::run`], for what is on the path and for what is passed over.
    pub fn run(&mut self, input: &[u8]) -> Result<Dug, DecodeError> {
        loop {
            let dug = match self.next {
                Next::Look => self.look(input)?,
                Next::Pass | Next::PassThenLook => self.pass(input)?,
                Next::Level => match self.levels.last().copied() {
                    None => Some(Dug::Done(self.found)),
                    Some(Level { left: 0, .. }) => {
                        self.levels.pop();
                        None
                    }
                    Some(Level { is_map: true, left }) => self.pairs(input, left)?,
                    Some(Level { is_map: false, left }) => {
                        self.set_left(0);
                        self.pass_over(left.into(), Next::Pass);
                        None
                    }
                },
            };
            if let Some(dug) = dug {
                return Ok(dug);
            }
        }
    }

    /// Makes room for one more open container.
    ///
    /// # Errors
    /// [`NoMemory`]; nothing has changed then.
    pub fn make_room(&mut self) -> Result<(), NoMemory> {
        self.decoder.make_room()
    }

    fn depth(&self) -> usize {
        self.outside + self.levels.len()
    }

    fn set_left(&mut self, left: u32) {
        if let Some(level) = self.levels.last_mut() {
            level.left = left;
        }
    }

    fn fault(&self, fault: Fault) -> DecodeError {
        DecodeError { fault, offset: self.at as u64 }
    }

    /// The token in front, a key or not, and its header's length; None where it is cut off.
    #[inline]
    fn scan(&self, input: &[u8], is_key: bool) -> Result<Option<(Token, usize)>, DecodeError> {
        let limits = self.decoder.limits();
        match scan(input.get(self.at..).unwrap_or_default()) {
            Scan::Token(token, _)
                if is_key && limits.strict_map_key && !matches!(token, Token::Str(_) | Token::Bin(_)) =>
            {
                Err(self.fault(Fault::Key(input.get(self.at).copied().unwrap_or_default())))
            }
            Scan::Token(token, header) => match limits.check(token) {
                Ok(()) => Ok(Some((token, header))),
                Err(fault) => Err(self.fault(fault)),
            },
            Scan::Need(_) => Ok(None),
            Scan::Reserved => Err(self.fault(Fault::Reserved)),
        }
    }

    /// Looks at a value that is on the path as far as it has been followed.
    fn look(&mut self, input: &[u8]) -> Result<Option<Dug>, DecodeError> {
        self.found = None;
        let Some(step) = self.path.get(self.depth()) else {
            self.found = Some(Place { at: self.at, depth: self.depth() });
            return Ok(self.leave());
        };
        let Some((token, header)) = self.scan(input, false)? else {
            return Ok(Some(Dug::Short(self.at as u64)));
        };
        let is_container = matches!(token, Token::Array(_) | Token::Map(_));
        if is_container && self.depth() >= self.decoder.limits().max_depth {
            return Err(self.fault(Fault::TooDeep(self.decoder.limits().max_depth)));
        }
        match token {
            Token::Map(left) => {
                self.at += header;
                self.levels.push(Level { left, is_map: true });
                self.next = Next::Level;
            }
            Token::Array(len) => {
                let Some(index) = step.index(len) else { return Ok(self.leave()) };
                self.at += header;
                if self.levels.is_empty() {
                    self.outside += 1;
                } else {
                    self.levels.push(Level { left: len - index - 1, is_map: false });
                }
                self.pass_over(index.into(), Next::PassThenLook);
            }
            _ => return Ok(self.leave()),
        }
        Ok(None)
    }

    /// Passes over the value in front, behind which another one may count; where none can, that is all.
    fn leave(&mut self) -> Option<Dug> {
        if self.levels.is_empty() {
            return Some(Dug::Done(self.found));
        }
        self.pass_over(1, Next::Pass);
        None
    }

    /// Lets the decoder pass over the next values of the innermost container.
    fn pass_over(&mut self, values: u64, next: Next) {
        self.decoder.begin_within(self.at as u64, self.depth(), values);
        self.next = next;
    }

    fn pass(&mut self, input: &[u8]) -> Result<Option<Dug>, DecodeError> {
        let (consumed, event) = self.decoder.run(input.get(self.at..).unwrap_or_default(), &mut NoValue);
        self.at += consumed;
        match event? {
            Event::Done => {
                self.next = if matches!(self.next, Next::PassThenLook) { Next::Look } else { Next::Level };
                Ok(None)
            }
            Event::Breathe => Ok(Some(Dug::Breathe)),
            Event::NoMemory(none) => Ok(Some(Dug::NoMemory(none))),
            Event::Stop(never) => match never {},
            // Nothing is left for a builder that builds nothing but more input.
            Event::Need(_) | Event::Ext { .. } => Ok(Some(Dug::Short(self.decoder.offset()))),
        }
    }
}
