//! What maps looked like: the fields of a map are mostly as long as those of the one before it in its array.
//!
//! A value begins where the one before it ends, so that each has to be waited for. Where its length is foreseen, and
//! what is read only confirms that, the processor goes on in the meantime. Knows no faults: what is refused, cut off
//! or rare is left to others, and a wrong guess costs nothing but time.

use super::rows::scalar_len;
use super::Frame;
use crate::limits::Limits;
use crate::marker::STR8;

/// Bytes of the longest value whose length its first byte tells: a string of 31 bytes.
const LONGEST: usize = 32;

/// Values of the largest map that is remembered: the places of one do not meet.
const MOST: u32 = 256;

/// By first bytes: the value's length where that byte tells it, otherwise the byte, which is a larger number.
const STEPS: [u8; 256] = {
    let mut steps = [0; 256];
    let mut first = 0;
    while first < 256 {
        steps[first] = match (first as u8, scalar_len(first as u8)) {
            (string @ 0xa0..=0xbf, _) => 1 + (string & 0x1f),
            (other, 0) => other,
            (_, len) => len as u8,
        };
        first += 1;
    }
    steps
};

/// The part of `input` in which nothing is cut off or refused whose length its first byte tells, but for depth.
pub(super) fn free<'i>(input: &'i [u8], limits: &Limits) -> &'i [u8] {
    let is_free = limits.max_str_len >= 31 && limits.max_array_len >= 15 && limits.max_map_len >= 15;
    let kept = if is_free { LONGEST - 1 } else { input.len() };
    &input[..input.len().saturating_sub(kept)]
}

/// What was met last, by places: a map's value has one that depends on the map's size and on how many follow it.
pub(super) struct Shapes([u8; 256]);

impl Shapes {
    /// The place of the containers in arrays.
    const IN_ARRAYS: usize = 0;

    /// Nothing is foreseen: no step is 0.
    pub fn new() -> Self {
        Self([0; 256])
    }

    /// Whether the values of this container are remembered.
    #[inline]
    pub fn hold(frame: &Frame) -> bool {
        frame.is_map() && frame.batch <= MOST
    }

    /// The first byte of a container in an array, at `at`: the one of the last, where that is the same.
    #[inline]
    pub fn header(&mut self, free: &[u8], at: usize) -> Option<u8> {
        let first = *free.get(at)?;
        let last = &mut self.0[Self::IN_ARRAYS];
        if first == *last {
            return Some(*last);
        }
        if matches!(first, 0x80..=0x9f) {
            *last = first;
            return Some(first);
        }
        None
    }

    /// Passes over values of a map. Returns the first byte of the one that it leaves, if it has looked at it.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: where `at` is kept in memory, nothing is won
    pub fn pass(
        &mut self,
        input: &[u8],
        free: &[u8],
        max: u32,
        map: &mut Frame,
        at: &mut usize,
    ) -> Option<u8> {
        // Maps of up to nine pairs share no place with smaller ones.
        let base = map.batch * 9;
        while map.left > 0 {
            let first = *free.get(*at)?;
            let last = &mut self.0[usize::from((base + map.left) as u8)];
            let foreseen = *last;
            let step = STEPS[usize::from(first)];
            if foreseen == step {
                // Not `step`, though it is the same: that would have to be waited for.
                if foreseen >= 0x80 {
                    return Some(foreseen);
                }
                *at += usize::from(foreseen);
            } else {
                match first {
                    // By arithmetic, which is there sooner than the step.
                    0xa0..=0xbf => {
                        *last = step;
                        *at += 1 + usize::from(first & 0x1f);
                    }
                    STR8 => {
                        let len = *input.get(*at + 1)?;
                        if u32::from(len) > max || usize::from(len) > input.len() - *at - 2 {
                            return None;
                        }
                        *at += 2 + usize::from(len);
                    }
                    _ => {
                        *last = step;
                        if step >= 0x80 {
                            return Some(step);
                        }
                        *at += usize::from(step);
                    }
                }
            }
            map.left -= 1;
        }
        None
    }
}
