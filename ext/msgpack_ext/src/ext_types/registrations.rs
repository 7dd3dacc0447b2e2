//! The registrations of a Factory, and those that the module functions use.
//!
//! Two registries that are replaced, never changed: whoever has taken one works on with it, and keeps it alive. The
//! lock is held only to copy or to replace two pointers, never while Ruby runs.

use super::packing::PackingRegistry;
use super::unpacking::UnpackingRegistry;
use crate::ffi::kept::Kept;
use crate::ffi::ractor;
use magnus::gc::Marker;
use magnus::{Error, Value};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Both directions at one moment; None where nothing is registered.
#[derive(Clone, Copy, Default)]
pub struct Snapshot {
    pub packing: Option<Kept<PackingRegistry>>,
    pub unpacking: Option<Kept<UnpackingRegistry>>,
}

#[derive(Default)]
pub struct Registrations {
    snapshot: Mutex<Snapshot>,
}

static DEFAULT: OnceLock<Arc<Registrations>> = OnceLock::new();
/// Whether anything has ever been registered with the default: one look spares the rest.
static IS_DEFAULT_USED: AtomicBool = AtomicBool::new(false);

impl Registrations {
    fn lock(&self) -> MutexGuard<'_, Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn snapshot(&self) -> Snapshot {
        *self.lock()
    }

    pub fn packing(&self) -> Option<Kept<PackingRegistry>> {
        self.lock().packing
    }

    pub fn unpacking(&self) -> Option<Kept<UnpackingRegistry>> {
        self.lock().unpacking
    }

    /// Whether the module functions use these.
    pub fn is_default(&self) -> bool {
        DEFAULT.get().is_some_and(|default| std::ptr::eq(&raw const **default, self))
    }

    /// Replaces both.
    pub fn replace(&self, snapshot: Snapshot) {
        *self.lock() = snapshot;
        if self.is_default() {
            IS_DEFAULT_USED.store(true, Relaxed);
        }
    }

    pub fn heap_size(&self) -> usize {
        let Snapshot { packing, unpacking } = self.snapshot();
        size_of::<Self>()
            + packing.map_or(0, |registry| registry.heap_size())
            + unpacking.map_or(0, |registry| registry.heap_size())
    }

    pub fn mark(&self, marker: &Marker) {
        // Never taken now: the GC runs while all Ruby threads stand still, and none stands in the middle of the
        // few instructions that hold the lock, for nothing in them lets it stop.
        let Ok(snapshot) = self.snapshot.try_lock() else { return };
        let Snapshot { packing, unpacking } = *snapshot;
        // Ractor.make_shareable asks for references in this way, too, and may raise when it is given one: the lock
        // must not be held then.
        drop(snapshot);
        if let Some(registry) = packing {
            registry.mark(marker);
        }
        if let Some(registry) = unpacking {
            registry.mark(marker);
        }
    }
}

/// Makes these the ones that the module functions use. Once, when the library loads.
pub fn set_default(registrations: &Arc<Registrations>) {
    let _ = DEFAULT.set(Arc::clone(registrations));
}

fn default() -> Option<&'static Arc<Registrations>> {
    if IS_DEFAULT_USED.load(Relaxed) {
        DEFAULT.get()
    } else {
        None
    }
}

/// What the module functions pack with.
#[inline]
pub fn default_packing() -> Option<Kept<PackingRegistry>> {
    default()?.packing()
}

/// What the module functions unpack with.
#[inline]
pub fn default_unpacking() -> Option<Kept<UnpackingRegistry>> {
    default()?.unpacking()
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
        "the handler registered for {} belongs to the main Ractor: make it shareable",
        crate::ffi::class::name(what())
    )))
}
