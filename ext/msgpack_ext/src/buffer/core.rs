//! The bytes that a Buffer shares with the Packer or Unpacker it belongs to.
//!
//! Owns unread bytes, how many have been taken, the io behind them; `transfer` has what goes there and comes from there.
//! Invariant: no borrow of the queue lives across a call that can run Ruby or start the GC.

mod transfer;

use super::around::Arounds;
use crate::error;
use crate::ffi::gauge::Gauge;
use crate::ffi::shared::{FrozenString, Span};
use crate::ffi::{array, call, gc, memory, text, value};
use crate::io::Io;
use crate::options::{Name, Options};
use magnus::gc::Marker;
use magnus::{Error, Value};
use msgpack_wire::ChunkQueue;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// Strings of at least so many bytes are read in place: below, a copy costs less than sharing.
const SHARE_MIN: usize = 16 * 1024;
/// Fewer bytes are copied without a net.
const SHORT: usize = 1024;
/// Changes of what is held, in bytes, that the GC is told of.
const REPORT_MIN: usize = 8 * 1024;
/// The least and the most `io_buffer_size:`, in bytes.
const IO_BUFFER_MIN: usize = 1024;
const IO_BUFFER_MAX: usize = 1024 * 1024 * 1024;

/// The bytes of a Buffer.
pub type Queue = ChunkQueue<FrozenString>;

/// The state of a Buffer.
pub struct Core {
    pub queue: RefCell<Queue>,
    /// The queues around `queue` while that collects the payload of an extended type: outermost first.
    pub(super) around: RefCell<Arounds>,
    /// Tells writes and payloads apart.
    pub(super) last_id: Cell<u64>,
    /// Whether nothing may be written: the bytes are a payload that a handler reads.
    is_closed: bool,
    /// Bytes that have left the queue at its front since the start or `reset`.
    taken: Cell<u64>,
    /// Counts `clear` and `reset`: who was in the middle of something knows by it.
    epoch: Cell<u64>,
    /// Walks of a Packer that are writing: nobody may take bytes from the front meanwhile.
    pub writers: Cell<u32>,
    pub io: Io,
    /// Unread bytes that are held at most: what is fed beyond them is refused.
    pub max_len: Cell<usize>,
    pub(super) write_reference_threshold: usize,
    /// Bytes that the GC has been told of.
    reported: Cell<usize>,
    /// Heap bytes, as of the last change of many.
    heap: Gauge,
}

impl Drop for Core {
    fn drop(&mut self) {
        gc::adjust_memory(self.reported.get(), 0);
    }
}

// SAFETY: a Core belongs to Ruby objects that Ruby gives to one thread at a time; those objects are not
// shareable between Ractors. The Arc around it may be dropped by the GC in another Ractor, and counts atomically.
unsafe impl Send for Core {}
// SAFETY: no two threads use one at the same time, for the reason above; the count of the Arc is atomic, and so is `heap`,
// all that ObjectSpace looks at meanwhile.
unsafe impl Sync for Core {}

impl Core {
    pub fn new(io: Io, options: &Options) -> Result<Arc<Self>, Error> {
        let read_size = options.length(Name::IoBufferSize)?.unwrap_or(32 * 1024);
        io.set_read_size(read_size.clamp(IO_BUFFER_MIN, IO_BUFFER_MAX));
        // Accepted for programs that set it; what is read is a copy of its own whatever its size.
        options.length(Name::ReadReferenceThreshold)?;
        let write_reference_threshold = options.length(Name::WriteReferenceThreshold)?.unwrap_or(512 * 1024);
        Ok(Arc::new(Self {
            queue: RefCell::default(),
            around: RefCell::default(),
            last_id: Cell::new(0),
            is_closed: false,
            taken: Cell::new(0),
            epoch: Cell::new(0),
            writers: Cell::new(0),
            reported: Cell::new(0),
            heap: Gauge::default(),
            io,
            max_len: Cell::new(usize::MAX),
            write_reference_threshold: write_reference_threshold.max(SHARE_MIN),
        }))
    }

    /// For payloads, one after the other, which come from no io.
    pub fn of_payloads() -> Arc<Self> {
        Arc::new(Self {
            queue: RefCell::default(),
            around: RefCell::default(),
            last_id: Cell::new(0),
            is_closed: true,
            taken: Cell::new(0),
            epoch: Cell::new(0),
            writers: Cell::new(0),
            reported: Cell::new(0),
            heap: Gauge::default(),
            io: Io::none(),
            max_len: Cell::new(usize::MAX),
            write_reference_threshold: SHARE_MIN,
        })
    }

    /// Empty, at `position` of a stream.
    pub fn begin_at(&self, position: u64) {
        if self.len() > 0 {
            self.clear();
        }
        self.seek(position);
    }

    /// Sets the position, of a Buffer that is empty.
    #[inline]
    pub fn seek(&self, position: u64) {
        self.taken.set(position);
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.queue.borrow().len()
    }

    /// Chunks that are full.
    #[inline]
    pub fn full_chunks(&self) -> usize {
        self.queue.borrow().full_chunks()
    }

    pub fn taken(&self) -> u64 {
        self.taken.get()
    }

    pub fn epoch(&self) -> u64 {
        self.epoch.get()
    }

    #[inline]
    pub fn advance(&self, n: usize) {
        let is_smaller = self.queue.borrow_mut().advance(n);
        self.taken.set(self.taken.get() + n as u64);
        if is_smaller {
            self.measure();
        }
    }

    /// Takes what `look` finds at the front, which runs no Ruby code and takes no memory of Ruby's. None, with nothing done,
    /// where it finds nothing, and where more is to be done to take it.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: as a look and a call of `advance`, half as much again
    pub fn take_near<R>(&self, look: impl FnOnce(&[u8]) -> Option<(R, usize)>) -> Option<R> {
        let (taken, n) = self.queue.borrow_mut().take_near(look)?;
        self.taken.set(self.taken.get() + n as u64);
        Some(taken)
    }

    #[inline]
    pub fn clear(&self) {
        let is_smaller = {
            let mut queue = self.queue.borrow_mut();
            self.taken.set(self.taken.get() + queue.len() as u64);
            queue.clear()
        };
        self.epoch.set(self.epoch.get() + 1);
        if is_smaller {
            self.measure();
        }
    }

    /// Forgets all, the position too.
    pub fn reset(&self) {
        self.clear();
        self.taken.set(0);
    }

    /// Appends a String, by reference from `share_min` bytes on.
    fn append(&self, string: Value, share_min: usize) -> Result<(), Error> {
        if text::len(string) < share_min {
            let copy = || text::with_bytes(string, |bytes| self.queue.borrow_mut().push_slice(bytes));
            return memory::provide(copy);
        }
        let mut shared = None;
        call::protect_unit(|| shared = Some(FrozenString::new(string)))?;
        let Some(shared) = shared else { return Ok(()) };
        let result = memory::provide(|| self.queue.borrow_mut().push_owner(shared));
        value::keep(shared.value());
        result
    }

    /// Appends a String, a long one by reference.
    pub fn write(&self, string: Value) -> Result<(), Error> {
        self.append(string, self.write_reference_threshold)
    }

    /// Appends what is going to be decoded, if it is a String of few bytes, and there is room and memory for it.
    #[inline]
    pub fn feed_short(&self, given: Value) -> bool {
        if !value::is_string(given) || text::len(given) >= SHORT {
            return false;
        }
        {
            let mut queue = self.queue.borrow_mut();
            if text::len(given) > self.max_len.get().saturating_sub(queue.len()) {
                return false;
            }
            if text::with_bytes(given, |bytes| queue.push_slice(bytes)).is_err() {
                return false;
            }
        }
        self.report();
        true
    }

    /// Appends what is going to be decoded.
    ///
    /// # Errors
    /// `LimitError` beyond `max_len`; nothing is appended then.
    pub fn feed(&self, string: Value) -> Result<(), Error> {
        let (held, max) = (self.len(), self.max_len.get());
        if text::len(string) > max.saturating_sub(held) {
            return Err(error::buffer_full(held + text::len(string), max, self.taken() + held as u64));
        }
        self.hold(string)
    }

    /// Appends what is going to be decoded, however much it is.
    fn hold(&self, string: Value) -> Result<(), Error> {
        self.append(string, SHARE_MIN)?;
        self.report();
        Ok(())
    }

    /// Whether the GC knows about how much is held: `len` bytes.
    #[inline]
    pub fn is_reported(&self, len: usize) -> bool {
        len.abs_diff(self.reported.get()) < REPORT_MIN
    }

    /// Tells the GC how much is held, if that has changed much: it does not see memory of Rust's.
    #[inline]
    pub fn report(&self) {
        if !self.is_reported(self.len()) {
            self.report_change();
        }
    }

    #[cold]
    fn report_change(&self) {
        let held = self.len();
        gc::adjust_memory(self.reported.replace(held), held);
        self.measure();
    }

    /// Takes down the heap bytes: they have grown or shrunk much.
    #[cold]
    #[inline(never)]
    pub fn measure(&self) {
        let around = self.around.borrow();
        let queues = around.iter().map(|around| around.queue.heap_size()).sum::<usize>();
        self.heap.set(self.queue.borrow().heap_size() + queues);
    }

    /// Takes up to `n` bytes that lie together at the front into a new String. May raise (memory), with
    /// nothing taken.
    fn copy_front(&self, n: usize) -> (Value, usize) {
        let (ptr, len) = {
            let queue = self.queue.borrow();
            let front = queue.front();
            (front.as_ptr(), front.len().min(n))
        };
        // The GC may run now; nothing else does, so the bytes stay where they are.
        // SAFETY: pointer and length of the queue's first piece.
        let bytes = unsafe { std::slice::from_raw_parts(ptr, len) };
        (text::new_binary(bytes), len)
    }

    /// Takes `n` bytes, all there, into a new ASCII-8BIT String.
    pub fn take(&self, n: usize) -> Result<Value, Error> {
        call::protect(|| self.take_raising(n))
    }

    /// As `take`. May raise (memory), with nothing taken.
    pub fn take_raising(&self, n: usize) -> Value {
        let n = n.min(self.len());
        memory::provide_or_raise(|| self.queue.borrow_mut().linearize(n));
        let taken = self.copy_front(n).0;
        self.advance(n);
        taken
    }

    /// Passes over `skip` bytes and takes the next `n` as they are. May raise (memory), with those not taken.
    pub fn split_front(&self, skip: usize, n: usize) -> Queue {
        self.advance(skip);
        let taken = memory::provide_or_raise(|| self.queue.borrow_mut().split_front(n));
        self.taken.set(self.taken.get() + n as u64);
        self.measure();
        taken
    }

    /// All bytes as a new String, if they are few: then memory for it is all that it takes, and no net is spread. May
    /// raise (memory), over frames that own nothing.
    #[inline]
    pub fn copy_short(&self) -> Option<Value> {
        let front = Span::of(self.queue.borrow().front());
        // SAFETY: making a String runs no Ruby code, so the queue keeps its bytes in place.
        let bytes: &[u8] = unsafe { front.bytes() };
        (bytes.len() == self.len() && bytes.len() < SHORT).then(|| text::new_binary(bytes))
    }

    /// All bytes as a new String; they stay.
    pub fn to_string(&self) -> Result<Value, Error> {
        let len = self.len();
        if self.queue.borrow().front().len() == len {
            return call::protect(|| self.copy_front(len).0);
        }
        let string = call::protect(|| text::with_capacity(len))?;
        let pieces = self.queue.borrow();
        for piece in pieces.pieces() {
            // Into memory that is there: no GC, no Ruby.
            call::protect_unit(|| text::append(string, piece))?;
        }
        Ok(string)
    }

    /// Fails where nothing may be written.
    pub fn check_open(&self) -> Result<(), Error> {
        if self.is_closed {
            return Err(error::runtime(
                "this Buffer holds the payload of one extended type and can't be written to: feed the outer Unpacker",
            ));
        }
        Ok(())
    }

    /// The pieces as Strings in an Array; they stay.
    pub fn to_array(&self) -> Result<Value, Error> {
        let all = self.to_string()?;
        let result = call::protect(array::new)?;
        let queue = self.queue.borrow();
        let mut start = 0;
        for len in queue.pieces().map(<[u8]>::len) {
            // No Ruby code runs.
            call::protect_unit(|| {
                let piece = text::with_bytes(all, |bytes| {
                    text::new_binary(bytes.get(start..start + len).unwrap_or_default())
                });
                // SAFETY: `piece` is on the native stack.
                unsafe { array::append(result, &[piece]) };
            })?;
            start += len;
        }
        Ok(result)
    }

    pub fn mark(&self, marker: &Marker) {
        // SAFETY: the GC runs only while no `borrow_mut` lives (see the invariant above), and on no other
        // thread; a plain read of the queue is then sound, and it can't panic as a borrow could.
        let (queue, around) = unsafe { (&*self.queue.as_ptr(), &*self.around.as_ptr()) };
        for queue in around.iter().map(|around| &around.queue).chain([queue]) {
            queue.owners().for_each(|owner| owner.mark(marker));
        }
        self.io.mark(marker);
    }

    /// From whichever thread.
    pub fn heap_size(&self) -> usize {
        size_of::<Self>() + self.heap.get()
    }
}
