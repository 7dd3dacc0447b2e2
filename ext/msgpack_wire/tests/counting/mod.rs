//! An allocator that counts, and has no more than it is told. For the tests of memory, and for the fuzzer, which has this file by its path.
//!
//! Counts are kept per thread, for the tests of one file run side by side.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    /// Bytes in use. Below zero where a thread frees what another has made.
    pub static IN_USE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    /// The most bytes that may be in use.
    static MOST: Cell<isize> = const { Cell::new(isize::MAX) };
}

fn count(change: isize) {
    // A thread that ends may free memory when its counters are gone: nobody asks it any more.
    let _ = IN_USE.try_with(|in_use| {
        in_use.set(in_use.get() + change);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(in_use.get())));
    });
}

// SAFETY: every call goes on to the system's allocator with its arguments unchanged; counting neither
// allocates nor unwinds, as the counters are `Cell`s of integers, constant at first and without destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let in_use = IN_USE.try_with(Cell::get).unwrap_or(0);
        if in_use + layout.size() as isize > MOST.try_with(Cell::get).unwrap_or(isize::MAX) {
            return std::ptr::null_mut();
        }
        count(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc`, which is the system allocator's too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the memory came from `alloc` above, that is from the system's allocator.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[allow(dead_code)] // as below
/// Bytes that `work` had in use at once, beyond those before it, and what it leaves in use.
pub fn memory<T>(work: impl FnOnce() -> T) -> (T, isize, isize) {
    let before = IN_USE.get();
    PEAK.set(before);
    let result = work();
    (result, PEAK.get() - before, IN_USE.get() - before)
}

/// Lets `work` have so many bytes more than are in use before it; whoever asks for others is told that there are none.
#[allow(dead_code)] // not of every program that counts
pub fn with_little<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    MOST.set(IN_USE.get() + bytes as isize);
    let result = work();
    MOST.set(isize::MAX);
    result
}
