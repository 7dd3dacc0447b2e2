//! The target `queue`: the queue of chunks, beside a plain row of bytes.

use crate::plan::Plan;
use msgpack_wire::ChunkQueue;
use std::collections::VecDeque;

/// Whatever is done with a queue, it holds what a plain row of bytes holds.
///
/// # Panics
/// Where it does not.
pub fn queue(input: &[u8]) {
    let mut plan = Plan::new(input);
    let (mut queue, mut model) = (ChunkQueue::<Vec<u8>>::default(), VecDeque::<u8>::new());
    let mut other = (ChunkQueue::<Vec<u8>>::default(), VecDeque::<u8>::new());
    let mut next = 0u8;
    for _ in 0..300 {
        if plan.is_used_up() || model.len() > 300_000 {
            break;
        }
        turn(&mut plan, &mut queue, &mut model, &mut other, &mut next);
        same(&queue, &model);
        same(&other.0, &other.1);
    }
}

type Pair = (ChunkQueue<Vec<u8>>, VecDeque<u8>);

fn turn(
    plan: &mut Plan<'_>,
    queue: &mut ChunkQueue<Vec<u8>>,
    model: &mut VecDeque<u8>,
    other: &mut Pair,
    next: &mut u8,
) {
    let choice = plan.byte();
    let n = match plan.byte() {
        small @ 0..=199 => usize::from(small),
        large => [300, 511, 512, 513, 1100, 4095, 4096, 5000, 36_864, 65_536, 70_000]
            [usize::from(large - 200) % 11],
    };
    // All different from their neighbours, so that a byte in another place is another byte.
    let mut bytes = || -> Vec<u8> {
        let fresh = (0..n).map(|i| (i as u8).wrapping_mul(7).wrapping_add(*next)).collect();
        *next = next.wrapping_add(31);
        fresh
    };
    match choice % 13 {
        0 | 1 => {
            let bytes = bytes();
            queue.push_slice(&bytes).unwrap();
            model.extend(&bytes);
        }
        2 => {
            let bytes = bytes();
            model.extend(&bytes);
            queue.push_owner(bytes).unwrap();
        }
        3 => {
            let bytes = bytes();
            let (start, end) = (usize::from(plan.byte()), n.saturating_sub(usize::from(plan.byte() / 2)));
            model.extend(bytes.get(start..end).unwrap_or_default());
            queue.push_owner_part(bytes, start..end).unwrap();
        }
        4 => {
            let bytes = bytes();
            queue.reserve(n).unwrap();
            let held = queue.with_tail(|tail| {
                assert!(tail.capacity() - tail.len() >= n, "no room for {n}");
                tail.extend_from_slice(&bytes);
                tail.len()
            });
            assert!(held >= n);
            model.extend(&bytes);
        }
        5 | 6 => {
            queue.advance(n);
            model.drain(..n.min(model.len()));
        }
        7 => {
            queue.linearize(n).unwrap();
            assert!(queue.front().len() >= n.min(model.len()), "{n} bytes do not lie together");
        }
        8 => {
            // From the end, or down to a length.
            let len = if plan.flag() { n } else { model.len().saturating_sub(n) };
            queue.truncate(len);
            model.truncate(len);
        }
        9 => {
            let taken = queue.split_front(n).unwrap();
            let expected: VecDeque<u8> = model.drain(..n.min(model.len())).collect();
            same(&taken, &expected);
            *other = (taken, expected);
        }
        10 => {
            queue.absorb(&mut other.0).unwrap();
            model.append(&mut other.1);
            assert!(other.0.is_empty());
        }
        11 => {
            let bytes = bytes();
            queue.unread(&bytes).unwrap();
            for byte in bytes.iter().rev() {
                model.push_front(*byte);
            }
        }
        _ => {
            if plan.byte() < 32 {
                queue.clear();
                model.clear();
            } else {
                std::mem::swap(queue, &mut other.0);
                std::mem::swap(model, &mut other.1);
            }
        }
    }
}

fn same(queue: &ChunkQueue<Vec<u8>>, model: &VecDeque<u8>) {
    assert_eq!(queue.len(), model.len());
    assert_eq!(queue.is_empty(), model.is_empty());
    assert_eq!(queue.front().is_empty(), model.is_empty());
    assert!(queue.heap_size() >= queue.len(), "{} bytes in {}", queue.len(), queue.heap_size());
    let mut expected = model.as_slices();
    for piece in queue.pieces() {
        assert!(!piece.is_empty(), "an empty chunk");
        let mut piece = piece;
        while !piece.is_empty() {
            if expected.0.is_empty() {
                expected = (expected.1, &[]);
            }
            let len = piece.len().min(expected.0.len());
            assert!(len > 0 && piece[..len] == expected.0[..len], "other bytes");
            (piece, expected.0) = (&piece[len..], &expected.0[len..]);
        }
    }
    let owned: usize = queue.owners().map(Vec::len).sum();
    assert!(queue.heap_size() == 0 || queue.heap_size() >= owned);
}
