//! `MessagePack::Buffer`, and the queue of bytes that it shares with the Packer or Unpacker it belongs to.
//!
//! Owns `Core`: unread bytes, how many have been taken, the io behind them. Invariant: no borrow of the queue
//! lives across a call that can run Ruby or start the GC.

use crate::arguments::{self, Options};
use crate::ffi::call;
use crate::ffi::shared::FrozenString;
use crate::ffi::{array, gc, receiver, text, value};
use crate::io::Io;
use crate::{classes, error};
use magnus::gc::Marker;
use magnus::typed_data::Obj;
use magnus::{prelude::*, DataTypeFunctions, Error, Ruby, TypedData, Value};
use msgpack_wire::{encode, ChunkQueue};
use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;

/// Strings of at least so many bytes are read in place: below, a copy costs less than sharing.
const SHARE_MIN: usize = 16 * 1024;
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
    /// Bytes that have left the queue at its front since the start or `reset`.
    taken: Cell<u64>,
    /// Counts `clear` and `reset`: who was in the middle of something knows by it.
    epoch: Cell<u64>,
    /// Walks of a Packer that are writing: nobody may take bytes from the front meanwhile.
    pub writers: Cell<u32>,
    pub io: Io,
    write_reference_threshold: usize,
    /// Bytes that the GC has been told of.
    reported: Cell<usize>,
}

impl Drop for Core {
    fn drop(&mut self) {
        gc::adjust_memory(self.reported.get(), 0);
    }
}

// SAFETY: a Core belongs to Ruby objects that Ruby gives to one thread at a time; those objects are not
// shareable between Ractors. The Arc around it may be dropped by the GC in another Ractor, and counts atomically.
unsafe impl Send for Core {}
// SAFETY: as above.
unsafe impl Sync for Core {}

impl Core {
    pub fn new(ruby: &Ruby, io: Io, options: Options) -> Result<Arc<Self>, Error> {
        let size =
            |name: &str, default: usize| match options.get(ruby, name).filter(|&given| !value::is_nil(given))
            {
                Some(given) => arguments::length(given, name),
                None => Ok(default),
            };
        io.set_read_size(size("io_buffer_size", 32 * 1024)?.clamp(IO_BUFFER_MIN, IO_BUFFER_MAX));
        // Accepted for programs that set it; what is read is a copy of its own whatever its size.
        size("read_reference_threshold", 256)?;
        Ok(Arc::new(Self {
            queue: RefCell::default(),
            taken: Cell::new(0),
            epoch: Cell::new(0),
            writers: Cell::new(0),
            reported: Cell::new(0),
            io,
            write_reference_threshold: size("write_reference_threshold", 512 * 1024)?.max(SHARE_MIN),
        }))
    }

    pub fn len(&self) -> usize {
        self.queue.borrow().len()
    }

    pub fn taken(&self) -> u64 {
        self.taken.get()
    }

    pub fn epoch(&self) -> u64 {
        self.epoch.get()
    }

    pub fn advance(&self, n: usize) {
        self.queue.borrow_mut().advance(n);
        self.taken.set(self.taken.get() + n as u64);
    }

    pub fn clear(&self) {
        let mut queue = self.queue.borrow_mut();
        self.taken.set(self.taken.get() + queue.len() as u64);
        queue.clear();
        self.epoch.set(self.epoch.get() + 1);
    }

    /// Forgets all, the position too.
    pub fn reset(&self) {
        self.clear();
        self.taken.set(0);
    }

    /// Appends a String, by reference from `share_min` bytes on. May raise (memory): call under protect.
    fn append(&self, string: Value, share_min: usize) {
        if text::len(string) >= share_min {
            let shared = FrozenString::new(string);
            self.queue.borrow_mut().push_owner(shared);
        } else {
            text::with_bytes(string, |bytes| self.queue.borrow_mut().push_slice(bytes));
        }
    }

    /// Appends what is going to be decoded.
    pub fn feed(&self, string: Value) -> Result<(), Error> {
        if text::len(string) < SHARE_MIN {
            self.append(string, SHARE_MIN);
        } else {
            call::protect_unit(|| self.append(string, SHARE_MIN))?;
        }
        self.report();
        Ok(())
    }

    /// Tells the GC how much is held, if that has changed much: it does not see memory of Rust's.
    pub fn report(&self) {
        let (held, reported) = (self.len(), self.reported.get());
        if held.abs_diff(reported) >= REPORT_MIN {
            self.reported.set(held);
            gc::adjust_memory(reported, held);
        }
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
        self.queue.borrow_mut().linearize(n);
        let taken = self.copy_front(n).0;
        self.advance(n);
        taken
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

    /// Hands the bytes that are held now to `io`, piece by piece; returns how many. What it did not take stays.
    pub fn write_to(&self, io: &Io) -> Result<usize, Error> {
        let (mut left, mut written) = (self.len(), 0);
        while left.min(self.len()) > 0 {
            let mut len = 0;
            let string = call::protect(|| {
                let (string, n) = self.copy_front(left);
                len = n;
                string
            })?;
            left -= len;
            // Out of the queue while the io has them: whoever comes in meanwhile does not send them again.
            self.advance(len);
            let epoch = self.epoch();
            let mut sent = 0;
            while sent < len {
                // The io gets a String that shares the bytes, and may do with it as it likes.
                let given = call::protect(|| text::dup(text::tail(string, sent)));
                match given.and_then(|given| io.write(given, len - sent)) {
                    Ok(n) => sent += n,
                    Err(error) => {
                        self.unread(string, sent, epoch);
                        return Err(error);
                    }
                }
                if self.epoch() != epoch {
                    // Cleared by the io: the rest is not to be sent.
                    return Ok(written + sent);
                }
            }
            written += len;
        }
        Ok(written)
    }

    /// Puts back what follows the first `from` bytes of `string`, unless all has been cleared since `epoch`.
    fn unread(&self, string: Value, from: usize, epoch: u64) {
        if self.epoch() != epoch {
            return;
        }
        text::with_bytes(string, |bytes| {
            let rest = bytes.get(from..).unwrap_or_default();
            self.queue.borrow_mut().unread(rest);
            self.taken.set(self.taken.get() - rest.len() as u64);
        });
    }

    pub fn flush(&self) -> Result<(), Error> {
        if self.io.is_some() {
            self.write_to(&self.io)?;
        }
        Ok(())
    }

    /// Reads from the io once; whether bytes came.
    pub fn fill(&self) -> Result<bool, Error> {
        match self.io.read()? {
            Some(string) => {
                self.feed(string)?;
                Ok(text::len(string) > 0)
            }
            None => Ok(false),
        }
    }

    /// Reads from the io until `n` bytes are held; whether they are.
    fn ensure(&self, n: usize) -> Result<bool, Error> {
        while self.len() < n {
            if !self.fill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub fn mark(&self, marker: &Marker) {
        // SAFETY: the GC runs only while no `borrow_mut` lives (see the invariant above), and on no other
        // thread; a plain read of the queue is then sound, and it can't panic as a borrow could.
        let queue = unsafe { &*self.queue.as_ptr() };
        queue.owners().for_each(|owner| owner.mark(marker));
        self.io.mark(marker);
    }

    pub fn heap_size(&self) -> usize {
        // SAFETY: as in `mark`; asked by ObjectSpace, which runs nothing of ours.
        let queue = unsafe { &*self.queue.as_ptr() };
        size_of::<Self>() + queue.heap_size()
    }
}

/// A Buffer object: its own `Core`, or that of a Packer or Unpacker.
#[derive(Default, TypedData)]
#[magnus(class = "MessagePack::Buffer", free_immediately, mark, size)]
pub struct Buffer {
    core: OnceCell<Arc<Core>>,
}

impl DataTypeFunctions for Buffer {
    fn mark(&self, marker: &Marker) {
        if let Some(core) = self.core.get() {
            core.mark(marker);
        }
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.core.get().map_or(0, |core| core.heap_size())
    }
}

type This = receiver::This<Buffer>;

impl Buffer {
    /// The Buffer object of a Packer or Unpacker.
    pub fn of(core: &Arc<Core>) -> Self {
        Self { core: OnceCell::from(Arc::clone(core)) }
    }

    fn core(&self) -> Result<&Core, Error> {
        self.core.get().map(AsRef::as_ref).ok_or_else(|| error::uninitialized("Buffer"))
    }

    /// The core, for a method that takes bytes from the front.
    fn readable(&self) -> Result<&Core, Error> {
        let core = self.core()?;
        if core.writers.get() > 0 {
            return Err(error::runtime(
                "the Packer is writing: its buffer can't be read or cleared meanwhile",
            ));
        }
        Ok(core)
    }
}

fn initialize(this: This, args: &[Value]) -> Result<(), Error> {
    let ruby = call::ruby();
    let (io, options) = arguments::io_and_options(args)?;
    let core = Core::new(&ruby, Io::either(io)?, options)?;
    this.core.set(core).map_err(|_| error::runtime("this Buffer has been initialized already"))
}

fn append_any(this: This, given: Value) -> Result<usize, Error> {
    let core = this.core()?;
    if let Ok(other) = Obj::<Buffer>::try_convert(given) {
        let bytes = other.core()?.to_string()?;
        call::protect_unit(|| core.append(bytes, core.write_reference_threshold))?;
        return Ok(text::len(bytes));
    }
    let string = arguments::bytes(given)?;
    call::protect_unit(|| core.append(string, core.write_reference_threshold))?;
    core.report();
    Ok(text::len(string))
}

fn append(this: This, given: Value) -> Result<This, Error> {
    append_any(this, given)?;
    Ok(this)
}

/// Gives `bytes` as they are, or in the String that the caller has brought along.
fn deliver(bytes: Value, out: Option<Value>) -> Result<Value, Error> {
    let Some(out) = out else { return Ok(bytes) };
    call::protect_unit(|| text::replace(out, bytes))?;
    Ok(out)
}

fn read_args(args: &[Value]) -> Result<(Option<usize>, Option<Value>), Error> {
    arguments::count(args, 0..=2)?;
    let n = arguments::optional(args, 0).map(|n| arguments::length(n, "the length")).transpose()?;
    let out = arguments::optional(args, 1).map(|out| arguments::string(out, "the output")).transpose()?;
    if let Some(out) = out.filter(|&out| value::is_frozen(out)) {
        return Err(error::frozen(out));
    }
    Ok((n, out))
}

fn read_everything(core: &Core, out: Option<Value>) -> Result<Value, Error> {
    while core.fill()? {}
    let bytes = core.to_string()?;
    core.advance(text::len(bytes));
    deliver(bytes, out)
}

fn read(this: This, args: &[Value]) -> Result<Value, Error> {
    let core = this.readable()?;
    let (n, out) = read_args(args)?;
    let Some(n) = n else { return read_everything(core, out) };
    core.ensure(n)?;
    if n > 0 && core.len() == 0 {
        deliver(core.take(0)?, out)?;
        return Ok(value::nil());
    }
    deliver(core.take(n)?, out)
}

fn read_all(this: This, args: &[Value]) -> Result<Value, Error> {
    let core = this.readable()?;
    let (n, out) = read_args(args)?;
    let Some(n) = n else { return read_everything(core, out) };
    if !core.ensure(n)? {
        return Err(error::too_few(n, core.len(), core.taken()));
    }
    deliver(core.take(n)?, out)
}

fn skip(this: This, n: Value) -> Result<usize, Error> {
    let core = this.readable()?;
    let n = arguments::length(n, "the length")?;
    core.ensure(n)?;
    let n = n.min(core.len());
    core.advance(n);
    Ok(n)
}

fn skip_all(this: This, n: Value) -> Result<This, Error> {
    let core = this.readable()?;
    let n = arguments::length(n, "the length")?;
    if !core.ensure(n)? {
        return Err(error::too_few(n, core.len(), core.taken()));
    }
    core.advance(n);
    Ok(this)
}

fn size(this: This) -> Result<usize, Error> {
    Ok(this.core()?.len())
}

fn is_empty(this: This) -> Result<bool, Error> {
    Ok(this.core()?.len() == 0)
}

fn clear(this: This) -> Result<(), Error> {
    this.readable()?.clear();
    Ok(())
}

fn close(this: This) -> Result<(), Error> {
    this.core()?.io.close()
}

fn io(this: This) -> Result<Value, Error> {
    Ok(this.core()?.io.object())
}

fn flush(this: This) -> Result<This, Error> {
    this.core()?.flush()?;
    Ok(this)
}

fn write_to(this: This, io: Value) -> Result<usize, Error> {
    this.readable()?.write_to(&Io::writer(Some(io))?)
}

fn to_string(this: This) -> Result<Value, Error> {
    this.core()?.to_string()
}

fn to_a(this: This) -> Result<Value, Error> {
    this.core()?.to_array()
}

impl Core {
    /// The pieces as Strings in an Array; they stay.
    pub fn to_array(&self) -> Result<Value, Error> {
        let all = self.to_string()?;
        let lengths: Vec<usize> = self.queue.borrow().pieces().map(<[u8]>::len).collect();
        let result = call::protect(array::new)?;
        let mut start = 0;
        for len in lengths {
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
}

fn write_extended_header(this: This, kind: Value, length: Value) -> Result<This, Error> {
    let core = this.core()?;
    let kind = arguments::wire_type(kind)?;
    let length = arguments::header_length(length, "the length")?;
    let mut header = Vec::with_capacity(6);
    encode::ext_header(&mut header, kind, length);
    core.queue.borrow_mut().push_slice(&header);
    Ok(this)
}

pub fn init(ruby: &Ruby) -> Result<(), Error> {
    // A superclass of its own: loading another library that defines MessagePack::Buffer fails at once.
    let module = classes::message_pack(ruby)?;
    let base = module.define_class("AbstractBuffer", ruby.class_object())?;
    let class = module.define_class("Buffer", base)?;
    class.define_alloc_func::<Buffer>();
    let _ = Buffer::class(ruby);
    class.define_method("initialize", entry!(initialize, -1))?;
    class.define_method("write", entry!(append_any, 1))?;
    class.define_method("<<", entry!(append, 1))?;
    class.define_method("append", entry!(append, 1))?;
    class.define_method("read", entry!(read, -1))?;
    class.define_method("read_all", entry!(read_all, -1))?;
    class.define_method("skip", entry!(skip, 1))?;
    class.define_method("skip_all", entry!(skip_all, 1))?;
    class.define_method("size", entry!(size, 0))?;
    class.define_method("empty?", entry!(is_empty, 0))?;
    class.define_method("clear", entry!(clear, 0))?;
    class.define_method("close", entry!(close, 0))?;
    class.define_method("io", entry!(io, 0))?;
    class.define_method("flush", entry!(flush, 0))?;
    class.define_method("write_to", entry!(write_to, 1))?;
    class.define_method("to_s", entry!(to_string, 0))?;
    class.define_method("to_str", entry!(to_string, 0))?;
    class.define_method("to_a", entry!(to_a, 0))?;
    class.define_method("write_extended_header", entry!(write_extended_header, 2))?;
    crate::ffi::class::undefine(class, [c"dup", c"clone"]);
    Ok(())
}
