//! Everything that reads or builds Ruby objects behind Ruby's back, and most of the `unsafe` that this takes. Outside
//! there are two kinds of it: the cells that hold the state of a class, and calls of functions of this folder that
//! only their caller can make sound, who knows that values lie on a marked stack, or that bytes stay in their place.
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
pub mod direct;
pub mod encoded_keys;
pub mod entry;
pub mod gauge;
pub mod gc;
pub mod hash;
pub mod hash_table;
pub mod in_place;
pub mod kept;
pub mod key_cache;
pub mod memory;
pub mod number;
pub mod out;
pub mod prefetch;
pub mod ractor;
pub mod receiver;
pub mod room;
pub mod shapes;
pub mod shared;
pub mod shell;

pub mod slots;
pub mod stack;
pub mod text;
pub mod time;
pub mod value;
