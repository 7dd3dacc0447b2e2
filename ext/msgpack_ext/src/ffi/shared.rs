//! Values held by Rust's own structures: marked by whoever holds them.

use super::text;
use magnus::gc::Marker;
use magnus::Value;
use std::cell::{Cell, UnsafeCell};

/// A frozen String that a queue of chunks reads from without copying it.
#[derive(Clone, Copy)]
pub struct FrozenString {
    string: Value,
    /// Its bytes, which stay where they are.
    bytes: Span,
}

// SAFETY: moves with the Ruby object that holds and marks it, which Ruby gives to one thread at a time.
unsafe impl Send for FrozenString {}

impl FrozenString {
    /// Shares the bytes of `string`. May raise (memory).
    pub fn new(string: Value) -> Self {
        let string = text::frozen(string);
        Self { string, bytes: text::with_bytes(string, Span::of) }
    }

    pub fn value(self) -> Value {
        self.string
    }

    pub fn mark(self, marker: &Marker) {
        marker.mark(self.string);
    }
}

impl AsRef<[u8]> for FrozenString {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        // SAFETY: a frozen String keeps its bytes where they are; it is marked, hence pinned, by the object
        // that holds this, for as long as it is held.
        unsafe { self.bytes.bytes() }
    }
}

/// A value in a structure that is marked by the object that owns it.
#[derive(Clone, Copy)]
pub struct Held(pub Value);

// SAFETY: as FrozenString.
unsafe impl Send for Held {}
// SAFETY: the value itself is only reached through the object that owns it.
unsafe impl Sync for Held {}

/// Bytes that stay where they are while this is used, by a promise that no borrow can express: the call in
/// between may raise, and a guard of a borrow would then never be dropped.
#[derive(Clone, Copy)]
pub struct Span {
    ptr: *const u8,
    len: usize,
}

impl Span {
    pub fn of(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr(), len: bytes.len() }
    }

    /// The address behind the last byte; only to compare.
    pub fn end(self) -> *const u8 {
        self.ptr.wrapping_add(self.len)
    }

    /// # Safety
    /// Whoever owns the bytes neither moves nor frees nor writes them during `'a`.
    #[inline]
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        // SAFETY: made of a slice, which by the caller's promise is still what it was.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }
}

/// A value that one call at a time works on, which may be left by a longjmp: unlike a `RefCell`, whose guard
/// would then never be dropped, it can be released afterwards.
#[derive(Default)]
pub struct Desk<T> {
    value: UnsafeCell<T>,
    is_taken: Cell<bool>,
}

impl<T> Desk<T> {
    pub fn new(value: T) -> Self {
        Self { value: UnsafeCell::new(value), is_taken: Cell::new(false) }
    }

    /// Lends the value to `work`, which must not come here again.
    #[inline]
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        assert!(!self.is_taken.replace(true), "a value is worked on twice at once");
        // Lowers the flag after a panic too.
        let _flag = Flag(&self.is_taken);
        // SAFETY: the flag was down, so this is the only reference.
        work(unsafe { &mut *self.value.get() })
    }

    /// Lends the value to `look`, which must not come here; None while it is worked on.
    pub fn peek<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        // SAFETY: the flag is down, so no other reference is alive.
        (!self.is_taken.get()).then(|| look(unsafe { &*self.value.get() }))
    }

    /// After a longjmp out of `with`: nobody works on the value any more.
    pub fn release(&self) {
        self.is_taken.set(false);
    }
}

struct Flag<'a>(&'a Cell<bool>);

impl Drop for Flag<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
