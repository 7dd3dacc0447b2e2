//! Hashes built before: a Hash that has the same keys as the one to build is copied, and gets other values.
//!
//! Records of one kind come again and again, and their keys are the same objects each time (the key cache sees to
//! that): comparing addresses tells a shape, and a copy needs no key hashed or compared. A frozen Hash is kept for
//! each shape, marked, so that the addresses of its keys stay their own.

use super::value::{self, raw};
use super::{hash, hash_table};
use magnus::gc::Marker;
use magnus::Value;
use std::cell::Cell;

/// Slots: a power of two.
const SLOTS: usize = 128;
/// The largest Hash that is kept, in pairs.
const LARGEST: usize = 64;

#[derive(Clone, Copy)]
struct Slot {
    /// The shape that was last met in vain here. Only a number to compare.
    met: u64,
    model: Option<Value>,
}

pub struct Shapes {
    slots: Box<[Cell<Slot>; SLOTS]>,
}

// SAFETY: used by one thread at a time, as the stack beside it; the GC reads while all threads stand still.
unsafe impl Send for Shapes {}

impl Default for Shapes {
    fn default() -> Self {
        Self { slots: Box::new([const { Cell::new(Slot { met: 0, model: None }) }; SLOTS]) }
    }
}

/// What shapes are told apart by before their keys are compared: the ends of the pairs, and how many there are.
#[inline]
fn mark(pairs: &[Value]) -> u64 {
    let (Some(&first), Some(&last)) = (pairs.first(), pairs.iter().nth_back(1)) else { return 0 };
    let ends = raw(first) as u64 ^ (raw(last) as u64).rotate_left(23);
    (ends ^ (pairs.len() as u64) << 56).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Shapes {
    /// Whether Hashes of so many keys and values may be here.
    #[inline]
    pub fn holds(values: usize) -> bool {
        (2..=LARGEST * 2).contains(&values) && hash_table::is_known()
    }

    #[inline]
    fn slot(&self, mark: u64) -> &Cell<Slot> {
        &self.slots[(mark >> (64 - SLOTS.trailing_zeros())) as usize]
    }

    /// The Hash of these pairs, if one with their keys is here. May raise (memory).
    ///
    /// # Safety
    /// [`Shapes::holds`] so many; the values are seen by the GC during the call.
    #[inline]
    pub unsafe fn build(&self, pairs: &[Value]) -> Option<Value> {
        let model = self.slot(mark(pairs)).get().model?;
        // SAFETY: the layout is known; a model is a Hash.
        unsafe { hash_table::has_keys(model, pairs) }.then(|| {
            // SAFETY: it has these keys; the values are seen by the GC.
            unsafe { hash_table::copy_with(model, pairs) }
        })?
    }

    /// Takes note of a Hash that has just been built of these pairs; the second time in a row in its slot a model is
    /// made. May raise (memory).
    ///
    /// # Safety
    /// As [`Shapes::build`].
    #[cold]
    #[inline(never)]
    pub unsafe fn learn(&self, built: Value, pairs: &[Value]) {
        let mark = mark(pairs);
        let slot = self.slot(mark);
        let Slot { met, model } = slot.get();
        if met != mark {
            slot.set(Slot { met: mark, model });
            return;
        }
        // SAFETY: the layout is known. A key given twice, or one that the Hash has copied, is no shape.
        if unsafe { hash_table::has_keys(built, pairs) } {
            let model = hash::new();
            pairs.chunks_exact(2).for_each(|pair| hash::store(model, pair[0], value::nil()));
            value::freeze(model);
            slot.set(Slot { met: mark, model: Some(model) });
        }
        value::keep(built);
    }

    pub fn heap_size() -> usize {
        size_of::<[Cell<Slot>; SLOTS]>()
    }

    pub fn mark(&self, marker: &Marker) {
        self.slots.iter().filter_map(|slot| slot.get().model).for_each(|model| marker.mark(model));
    }
}
