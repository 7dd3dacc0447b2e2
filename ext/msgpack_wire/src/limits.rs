//! What a decoder refuses although it is well formed. The place for every bound on hostile input.

/// Open containers that are accepted when nothing else is said, on both sides of the wire.
pub const DEFAULT_MAX_DEPTH: usize = 500;

/// Bounds that a [`Decoder`](crate::Decoder) checks on a header, before the body arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open containers that pass; one more is [`Fault::TooDeep`](crate::Fault::TooDeep).
    pub max_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_depth: DEFAULT_MAX_DEPTH }
    }
}
