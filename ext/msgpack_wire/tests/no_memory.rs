//! Where the allocator has nothing more: whoever asked is told, holds what it held before, and goes on when there is
//! memory again. Of each kind as much is tried as there are sizes that make a difference.

mod counting;

use counting::with_little;
use msgpack_wire::decode::Kind;
use msgpack_wire::dig::Step;
use msgpack_wire::{
    encode, Builder, ChunkQueue, Decoder, Dug, Event, Limits, NoMemory, NoValue, Role, Search,
};

type Queue = ChunkQueue<Vec<u8>>;

/// Bytes that are left, from too few for anything to enough for all that is tried here.
fn limits() -> impl Iterator<Item = usize> {
    (0..60).map(|step| 20_000 + step * 10_007)
}

fn bytes(queue: &Queue) -> Vec<u8> {
    queue.pieces().collect::<Vec<_>>().concat()
}

fn numbered(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i % 251) as u8).collect()
}

/// Does something to a queue until it fails; before, after and in the end it holds what was asked for.
fn until_nothing_is_left(mut more: impl FnMut(&mut Queue, &mut Vec<u8>) -> Result<(), NoMemory>) {
    let mut failed = 0;
    for limit in limits() {
        let (mut queue, mut model) = (Queue::default(), Vec::with_capacity(2_000_000));
        let result = with_little(limit, || (0..200).try_for_each(|_| more(&mut queue, &mut model)));
        failed += usize::from(result.is_err());
        assert_eq!((queue.len(), bytes(&queue) == model), (model.len(), true), "with {limit} bytes left");
        more(&mut queue, &mut model).expect("there is memory again");
        assert_eq!((queue.len(), bytes(&queue) == model), (model.len(), true), "after {limit} bytes");
        queue.advance(model.len());
        assert!(queue.is_empty());
    }
    assert!(failed > 10, "{failed}");
}

#[test]
fn slices() {
    for n in [1000, 3000, 70_000] {
        let piece = numbered(n);
        until_nothing_is_left(|queue, model| {
            queue.push_slice(&piece)?;
            model.extend_from_slice(&piece);
            Ok(())
        });
    }
}

#[test]
fn values() {
    let text = numbered(3000);
    until_nothing_is_left(|queue, model| {
        let mut sink = queue.appender();
        encode::str(&mut sink, &text).expect("short");
        sink.end()?;
        encode::str(model, &text).expect("short");
        let mut sink = queue.appender();
        encode::unsigned(&mut sink, 70_000);
        sink.end()?;
        encode::unsigned(model, 70_000);
        Ok(())
    });
}

#[test]
fn a_tail_with_room() {
    let piece = numbered(5000);
    until_nothing_is_left(|queue, model| {
        queue.reserve(piece.len())?;
        queue.with_tail(|tail| tail.extend_from_slice(&piece));
        model.extend_from_slice(&piece);
        Ok(())
    });
}

#[test]
fn bytes_put_back() {
    let piece = numbered(20_000);
    until_nothing_is_left(|queue, model| {
        queue.unread(&piece)?;
        model.splice(0..0, piece.iter().copied());
        Ok(())
    });
}

#[test]
fn joined_bytes() {
    let piece = numbered(30_000);
    for limit in [0, 40_000, 200_000] {
        let mut queue = Queue::default();
        for _ in 0..10 {
            queue.push_owner(piece.clone()).expect("there is memory");
        }
        let whole = bytes(&queue);
        assert_eq!(with_little(limit, || queue.linearize(250_000)), Err(NoMemory { bytes: 250_000 }));
        assert!(with_little(limit, || queue.split_front(250_000)).is_err());
        assert!(bytes(&queue) == whole && queue.front().len() == piece.len());
        let front = queue.split_front(250_000).expect("there is memory again");
        assert!(bytes(&front) == whole[..250_000] && bytes(&queue) == whole[250_000..]);
    }
}

#[test]
fn one_queue_in_another() {
    let (mut queue, mut other) = (Queue::default(), Queue::default());
    queue.push_slice(b"before").expect("there is memory");
    for _ in 0..2000 {
        other.push_owner(vec![7]).expect("there is memory");
    }
    assert!(with_little(10_000, || queue.absorb(&mut other)).is_err());
    assert_eq!((bytes(&queue), other.len()), (b"before".to_vec(), 2000));
    queue.absorb(&mut other).expect("there is memory again");
    assert_eq!((queue.len(), other.len()), (2006, 0));
}

/// Counts what it is told of.
#[derive(Default)]
struct Count {
    built: usize,
    scalars: usize,
}

impl Builder for Count {
    type Stop = std::convert::Infallible;

    fn nil(&mut self) {}
    fn boolean(&mut self, _: bool) {}
    fn unsigned(&mut self, _: u64) {
        self.scalars += 1;
    }
    fn signed(&mut self, _: i64) {
        self.scalars += 1;
    }
    fn float(&mut self, _: f64) {}
    fn str(&mut self, _: &[u8], _: Role) -> Result<(), Self::Stop> {
        Ok(())
    }
    fn bin(&mut self, _: &[u8], _: Role) -> Result<(), Self::Stop> {
        Ok(())
    }
    fn open(&mut self, _: Kind) {}
    fn append(&mut self, _: Kind, _: usize, _: bool) -> Result<(), Self::Stop> {
        Ok(())
    }
    fn build(&mut self, _: Kind, _: usize) -> Result<(), Self::Stop> {
        self.built += 1;
        Ok(())
    }
}

const DEPTH: usize = 100_000;

/// Containers in one another, around a number.
fn nested(header: &[u8]) -> Vec<u8> {
    let mut bytes = header.repeat(DEPTH);
    bytes.push(5);
    bytes
}

fn limits_of_depth() -> Limits {
    Limits { max_depth: DEPTH, ..Limits::default() }
}

/// Runs to the end of the object with no memory but what is granted each time that there is none; tells how often that
/// was.
fn run<B: Builder>(input: &[u8], builder: &mut B) -> usize {
    let mut decoder = Decoder::new(limits_of_depth());
    let (mut pos, mut failed) = (0, 0);
    loop {
        let (consumed, event) = with_little(0, || decoder.run(&input[pos..], builder));
        pos += consumed;
        match event.expect("well formed") {
            Event::Done => break,
            Event::NoMemory(none) => {
                failed += 1;
                assert_eq!(with_little(none.bytes - 1, || decoder.make_room()), Err(none));
                assert_eq!(with_little(none.bytes, || decoder.make_room()), Ok(()));
            }
            Event::Breathe => {}
            _ => panic!("asks for more at {pos}"),
        }
    }
    assert_eq!((pos, decoder.position()), (input.len(), input.len() as u64));
    failed
}

/// The decoder stops before a container that has no place, and goes on there.
#[test]
fn open_containers() {
    for header in [&[0x91][..], &[0x81, 0xa1, b'k'], &[0xdc, 0, 1], &[0xdd, 0, 0, 0, 1]] {
        let input = nested(header);
        let mut count = Count::default();
        assert!(run(&input, &mut count) > 5);
        assert_eq!((count.built, count.scalars), (DEPTH, 1));
        assert!(run(&input, &mut NoValue) > 5);
    }
}

/// What is refused is counted as what is left, in memory that was there before.
#[test]
fn refused_containers() {
    let mut input = nested(&[0x92, 0x01]);
    input.pop();
    input.extend([0xdc, 0, 200]);
    let limits = Limits { max_array_len: 100, ..limits_of_depth() };
    let mut decoder = Decoder::new(limits);
    let mut pos = 0;
    let error = loop {
        let (consumed, event) = with_little(0, || decoder.run(&input[pos..], &mut NoValue));
        pos += consumed;
        match event {
            Ok(Event::NoMemory(_)) => decoder.make_room().expect("there is memory again"),
            Ok(Event::Breathe) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.offset, input.len() as u64 - 3);
    assert_eq!(decoder.give_up().values, 200);
}

/// What stands beside a path.
#[test]
fn a_search() {
    let mut input = vec![0x92];
    input.extend(nested(&[0x91]));
    input.push(7);
    let path = [Step::Number(1)];
    let mut search = Search::new(&path, Limits { max_depth: DEPTH + 1, ..Limits::default() });
    let mut failed = 0;
    let place = loop {
        // The levels of the path itself are small.
        match with_little(200, || search.run(&input)).expect("well formed") {
            Dug::Done(place) => break place.expect("there is one"),
            Dug::NoMemory(none) => {
                failed += 1;
                assert_eq!(with_little(none.bytes - 1, || search.make_room()), Err(none));
                assert_eq!(with_little(none.bytes, || search.make_room()), Ok(()));
            }
            Dug::Breathe => {}
            Dug::Short(at) => panic!("too short at {at}"),
        }
    };
    assert_eq!((failed > 5, place.at), (true, input.len() - 1));
}
