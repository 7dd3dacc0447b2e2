//! `MessagePack::Unpacker`: the class, its state, and who may use it when.
//!
//! `builder` makes Ruby objects of tokens, `drive` runs the decoder and calls handlers between its runs,
//! `one_shot` unpacks without an Unpacker, `stream` feeds the driver from an Unpacker's queue and io,
//! `methods` and `registration` are the class as Ruby sees it.

mod builder;
mod drive;
mod methods;
mod one_shot;
mod registration;
mod scratch;
mod stream;

pub use methods::init;
pub use one_shot::unpack;

use crate::arguments::Options;
use crate::buffer::{Buffer, Core};
use crate::error;
use crate::ext_types::handler;
use crate::ext_types::unpacking::UnpackingTable;
use crate::ffi::shared::{Desk, Held};
use crate::ffi::stack::ValueStack;
use crate::io::Io;
use magnus::gc::Marker;
use magnus::{prelude::*, DataTypeFunctions, Error, Ruby, TypedData, Value};
use msgpack_wire::{Decoder, Rest};
use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;

/// What a value is made into.
#[derive(Clone, Copy, Default)]
pub struct Style {
    /// Whether String keys become Symbols.
    pub symbolize_keys: bool,
}

impl Style {
    fn new(ruby: &Ruby, options: Options) -> Self {
        Self { symbolize_keys: options.is_set(ruby, "symbolize_keys") }
    }
}

/// Reads the table that the options of a call ask for.
fn table_of(ruby: &Ruby, options: Options) -> Result<UnpackingTable, Error> {
    let mut table = UnpackingTable::default();
    if let Some(target) = options.get(ruby, "default_exttype") {
        table.set_default(handler::check_target(target)?);
    }
    Ok(table)
}

/// The state of an Unpacker.
pub struct Inner {
    pub core: Arc<Core>,
    pub decoder: Desk<Decoder>,
    /// The values of the object that is half read.
    pub stack: ValueStack,
    pub table: RefCell<UnpackingTable>,
    pub style: Style,
    /// A handler or the io runs: this Unpacker must not be read meanwhile.
    busy: Cell<bool>,
    /// What is left of an object that was given up.
    rest: Cell<Rest>,
    /// A `skip` has begun and is not complete.
    skipping: Cell<bool>,
    /// The buffer's epoch that the fields above belong to.
    epoch: Cell<u64>,
    buffer: Cell<Option<Held>>,
}

// SAFETY: belongs to an Unpacker object, which Ruby gives to one thread at a time; not shared between Ractors.
unsafe impl Send for Inner {}

impl Inner {
    fn new(ruby: &Ruby, io: Io, options: Options) -> Result<Self, Error> {
        Ok(Self {
            core: Core::new(ruby, io, options)?,
            decoder: Desk::default(),
            stack: ValueStack::default(),
            table: RefCell::new(table_of(ruby, options)?),
            style: Style::new(ruby, options),
            busy: Cell::new(false),
            rest: Cell::new(Rest::default()),
            skipping: Cell::new(false),
            epoch: Cell::new(0),
            buffer: Cell::new(None),
        })
    }

    /// Claims the Unpacker for a method that reads.
    fn enter(&self) -> Result<Busy<'_>, Error> {
        if self.busy.replace(true) {
            return Err(error::runtime(
                "the Unpacker is reading: inside a handler, or from another thread, only feed, tell, reset and \
                 the buffer may be used",
            ));
        }
        let busy = Busy(self);
        if self.epoch.get() != self.core.epoch() {
            self.forget();
        }
        let position = self.core.taken();
        self.decoder.with(|decoder| decoder.seek(position));
        Ok(busy)
    }

    /// Forgets the object that has begun.
    fn forget(&self) {
        self.decoder.with(Decoder::forget);
        self.stack.clear();
        self.rest.set(Rest::default());
        self.skipping.set(false);
        self.epoch.set(self.core.epoch());
    }
}

/// An Unpacker in use.
struct Busy<'a>(&'a Inner);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.set(false);
    }
}

/// An Unpacker object.
#[derive(Default, TypedData)]
#[magnus(class = "MessagePack::Unpacker", free_immediately, mark, size)]
pub struct Unpacker {
    inner: OnceCell<Box<Inner>>,
}

impl DataTypeFunctions for Unpacker {
    fn mark(&self, marker: &Marker) {
        if let Some(inner) = self.inner.get() {
            inner.core.mark(marker);
            inner.stack.mark(marker);
            // SAFETY: the GC runs only while no `borrow_mut` of the table lives: what fills it allocates
            // nothing in Ruby meanwhile. A plain read can't panic as a borrow could.
            unsafe { &*inner.table.as_ptr() }.mark(marker);
            if let Some(Held(buffer)) = inner.buffer.get() {
                marker.mark(buffer);
            }
        }
    }

    fn size(&self) -> usize {
        size_of::<Self>()
            + self.inner.get().map_or(0, |inner| {
                // SAFETY: ObjectSpace asks between calls of ours, when no `borrow_mut` of the table lives.
                let table = unsafe { &*inner.table.as_ptr() }.heap_size();
                size_of::<Inner>() + inner.core.heap_size() + inner.stack.heap_size() + table
            })
    }
}

impl Unpacker {
    fn inner(&self) -> Result<&Inner, Error> {
        self.inner.get().map(AsRef::as_ref).ok_or_else(|| error::uninitialized("Unpacker"))
    }

    /// The Buffer object, the same at each call.
    fn buffer(&self, ruby: &Ruby) -> Result<Value, Error> {
        let inner = self.inner()?;
        if let Some(Held(buffer)) = inner.buffer.get() {
            return Ok(buffer);
        }
        let buffer = ruby.obj_wrap(Buffer::of(&inner.core)).as_value();
        inner.buffer.set(Some(Held(buffer)));
        Ok(buffer)
    }
}
