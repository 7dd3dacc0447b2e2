//! An open container: how many of its values are still to come, batch by batch.

use super::{Kind, Role};

/// Children that are collected before they are moved into a container that is still open.
///
/// Above this a container is filled in batches, so that no stack of values grows with what the wire says.
pub const BATCH: u32 = 4096;

/// Values behind a key of many: they are of half as many pairs.
const MANY: u32 = 1024;

/// A container that is open, or the top level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Values of this batch that have not begun.
    pub left: u32,
    /// Values in this batch.
    pub batch: u32,
    /// Values after this batch.
    pub beyond: u64,
    pub kind: Kind,
    /// Whether the container has been pushed already, and is filled batch by batch.
    pub open: bool,
}

impl Frame {
    /// What stands for the top level: one value.
    pub const ROOT: Self = Self { left: 1, batch: 1, beyond: 0, kind: Kind::Array, open: false };

    pub fn new(kind: Kind, values: u64) -> Self {
        let cap = match kind {
            Kind::Array => BATCH,
            Kind::Map => BATCH * 2,
        };
        let batch = values.min(u64::from(cap)) as u32;
        let beyond = values - u64::from(batch);
        Self { left: batch, batch, beyond, kind, open: beyond > 0 }
    }

    /// A container whose header is this byte alone.
    #[inline]
    pub fn short(header: u8) -> Self {
        let len = u32::from(header & 0x0f);
        let (kind, left) = if header < 0x90 { (Kind::Map, len * 2) } else { (Kind::Array, len) };
        Self { left, batch: left, beyond: 0, kind, open: false }
    }

    /// Goes on to the next batch.
    pub fn turn(&mut self) {
        *self = Self { open: true, ..Self::new(self.kind, self.beyond) };
    }

    pub fn role(&self) -> Role {
        role(self.kind == Kind::Map, self.left)
    }
}

/// What has just begun in a container of which so many values are left.
#[inline(always)]
#[allow(clippy::inline_always)] // two comparisons
pub fn role(is_map: bool, left: u32) -> Role {
    // `left` is odd then for a key: it has been counted down.
    match is_map && left & 1 == 1 {
        true if left > MANY => Role::KeyOfMany,
        true => Role::Key,
        false => Role::Value,
    }
}
