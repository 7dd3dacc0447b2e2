//! Where packed bytes go: a bare pointer to the end of what is written and the room behind it.
//!
//! The room is a few bytes of the native stack, then the memory of the String that is going to be the result,
//! or a chunk of a Packer's queue. The hot path sees only pointer, length and capacity.

use super::room::Room;
use super::shared::FrozenString;
use super::{call, memory, text, value};
use magnus::Value;
use msgpack_wire::{ChunkQueue, NoMemory, Sink};
use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Room on the native stack for a small result, in bytes.
pub const INLINE: usize = 512;
/// The bytes of a Packer.
type Queue = ChunkQueue<FrozenString>;

/// The most that a hint asks for, in bytes.
const HINT_MAX: usize = 1024 * 1024;

/// The last result's size: a hint for the next one's String.
static LAST: AtomicUsize = AtomicUsize::new(0);

enum Owner {
    /// The native stack of the caller.
    Inline,
    /// A String without a class, so that no program can find it.
    Text(Value),
    /// The tail of a Packer's queue, and how many bytes a raise leaves in that: all, where a net does the rest.
    Queue(NonNull<RefCell<Queue>>, usize),
    /// Nothing: the bytes are the Packer's.
    None,
}

pub struct Out {
    ptr: *mut u8,
    len: usize,
    capacity: usize,
    owner: Owner,
    /// Whether chunks have become full since the last `resume`.
    is_full: bool,
}

impl Out {
    fn over(ptr: *mut u8, capacity: usize, owner: Owner) -> Self {
        Self { ptr, len: 0, capacity, owner, is_full: false }
    }

    /// Writes to `room` first, then to a String.
    pub fn inline(room: &mut [MaybeUninit<u8>; INLINE]) -> Self {
        Self::over(room.as_mut_ptr().cast(), INLINE, Owner::Inline)
    }

    /// Holds nothing yet; `resume` gives it a queue.
    pub fn none() -> Self {
        Self::over(std::ptr::dangling_mut(), 0, Owner::None)
    }

    /// Goes on writing behind what is in `queue`.
    ///
    /// # Safety
    /// Nobody uses the queue before `suspend`, and it lives until then.
    pub unsafe fn resume(&mut self, queue: &RefCell<Queue>) {
        self.owner = Owner::Queue(NonNull::from(queue), usize::MAX);
        self.is_full = false;
        self.take_up(&mut queue.borrow_mut());
    }

    /// With no net: where there is no memory, so many bytes are left in the queue.
    pub fn undo_to(&mut self, len: usize) {
        if let Owner::Queue(_, undo_to) = &mut self.owner {
            *undo_to = len;
        }
    }

    fn take_up(&mut self, queue: &mut Queue) {
        queue.with_tail(|tail| {
            self.ptr = tail.as_mut_ptr();
            self.len = tail.len();
            self.capacity = tail.capacity();
        });
    }

    /// Gives all bytes to the queue; nothing may be written before `resume`.
    pub fn suspend(&mut self) {
        if let Owner::Queue(queue, _) = self.owner {
            self.owner = Owner::None;
            // SAFETY: by the promise made to `resume` the queue lives, and is as it was then.
            self.give_back(&mut unsafe { queue.as_ref() }.borrow_mut());
            self.capacity = 0;
            self.len = 0;
        }
    }

    fn give_back(&self, queue: &mut Queue) {
        // SAFETY: this many bytes have been written behind the tail's start, within its capacity.
        queue.with_tail(|tail| unsafe { tail.set_len(self.len) });
    }

    /// Whether chunks have become full: time to think of handing some to an io.
    #[inline]
    pub fn has_full_chunks(&self) -> bool {
        self.is_full
    }

    /// Chunks have become full while the Packer had the bytes.
    pub fn note_full_chunks(&mut self) {
        self.is_full = true;
    }

    /// Whether the bytes go to the String that is the result, not to a queue.
    pub fn is_inline(&self) -> bool {
        matches!(self.owner, Owner::Inline | Owner::Text(_))
    }

    /// The bytes written so far, of an `Out` that began inline.
    pub fn written(&self) -> &[u8] {
        // SAFETY: `len` bytes from `ptr` have been written.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }

    /// Makes the String of all bytes, of an `Out` that began inline. May raise (memory).
    pub fn finish(&mut self) -> Value {
        if let Owner::Text(string) = self.owner {
            LAST.store(self.len.min(HINT_MAX), Relaxed);
            self.owner = Owner::None;
            let string = value::raw(string);
            // SAFETY: `len` bytes within the String's capacity have been written. Shortening gives unused
            // capacity back, if it is much: by a little, the next result of this size would not fit where this one
            // was, and the system would be asked for fresh pages each time. Then the String gets its class, and only
            // now can a program see it.
            unsafe {
                rb_sys::rb_str_set_len(string, self.len as _);
                if self.capacity - self.len > self.len / 16 {
                    rb_sys::rb_str_resize(string, self.len as _);
                }
                rb_sys::rb_obj_reveal(string, rb_sys::rb_cString);
            }
            return value::wrap(string);
        }
        text::new_binary(self.written())
    }

    /// Makes room for `more` bytes. May raise (memory), with nothing lost.
    #[inline]
    pub fn reserve(&mut self, more: usize) {
        if self.capacity - self.len < more {
            self.grow(more);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, more: usize) {
        match self.owner {
            Owner::Inline => {
                let wanted = (self.len + more).max(LAST.load(Relaxed) + 64).max(INLINE * 4);
                let string = text::with_capacity(wanted);
                // SAFETY: a fresh String of that capacity, without class from here on: nobody else has it.
                unsafe {
                    rb_sys::rb_obj_hide(value::raw(string));
                    let ptr = rb_sys::RSTRING_PTR(value::raw(string)).cast::<u8>().cast_mut();
                    std::ptr::copy_nonoverlapping(self.ptr, ptr, self.len);
                    self.ptr = ptr;
                }
                self.capacity = wanted;
                self.owner = Owner::Text(string);
            }
            Owner::Text(string) => {
                let string = value::raw(string);
                let extra = more.max(self.len);
                // SAFETY: the length tells Ruby what to keep when it moves the bytes to more memory.
                unsafe {
                    rb_sys::rb_str_set_len(string, self.len as _);
                    rb_sys::rb_str_modify_expand(string, extra as _);
                    self.ptr = rb_sys::RSTRING_PTR(string).cast::<u8>().cast_mut();
                }
                self.capacity = self.len + extra;
            }
            Owner::Queue(queue, undo_to) => self.grow_queue(queue, undo_to, |queue| queue.reserve(more)),
            // Between `suspend` and `resume` nothing is written: there is no room for it.
            Owner::None => panic!("bytes are written while the Packer has them"),
        }
    }

    /// Lets `work` have the queue with all bytes written so far, and takes up its tail again.
    fn in_queue<R>(&mut self, queue: NonNull<RefCell<Queue>>, work: impl FnOnce(&mut Queue) -> R) -> R {
        // SAFETY: by the promise made to `resume` the queue lives, and nobody else uses it.
        let queue = &mut unsafe { queue.as_ref() }.borrow_mut();
        self.give_back(queue);
        let full = queue.full_chunks();
        let result = work(queue);
        self.is_full |= queue.full_chunks() > full;
        self.take_up(queue);
        result
    }

    /// As [`Out::in_queue`], of what takes memory. May raise (memory): with all bytes that were written in the queue, or
    /// those that a write without a net has found there.
    fn grow_queue(
        &mut self,
        queue: NonNull<RefCell<Queue>>,
        undo_to: usize,
        mut work: impl FnMut(&mut Queue) -> Result<(), NoMemory>,
    ) {
        let Err(none) = self.in_queue(queue, &mut work) else { return };
        if let Err(error) = memory::again(none, || self.in_queue(queue, &mut work)) {
            self.in_queue(queue, |queue| queue.truncate(undo_to));
            call::raise(error);
        }
    }

    /// Appends to a queue what does not fit into its tail: what does is put there, so that no chunk is left half
    /// empty. False, with nothing done, if it is not a queue. May raise (memory), as [`Out::grow_queue`].
    #[cold]
    #[inline(never)]
    fn put_apart(&mut self, head: &[u8], body: &[u8]) -> bool {
        let Owner::Queue(queue, undo_to) = self.owner else { return false };
        self.grow_queue(queue, undo_to, |queue| queue.push_with(head, body));
        true
    }

    /// Appends `len` bytes of `padded`, whose padding may be written behind them.
    #[inline]
    pub fn put_padded<const N: usize>(&mut self, padded: &[u8; N], len: usize) {
        self.reserve(N);
        // SAFETY: there is room for N bytes behind `len`; `len` of the caller is at most N.
        unsafe { self.ptr.add(self.len).cast::<[u8; N]>().write_unaligned(*padded) };
        self.len += len.min(N);
    }

    /// Lends the room there is to `write`, which refuses what does not fit.
    #[inline(always)]
    #[allow(clippy::inline_always)] // the room stays in registers only where no call takes its address
    pub fn with_room<R>(&mut self, write: impl FnOnce(&mut Room) -> R) -> R {
        // SAFETY: the memory between the two is this `Out`'s, which is borrowed meanwhile.
        let mut room = unsafe { Room::new(self.ptr.add(self.len), self.ptr.add(self.capacity)) };
        let result = write(&mut room);
        self.len = room.end() as usize - self.ptr as usize;
        result
    }

    /// Where the bytes written so far end; for [`Out::since`], valid while nothing else is reserved.
    #[inline]
    pub fn mark(&self) -> usize {
        self.len
    }

    /// The bytes written since a mark; None where it was made in another piece of memory.
    #[inline]
    pub fn since(&self, mark: usize) -> Option<&[u8]> {
        self.written().get(mark..)
    }
}

/// Copies `body` to `to`, short ones without a call of `memcpy`: by two stores that may overlap.
///
/// # Safety
/// There is room for `body` at `to`, which lies elsewhere.
#[inline]
pub unsafe fn copy(body: &[u8], to: *mut u8) {
    let (from, len) = (body.as_ptr(), body.len());
    // SAFETY: each pair of loads and stores covers the first and the last bytes of `len`, and nothing else.
    unsafe {
        match len {
            16..=32 => {
                let (head, tail) =
                    (from.cast::<[u8; 16]>().read(), from.add(len - 16).cast::<[u8; 16]>().read());
                to.cast::<[u8; 16]>().write(head);
                to.add(len - 16).cast::<[u8; 16]>().write(tail);
            }
            8..=15 => {
                let (head, tail) =
                    (from.cast::<[u8; 8]>().read(), from.add(len - 8).cast::<[u8; 8]>().read());
                to.cast::<[u8; 8]>().write(head);
                to.add(len - 8).cast::<[u8; 8]>().write(tail);
            }
            4..=7 => {
                let (head, tail) =
                    (from.cast::<[u8; 4]>().read(), from.add(len - 4).cast::<[u8; 4]>().read());
                to.cast::<[u8; 4]>().write(head);
                to.add(len - 4).cast::<[u8; 4]>().write(tail);
            }
            1..=3 => {
                let (head, middle, tail) = (from.read(), from.add(len / 2).read(), from.add(len - 1).read());
                to.write(head);
                to.add(len / 2).write(middle);
                to.add(len - 1).write(tail);
            }
            0 => {}
            _ => std::ptr::copy_nonoverlapping(from, to, len),
        }
    }
}

impl Sink for Out {
    #[inline]
    fn put<const N: usize>(&mut self, head: [u8; N]) {
        self.reserve(N);
        // SAFETY: there is room for N bytes behind `len`.
        unsafe { self.ptr.add(self.len).cast::<[u8; N]>().write_unaligned(head) };
        self.len += N;
    }

    #[inline]
    fn put_with<const N: usize>(&mut self, head: [u8; N], body: &[u8]) {
        if self.capacity - self.len < N + body.len() && self.put_apart(&head, body) {
            return;
        }
        self.reserve(N + body.len());
        // SAFETY: there is room for N bytes and the body behind `len`; `body` lies elsewhere.
        unsafe {
            let end = self.ptr.add(self.len);
            end.cast::<[u8; N]>().write_unaligned(head);
            copy(body, end.add(N));
        }
        self.len += N + body.len();
    }
}
