//! What can't be seen from outside: bytes that the decoder looks at, however small the pieces are.

use super::{Builder, Decoder, Event, Kind, Role};
use crate::encode;
use crate::marker::{scan, Scan, Token};
use crate::skip::NoValue;
use proptest::prelude::*;
use std::convert::Infallible;

/// Builds nothing, but waits for bodies as one that does.
struct Waits;

impl Builder for Waits {
    type Stop = Infallible;

    fn nil(&mut self) {}
    fn boolean(&mut self, _: bool) {}
    fn unsigned(&mut self, _: u64) {}
    fn signed(&mut self, _: i64) {}
    fn float(&mut self, _: f64) {}
    fn str(&mut self, _: &[u8], _: Role) -> Result<(), Infallible> {
        Ok(())
    }
    fn bin(&mut self, _: &[u8], _: Role) -> Result<(), Infallible> {
        Ok(())
    }
    fn open(&mut self, _: Kind) {}
    fn append(&mut self, _: Kind, _: usize, _: bool) -> Result<(), Infallible> {
        Ok(())
    }
    fn build(&mut self, _: Kind, _: usize) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The lengths of all headers in `bytes`, summed up.
fn headers(bytes: &[u8]) -> u64 {
    let (mut at, mut sum) = (0, 0);
    while at < bytes.len() {
        let Scan::Token(token, header) = scan(&bytes[at..]) else {
            panic!("whole tokens");
        };
        sum += header as u64;
        at += header;
        if let Token::Str(n) | Token::Bin(n) | Token::Ext(_, n) = token {
            at += n as usize;
        }
    }
    sum
}

/// Feeds one byte at a time; with `patient` the decoder runs only when what it needs is there. Returns the
/// bytes examined and the objects found.
fn examined<B: Builder<Stop = Infallible>>(bytes: &[u8], builder: &mut B, patient: bool) -> (u64, usize) {
    let mut decoder = Decoder::default();
    let (mut at, mut needed, mut objects) = (0, 1, 0);
    for end in 0..=bytes.len() {
        while !patient || end - at >= needed {
            let (consumed, event) = decoder.run(&bytes[at..end], builder);
            at += consumed;
            match event.expect("well formed") {
                Event::Done => {
                    objects += 1;
                    needed = 1;
                }
                Event::Need(n) => {
                    needed = n;
                    break;
                }
                Event::Ext { len, .. } => {
                    decoder.take_payload();
                    at += len;
                    needed = 0;
                }
                Event::Breathe => {}
                Event::NoMemory(none) => panic!("{none}"),
                Event::Stop(stop) => match stop {},
            }
        }
    }
    assert_eq!((at, decoder.is_amid()), (bytes.len(), false));
    (decoder.examined, objects)
}

fn assert_linear(bytes: &[u8], objects: usize) {
    let limit = bytes.len() as u64 + headers(bytes);
    for patient in [false, true] {
        let (read, found) = examined(bytes, &mut Waits, patient);
        assert_eq!(found, objects);
        assert!(read <= limit, "read: {read} of {limit}");
        let (skipped, found) = examined(bytes, &mut NoValue, patient);
        assert_eq!(found, objects);
        assert!(skipped <= limit, "skipped: {skipped} of {limit}");
        assert!(skipped >= bytes.len() as u64, "the counter counts");
    }
}

/// One token of each kind and width, chosen by `form`, with a body of up to `len` bytes.
fn push_token(out: &mut Vec<u8>, form: u8, len: u16) {
    let body = vec![0xc1; len.into()];
    match form % 12 {
        0 => encode::nil(out),
        1 => encode::boolean(out, true),
        2 => encode::unsigned(out, u64::MAX >> (len % 64)),
        3 => encode::signed(out, i64::MIN >> (len % 64)),
        4 => encode::float(out, 0.1),
        5 => encode::float32(out, 0.1),
        6 => encode::bin(out, &body).expect("short"),
        7 => encode::ext(out, 3, &body).expect("short"),
        8 => encode::raw(out, &body).expect("short"),
        // The widest header, whatever the length.
        9 => {
            out.extend([0xdb, 0, 0, body.len().to_be_bytes()[6], body.len().to_be_bytes()[7]]);
            out.extend(&body);
        }
        _ => encode::str(out, &body).expect("short"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn one_byte_at_a_time_is_linear(
        tokens in prop::collection::vec((any::<u8>(), 0..300u16), 0..30), maps in any::<bool>(),
    ) {
        let (mut flat, mut inside) = (Vec::new(), Vec::new());
        for (form, len) in &tokens {
            push_token(&mut flat, *form, *len);
        }
        assert_linear(&flat, tokens.len());
        if maps {
            encode::map_header(&mut inside, tokens.len() as u32);
            for (form, len) in &tokens {
                encode::str(&mut inside, b"key").expect("short");
                push_token(&mut inside, *form, *len);
            }
        } else {
            encode::array_header(&mut inside, tokens.len() as u32);
            inside.extend(&flat);
        }
        assert_linear(&inside, 1);
    }
}

#[test]
fn a_long_body_is_looked_at_once() {
    let mut bytes = Vec::new();
    encode::str(&mut bytes, &vec![b'x'; 100_000]).expect("short");
    let (examined, objects) = examined(&bytes, &mut Waits, false);
    assert_eq!(objects, 1);
    // The first byte of the header at each of its five bytes but the last, then all.
    assert!(examined <= bytes.len() as u64 + 5, "{examined}");
}

#[test]
fn depth_is_not_walked_again() {
    let mut bytes = vec![0x92; 400];
    bytes.extend(vec![0xc0; 401]);
    assert_linear(&bytes, 1);
}

#[test]
fn long_containers_are_not_walked_again() {
    let mut bytes = Vec::new();
    encode::array_header(&mut bytes, 70_000);
    bytes.extend(vec![0xc0; 70_000]);
    encode::map_header(&mut bytes, 20_000);
    bytes.extend([0xa1, b'k', 0xcc, 0xff].repeat(20_000));
    assert_linear(&bytes, 2);
}
