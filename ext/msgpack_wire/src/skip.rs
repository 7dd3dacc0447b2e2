//! Passing over values without building them.
//!
//! Two ways, for two needs: [`NoValue`] is a builder for the one decoder, so that a skip sees what a read
//! would see (depth included) and may take over a value that a read has begun; [`Rest`] counts what is left
//! of a value that was given up, needs no frames and therefore accepts any depth.

use crate::decode::{Builder, Kind, Role};
use crate::error::Fault;
use crate::marker::{scan, Scan, Token};

/// Builds nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoValue;

impl Builder for NoValue {
    type Stop = core::convert::Infallible;
    const SKIPS: bool = true;

    fn nil(&mut self) {}
    fn boolean(&mut self, _: bool) {}
    fn unsigned(&mut self, _: u64) {}
    fn signed(&mut self, _: i64) {}
    fn float(&mut self, _: f64) {}
    fn str(&mut self, _: &[u8], _: Role) -> Result<(), Self::Stop> {
        Ok(())
    }
    fn bin(&mut self, _: &[u8], _: Role) -> Result<(), Self::Stop> {
        Ok(())
    }
    fn open(&mut self, _: Kind) {}
    fn append(&mut self, _: Kind, _: usize, _: bool) -> Result<(), Self::Stop> {
        Ok(())
    }
    fn build(&mut self, _: Kind, _: usize) -> Result<(), Self::Stop> {
        Ok(())
    }
}

/// What is left of a value that nobody wants any more: whole values, and bytes of the one begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rest {
    /// Values still to come.
    pub values: u64,
    /// Bytes of a body still to come, before those values.
    pub bytes: u64,
    /// Bytes of that body's token that have come already.
    pub begun: u64,
}

impl Rest {
    /// Whether nothing is left.
    #[must_use]
    pub fn is_done(self) -> bool {
        self.values == 0 && self.bytes == 0
    }

    /// Passes over `input` as far as it goes: the bytes consumed, and those that have to be there before
    /// another call makes sense (0 when done).
    ///
    /// # Errors
    /// [`Fault::Reserved`]: the byte is consumed, and nothing is left, for what follows it is a new object.
    pub fn run(&mut self, input: &[u8]) -> (usize, Result<usize, Fault>) {
        let mut pos = 0;
        loop {
            let body = self.bytes.min((input.len() - pos) as u64);
            pos += body as usize;
            self.bytes -= body;
            if self.bytes > 0 {
                self.begun += body;
                return (pos, Ok(1));
            }
            self.begun = 0;
            if self.values == 0 {
                return (pos, Ok(0));
            }
            let (token, header) = match scan(&input[pos..]) {
                Scan::Token(token, header) => (token, header),
                Scan::Need(n) => return (pos, Ok(n)),
                Scan::Reserved => {
                    *self = Self::default();
                    return (pos + 1, Err(Fault::Reserved));
                }
            };
            pos += header;
            self.values -= 1;
            match token {
                Token::Str(n) | Token::Bin(n) | Token::Ext(_, n) => {
                    self.bytes = u64::from(n);
                    self.begun = header as u64;
                }
                // Saturating: 2**64 values cannot arrive, so a saturated count just never ends.
                Token::Array(n) => self.values = self.values.saturating_add(u64::from(n)),
                Token::Map(n) => self.values = self.values.saturating_add(u64::from(n) * 2),
                _ => {}
            }
        }
    }
}
