//! A stream of pieces and its driver: what a binding does around [`Decoder::run`].

use super::{Driven, Tree, Value};
use msgpack_wire::{ChunkQueue, DecodeError, Decoder, Event, Limits, Rest};

/// Pieces in, objects out.
#[derive(Debug, Default)]
pub struct Stream<B = Tree> {
    pub queue: ChunkQueue<Vec<u8>>,
    pub decoder: Decoder,
    pub builder: B,
    /// What the last `read` asked for, 0 where it did not.
    pub wants: usize,
}

impl<B: Driven> Stream<B> {
    pub fn new(builder: B, limits: Limits) -> Self {
        Self { queue: ChunkQueue::default(), decoder: Decoder::new(limits), builder, wants: 0 }
    }

    /// Appends a copy: pieces run together.
    pub fn feed(&mut self, piece: &[u8]) {
        self.queue.push_slice(piece).unwrap();
    }

    /// Appends a chunk of its own: pieces stay apart until something needs them together.
    pub fn feed_apart(&mut self, piece: &[u8]) {
        self.queue.push_owner(piece.to_vec()).unwrap();
    }

    /// The next object; `None` where the input ends before it does.
    pub fn read(&mut self) -> Result<Option<Value>, DecodeError> {
        self.wants = 0;
        loop {
            let given = self.queue.front().len();
            let (consumed, event) = self.decoder.run(self.queue.front(), &mut self.builder);
            self.queue.advance(consumed);
            match event? {
                Event::Done => return Ok(Some(self.builder.tree().take())),
                Event::Need(n) => {
                    assert!(n > given - consumed, "asks for {n} and has them");
                    if self.queue.len() < n {
                        self.wants = n;
                        return Ok(None);
                    }
                    self.queue.linearize(n).unwrap();
                }
                Event::Ext { kind, len, offset } => {
                    assert_eq!(offset, self.decoder.offset());
                    let payload = self.queue.front()[..len].to_vec();
                    self.queue.advance(len);
                    self.decoder.take_payload();
                    self.builder.tree().push(Value::Ext(kind, payload));
                }
                Event::Stop(stop) => self.builder.resume(stop),
                Event::Breathe => {}
                Event::NoMemory(none) => panic!("{none}"),
            }
        }
    }

    /// Gives the current object up and passes over what is there of it: the rest still to come.
    pub fn drop_object(&mut self) -> Rest {
        let mut rest = self.decoder.give_up();
        self.builder.tree().clear();
        self.pass_over(&mut rest);
        rest
    }

    /// Passes over what is there of a given up object.
    pub fn pass_over(&mut self, rest: &mut Rest) {
        loop {
            let (consumed, needed) = rest.run(self.queue.front());
            let needed = needed.expect("no 0xc1");
            self.queue.advance(consumed);
            self.decoder.seek(self.decoder.position() + consumed as u64);
            if rest.is_done() {
                assert_eq!(needed, 0);
                return;
            }
            assert!(needed > 0, "not done, and needs nothing");
            if self.queue.len() < needed {
                return;
            }
            self.queue.linearize(needed).unwrap();
        }
    }
}

/// Decodes exactly one object from bytes that lie together.
pub fn decode(bytes: &[u8]) -> Value {
    let mut stream = Stream::<Tree>::default();
    stream.feed(bytes);
    let value = stream.read().expect("well formed").expect("complete");
    assert!(stream.queue.is_empty(), "bytes left over");
    assert!(!stream.decoder.is_amid());
    assert_eq!(stream.decoder.position(), bytes.len() as u64);
    value
}

/// Decodes exactly one object from pieces that end at `cuts` (any order, beyond the end is the end),
/// asking after each; with `apart` they are chunks of their own.
pub fn decode_cut(bytes: &[u8], cuts: &[usize], apart: bool) -> Value {
    let mut ends: Vec<usize> = cuts.iter().map(|&cut| cut.min(bytes.len())).collect();
    ends.sort_unstable();
    ends.push(bytes.len());
    let (mut stream, mut start, mut result) = (Stream::<Tree>::default(), 0, None);
    for end in ends {
        assert!(result.is_none() || start == end, "an object before its last byte");
        if apart {
            stream.feed_apart(&bytes[start..end]);
        } else {
            stream.feed(&bytes[start..end]);
        }
        if result.is_none() {
            result = stream.read().expect("well formed");
        }
        start = end;
    }
    assert!(stream.queue.is_empty(), "bytes left over");
    assert_eq!(stream.decoder.position(), bytes.len() as u64);
    result.expect("complete")
}
