//! What the GC is told of memory that it does not see.

use super::value::raw;
use magnus::Value;

/// Bytes held on behalf of a Ruby object have changed. May start the GC where they are more.
pub fn adjust_memory(from: usize, to: usize) {
    let change = to as isize - from as isize;
    if change == 0 {
        return;
    }
    // SAFETY: changes a counter.
    unsafe { rb_sys::rb_gc_adjust_memory_usage(change as rb_sys::ssize_t) };
    if change > 0 {
        // Ruby looks at that counter when it allocates memory itself, and a program that only feeds makes it
        // allocate none.
        // SAFETY: one byte, given back at once. May collect; callers hold no borrow.
        unsafe { rb_sys::ruby_xfree(rb_sys::ruby_xmalloc(1)) };
    }
}

/// Lets the GC look at this object in each collection from here on: values are going to be stored in it without telling.
pub fn unprotect(object: Value) {
    // SAFETY: a live object.
    unsafe { rb_sys::rb_gc_writebarrier_unprotect(raw(object)) };
}
