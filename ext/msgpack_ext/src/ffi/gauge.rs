//! Heap bytes that ObjectSpace asks for. It asks in whichever Ractor, while others are in the middle of what is measured,
//! so it never looks at that: it reads a word, which whoever has changed something has set. It also asks objects that
//! another Ractor is just sweeping, for Ruby sweeps without stopping the others: of these only the first word is read.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Relaxed};

/// A number of bytes.
#[derive(Default)]
pub struct Gauge(AtomicUsize);

impl Gauge {
    pub const fn new(bytes: usize) -> Self {
        Self(AtomicUsize::new(bytes))
    }

    #[inline]
    pub fn set(&self, bytes: usize) {
        self.0.store(bytes, Relaxed);
    }

    pub fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

/// Tells memory that is still what it was from memory that has been freed: the first field of what it stands for, with
/// `repr(C)`. As such it is dropped before the others, and it is where allocators write what they know of free memory.
pub struct Presence(AtomicUsize);

/// Neither an address nor a number of things.
const THERE: usize = 0x9f3b_d17c_6a05_e2c9_u64 as usize;

impl Presence {
    pub fn is_there(&self) -> bool {
        self.0.load(Relaxed) == THERE
    }

    /// Of what is never freed.
    pub const fn forever() -> Self {
        Self(AtomicUsize::new(THERE))
    }
}

impl Default for Presence {
    fn default() -> Self {
        Self::forever()
    }
}

/// What is copied is another place.
impl Clone for Presence {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // Nothing of what follows, which frees, is done before it.
        self.0.swap(0, AcqRel);
    }
}

/// What knows its heap bytes.
pub trait HeapSize {
    fn heap_size(&self) -> usize;
}

/// A cell, and the heap bytes of its content since the last change of these.
#[derive(Default)]
pub struct Gauged<T> {
    cell: RefCell<T>,
    gauge: Gauge,
}

impl<T: HeapSize> Gauged<T> {
    pub fn new(content: T) -> Self {
        Self { gauge: Gauge::new(content.heap_size()), cell: RefCell::new(content) }
    }

    /// Changes the content, where its heap bytes may change with it.
    pub fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut content = self.cell.borrow_mut();
        let result = change(&mut content);
        self.gauge.set(content.heap_size());
        result
    }

    /// From whichever thread.
    pub fn heap_size(&self) -> usize {
        self.gauge.get()
    }
}

/// To look at the content, and to change what takes no memory.
impl<T> Deref for Gauged<T> {
    type Target = RefCell<T>;

    #[inline]
    fn deref(&self) -> &RefCell<T> {
        &self.cell
    }
}
