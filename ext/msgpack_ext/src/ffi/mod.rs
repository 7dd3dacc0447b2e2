//! Everything that reads or builds Ruby objects behind Ruby's back: the one folder with `unsafe` in it, but
//! for the cells that hold the state of a class.
//!
//! Owns: classifying values, their bytes, bulk building, iteration, protected calls, memory that the GC has
//! to see. Knows nothing of MessagePack beyond the traits of `msgpack_wire` that it implements for speed.
//!
//! A [`magnus::Value`] stands for a live Ruby value; that is what makes the safe functions here sound. A
//! longjmp (any Ruby exception) may pass over every function here that says it can raise: their frames own
//! nothing that needs `Drop`, and their callers stand under [`call::protect`].

pub mod array;
pub mod call;
pub mod class;
pub mod encoded_keys;
pub mod entry;
pub mod gc;
pub mod hash;
pub mod hash_table;
pub mod kept;
pub mod key_cache;
pub mod number;
pub mod out;
pub mod prefetch;
pub mod ractor;
pub mod receiver;
pub mod room;
pub mod shapes;
pub mod shared;
pub mod slots;
pub mod stack;
pub mod text;
pub mod time;
pub mod value;
