//! What children leave to each other: kept by whoever they read payloads of, one for each level of payloads.

use super::Unpacker;
use crate::ffi::gauge::Gauge;
use magnus::DataTypeFunctions;
use std::cell::Cell;

/// Of payloads in each other, so many keep what they have been read with.
const LEVELS: u8 = 8;

/// What a child was whose handler is over, for the next one. It refers to no value; or, within a row of payloads, to what
/// the next one of the row has, too, as long as nothing is registered; or, where a row has come to an end by a raise, to what
/// the next payload drops without a look.
#[derive(Default)]
pub(super) struct Spare {
    child: Cell<Option<Box<Unpacker>>>,
    /// Heap bytes of what was put here last, or of the payload that has been shared with a child since, which is most of
    /// them then: also while that is out.
    bytes: Gauge,
    /// Whether that has been measured, and the one measured is still the one that comes back.
    is_measured: Cell<bool>,
    /// This one, and those within it.
    levels: Cell<u8>,
}

impl Spare {
    pub fn put(&self, child: Box<Unpacker>) {
        let within = child.inner.get().map(|inner| &inner.spare);
        let levels = within.map_or(0, |within| within.levels.get());
        self.levels.set(levels + 1);
        if levels + 1 >= LEVELS {
            self.levels.set(1);
            within.into_iter().for_each(Self::clear);
        }
        self.bytes.set(DataTypeFunctions::size(&*child));
        self.is_measured.set(true);
        self.put_back(child);
    }

    /// As [`Spare::put`], of one that has not changed since it was taken.
    #[inline]
    pub fn put_back(&self, child: Box<Unpacker>) {
        self.child.set(Some(child));
    }

    /// A payload of so many bytes is shared with the one that is going to be taken.
    pub fn count_payload(&self, len: usize) {
        self.bytes.set(len);
    }

    /// Whether the size is known of the one that was here last.
    pub fn knows_size(&self) -> bool {
        self.is_measured.get()
    }

    /// What was here last is no more.
    pub fn forget_size(&self) {
        self.bytes.set(0);
        self.is_measured.set(false);
    }

    /// Drops the registrations that the next payload of a row would have been read with.
    pub fn end_row(&self) {
        let Some(child) = self.child.take() else { return };
        if let Some(inner) = child.inner.get() {
            inner.forget_values();
        }
        self.child.set(Some(child));
    }

    pub fn take(&self) -> Option<Box<Unpacker>> {
        self.child.take()
    }

    fn clear(&self) {
        drop(self.take());
        self.forget_size();
        self.levels.set(0);
    }

    pub fn heap_size(&self) -> usize {
        self.bytes.get()
    }
}
