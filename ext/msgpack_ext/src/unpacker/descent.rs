//! Handlers that read the payload with an Unpacker of their own: what the driver does for one, and for those behind it.
//!
//! A payload behind one of the same type in the same container, whose handler has left what it has read with untouched, is
//! read with that as it is: nothing changes but the object around it, and the bytes.

use super::children::SHARE_MIN;
use super::drive::{Drive, Phase};
use super::extended::{Found, Next};
use super::source::Source;
use super::Unpacker;
use crate::ext_types::handler::Callee;
use crate::ffi::call;
use crate::ffi::shared::Held;
use crate::ffi::shell::Shell;
use crate::ffi::value;
use magnus::Error;
use std::cell::Cell;

impl<S: Source> Drive<'_, S> {
    /// Lets a handler read the payload with an Unpacker of its own, and those behind it, if they have such handlers, too.
    /// May raise.
    pub(super) fn descend(&self, next: &mut (Found, Callee), phase: &Cell<Phase>) -> Result<(), Error> {
        loop {
            let child = self.begin_child(next.0, phase)?;
            if !self.row_of_children(next, child, phase)? {
                return Ok(());
            }
        }
    }

    /// Lets the handler read with `child`, and the payloads of its number behind that as long as nothing else is to be
    /// done for them. Whether what follows is to be read so, too, by what `next` is then. May raise.
    #[inline]
    fn row_of_children(
        &self,
        next: &mut (Found, Callee),
        mut child: Shell<Unpacker>,
        phase: &Cell<Phase>,
    ) -> Result<bool, Error> {
        let changes = self.table.borrow().changes();
        loop {
            let value = next.1.call(child.value());
            if !self.is_untouched(child) {
                self.end_child();
                value::keep(child.value());
                self.go_on_with(value)?;
                return self.next_child(next, phase);
            }
            self.check_cleared().inspect_err(|_| self.end_child())?;
            self.stack.push(value);
            phase.set(Phase::Preparing);
            let begun = self.pass_on(child, next.0.kind, changes).inspect_err(|_| self.end_child())?;
            let Some((offset, begun)) = begun else {
                self.end_untouched_child(child);
                let is_more = self.next_child(next, phase)?;
                if !is_more {
                    self.end_row();
                }
                return Ok(is_more);
            };
            phase.set(Phase::Recursive(offset));
            child = begun;
        }
    }

    /// Whether nothing but plain values has been read with it, and what it is has been measured.
    #[inline]
    fn is_untouched(&self, child: Shell<Unpacker>) -> bool {
        child.get().inner.get().is_some_and(|inner| inner.shell.get().is_some()) && self.spare.knows_size()
    }

    /// Lets what `child` was read with begin with the payload that follows, in an object of its own, if that is of the same
    /// number, and there is nothing to be looked at first; and tells where its header stands. May raise (memory), with
    /// nothing taken.
    #[inline]
    fn pass_on(
        &self,
        child: Shell<Unpacker>,
        kind: i8,
        changes: u64,
    ) -> Result<Option<(u64, Shell<Unpacker>)>, Error> {
        // The handler may have taken bytes through the buffer.
        let offset = self.source.position();
        // SAFETY: no Ruby code runs before they are copied, so the source keeps its bytes in place.
        let front: &[u8] = unsafe { self.source.front().bytes() };
        let next = self.decoder.with(|decoder| {
            decoder.seek(offset);
            decoder.next_ext(front, kind)
        });
        let Some((header, len)) = next.filter(|(_, len)| *len < SHARE_MIN) else { return Ok(None) };
        let Some(inner) = child.get().inner.get() else { return Ok(None) };
        if self.table.borrow().changes() != changes {
            return Ok(None);
        }
        let end = header + len;
        inner.begin_next(offset + header as u64, front.get(header..end).unwrap_or_default())?;
        let shell = Shell::empty(&call::ruby());
        inner.shell.set(Some(Held(shell.value())));
        // SAFETY: as in `end_untouched_child`; the state is not used any more here.
        unsafe { child.hand_over(shell) };
        value::keep(child.value());
        self.child.set(Some(shell));
        self.source.advance(end);
        self.decoder.with(|decoder| decoder.pass_ext(end));
        Ok(Some((offset, shell)))
    }

    /// Whether what follows is an extended type that is to be read in this way, too: then it stands in `next`. What other
    /// extended types there are before it is made. May raise.
    #[inline(never)]
    fn next_child(&self, next: &mut (Found, Callee), phase: &Cell<Phase>) -> Result<bool, Error> {
        phase.set(Phase::Preparing);
        let mut ahead = self.ext_ahead(self.source.front());
        while let Some(found) = ahead {
            ahead = match self.extended(found, phase)? {
                Next::Any => None,
                Next::Ext(found) => Some(found),
                Next::Descend(callee) => {
                    *next = (found, callee);
                    return Ok(true);
                }
            };
        }
        Ok(false)
    }
}
