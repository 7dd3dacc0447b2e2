//! A skip consumes and accepts what a read does, whole, cut and taking over a read; what is given up ends where the object ends; a path leads to what following it in the object does.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| msgpack_wire_fuzz::skip(input));
