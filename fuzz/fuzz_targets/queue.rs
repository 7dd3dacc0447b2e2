//! The queue of chunks under any sequence of operations holds the same bytes as a plain row of bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| msgpack_wire_fuzz::queue(input));
