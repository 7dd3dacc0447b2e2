//! A stack of values that the GC sees at every moment.
//!
//! Length and pointer live in cells, not behind a borrow: making a value may start the GC in the middle of a
//! push, and the GC reads the stack then.

use magnus::gc::Marker;
use magnus::Value;
use std::cell::Cell;
use std::ptr::NonNull;

/// Capacity that stays when the stack is empty, in values.
const SPARE: usize = 1024;

pub struct ValueStack {
    ptr: Cell<NonNull<Value>>,
    len: Cell<usize>,
    capacity: Cell<usize>,
}

// SAFETY: a stack is used by one thread at a time, the one that holds its owner (a leased scratch or an
// Unpacker that is busy); the GC reads it while all Ruby threads stand still.
unsafe impl Send for ValueStack {}

impl Default for ValueStack {
    fn default() -> Self {
        Self { ptr: Cell::new(NonNull::dangling()), len: Cell::new(0), capacity: Cell::new(0) }
    }
}

impl ValueStack {
    #[inline]
    pub fn push(&self, value: Value) {
        let len = self.len.get();
        if len == self.capacity.get() {
            self.grow();
        }
        // SAFETY: len < capacity, so the slot is inside the allocation; only then does len count it.
        unsafe { self.ptr.get().add(len).write(value) };
        self.len.set(len + 1);
    }

    #[inline]
    pub fn pop(&self) -> Option<Value> {
        let len = self.len.get().checked_sub(1)?;
        self.len.set(len);
        // SAFETY: below the old len, so written by a push.
        Some(unsafe { self.ptr.get().add(len).read() })
    }

    /// The value below so many others; nil where there are not so many.
    pub fn nth_from_top(&self, above: usize) -> Value {
        self.with_last(above + 1, |values| match values {
            [value, others @ ..] if others.len() == above => *value,
            _ => super::value::nil(),
        })
    }

    /// Lends the last `n` values (fewer where fewer are there). `look` must not push.
    #[inline]
    pub fn with_last<R>(&self, n: usize, look: impl FnOnce(&[Value]) -> R) -> R {
        let len = self.len.get();
        let n = n.min(len);
        // SAFETY: the last n of len values, all written; `look` does not push, so they stay where they are.
        look(unsafe { std::slice::from_raw_parts(self.ptr.get().add(len - n).as_ptr(), n) })
    }

    #[inline]
    pub fn drop_last(&self, n: usize) {
        self.len.set(self.len.get().saturating_sub(n));
    }

    pub fn clear(&self) {
        self.len.set(0);
        if self.capacity.get() > SPARE {
            self.release();
        }
    }

    pub fn heap_size(&self) -> usize {
        self.capacity.get() * size_of::<Value>()
    }

    pub fn mark(&self, marker: &Marker) {
        // One by one: as a slice they would be taken for words of which any may be no value, and looked up.
        self.with_last(self.len.get(), |values| values.iter().for_each(|&value| marker.mark(value)));
    }

    #[cold]
    fn grow(&self) {
        let (len, capacity) = (self.len.get(), self.capacity.get());
        let mut grown: Vec<Value> = Vec::with_capacity((capacity * 2).max(64));
        self.with_last(len, |values| grown.extend_from_slice(values));
        let mut grown = std::mem::ManuallyDrop::new(grown);
        let (ptr, new_capacity) = (grown.as_mut_ptr(), grown.capacity());
        self.release();
        if let Some(ptr) = NonNull::new(ptr) {
            self.ptr.set(ptr);
            self.capacity.set(new_capacity);
        }
    }

    fn release(&self) {
        let capacity = self.capacity.replace(0);
        let ptr = self.ptr.replace(NonNull::dangling());
        if capacity > 0 {
            // SAFETY: pointer and capacity came from a Vec in `grow`; length 0, for values need no drop.
            drop(unsafe { Vec::from_raw_parts(ptr.as_ptr(), 0, capacity) });
        }
    }
}

impl Drop for ValueStack {
    fn drop(&mut self) {
        self.release();
    }
}
