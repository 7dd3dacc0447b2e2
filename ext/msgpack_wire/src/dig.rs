//! Finding the value at a path, with everything beside the path passed over.
//!
//! Bytes lie together, and are looked at once and in order; what is beside the path is passed over by the one
//! [`Decoder`], with its limits. A map on the path is read to its end, for the last of equal keys counts, and so is
//! what lies around it; where only arrays lie around the value, nothing behind it is looked at.
//!
//! Invariant: `levels` are the open containers from the outermost map of the path on, and `outside` counts the arrays
//! around that map. Nothing recurses, and memory is that of the path.

use crate::decode::{Ahead, Decoder, Event};
use crate::error::{DecodeError, Fault};
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
                Err(self.fault(Fault::Key))
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
            Event::Stop(never) => match never {},
            // Nothing is left for a builder that builds nothing but more input.
            Event::Need(_) | Event::Ext { .. } => Ok(Some(Dug::Short(self.decoder.offset()))),
        }
    }

    /// Goes through the pairs of the innermost map, up to one whose key is on the path or has to be passed over.
    fn pairs(&mut self, input: &[u8], mut left: u32) -> Result<Option<Dug>, DecodeError> {
        let Some(step) = self.path.get(self.depth() - 1) else { return Ok(None) };
        while left > 0 {
            left = self.other_pairs(input, step, left);
            if left == 0 {
                break;
            }
            let Some(fuel) = self.fuel.checked_sub(1) else {
                self.fuel = FUEL;
                self.set_left(left);
                return Ok(Some(Dug::Breathe));
            };
            self.fuel = fuel;
            let Some((token, header)) = self.scan(input, true)? else {
                return Ok(Some(Dug::Short(self.at as u64)));
            };
            let behind = self.at + header;
            let (is_match, len) = match token {
                Token::Str(len) | Token::Bin(len) => {
                    let rest = input.get(behind..).unwrap_or_default();
                    let Some(key) = rest.get(..len as usize) else {
                        return Ok(Some(Dug::Short(self.at as u64)));
                    };
                    (matches!(step, Step::Key(wanted) if **wanted == *key), key.len())
                }
                Token::Unsigned(key) => (*step == Step::Number(key.into()), 0),
                Token::Signed(key) => (*step == Step::Number(key.into()), 0),
                Token::Nil | Token::Boolean(_) | Token::Float(_) => (false, 0),
                Token::Array(_) | Token::Map(_) | Token::Ext(..) => {
                    self.set_left(left - 1);
                    // The key and its value.
                    self.pass_over(2, Next::Pass);
                    return Ok(None);
                }
            };
            self.at = behind + len;
            left -= 1;
            if is_match {
                self.set_left(left);
                self.next = Next::Look;
                return Ok(None);
            }
            if let Ahead::Value(behind) = self.decoder.limits().ahead(input, self.at) {
                self.at = behind;
                continue;
            }
            self.set_left(left);
            self.pass_over(1, Next::Pass);
            return Ok(None);
        }
        self.set_left(0);
        Ok(None)
    }

    /// Passes over pairs as long as that is quick: a glance tells that the key is another one, and neither it nor the
    /// value is a container. Returns how many pairs are left.
    #[inline]
    fn other_pairs(&mut self, input: &[u8], step: &Step, mut left: u32) -> u32 {
        let limits = self.decoder.limits();
        let most = if limits.strict_map_key { 0 } else { left.min(self.fuel) };
        let mut at = self.at;
        for _ in 0..most {
            let Ahead::Value(behind) = limits.ahead(input, at) else { break };
            let is_other = match step {
                Step::Key(wanted) => {
                    wanted.last().is_some_and(|last| input.get(behind - 1).is_some_and(|byte| byte != last))
                }
                Step::Number(_) => input.get(at).is_some_and(|first| matches!(first, 0xa0..=0xbf)),
            };
            let Ahead::Value(behind) = limits.ahead(input, behind) else { break };
            if !is_other {
                break;
            }
            at = behind;
            left -= 1;
            self.fuel -= 1;
        }
        self.at = at;
        left
    }
}
