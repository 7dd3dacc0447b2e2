//! How an Unpacker reads: what it finishes first, and who may interfere meanwhile.
//!
//! Three ways to the next object, each for what the one before it leaves: `plain` without a driver, the decoder's first
//! run with nobody kept away and no net below it, and the driver.

use super::drive::Drive;
use super::own_types::OwnTypes;
use super::{scratch, Inner, NEVER};
use crate::error;
use magnus::{Error, Value};
use msgpack_wire::decode::Kind;
use msgpack_wire::marker::{scan, Scan};
use msgpack_wire::{DecodeError, Decoder, Fault, Rest, Token};
use std::cell::Cell;
use std::mem::ManuallyDrop;

impl Inner {
    /// Finishes what earlier calls have left, then lets `body` decode; None where the input ends too early.
    #[inline(always)]
    #[allow(clippy::inline_always)] // a frame less in each level of recursive types
    pub(super) fn decode<R>(
        &self,
        body: impl FnOnce(&Drive<'_, Self>) -> Result<Option<R>, Error>,
    ) -> Result<Option<R>, Error> {
        let busy = self.enter()?;
        let keys = scratch::Keys::lazy();
        let mut drive = self.drive(&keys, busy.1);
        if self.left.is_skipping.get() {
            if !drive.skip()? {
                return Ok(None);
            }
            drive.has_skipped = true;
        }
        if !drive.finish_rest()? {
            return Ok(None);
        }
        body(&drive)
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // its fields are constants of the caller
    fn drive<'a>(&'a self, keys: &'a scratch::Keys<'a>, turn: u64) -> Drive<'a, Self> {
        Drive {
            source: self,
            decoder: &self.decoder,
            stack: &self.stack,
            keys,
            table: &self.table,
            style: self.style,
            own: OwnTypes::unknown(),
            child: Cell::new(None),
            spare: &self.spare,
            left: &self.left,
            turn,
            has_skipped: false,
        }
    }

    /// The next object where one begins at the front, as most do that are fed whole: nobody is asked to keep away, and
    /// no net is spread, before something has to be called.
    #[inline(never)]
    fn next_bare(&self) -> Result<Option<Value>, Error> {
        let position = self.core.taken();
        self.decoder.with(|decoder| decoder.seek(position));
        // What a raise jumps over must own nothing: the GC takes the cache of keys then.
        let keys = ManuallyDrop::new(scratch::Keys::lazy());
        self.is_bare.set(true);
        let epoch = self.resting.replace(NEVER);
        let ran = self.drive(&keys, 0).next_bare();
        let result = match ran {
            Ok(object) => {
                self.is_bare.set(false);
                self.resting.set(epoch);
                Ok(object)
            }
            Err(ran) => {
                let busy = self.claim()?;
                self.is_bare.set(false);
                self.drive(&keys, busy.1).next_after(ran)
            }
        };
        drop(ManuallyDrop::into_inner(keys));
        result
    }

    #[inline]
    pub(super) fn next(&self) -> Result<Option<Value>, Error> {
        match self.next_plain() {
            Some(object) => Ok(Some(object)),
            None => self.next_driven(),
        }
    }

    /// As [`Inner::next`], of what is not plain.
    #[inline(never)]
    pub(super) fn next_driven(&self) -> Result<Option<Value>, Error> {
        self.recover();
        if self.must_wait() {
            return Ok(None);
        }
        // A payload's handler is one of many levels: less of the native stack counts for more.
        if !self.is_child && self.resting.get() == self.core.epoch() && self.core.len() > 0 {
            return self.next_bare();
        }
        #[allow(clippy::redundant_closure_for_method_calls)] // the method alone is not general enough
        self.decode(|drive| drive.next())
    }

    fn underflow(&self) -> Error {
        let position = self.core.taken();
        let offset = self.decoder.with(|decoder| {
            decoder.seek(position);
            decoder.offset()
        });
        let advice = if self.is_child {
            "it is the payload of one extended type, whose handler reads more than is in it"
        } else {
            error::MORE
        };
        error::underflow(offset.saturating_sub(self.left.rest.get().begun), advice)
    }

    /// What it is in the middle of, in words; nothing of what was begun before the buffer was cleared.
    pub(super) fn progress(&self) -> &'static str {
        if self.busy.get() {
            return "reading";
        }
        let is_amid = self.decoder.peek(Decoder::is_amid).unwrap_or(false);
        match () {
            () if self.epoch.get() != self.core.epoch() => "",
            () if !self.left.is_nothing() => "passing over the rest of an object",
            () if is_amid => "waiting for the rest of an object",
            () => "",
        }
    }

    pub(super) fn or_underflow<R>(&self, result: Option<R>) -> Result<R, Error> {
        result.ok_or_else(|| self.underflow())
    }

    /// The first byte of the next object, which is not consumed; None where it is not there yet.
    pub(super) fn peek(&self, drive: &Drive<'_, Self>, wanted: &str) -> Result<Option<u8>, Error> {
        if self.decoder.with(|decoder| decoder.is_amid()) {
            let offset = self.decoder.with(|decoder| decoder.offset());
            return Err(error::half_read(wanted, offset));
        }
        if !drive.gather(1)? {
            return Ok(None);
        }
        Ok(self.core.queue.borrow().front().first().copied())
    }

    /// Checks the length that a header announces; what is refused is passed over by the next call.
    fn accept(&self, token: Token, offset: u64) -> Result<(), Error> {
        let (limits, depth) = self.decoder.with(|decoder| (decoder.limits(), decoder.depth()));
        let is_too_deep = depth >= limits.max_depth;
        let checked = if is_too_deep { Err(Fault::TooDeep(limits.max_depth)) } else { limits.check(token) };
        checked.map_err(|fault| {
            let values = match token {
                Token::Array(len) => u64::from(len),
                Token::Map(len) => u64::from(len) * 2,
                _ => 0,
            };
            self.left.rest.set(Rest { values, bytes: 0, ..Rest::default() });
            error::decode(DecodeError { fault, offset })
        })
    }

    /// Reads the header of a container.
    #[inline]
    pub(super) fn header(&self, kind: Kind) -> Result<u32, Error> {
        self.next_header(kind).map_or_else(|| self.header_slow(kind), Ok)
    }

    #[cold]
    fn header_slow(&self, kind: Kind) -> Result<u32, Error> {
        let wanted = match kind {
            Kind::Array => "an array",
            Kind::Map => "a map",
        };
        let found = self.decode(|drive| {
            let Some(first) = self.peek(drive, wanted)? else { return Ok(None) };
            let offset = self.core.taken();
            let Some(family) = Token::family(first) else {
                self.core.advance(1);
                return Err(error::decode(DecodeError { fault: Fault::Reserved, offset }));
            };
            if family != wanted {
                return Err(error::unexpected_type(wanted, family, offset));
            }
            loop {
                let scanned = scan(self.core.queue.borrow().front());
                match scanned {
                    Scan::Token(token @ (Token::Array(len) | Token::Map(len)), header) => {
                        self.core.advance(header);
                        self.accept(token, offset)?;
                        return Ok(Some(len));
                    }
                    Scan::Need(n) if drive.gather(n)? => {}
                    _ => return Ok(None),
                }
            }
        })?;
        self.or_underflow(found)
    }
}
