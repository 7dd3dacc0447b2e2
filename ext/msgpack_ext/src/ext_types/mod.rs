//! Extended types: what is registered, how it is looked up, how a handler is called.
//!
//! Packing and unpacking have a table each. Neither table knows a Packer or an Unpacker.

pub mod handler;
pub mod listing;
pub mod packing;
pub mod registrations;
pub mod symbols;
pub mod times;
pub mod unpacking;
pub mod unpacking_globally;
