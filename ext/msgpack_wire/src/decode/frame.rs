//! An open container: how many of its values are still to come, batch by batch.

use super::{Kind, Role};

/// Children that are collected before they are moved into a container that is still open.
///
/// Above this a container is filled in batches, so that no stack of values grows with what the wire says.
pub const BATCH: u32 = 4096;
/// As [`BATCH`], keys and values of a map: whoever makes a map of pairs that are all there need not look whether each
/// is there already. With what it lies in, they fit into a stack of 16,384.
pub const MAP_BATCH: u32 = 3 * BATCH;

/// Values behind a key of many: they are of half as many pairs.
const MANY: u32 = 1024;

/// A container that is open, or the top level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Values of this batch that have not begun.
    pub left: u32,
    /// Values in this batch.
    pub batch: u32,
    /// Values after this batch, and two bits behind them: few words are held in registers, and copied whole.
    rest: u64,
}

/// The bit of a map.
const IS_MAP: u64 = 1;
/// The bit of a container that has been pushed already, and is filled batch by batch.
const IS_OPEN: u64 = 2;
const BEYOND_SHIFT: u32 = 2;

impl Frame {
    /// What stands for the top level: one value.
    pub const ROOT: Self = Self { left: 1, batch: 1, rest: 0 };

    pub fn new(kind: Kind, values: u64) -> Self {
        let cap = match kind {
            Kind::Array => BATCH,
            Kind::Map => MAP_BATCH,
        };
        let batch = values.min(u64::from(cap)) as u32;
        let beyond = values - u64::from(batch);
        let open = if beyond > 0 { IS_OPEN } else { 0 };
        Self { left: batch, batch, rest: beyond << BEYOND_SHIFT | open | map_bit(kind) }
    }

    /// A container of so few values that they are one batch.
    #[inline]
    pub fn of_one_batch(kind: Kind, values: u32) -> Self {
        Self { left: values, batch: values, rest: map_bit(kind) }
    }

    #[inline]
    pub fn kind(&self) -> Kind {
        if self.is_map() {
            Kind::Map
        } else {
            Kind::Array
        }
    }

    #[inline]
    pub fn is_map(&self) -> bool {
        self.rest & IS_MAP != 0
    }

    /// Whether the container has been pushed already, and is filled batch by batch.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.rest & IS_OPEN != 0
    }

    /// Values after this batch.
    #[inline]
    pub fn beyond(&self) -> u64 {
        self.rest >> BEYOND_SHIFT
    }

    /// A container whose header is this byte alone.
    #[inline]
    pub fn short(header: u8) -> Self {
        let len = u32::from(header & 0x0f);
        let (kind, left) = if header < 0x90 { (Kind::Map, len * 2) } else { (Kind::Array, len) };
        Self::of_one_batch(kind, left)
    }

    /// Goes on to the next batch.
    pub fn turn(&mut self) {
        *self = Self::new(self.kind(), self.beyond());
        self.rest |= IS_OPEN;
    }

    /// What has just begun in it.
    #[inline(always)]
    #[allow(clippy::inline_always)] // two comparisons
    pub fn role(&self) -> Role {
        // `left` is odd then for a key: it has been counted down.
        match self.is_map() && self.left & 1 == 1 {
            true if self.left > MANY => Role::KeyOfMany,
            true => Role::Key,
            false => Role::Value,
        }
    }
}

#[inline]
fn map_bit(kind: Kind) -> u64 {
    match kind {
        Kind::Array => 0,
        Kind::Map => IS_MAP,
    }
}
