//! The MessagePack format, without Ruby.
//!
//! Owns every byte of the wire: markers, smallest-form encoding, the one resumable decoder, skipping, paths,
//! timestamps and the queue of chunks that streams are made of. Knows nothing of who asks: what a value
//! becomes is the business of a [`Builder`], where bytes go that of a [`Sink`].
//!
//! Source: the MessagePack specification (formats, extension types, timestamp extension type).
#![forbid(unsafe_code)]

pub mod chunks;
pub mod decode;
pub mod dig;
pub mod encode;
pub mod error;
pub mod limits;
pub mod marker;
pub mod skip;
pub mod timestamp;

pub use chunks::ChunkQueue;
pub use decode::{Builder, Decoder, Event, Role};
pub use dig::{Dug, Search};
pub use encode::Sink;
pub use error::{Bound, DecodeError, Fault, NoMemory, TooLarge};
pub use limits::Limits;
pub use marker::Token;
pub use skip::{NoValue, Rest};
