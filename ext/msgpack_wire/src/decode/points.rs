//! Points: short arrays of floats, which come in rows, too.
//!
//! Each is read at once and built where it stands. Knows no faults: whatever is no point is left to the decoder's loop.

use super::{Builder, Decoder, Frame};
use crate::marker::FLOAT64;

/// The first bytes of an array of two, three and four values.
const PAIR: u8 = 0x92;
const TRIPLE: u8 = 0x93;
const QUADRUPLE: u8 = 0x94;

impl Decoder {
    /// Builds points from `at` on, for as long as they have as many floats as the first one.
    #[inline(always)]
    #[allow(clippy::inline_always)] // a jump to one of three loops
    pub(super) fn points<B: Builder>(
        &mut self,
        input: &[u8],
        builder: &mut B,
        at: &mut usize,
        top: &mut Frame,
    ) -> Result<(), B::Stop> {
        match input.get(*at) {
            Some(&PAIR) => self.points_of::<2, 19, B>(input, builder, at, top),
            Some(&TRIPLE) => self.points_of::<3, 28, B>(input, builder, at, top),
            Some(&QUADRUPLE) => self.points_of::<4, 37, B>(input, builder, at, top),
            _ => Ok(()),
        }
    }

    /// As [`Decoder::points`], of those of N floats, in BYTES bytes.
    #[inline(never)]
    fn points_of<const N: usize, const BYTES: usize, B: Builder>(
        &mut self,
        input: &[u8],
        builder: &mut B,
        at: &mut usize,
        top: &mut Frame,
    ) -> Result<(), B::Stop> {
        if N as u32 > self.limits.max_array_len || self.depth() >= self.limits.max_depth {
            return Ok(());
        }
        // What the array and its values cost.
        let cost = N as u32 + 1;
        while top.left > 0 && self.fuel >= cost {
            let Some(point) = input.get(*at..).and_then(<[u8]>::first_chunk::<BYTES>) else { break };
            let is_point = (0..N).fold(usize::from(point[0]) ^ (0x90 | N), |other, n| {
                other | usize::from(point[1 + n * 9] ^ FLOAT64)
            }) == 0;
            if !is_point {
                break;
            }
            let floats = std::array::from_fn(|n| {
                point[2 + n * 9..].first_chunk().map_or(0.0, |bits| f64::from_be_bytes(*bits))
            });
            self.fuel -= cost;
            top.left -= 1;
            *at += BYTES;
            builder.point::<N>(floats)?;
        }
        Ok(())
    }
}
