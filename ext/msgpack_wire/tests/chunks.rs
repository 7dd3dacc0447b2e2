//! The queue of chunks against a plain vector of bytes: whatever is done in whatever order, both hold the
//! same, and the queue keeps its promises about pieces and memory.

mod tree;

use msgpack_wire::{encode, ChunkQueue};
use proptest::prelude::*;
use std::rc::Rc;
use tree::strategy::cases;

type Queue = ChunkQueue<Rc<[u8]>>;

#[derive(Clone, Debug)]
enum Step {
    PushSlice(usize),
    /// Appends this number, so many times.
    PushInt(i64, usize),
    PushOwner(usize),
    Advance(usize),
    Linearize(usize),
    /// Leaves so many percent.
    Truncate(usize),
    /// Takes the tail with so much room, pushes so many bytes meanwhile, writes so many bytes to it.
    Tail(usize, usize, usize),
    Unread(usize),
    /// Takes so many bytes from the front as a queue of its own.
    SplitFront(usize),
    /// Takes over a queue of so many bytes of its own, as many of an owner, and the first again.
    Absorb(usize, usize),
    Clear,
    /// Leaves its memory to whoever takes it, if it is empty.
    Leave,
}

/// Mostly few bytes; sometimes around the capacities that the queue chooses.
fn count() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 0..40usize, 2 => 900..1100usize, 2 => 30_000..36_000usize, 1 => 60_000..140_000usize]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => count().prop_map(Step::PushSlice),
        4 => (any::<i64>(), 0..64u32, 0..9000usize).prop_map(|(n, by, times)| Step::PushInt(n >> by, times)),
        4 => count().prop_map(Step::PushOwner),
        8 => count().prop_map(Step::Advance),
        3 => count().prop_map(Step::Linearize),
        2 => (0..=100usize).prop_map(Step::Truncate),
        3 => (count(), 0..3usize, count()).prop_map(|(room, meanwhile, more)| Step::Tail(room, meanwhile, more)),
        1 => count().prop_map(Step::Unread),
        2 => (count(), count()).prop_map(|(own, foreign)| Step::Absorb(own, foreign)),
        3 => count().prop_map(Step::SplitFront),
        1 => Just(Step::Clear),
        1 => Just(Step::Leave),
    ]
}

/// Bytes that differ from their neighbours and from those of other steps.
struct Source(u32);

impl Source {
    fn take(&mut self, n: usize) -> Vec<u8> {
        let next = || {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 24) as u8
        };
        std::iter::repeat_with(next).take(n).collect()
    }
}

fn apply(step: &Step, queue: &mut Queue, model: &mut Vec<u8>, source: &mut Source) {
    match *step {
        Step::PushSlice(n) => {
            let bytes = source.take(n);
            queue.push_slice(&bytes).unwrap();
            model.extend(bytes);
        }
        Step::PushInt(n, times) => {
            for _ in 0..times {
                queue.push_padded(encode::padded_int(n)).unwrap();
                encode::signed(model, n);
            }
        }
        Step::PushOwner(n) => {
            let bytes = source.take(n);
            queue.push_owner(Rc::from(&bytes[..])).unwrap();
            model.extend(bytes);
        }
        Step::Absorb(own, foreign) => {
            let mut other = Queue::default();
            for n in [own, own] {
                let bytes = source.take(n);
                other.push_slice(&bytes).unwrap();
                model.extend(bytes);
                let bytes = source.take(foreign);
                other.push_owner(Rc::from(&bytes[..])).unwrap();
                model.extend(bytes);
            }
            queue.absorb(&mut other).unwrap();
            assert!(other.is_empty() && other.pieces().next().is_none());
        }
        Step::SplitFront(n) => {
            let taken = queue.split_front(n).unwrap();
            let wanted: Vec<u8> = model.drain(..n.min(model.len())).collect();
            assert_eq!(taken.len(), wanted.len());
            assert_eq!(taken.pieces().collect::<Vec<_>>().concat(), wanted);
            assert!(taken.pieces().all(|piece| !piece.is_empty()));
        }
        Step::Advance(n) => {
            queue.advance(n);
            model.drain(..n.min(model.len()));
        }
        Step::Linearize(n) => {
            queue.linearize(n).unwrap();
            assert!(queue.front().len() >= n.min(model.len()));
        }
        Step::Truncate(percent) => {
            let len = model.len() * percent / 100;
            queue.truncate(len);
            model.truncate(len);
        }
        Step::Tail(room, meanwhile, more) => {
            let before = source.take(meanwhile);
            queue.push_slice(&before).unwrap();
            model.extend(before);
            let written = source.take(more);
            queue.reserve(room).unwrap();
            queue.with_tail(|tail| {
                assert!(tail.capacity() - tail.len() >= room);
                assert!(model.ends_with(tail), "the tail is the end of the queue");
                tail.extend_from_slice(&written);
            });
            model.extend(written);
        }
        Step::Unread(n) => {
            let bytes = source.take(n);
            queue.unread(&bytes).unwrap();
            model.splice(0..0, bytes);
        }
        Step::Clear => {
            queue.clear();
            model.clear();
        }
        Step::Leave => {
            queue.leave();
            if model.is_empty() {
                assert_eq!(queue.heap_size(), 0);
            }
        }
    }
}

fn assert_same(queue: &Queue, model: &[u8]) {
    assert_eq!(queue.len(), model.len());
    assert_eq!(queue.is_empty(), model.is_empty());
    assert_eq!(queue.front().is_empty(), model.is_empty(), "the front is empty only if the queue is");
    assert!(model.starts_with(queue.front()));
    assert!(queue.pieces().all(|piece| !piece.is_empty()));
    assert!(queue.pieces().collect::<Vec<_>>().concat() == model);
    assert_eq!(queue.pieces().next().unwrap_or_default(), queue.front());
    let heap = queue.heap_size();
    assert!(heap >= model.len(), "{heap} hold {}", model.len());
    assert!(!model.is_empty() || heap == 0, "an emptied queue reports {heap}");
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn any_steps(steps in prop::collection::vec(step(), 1..50), seed in any::<u32>()) {
        let (mut queue, mut model, mut source) = (Queue::default(), Vec::<u8>::new(), Source(seed));
        assert_same(&queue, &model);
        for step in &steps {
            apply(step, &mut queue, &mut model, &mut source);
            assert_same(&queue, &model);
        }
        queue.advance(usize::MAX);
        assert_same(&queue, &[]);
    }
}

#[test]
fn owners_are_kept_as_long_as_their_bytes_are_unread() {
    let mut queue = Queue::default();
    let owners: Vec<Rc<[u8]>> = (1..=5u8).map(|n| Rc::from(vec![n; n.into()])).collect();
    for owner in &owners {
        queue.push_owner(owner.clone()).unwrap();
    }
    queue.push_owner(Rc::from(vec![])).unwrap();
    assert_eq!(queue.owners().map(|owner| owner.len()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let kept = || owners.iter().map(|owner| Rc::strong_count(owner) - 1).collect::<Vec<_>>();
    queue.advance(2);
    assert_eq!(kept(), [0, 1, 1, 1, 1]);
    queue.advance(1);
    assert_eq!(kept(), [0, 0, 1, 1, 1]);
    queue.truncate(4);
    assert_eq!(kept(), [0, 0, 1, 1, 0]);
    queue.linearize(4).unwrap();
    assert_eq!(kept(), [0; 5]);
    assert_eq!(queue.front(), [3, 3, 3, 4]);
}

#[test]
fn foreign_bytes_are_not_copied() {
    let mut queue = Queue::default();
    let owner: Rc<[u8]> = Rc::from(vec![7; 100]);
    queue.push_owner(owner.clone()).unwrap();
    queue.push_slice(b"more").unwrap();
    queue.advance(10);
    queue.linearize(90).unwrap();
    assert_eq!(queue.front().as_ptr(), owner[10..].as_ptr());
    queue.linearize(91).unwrap();
    assert_eq!(queue.front(), [&[7; 90][..], b"m"].concat());
}

#[test]
fn bytes_that_lie_together_are_not_moved() {
    let mut queue = Queue::default();
    queue.push_slice(&[1; 500]).unwrap();
    let at = queue.front().as_ptr();
    queue.linearize(500).unwrap();
    queue.linearize(1000).unwrap();
    assert_eq!(queue.front().as_ptr(), at);
}

#[test]
fn small_pieces_run_together() {
    let mut queue = Queue::default();
    for i in 0..60_000 {
        queue.push_slice(&[i as u8]).unwrap();
    }
    assert_eq!(queue.pieces().count(), 1);
    for _ in 0..1_000_000 {
        queue.push_slice(b"x").unwrap();
    }
    let pieces = queue.pieces().count();
    assert!(pieces < 20, "{pieces} pieces");
}

/// What is reported stays near what is held, and is the whole of a chunk until its last byte is read.
#[test]
fn heap_size_counts_whole_chunks() {
    let mut queue = Queue::default();
    assert_eq!(queue.heap_size(), 0);
    queue.push_slice(&vec![1; 100_000]).unwrap();
    let full = queue.heap_size();
    assert!((100_000..150_000).contains(&full), "{full}");
    queue.advance(99_999);
    assert_eq!(queue.heap_size(), full);
    queue.advance(1);
    assert_eq!(queue.heap_size(), 0);

    // The same for a chunk that others have followed.
    queue.push_slice(&vec![1; 100_000]).unwrap();
    queue.push_owner(Rc::from(vec![2; 1_000_000])).unwrap();
    let full = queue.heap_size();
    assert!((1_100_000..1_150_000).contains(&full), "{full}");
    queue.advance(99_999);
    assert_eq!(queue.heap_size(), full);
    queue.advance(1);
    let foreign = queue.heap_size();
    assert!((1_000_000..1_001_000).contains(&foreign), "{foreign}");
    queue.advance(999_999);
    assert_eq!(queue.heap_size(), foreign);
    queue.advance(1);
    assert_eq!(queue.heap_size(), 0);
}

#[test]
fn a_queue_that_held_many_chunks_reports_nothing_when_emptied() {
    let mut queue = Queue::default();
    for _ in 0..1000 {
        queue.push_owner(Rc::from(vec![0])).unwrap();
    }
    assert!(queue.heap_size() > 1000);
    queue.advance(1000);
    assert_eq!(queue.heap_size(), 0);
}

#[test]
fn the_next_chunk_is_in_proportion() {
    assert_eq!(Queue::next_capacity(0), 64 * 1024);
    assert_eq!(Queue::next_capacity(4 << 20), 256 * 1024);
    assert_eq!(Queue::next_capacity(usize::MAX), 1 << 20);
}
