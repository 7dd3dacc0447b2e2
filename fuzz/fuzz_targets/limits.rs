//! Under any limits nothing longer or deeper is built, and no more memory is in use at once than 192 bytes for each byte of input and 16 KiB; the decoder's own is 96 bytes a level.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| msgpack_wire_fuzz::limits(input));
