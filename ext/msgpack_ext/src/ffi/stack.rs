//! A stack of values that the GC sees at every moment.
//!
//! Length and pointer live in cells, not behind a borrow: making a value may start the GC in the middle of a
//! push, and the GC reads the stack then.

use super::gauge::Gauge;
use super::memory;
use magnus::gc::Marker;
use magnus::Value;
use msgpack_wire::NoMemory;
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::Mutex;

/// Capacity that stays when the stack is empty, in values.
const SPARE: usize = 1024;
/// More of it, up to this, is left to the next stack that grows so far: a long array would have it grown step by step
/// at each call, in memory that the system has to give first.
const LEFT_MAX: usize = 16 * 1024;
static LEFT: Mutex<Option<Room>> = Mutex::new(None);

/// Memory for values, of which none is there.
struct Room {
    ptr: NonNull<Value>,
    capacity: usize,
}

// SAFETY: it is whoever's that has taken it, and holds no value.
unsafe impl Send for Room {}

impl Room {
    fn new(capacity: usize) -> Result<Self, NoMemory> {
        let mut values = std::mem::ManuallyDrop::new(Vec::new());
        let bytes = capacity * size_of::<Value>();
        values.try_reserve_exact(capacity).map_err(|_| NoMemory { bytes })?;
        Ok(Self {
            ptr: NonNull::new(values.as_mut_ptr()).unwrap_or(NonNull::dangling()),
            capacity: values.capacity(),
        })
    }

    /// What another stack has left, if that is enough.
    fn left(capacity: usize) -> Option<Self> {
        LEFT.try_lock().ok()?.take_if(|left| left.capacity >= capacity)
    }

    /// Leaves it to another stack, or frees it.
    fn leave(self) {
        if (SPARE + 1..=LEFT_MAX).contains(&self.capacity) {
            if let Ok(mut left) = LEFT.try_lock() {
                drop(left.replace(self));
            }
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // SAFETY: pointer and capacity came from a Vec in `new`; length 0, for values need no drop.
        drop(unsafe { Vec::from_raw_parts(self.ptr.as_ptr(), 0, self.capacity) });
    }
}

pub struct ValueStack {
    ptr: Cell<NonNull<Value>>,
    len: Cell<usize>,
    capacity: Cell<usize>,
    bytes: Gauge,
}

// SAFETY: a stack is used by one thread at a time, the one that holds its owner (a leased scratch or an
// Unpacker that is busy); the GC reads it while all Ruby threads stand still, and ObjectSpace only its gauge.
unsafe impl Send for ValueStack {}

impl Default for ValueStack {
    fn default() -> Self {
        Self {
            ptr: Cell::new(NonNull::dangling()),
            len: Cell::new(0),
            capacity: Cell::new(0),
            bytes: Gauge::default(),
        }
    }
}

impl ValueStack {
    /// Puts a value on top. May raise (memory), with the value not there.
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

    /// Pushes a value for each of `row`. `make` must not run the GC, which sees them when all are there.
    #[inline]
    pub fn push_row<T>(&self, row: &[T], make: impl Fn(&T) -> Value) {
        while self.capacity.get() - self.len.get() < row.len() {
            self.grow();
        }
        let len = self.len.get();
        for (place, item) in row.iter().enumerate() {
            // SAFETY: the capacity is that of the values and the row, so the slot is inside the allocation.
            unsafe { self.ptr.get().add(len + place).write(make(item)) };
        }
        self.len.set(len + row.len());
    }

    /// As [`ValueStack::push_row`], where `make` may run the GC, which sees each one that has been made. May raise what
    /// `make` raises. `make` must not push.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as a call, the row goes through memory
    pub fn push_each<T>(&self, row: &[T], make: impl Fn(&T) -> Value) {
        while self.capacity.get() - self.len.get() < row.len() {
            self.grow();
        }
        // Not read again: each value would wait for the one before it.
        let mut len = self.len.get();
        for item in row {
            let value = make(item);
            // SAFETY: there was room for the row, and `make` does not push, so the slot is inside the allocation.
            unsafe { self.ptr.get().add(len).write(value) };
            len += 1;
            self.len.set(len);
        }
    }

    #[inline]
    pub fn pop(&self) -> Option<Value> {
        let len = self.len.get().checked_sub(1)?;
        self.len.set(len);
        // SAFETY: below the old len, so written by a push.
        Some(unsafe { self.ptr.get().add(len).read() })
    }

    /// As [`ValueStack::pop`], of the last value that there is: no more is needed than an empty stack keeps.
    #[inline]
    pub fn pop_last(&self) -> Option<Value> {
        let value = self.pop();
        if self.capacity.get() > SPARE {
            self.clear();
        }
        value
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

    /// From whichever thread.
    pub fn heap_size(&self) -> usize {
        self.bytes.get()
    }

    pub fn mark(&self, marker: &Marker) {
        // One by one: as a slice they would be taken for words of which any may be no value, and looked up.
        self.with_last(self.len.get(), |values| values.iter().for_each(|&value| marker.mark(value)));
    }

    #[cold]
    fn grow(&self) {
        let wanted = (self.capacity.get() * 2).max(64);
        let left = if wanted > SPARE { Room::left(wanted) } else { None };
        let room = left.unwrap_or_else(|| memory::provide_or_raise(|| Room::new(wanted)));
        let room = std::mem::ManuallyDrop::new(room);
        // SAFETY: the new memory is another's, and has room for more than the old, of which `len` values are written.
        unsafe { room.ptr.copy_from_nonoverlapping(self.ptr.get(), self.len.get()) };
        self.release();
        self.ptr.set(room.ptr);
        self.capacity.set(room.capacity);
        self.bytes.set(room.capacity * size_of::<Value>());
    }

    fn release(&self) {
        let capacity = self.capacity.replace(0);
        self.bytes.set(0);
        let ptr = self.ptr.replace(NonNull::dangling());
        if capacity > 0 {
            Room { ptr, capacity }.leave();
        }
    }
}

impl Drop for ValueStack {
    fn drop(&mut self) {
        self.release();
    }
}
