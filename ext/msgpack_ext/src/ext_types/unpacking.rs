//! What an Unpacker makes of extended types: its own table, and the chain of four that a number is looked up in.
//!
//! Both APIs share the slots: the later registration of a number wins.

use super::handler::Callee;
use super::unpacking_globally as global;
use super::{symbols, times};
use crate::ffi::call;
use crate::ffi::gauge::{HeapSize, Presence};
use crate::ffi::kept::Kept;
use crate::ffi::shared::Held;
use crate::ffi::value;
use magnus::gc::Marker;
use magnus::{prelude::*, DataTypeFunctions, Error, RModule, TypedData, Value};

/// How a target is called. As wide as its neighbours: a copy of padding waits for bytes just written.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Form {
    /// With type and payload.
    Extended,
    /// With the payload.
    Payload,
    /// With an Unpacker over the payload.
    Recursive,
    /// Not at all: the payload is a Symbol's name.
    Symbol,
    /// With the payload, by `Symbol.from_msgpack_ext`, as long as that is not the library's own.
    SymbolByMethod,
    /// With the payload, if that is no timestamp: otherwise a Time is made of it.
    Time,
}

/// What is registered for a number.
#[derive(Clone, Copy)]
pub struct Target {
    pub form: Form,
    /// What is called.
    pub callee: Callee,
    /// What a program sees: the target as given, or the Proc made of it.
    pub shown: Held,
    /// The class that it was registered for.
    pub class: Option<Held>,
}

impl Target {
    /// A target of the wiki's API.
    pub fn extended(target: Value) -> Self {
        let held = Held(target);
        Self { form: Form::Extended, callee: Callee::Object(held), shown: held, class: None }
    }

    /// A target of the gem's API; `class` may be nil.
    pub fn payload(form: Form, callee: Callee, shown: Value, class: Value) -> Self {
        let form = match form {
            Form::Payload if times::is_unpacker(shown) => Form::Time,
            Form::Payload if symbols::is_method(callee) => Form::SymbolByMethod,
            form => form,
        };
        Self { form, callee, shown: Held(shown), class: (!value::is_nil(class)).then_some(Held(class)) }
    }

    /// Whether this number is forbidden.
    pub fn is_forbidden(self) -> bool {
        value::is_false(self.shown.0)
    }

    fn mark(self, marker: &Marker) {
        self.callee.mark(marker);
        marker.mark(self.shown.0);
        if let Some(Held(class)) = self.class {
            marker.mark(class);
        }
    }
}

/// Numbers and their targets.
#[derive(Clone, TypedData)]
#[magnus(class = "MessagePack::UnpackingRegistry", free_immediately, mark, size, frozen_shareable)]
#[repr(C)]
pub struct UnpackingRegistry {
    presence: Presence,
    /// Where in `targets` a number's target is, counted from 1; 0 where it has none.
    index: [u16; 256],
    targets: Vec<(i8, Target)>,
}

impl Default for UnpackingRegistry {
    fn default() -> Self {
        Self { presence: Presence::default(), index: [0; 256], targets: Vec::new() }
    }
}

fn slot(kind: i8) -> usize {
    usize::from(kind as u8)
}

impl UnpackingRegistry {
    /// Sets the target of a number; None falls through.
    pub fn set(&mut self, kind: i8, target: Option<Target>) {
        self.targets.retain(|(known, _)| *known != kind);
        self.targets.extend(target.map(|target| (kind, target)));
        self.index = [0; 256];
        for (position, (kind, _)) in (1..).zip(&self.targets) {
            self.index[slot(*kind)] = position;
        }
    }

    #[inline]
    pub fn get_ref(&self, kind: i8) -> Option<&Target> {
        let position = usize::from(self.index[slot(kind)]).checked_sub(1)?;
        self.targets.get(position).map(|(_, target)| target)
    }

    pub fn get(&self, kind: i8) -> Option<Target> {
        self.get_ref(kind).copied()
    }

    /// All targets, by number.
    pub fn sorted(&self) -> Vec<(i8, Target)> {
        let mut sorted = self.targets.clone();
        sorted.sort_by_key(|(kind, _)| *kind);
        sorted
    }

    /// Registered numbers.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    pub fn heap_size(&self) -> usize {
        size_of::<Self>() + self.targets.capacity() * size_of::<(i8, Target)>()
    }

    fn mark_targets(&self, marker: &Marker) {
        self.targets.iter().for_each(|(_, target)| target.mark(marker));
    }
}

impl DataTypeFunctions for UnpackingRegistry {
    fn mark(&self, marker: &Marker) {
        self.mark_targets(marker);
    }

    fn size(&self) -> usize {
        if !self.presence.is_there() {
            return 0;
        }
        self.heap_size()
    }
}

/// Defines the class that the GC knows shared registries by. No program ever has an instance in hand.
pub fn init(module: RModule) -> Result<(), Error> {
    module.define_class("UnpackingRegistry", call::ruby().class_object())?;
    module.funcall::<_, _, Value>("private_constant", ("UnpackingRegistry",))?;
    let _ = UnpackingRegistry::class(&call::ruby());
    Ok(())
}

/// Where a table's registrations are.
#[derive(Clone, Default)]
enum Source {
    /// Nothing is registered.
    #[default]
    None,
    /// With this table alone.
    Own(Box<UnpackingRegistry>),
    Shared(Kept<UnpackingRegistry>),
}

/// The table of an Unpacker: the first two steps of the chain.
#[derive(Clone, Default)]
pub struct UnpackingTable {
    source: Source,
    default: Option<Held>,
    /// How often something has been registered with this table alone, or with the one that it is a copy of.
    changes: u64,
    /// Whether the chain ends before its last step, as for what a Factory has made.
    pub is_strict: bool,
}

impl UnpackingTable {
    pub fn of(registry: Option<Kept<UnpackingRegistry>>, is_strict: bool) -> Self {
        Self { source: registry.map_or(Source::None, Source::Shared), is_strict, ..Self::default() }
    }

    #[inline]
    pub fn registry(&self) -> Option<&UnpackingRegistry> {
        match &self.source {
            Source::None => None,
            Source::Own(registry) => Some(registry),
            Source::Shared(registry) => Some(registry),
        }
    }

    /// The object that holds the registrations, if they are shared.
    pub fn shared(&self) -> Option<Value> {
        match self.source {
            Source::Shared(registry) => Some(registry.value()),
            Source::None | Source::Own(_) => None,
        }
    }

    /// How often something has been registered with this table alone, or with the one that it is a copy of.
    #[inline]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Sets the target of a number in this table alone; None falls through.
    pub fn set(&mut self, kind: i8, target: Option<Target>) {
        self.changes += 1;
        let mut registry = match std::mem::take(&mut self.source) {
            Source::None => Box::default(),
            Source::Own(registry) => registry,
            Source::Shared(registry) => Box::new(UnpackingRegistry::clone(&registry)),
        };
        registry.set(kind, target);
        self.source = Source::Own(registry);
    }

    /// Sets the default; nil falls through.
    pub fn set_default(&mut self, target: Value) {
        self.changes += 1;
        self.default = (!value::is_nil(target)).then_some(Held(target));
    }

    /// The first step of the chain.
    #[inline]
    pub fn get(&self, kind: i8) -> Option<Target> {
        self.registry()?.get(kind)
    }

    /// The second step.
    pub fn fallback(&self) -> Option<Value> {
        self.default.map(|target| target.0)
    }

    /// The first two steps.
    #[inline]
    pub fn own(&self, kind: i8) -> Option<Target> {
        self.get(kind).or_else(|| self.fallback().map(Target::extended))
    }

    pub fn mark(&self, marker: &Marker) {
        match &self.source {
            Source::None => {}
            Source::Own(registry) => registry.mark_targets(marker),
            Source::Shared(registry) => registry.mark(marker),
        }
        if let Some(Held(default)) = self.default {
            marker.mark(default);
        }
    }
}

impl HeapSize for UnpackingTable {
    fn heap_size(&self) -> usize {
        if let Source::Own(registry) = &self.source {
            registry.heap_size()
        } else {
            0
        }
    }
}

/// The last two steps, of which a strict table takes the first: a target, or None.
///
/// # Errors
/// `Ractor::IsolationError` where a class-level target belongs to the main Ractor.
pub fn beyond(kind: i8, is_strict: bool) -> Result<Option<Target>, Error> {
    let target = if is_strict { global::get(kind)? } else { global::resolve(kind)? };
    Ok((!value::is_nil(target)).then(|| Target::extended(target)))
}
