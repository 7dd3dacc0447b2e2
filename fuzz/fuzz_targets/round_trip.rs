//! Any tree of values, and any timestamp: read back equal, from bytes that are as few as the format allows.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| msgpack_wire_fuzz::round_trip(input));
