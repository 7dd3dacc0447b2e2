//! Memory, by an allocator that counts: what a header announces reserves nothing, and a queue holds about
//! what it has to.

mod counting;
mod tree;

use counting::{memory, IN_USE};
use msgpack_wire::{ChunkQueue, Decoder, Event, Limits, NoValue, Rest};
use tree::stream::Stream;
use tree::Tree;

/// Headers that announce 4 GiB, or as many values and pairs.
const HUGE: [&[u8]; 6] = [
    &[0xdb, 0xff, 0xff, 0xff, 0xff],
    &[0xc6, 0xff, 0xff, 0xff, 0xff],
    &[0xc9, 0xff, 0xff, 0xff, 0xff, 0x05],
    &[0xdd, 0xff, 0xff, 0xff, 0xff],
    &[0xdf, 0xff, 0xff, 0xff, 0xff],
    &[0x91, 0xdb, 0xff, 0xff, 0xff, 0xff],
];

#[test]
fn the_allocator_counts() {
    let (kept, peak, left) = memory(|| {
        drop(std::hint::black_box(vec![1u8; 50_000]));
        std::hint::black_box(vec![1u8; 1000])
    });
    assert_eq!((kept.len(), left), (1000, 1000));
    assert!((50_000..51_000).contains(&peak), "{peak}");
}

#[test]
fn a_header_reserves_nothing() {
    for header in HUGE {
        let (_, peak, _) = memory(|| {
            let mut decoder = Decoder::default();
            let (consumed, event) = decoder.run(header, &mut Tree::default());
            assert_eq!(consumed, header.len());
            assert!(matches!(event, Ok(Event::Need(_))));
            decoder
        });
        // The frames of the containers, and the container that is filled batch by batch.
        assert!(peak <= 1024, "{peak} bytes for {header:x?}");
    }
}

#[test]
fn nor_does_it_in_a_stream_that_goes_on() {
    for header in HUGE {
        let ((), peak, _) = memory(|| {
            let mut stream = Stream::<Tree>::default();
            stream.feed(header);
            for _ in 0..1000 {
                assert_eq!(stream.read(), Ok(None));
                stream.feed(&[0xc0]);
            }
        });
        // 1000 bytes have come: at most 64 for each, and 64 KiB.
        assert!(peak <= 64 * 1000 + 64 * 1024, "{peak} bytes for {header:x?}");
    }
}

#[test]
fn nor_do_five_hundred_headers() {
    let array = [0xdd, 0xff, 0xff, 0xff, 0xff];
    let map = [0xdf, 0xff, 0xff, 0xff, 0xff];
    for headers in [array.repeat(500), map.repeat(500)] {
        let ((), peak, _) = memory(|| {
            let mut stream = Stream::<Tree>::default();
            stream.feed(&headers);
            assert_eq!(stream.read(), Ok(None));
            assert_eq!(stream.decoder.depth(), 500);
        });
        assert!(peak <= 64 * 2500 + 64 * 1024, "{peak}");
    }
}

#[test]
fn depth_costs_a_frame_a_level() {
    let bytes = vec![0x91; 100_000];
    let (_, peak, _) = memory(|| {
        let mut decoder = Decoder::new(Limits { max_depth: usize::MAX, ..Limits::default() });
        let mut at = 0;
        while at < bytes.len() {
            at += decoder.run(&bytes[at..], &mut NoValue).0;
        }
        decoder
    });
    assert!(peak <= 64 * bytes.len() as isize + 64 * 1024, "{peak}");
}

#[test]
fn passing_over_takes_no_memory() {
    let (mut decoder, mut rest) = (Decoder::default(), Rest { values: 1, bytes: 0, ..Rest::default() });
    let header = [0xdb, 0x00, 0xff, 0xff, 0xff];
    let body = vec![0x91; 0x1_0000];
    let ((), peak, left) = memory(|| {
        assert!(matches!(decoder.run(&header, &mut NoValue), (5, Ok(Event::Need(1)))));
        assert_eq!(rest.run(&header), (5, Ok(1)));
        for _ in 0..255 {
            assert_eq!(decoder.run(&body, &mut NoValue), (body.len(), Ok(Event::Need(1))));
            assert_eq!(rest.run(&body), (body.len(), Ok(1)));
        }
        assert_eq!(decoder.run(&body, &mut NoValue), (body.len() - 1, Ok(Event::Done)));
        assert_eq!(rest.run(&body), (body.len() - 1, Ok(0)));
    });
    assert_eq!((peak, left), (0, 0));
    // Arrays in one another, which `Rest` only counts.
    let mut rest = Rest { values: 1, bytes: 0, ..Rest::default() };
    let (found, peak, _) = memory(|| rest.run(&body));
    assert_eq!((found, peak), ((body.len(), Ok(1)), 0));
}

type Queue = ChunkQueue<Vec<u8>>;

/// An emptied queue keeps at most a small tail for the next bytes, however much it held.
#[test]
fn an_emptied_queue_gives_its_memory_back() {
    let bytes = vec![7; 10_000_000];
    for piece in [bytes.len(), 100_000, 30_000, 1000] {
        for read in [bytes.len(), 70_000, 999] {
            let (queue, peak, left) = memory(|| {
                let mut queue = Queue::default();
                bytes.chunks(piece).for_each(|piece| queue.push_slice(piece).unwrap());
                for _ in 0..bytes.len().div_ceil(read) {
                    queue.advance(read);
                }
                queue
            });
            assert!(queue.is_empty());
            // A piece that does not fit leaves the end of a chunk unused.
            assert!(peak < 15_000_000, "{peak} for pieces of {piece}");
            assert!(left <= 40_000, "{left} after pieces of {piece} read by {read}");
            assert_eq!(queue.heap_size(), 0);
        }
    }
}

#[test]
fn a_queue_taken_back_to_nothing_gives_its_memory_back() {
    let bytes = vec![7; 10_000_000];
    let (queue, _, left) = memory(|| {
        let mut queue = Queue::default();
        queue.push_slice(&bytes).unwrap();
        queue.truncate(0);
        queue
    });
    assert!(queue.is_empty());
    assert!(left <= 40_000, "{left}");
}

/// Whether all is read or some bytes follow: the row of chunks itself is given back.
#[test]
fn a_long_row_of_chunks_gives_its_memory_back() {
    for behind in [0, 1] {
        let (queue, peak, left) = memory(|| {
            let mut queue = Queue::default();
            for _ in 0..10_000 {
                queue.push_owner(vec![1]).unwrap();
            }
            queue.push_slice(&vec![2; behind]).unwrap();
            queue.advance(10_000);
            queue
        });
        assert_eq!(queue.len(), behind);
        assert!(peak > 100_000 && left < 2000, "{left} of {peak} with {behind} behind");
    }
}

#[test]
fn a_cleared_queue_holds_next_to_nothing() {
    let ((), _, left) = memory(|| {
        let mut queue = Queue::default();
        queue.push_slice(&vec![1; 100_000]).unwrap();
        queue.push_owner(vec![1; 100]).unwrap();
        queue.clear();
        assert_eq!(queue.heap_size(), 0);
        std::mem::forget(queue);
    });
    assert!(left < 1000, "{left}");
}

/// Millions of bytes through a queue that holds few: emptied each time, and with some always unread.
#[test]
fn memory_stays_bounded_byte_by_byte() {
    for held in [0, 1, 10, 3000] {
        let ((), peak, _) = memory(|| {
            let mut queue = Queue::default();
            queue.push_slice(&vec![1; held]).unwrap();
            for _ in 0..2_000_000 {
                queue.push_slice(&[1]).unwrap();
                queue.advance(1);
            }
            assert_eq!(queue.len(), held);
        });
        assert!(peak <= 16_000, "{peak} with {held} held");
    }
}

/// The same with many held, foreign chunks between, and the tail taken out to be written to.
#[test]
fn memory_stays_bounded_in_mixed_use() {
    let ((), peak, _) = memory(|| {
        let mut queue = Queue::default();
        queue.push_slice(&vec![1; 50_000]).unwrap();
        for turn in 0..200_000 {
            queue.push_slice(&[1; 3]).unwrap();
            if turn % 100 == 0 {
                queue.push_owner(vec![1; 2]).unwrap();
                queue.advance(2);
            }
            queue.reserve(2).unwrap();
            queue.with_tail(|tail| tail.extend_from_slice(&[1; 2]));
            queue.advance(3);
            queue.linearize(2).unwrap();
            queue.advance(2);
        }
        assert_eq!(queue.len(), 50_000);
    });
    assert!(peak <= 500_000, "{peak}");
}

/// What a queue reports of itself, while it is filled and emptied, is what it has in use.
#[test]
fn what_is_reported_is_what_is_in_use() {
    let before = IN_USE.get();
    let mut queue = Queue::default();
    for turn in 0..3000 {
        queue.push_slice(&[1; 700]).unwrap();
        if turn % 50 == 0 {
            queue.push_owner(vec![1; 300]).unwrap();
        }
        queue.advance(if turn < 1500 { 200 } else { 1300 });
        let (held, reported) = (IN_USE.get() - before, queue.heap_size() as isize);
        if !queue.is_empty() {
            // Not to the byte: a tail that was moved as a whole may have grown by more than it shows.
            assert!(reported <= held && held <= 2 * reported, "{reported} of {held}");
        }
    }
    assert!(queue.is_empty());
}

/// A body that comes in pieces is joined once, and the joined bytes are all that is made of it.
#[test]
fn joining_costs_one_copy() {
    let (queue, peak, left) = memory(|| {
        let mut queue = Queue::default();
        for _ in 0..1000 {
            queue.push_owner(vec![1; 10_000]).unwrap();
        }
        queue.linearize(10_000_000).unwrap();
        queue
    });
    assert_eq!(queue.front().len(), 10_000_000);
    assert!(peak < 20_200_000 && left < 10_100_000, "{peak}, {left}");
}
