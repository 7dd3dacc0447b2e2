//! A message cut into pieces anywhere, together or apart in the queue, the builder stopping anywhere or making extended types itself: the same objects, errors and offsets as whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| msgpack_wire_fuzz::cut(input));
