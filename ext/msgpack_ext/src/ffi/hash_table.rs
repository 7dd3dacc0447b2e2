//! How Ruby keeps the pairs of a Hash, read and filled in place.
//!
//! `rb_hash_foreach` sets a jump point, counts levels and takes each pair through two callbacks: for the small Hashes
//! that messages are made of that is more work than packing them. Up to eight pairs stand in an `ar_table` of fixed
//! size, more in an `st_table`; both are private to Ruby. So they are touched only where [`is_known`] says so: on the
//! versions whose layout stands here, and after a test at load that finds in them what was put in.
//!
//! Reading calls nothing of Ruby's. Tables move (the transient heap of Ruby 3.1 and 3.2 is swept together by the GC,
//! a table that grows is replaced), so their address is read anew for each pair.

mod learn;

pub use learn::learn;
#[cfg(feature = "panic-probe")]
pub use learn::unlearn;

use super::prefetch;
use super::value::{flags, raw, wrap};
use magnus::Value;
use rb_sys::{ruby_fl_type as Flag, ruby_fl_ushift as Shift, VALUE};
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Slots of an `ar_table`.
const SMALL_MAX: usize = 8;
/// Set in the flags of a Hash that has an `st_table`.
const IS_LARGE: VALUE = Flag::RUBY_FL_USER3 as VALUE;
/// Where the flags of a Hash with an `ar_table` count its pairs and its slots in use, by four bits each.
const SIZE_SHIFT: u32 = Shift::RUBY_FL_USHIFT as u32 + 4;
const BOUND_SHIFT: u32 = Shift::RUBY_FL_USHIFT as u32 + 8;
const COUNT_MASK: VALUE = 0b1111;
/// Whether the table stands in the object itself, and not behind a pointer.
const IS_EMBEDDED: bool = rb_sys::RUBY_API_VERSION_MINOR >= 3;
/// Whether this Ruby's layout is one of the two below. Later ones may differ.
const IS_OF_KNOWN_VERSION: bool = rb_sys::RUBY_API_VERSION_MAJOR == 3
    && matches!(rb_sys::RUBY_API_VERSION_MINOR, 1..=4)
    && cfg!(target_pointer_width = "64");

/// The beginning of an `RHash` up to Ruby 3.2.
#[repr(C)]
struct Pointing {
    basic: rb_sys::RBasic,
    table: *mut c_void,
}

/// An `RHash` from Ruby 3.3 on; the table follows.
#[repr(C)]
struct Embedding {
    basic: rb_sys::RBasic,
    default: VALUE,
}

/// Where the pairs of an `ar_table` begin, in bytes: in an embedded one behind a byte of each key's hash.
const SMALL_PAIRS: usize = if IS_EMBEDDED { SMALL_MAX } else { 0 };

/// A pair of an `ar_table`; the key is `Qundef` where it was deleted.
#[repr(C)]
#[derive(Clone, Copy)]
struct Pair {
    key: VALUE,
    value: VALUE,
}

/// An `st_table_entry`.
#[repr(C)]
struct Entry {
    /// All bits where the pair was deleted.
    hash: rb_sys::st_index_t,
    pair: Pair,
}

static IS_KNOWN: AtomicBool = AtomicBool::new(false);

/// Whether the layout of this Ruby's Hashes is the one that stands here.
#[inline]
pub fn is_known() -> bool {
    IS_OF_KNOWN_VERSION && IS_KNOWN.load(Relaxed)
}

/// What is known of a Hash at a glance.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct State {
    is_large: bool,
    /// Pairs.
    pub len: usize,
    /// Where the slots in use end.
    bound: usize,
}

/// Its table, whichever it is; null where a Hash of Ruby up to 3.2 is empty.
#[inline]
fn table(hash: VALUE) -> *mut c_void {
    if IS_EMBEDDED {
        return (hash as *mut c_void).wrapping_byte_add(size_of::<Embedding>());
    }
    // SAFETY: callers pass a Hash, of a version whose layout this is.
    unsafe { (*(hash as *const Pointing)).table }
}

/// # Safety
/// [`is_known`], and the Hash has an `st_table`.
#[inline]
unsafe fn large<'a>(hash: VALUE) -> &'a rb_sys::st_table {
    // SAFETY: by the caller's promise.
    unsafe { &*table(hash).cast::<rb_sys::st_table>() }
}

/// A Hash at a glance.
///
/// # Safety
/// [`is_known`]; `hash` is a Hash.
#[inline]
pub unsafe fn state(hash: Value) -> State {
    let hash = raw(hash);
    let flags = flags(hash);
    if flags & IS_LARGE == 0 {
        let count = |shift| (flags >> shift & COUNT_MASK) as usize;
        return State { is_large: false, len: count(SIZE_SHIFT), bound: count(BOUND_SHIFT) };
    }
    // SAFETY: the flag says so.
    let table = unsafe { large(hash) };
    State { is_large: true, len: table.num_entries as usize, bound: table.entries_bound as usize }
}

/// Where an iteration stands.
pub struct Cursor {
    is_large: bool,
    /// Of the next slot, in bytes: multiplied once, and not for each pair.
    offset: usize,
}

impl Cursor {
    pub fn new(state: State) -> Self {
        Self { is_large: state.is_large, offset: 0 }
    }

    /// The pairs that come next, for as long as nothing calls Ruby; none where the Hash has got a table of the other
    /// kind. Whatever has happened to it since the last time, they are pairs that stand in it now.
    ///
    /// # Safety
    /// [`is_known`]; `hash` is a Hash.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: it is held in registers
    pub unsafe fn run(&self, hash: Value) -> Run {
        let hash = raw(hash);
        let flags = flags(hash);
        let is_large = flags & IS_LARGE != 0;
        let (first, size, start, bound) = if is_large {
            // SAFETY: the flag says so.
            let table = unsafe { large(hash) };
            let (start, bound) = (table.entries_start as usize, table.entries_bound as usize);
            (table.entries.cast_const().cast(), size_of::<Entry>(), start, bound)
        } else {
            let bound = ((flags >> BOUND_SHIFT & COUNT_MASK) as usize).min(SMALL_MAX);
            (table(hash).wrapping_byte_add(SMALL_PAIRS).cast_const(), size_of::<Pair>(), 0, bound)
        };
        let bound = if is_large == self.is_large { bound * size } else { 0 };
        let fetched = bound.saturating_sub(AHEAD * size);
        Run { is_large, offset: self.offset.max(start * size), fetched, bound, first }
    }

    /// Goes on behind what has come out of `run`.
    pub fn leave(&mut self, run: &Run) {
        self.offset = run.offset;
    }
}

/// Pairs ahead whose objects are fetched.
const AHEAD: usize = 8;

/// A part of an iteration: the table is looked up once for all of it.
pub struct Run {
    is_large: bool,
    /// Of the next slot, in bytes.
    offset: usize,
    /// Up to here there are pairs so far ahead, in bytes.
    fetched: usize,
    /// Where the slots in use end, in bytes.
    bound: usize,
    first: *const c_void,
}

impl Run {
    /// The next pair; None at the end.
    ///
    /// # Safety
    /// Nothing has called Ruby since the run began.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    pub unsafe fn next(&mut self) -> Option<(Value, Value)> {
        while self.offset < self.bound {
            // SAFETY: slots below the bound are in use, and there is a table then.
            let (Pair { key, value }, is_there) = unsafe {
                let slot = self.first.byte_add(self.offset);
                if self.is_large {
                    let entry = slot.cast::<Entry>();
                    if self.offset < self.fetched {
                        let Pair { key, value } = (*entry.add(AHEAD)).pair;
                        prefetch::object(key);
                        prefetch::object(value);
                    }
                    self.offset += size_of::<Entry>();
                    ((*entry).pair, (*entry).hash != !0)
                } else {
                    let pair = *slot.cast::<Pair>();
                    self.offset += size_of::<Pair>();
                    (pair, pair.key != rb_sys::Qundef as VALUE)
                }
            };
            if is_there {
                return Some((wrap(key), wrap(value)));
            }
        }
        None
    }
}

/// The slots of a Hash that has exactly `len` pairs and no slot of a deleted one.
///
/// # Safety
/// [`is_known`]; `hash` is a Hash. The slots are where they are until Ruby is called.
#[inline]
unsafe fn slots(hash: Value, len: usize) -> Option<Slots> {
    // SAFETY: by the caller's promise.
    let state = unsafe { state(hash) };
    if state.len != len || state.bound != len {
        return None;
    }
    let hash = raw(hash);
    Some(if state.is_large {
        // SAFETY: the state says so.
        Slots::Large(unsafe { large(hash) }.entries.cast())
    } else {
        Slots::Small(table(hash).wrapping_byte_add(SMALL_PAIRS).cast())
    })
}

enum Slots {
    Small(*mut Pair),
    Large(*mut Entry),
}

impl Slots {
    /// # Safety
    /// `index` is below the number of slots.
    #[inline]
    unsafe fn at(&self, index: usize) -> *mut Pair {
        // SAFETY: by the caller's promise; no reference is made.
        unsafe {
            match *self {
                Self::Small(pairs) => pairs.add(index),
                Self::Large(entries) => &raw mut (*entries.add(index)).pair,
            }
        }
    }
}

/// Whether the keys of `hash` are, in this order, the very objects that stand first in `pairs`, of which each is a key
/// and a value.
///
/// # Safety
/// [`is_known`]; `hash` is a Hash.
#[inline]
pub unsafe fn has_keys(hash: Value, pairs: &[Value]) -> bool {
    // SAFETY: by the caller's promise.
    let Some(slots) = (unsafe { slots(hash, pairs.len() / 2) }) else { return false };
    pairs.chunks_exact(2).enumerate().all(|(index, pair)| {
        // SAFETY: there are as many slots as pairs.
        unsafe { (*slots.at(index)).key == raw(pair[0]) }
    })
}

/// A copy of `hash`, whose keys are those of `pairs`, with the values of `pairs`: no key is hashed, none compared. None
/// where the copy has turned out otherwise. May raise (memory).
///
/// # Safety
/// [`has_keys`]; the values are seen by the GC during the call.
#[inline]
pub unsafe fn copy_with(hash: Value, pairs: &[Value]) -> Option<Value> {
    // SAFETY: a Hash.
    let copy = wrap(unsafe { rb_sys::rb_hash_dup(raw(hash)) });
    // SAFETY: as for the original.
    let slots = unsafe { slots(copy, pairs.len() / 2) }?;
    for (index, pair) in pairs.chunks_exact(2).enumerate() {
        let value = raw(pair[1]);
        // SAFETY: there are as many slots as pairs, and nothing has called Ruby since they were looked up. What the
        // slot had was an immediate, or is held by the original; the barrier tells the GC of what it has now.
        unsafe {
            (*slots.at(index)).value = value;
            if !rb_sys::SPECIAL_CONST_P(value) {
                rb_sys::rb_gc_writebarrier(raw(copy), value);
            }
        }
    }
    Some(copy)
}
