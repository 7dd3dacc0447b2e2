//! An allocator that counts, for each thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

/// Bytes of one thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// In use at once, at most, beyond what was before.
    pub peak: isize,
    /// Asked for in all.
    pub total: isize,
}

thread_local! {
    static IN_USE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static TOTAL: Cell<isize> = const { Cell::new(0) };
}

fn count(change: isize) {
    // A thread that ends may free memory when its counters are gone.
    let _ = IN_USE.try_with(|in_use| {
        in_use.set(in_use.get() + change);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(in_use.get())));
    });
    let _ = TOTAL.try_with(|total| total.set(total.get() + change.max(0)));
}

// SAFETY: every call goes on to the system's allocator with its arguments unchanged, and counting neither
// allocates nor unwinds: the counters are integers, constant at first and without destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
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

/// What `work` takes.
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, Memory) {
    let (before, total) = (IN_USE.get(), TOTAL.get());
    PEAK.set(before);
    let result = work();
    (result, Memory { peak: PEAK.get() - before, total: TOTAL.get() - total })
}
