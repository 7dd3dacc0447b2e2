//! The walk through Hashes: their pairs, read where they stand, and changes under its feet.

use super::symbols::Keys;
use super::walk::{Outcome, Walk};
use crate::ffi::value;
use crate::ffi::{hash, hash_table};
use magnus::Value;
use msgpack_wire::{encode, TooLarge};

/// Entries of a larger map are data rather than fields: their keys are not looked for among those met before.
const KEYED_MAX: usize = 64;

impl Walk<'_> {
    /// Appends a Hash of any class.
    #[inline(never)]
    pub fn hash(&mut self, v: Value) -> Outcome {
        if self.sorts_keys || !hash_table::is_known() {
            return self.pairs_by_visits(v);
        }
        self.pairs_in_place(v)
    }

    /// Appends a Hash, its pairs sorted or as Ruby gives them.
    #[inline(never)]
    fn pairs_by_visits(&mut self, v: Value) -> Outcome {
        let len = hash::len(v);
        self.begin_map(len)?;
        if self.sorts_keys && len > 1 {
            self.sorted_pairs(v, len)?;
        } else {
            let pairs = Pairs { left: len, is_keyed: len <= KEYED_MAX, outcome: Ok(()), walk: self };
            let Pairs { left, outcome, .. } = hash::each_pair(v, pairs);
            outcome?;
            if left > 0 || hash::len(v) != len {
                return self.changed("Hash");
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// One level more, and the header of a map of so many pairs.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured
    fn begin_map(&mut self, len: usize) -> Outcome {
        self.enter(len)?;
        match u32::try_from(len) {
            Ok(len) => encode::map_header(&mut self.out, len),
            Err(_) => self.fits(Err(TooLarge { len }))?,
        }
        Ok(())
    }

    /// Appends a Hash, read from its table.
    #[inline]
    fn pairs_in_place(&mut self, v: Value) -> Outcome {
        // SAFETY: the layout is known, and `v` is a Hash.
        let state = unsafe { hash_table::state(v) };
        let len = state.len;
        self.begin_map(len)?;
        let mut cursor = hash_table::Cursor::new(state);
        let is_keyed = len <= KEYED_MAX;
        let mut left = len;
        while left > 0 {
            let calls = self.calls;
            let (taken, rest) = self.plain_pairs(v, &mut cursor, is_keyed);
            left = left.wrapping_sub(taken);
            self.fuel -= taken as isize;
            let outcome = match rest {
                Rest::Nothing => break,
                Rest::Pause => Ok(()),
                Rest::Pair(key, value) => {
                    let packed = if is_keyed { self.key(key) } else { self.entry(key) };
                    packed.and_then(|()| self.entry(value)).map_err(|_| key)
                }
                Rest::Value(key, value) => self.field(value).map_err(|_| key),
            };
            if let Err(key) = outcome {
                return self.failed_behind(key);
            }
            left = left.wrapping_sub(usize::from(!matches!(rest, Rest::Pause)));
            self.pause()?;
            // SAFETY: as above.
            if self.calls != calls && unsafe { hash_table::state(v) } != state {
                return self.changed("Hash");
            }
        }
        value::keep(v);
        if left > 0 {
            return self.changed("Hash");
        }
        self.depth -= 1;
        Ok(())
    }

    /// Appends pairs as long as they are plain, and tells how many.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured
    fn plain_pairs(&mut self, v: Value, cursor: &mut hash_table::Cursor, is_keyed: bool) -> (usize, Rest) {
        // Strings have other forms in the old specification, and no key is remembered.
        let is_plain = !is_keyed && !self.old_spec;
        let keys = if is_keyed && self.keys == Keys::Plain {
            Some(self.scratch.keys())
        } else {
            self.keys.met_typed(&self.scratch, is_keyed && self.depth < self.max_depth)
        };
        let most = self.fuel.max(0) as usize;
        let mut left = most;
        // SAFETY: the layout is known, and `v` is a Hash.
        let mut run = unsafe { cursor.run(v) };
        let rest = self.out.with_room(|room| {
            while left > 0 {
                // SAFETY: what is written goes to memory that is there.
                let Some((key, value)) = (unsafe { run.next() }) else { return Rest::Nothing };
                let is_put = match keys {
                    Some(keys) => keys.with(key, |bytes, len| room.put_padded(bytes, len)) == Some(true),
                    None => is_plain && room.put(key),
                };
                if !is_put {
                    return Rest::Pair(key, value);
                }
                if !room.put(value) {
                    return Rest::Value(key, value);
                }
                left -= 1;
            }
            Rest::Pause
        });
        cursor.leave(&run);
        (most - left, rest)
    }
}

/// What ends a row of plain pairs.
#[derive(Clone, Copy)]
enum Rest {
    /// The end of the Hash.
    Nothing,
    /// Time for a look at interrupts.
    Pause,
    /// A pair that is not plain.
    Pair(Value, Value),
    /// The key has been written.
    Value(Value, Value),
}

/// The walk through a Hash.
struct Pairs<'w, 'a> {
    walk: &'w mut Walk<'a>,
    /// Pairs that the header has announced and that have not come yet.
    left: usize,
    /// Whether keys are looked for among those met before.
    is_keyed: bool,
    outcome: Outcome,
}

impl hash::PairVisitor for Pairs<'_, '_> {
    #[inline]
    fn visit(&mut self, key: Value, value: Value) -> bool {
        let walk = &mut *self.walk;
        if self.left == 0 {
            self.outcome = walk.changed("Hash");
            return false;
        }
        self.left -= 1;
        let packed = if self.is_keyed { walk.key(key) } else { walk.entry(key) };
        self.outcome = match packed.and_then(|()| walk.entry(value)) {
            Ok(()) => walk.pause(),
            Err(_) => walk.failed_behind(key),
        };
        self.outcome.is_ok()
    }
}
