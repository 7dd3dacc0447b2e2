//! The registrations of a Factory, and those that the module functions use.
//!
//! One pointer to a snapshot that is replaced, never changed: whoever has taken it works on with it, and keeps it
//! alive. No lock: after a fork in the middle of one nobody would ever open it.

use super::packing::PackingRegistry;
use super::unpacking::UnpackingRegistry;
use crate::ffi::gauge::Gauge;
use crate::ffi::kept::Kept;
use crate::ffi::{call, class, ractor};
use magnus::gc::Marker;
use magnus::{prelude::*, DataTypeFunctions, Error, RModule, TypedData, Value};
use std::sync::atomic::{AtomicUsize, Ordering::Acquire, Ordering::Release};
use std::sync::{Arc, OnceLock};

/// Both directions at one moment; None where nothing is registered.
#[derive(Clone, Copy, Default, TypedData)]
#[magnus(class = "MessagePack::Registrations", free_immediately, mark, size, frozen_shareable)]
pub struct Snapshot {
    pub packing: Option<Kept<PackingRegistry>>,
    pub unpacking: Option<Kept<UnpackingRegistry>>,
}

impl DataTypeFunctions for Snapshot {
    fn mark(&self, marker: &Marker) {
        if let Some(registry) = self.packing {
            registry.mark(marker);
        }
        if let Some(registry) = self.unpacking {
            registry.mark(marker);
        }
    }
}

/// Defines the class that the GC knows snapshots by. No program ever has an instance in hand.
pub fn init(module: RModule) -> Result<(), Error> {
    module.define_class("Registrations", call::ruby().class_object())?;
    module.funcall::<_, _, Value>("private_constant", ("Registrations",))?;
    let _ = Snapshot::class(&call::ruby());
    Ok(())
}

#[derive(Default)]
pub struct Registrations {
    /// The object that holds the snapshot; 0 where nothing has been registered.
    kept: AtomicUsize,
    /// Heap bytes of what is in it.
    bytes: Gauge,
}

static DEFAULT: OnceLock<Arc<Registrations>> = OnceLock::new();

impl Registrations {
    #[inline]
    fn kept(&self) -> Option<Kept<Snapshot>> {
        // SAFETY: only `replace` stores here, and what it stores is marked as long as it stands here; from here on
        // the native stack keeps it.
        unsafe { Kept::from_address(self.kept.load(Acquire)) }
    }

    #[inline]
    pub fn snapshot(&self) -> Snapshot {
        self.kept().map_or_else(Snapshot::default, |kept| *kept)
    }

    #[inline]
    pub fn packing(&self) -> Option<Kept<PackingRegistry>> {
        self.snapshot().packing
    }

    #[inline]
    pub fn unpacking(&self) -> Option<Kept<UnpackingRegistry>> {
        self.snapshot().unpacking
    }

    /// Whether the module functions use these.
    pub fn is_default(&self) -> bool {
        DEFAULT.get().is_some_and(|default| std::ptr::eq(&raw const **default, self))
    }

    /// Replaces both.
    pub fn replace(&self, snapshot: Kept<Snapshot>) {
        let Snapshot { packing, unpacking } = *snapshot;
        let bytes = packing.map_or(0, |registry| registry.heap_size())
            + unpacking.map_or(0, |registry| registry.heap_size());
        self.bytes.set(bytes);
        self.kept.store(snapshot.address(), Release);
    }

    /// Takes over what is registered with others.
    pub fn copy(&self, other: &Self) {
        self.bytes.set(other.bytes.get());
        self.kept.store(other.kept.load(Acquire), Release);
    }

    pub fn heap_size(&self) -> usize {
        size_of::<Self>() + self.bytes.get()
    }

    pub fn mark(&self, marker: &Marker) {
        if let Some(kept) = self.kept() {
            kept.mark(marker);
        }
    }
}

/// Makes these the ones that the module functions use. Once, when the library loads.
pub fn set_default(registrations: &Arc<Registrations>) {
    let _ = DEFAULT.set(Arc::clone(registrations));
}

/// What the module functions pack with.
#[inline]
pub fn default_packing() -> Option<Kept<PackingRegistry>> {
    DEFAULT.get()?.packing()
}

/// What the module functions unpack with.
#[inline]
pub fn default_unpacking() -> Option<Kept<UnpackingRegistry>> {
    DEFAULT.get()?.unpacking()
}

/// Fails in a Ractor that must not use a handler: one that belongs to the main Ractor.
///
/// # Errors
/// `Ractor::IsolationError`.
pub fn check_shareable(is_shareable: bool, what: impl FnOnce() -> Value) -> Result<(), Error> {
    if is_shareable {
        return Ok(());
    }
    Err(ractor::isolation_error(&format!(
        "the handler registered for {} belongs to the main Ractor: make it shareable (Ractor.make_shareable), or register another here",
        class::describe(what())
    )))
}
