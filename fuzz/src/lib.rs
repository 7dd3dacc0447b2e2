//! What the fuzz targets check, a function each: bytes of the fuzzer in, a panic where a promise is broken.
//!
//! [`reference`] reads the format once more, as plainly as can be and with nothing of `msgpack_wire`: what the
//! decoder says of any bytes is compared with what that says. The plain tree, its builder and the driver of
//! a stream are those of `msgpack_wire`'s own tests, and so is the allocator that counts.

#[macro_use]
#[path = "../../ext/msgpack_wire/tests/tree/mod.rs"]
mod tree;

#[path = "../../ext/msgpack_wire/tests/counting/mod.rs"]
mod counting;

mod guard;
mod journal;
mod plan;
mod reference;

mod cut;
mod decode;
mod dig;
mod limits;
mod queue;
mod round_trip;
mod skip;

pub use cut::cut;
pub use decode::decode;
pub use limits::limits;
pub use queue::queue;
pub use round_trip::round_trip;
pub use skip::skip;
