//! How the walk comes back to [`Decoder::run`](super::Decoder::run), which makes an event of it.

use crate::error::{DecodeError, Fault};

/// Why the walk came back, in two words: what more there is to say stands elsewhere, and is copied once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Exit {
    Done,
    Need(usize),
    /// See `pending`.
    Ext,
    /// The reason has been put down.
    Stop,
    Breathe,
    /// There are not so many bytes for the frames.
    NoMemory(usize),
}

/// Why the walk stopped.
pub(super) enum Reason<S> {
    None,
    Builder(S),
    Fault(DecodeError),
}

impl<S> Reason<S> {
    #[cold]
    pub fn builder(&mut self, stop: S) -> Exit {
        *self = Self::Builder(stop);
        Exit::Stop
    }

    #[cold]
    pub fn fault(&mut self, fault: Fault, offset: u64) -> Exit {
        *self = Self::Fault(DecodeError { fault, offset });
        Exit::Stop
    }
}
