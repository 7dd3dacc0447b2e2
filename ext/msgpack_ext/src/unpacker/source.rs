//! What the driver needs of bytes, wherever they come from: `stream` has them of an Unpacker, `string` of a String.

use crate::buffer::Queue;
use crate::ffi::shared::Span;
use magnus::{Error, Value};
use msgpack_wire::NoMemory;

/// Where bytes come from.
pub trait Source {
    /// The unread bytes that lie together at the front. They stay until Ruby code runs or `advance` is called.
    fn front(&self) -> Span;
    /// The String whose end is the end of `front`, if it is one String.
    fn string(&self) -> Option<Value>;
    /// Unread bytes in all.
    fn len(&self) -> usize;
    /// Bytes that have left it since the start of the stream.
    fn position(&self) -> u64;
    /// Consumes bytes.
    fn advance(&self, n: usize);
    /// Makes `n` of the unread bytes lie together at the front; where there is no memory for it, all stay where they
    /// are.
    fn linearize(&self, n: usize) -> Result<(), NoMemory>;
    /// Passes over `skip` bytes and takes the next `n`, which lie together with them at the front, as they are.
    /// After `prepare`. May raise (memory).
    fn split(&self, skip: usize, n: usize) -> Queue;
    /// Asks for more bytes, by running Ruby where there is an io; whether some came.
    fn fill(&self) -> Result<bool, Error>;
    /// It has been asked for more, and `n` unread bytes are still not there.
    fn lacks(&self, n: usize);
    /// Ruby code is going to run.
    fn prepare(&self) -> Result<(), Error>;
    /// The bytes are lost, with what was begun: how many belong to it is not known.
    fn lose(&self);
    /// Whether all that was begun has been cleared away by the Ruby code that ran.
    fn is_cleared(&self) -> bool;
    /// Counts those who have used it, and those who have taken it from one that was in the middle of something.
    fn turn(&self) -> u64;
}
