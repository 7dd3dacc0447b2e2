//! What became of a stream, step by step: to be compared with what became of it otherwise.

use crate::reference::{self, End, NoValue, Reader};
use crate::tree::stream::Stream;
use crate::tree::{Driven, Value};
use msgpack_wire::{DecodeError, Fault, Limits, Rest};

/// One thing that happened, and the position of the stream then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Value(Value, u64),
    Refused(DecodeError, u64),
    /// What was left of a refused object has been passed over.
    Passed(u64),
    /// There was a 0xc1 in it.
    Reserved(u64),
}

/// A stream whose objects are read as they come, and whose refused objects are passed over.
#[derive(Debug)]
pub struct Journal<B> {
    pub stream: Stream<B>,
    pub steps: Vec<Step>,
    /// What is left of a refused object.
    pub rest: Rest,
}

impl<B: Driven> Journal<B> {
    pub fn new(builder: B, limits: Limits) -> Self {
        Self { stream: Stream::new(builder, limits), steps: Vec::new(), rest: Rest::default() }
    }

    pub fn feed(&mut self, piece: &[u8], apart: bool) {
        if apart {
            self.stream.feed_apart(piece);
        } else {
            self.stream.feed(piece);
        }
    }

    fn note(&mut self, step: impl FnOnce(u64) -> Step) {
        self.steps.push(step(self.stream.decoder.position()));
    }

    /// Reads and passes over as far as there are bytes.
    pub fn read_all(&mut self) {
        while self.pass_over() {
            match self.stream.read() {
                Ok(None) => return,
                Ok(Some(value)) => self.note(|at| Step::Value(value, at)),
                Err(error) => {
                    self.note(|at| Step::Refused(error, at));
                    self.give_up();
                }
            }
        }
    }

    /// Gives up the object that has begun.
    pub fn give_up(&mut self) {
        self.rest = self.stream.decoder.give_up();
        self.stream.builder.tree().clear();
        assert!(!self.stream.decoder.is_amid(), "given up, and still amid an object");
    }

    /// Whether all of a refused object has been passed over.
    pub fn pass_over(&mut self) -> bool {
        if self.rest.is_done() {
            return true;
        }
        loop {
            let (consumed, needed) = self.rest.run(self.stream.queue.front());
            self.stream.queue.advance(consumed);
            self.stream.decoder.seek(self.stream.decoder.position() + consumed as u64);
            match needed {
                Err(fault) => {
                    assert_eq!(fault, Fault::Reserved);
                    assert!(self.rest.is_done(), "a 0xc1 ends an object");
                    self.note(Step::Reserved);
                    return true;
                }
                Ok(needed) if self.rest.is_done() => {
                    assert_eq!(needed, 0, "done, and needs more");
                    self.note(Step::Passed);
                    return true;
                }
                Ok(needed) => {
                    assert!(needed > 0, "not done, and needs nothing");
                    if self.stream.queue.len() < needed {
                        return false;
                    }
                    self.stream.queue.linearize(needed).unwrap();
                }
            }
        }
    }

    /// The bytes that are held are the end of `message`, from the decoder's position on.
    pub fn check_held(&self, message: &[u8]) {
        let position = self.stream.decoder.position() as usize;
        assert!(position <= message.len(), "at {position} of {}", message.len());
        let held: Vec<u8> = self.stream.queue.pieces().flatten().copied().collect();
        assert_eq!(held, message[position..], "the bytes that are held");
        assert_eq!(self.stream.queue.len(), held.len());
    }
}

/// What the reference makes of `message`, and where the token stands that is not complete at its end; None amid
/// an object that is passed over.
pub fn expected(message: &[u8], limits: Limits) -> (Vec<Step>, Option<usize>) {
    let mut steps = Vec::new();
    let mut start = 0;
    loop {
        let mut reader = Reader::new(&message[start..], limits);
        let object = reader.object();
        let at = (start + reader.at) as u64;
        let fault = match object {
            Ok(value) => {
                steps.push(Step::Value(value, at));
                start += reader.at;
                continue;
            }
            Err(NoValue::Incomplete) => return (steps, Some(start + reader.token)),
            Err(NoValue::Refused(error)) => {
                let offset = start as u64 + error.offset;
                steps.push(Step::Refused(DecodeError { offset, ..error }, at));
                error.fault
            }
        };
        let end = match (fault, reference::end(&message[start..])) {
            // It ends the object, and is consumed.
            (Fault::Reserved, _) => {
                start += reader.at;
                continue;
            }
            (_, End::Missing) => return (steps, None),
            (_, End::Reserved(end)) => {
                steps.push(Step::Reserved((start + end) as u64));
                end
            }
            // Nothing is left of an object that was complete when it was refused.
            (_, End::At(end)) => {
                if end > reader.at {
                    steps.push(Step::Passed((start + end) as u64));
                }
                end
            }
        };
        start += end;
    }
}
