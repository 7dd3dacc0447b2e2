//! Any bytes, with any limits: no panic; objects, errors, offsets and positions are those of a second, plain reader.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| msgpack_wire_fuzz::decode(input));
