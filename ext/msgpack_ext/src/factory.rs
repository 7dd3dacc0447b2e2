//! `MessagePack::Factory`: registrations for both directions, and what is made with them.
//!
//! `Factory::Pool` and what else is cold is in lib/msgpack/library/factory.rb.

use crate::arguments;
use crate::ext_types::handler::{self, Callee, Handler};
use crate::ext_types::listing::{self, Listed};
use crate::ext_types::packing::{self, Entry, PackingRegistry, SymbolClass};
use crate::ext_types::registrations::{self, Registrations, Snapshot};
use crate::ext_types::unpacking::{self, Form, Target, UnpackingRegistry};
use crate::ffi::gauge::Presence;
use crate::ffi::kept::Kept;
use crate::ffi::shared::Held;
use crate::ffi::value::{self, raw};
use crate::ffi::{call, class, receiver};
use crate::inspection::{self, Inspection};
use crate::options::{Name, Options};
use crate::{classes, error, packer, unpacker};
use magnus::gc::Marker;
use magnus::{prelude::*, DataTypeFunctions, Error, Ruby, TypedData, Value};
use std::sync::Arc;

/// A Factory object. Frozen it is never changed, and may be shared between Ractors.
#[derive(Default, TypedData)]
#[magnus(class = "MessagePack::Factory", free_immediately, mark, size, frozen_shareable)]
#[repr(C)]
pub struct Factory {
    presence: Presence,
    registrations: Arc<Registrations>,
}

impl DataTypeFunctions for Factory {
    fn mark(&self, marker: &Marker) {
        self.registrations.mark(marker);
    }

    fn size(&self) -> usize {
        if !self.presence.is_there() {
            return 0;
        }
        size_of::<Self>() + self.registrations.heap_size()
    }
}

type This = receiver::This<Factory>;

fn initialize(_: This, args: &[Value]) -> Result<(), Error> {
    arguments::count(args, 0..=0)
}

fn initialize_copy(this: This, original: Value) -> Result<Value, Error> {
    check_unfrozen(this)?;
    let original = This::try_convert(original)?;
    this.registrations.copy(&original.registrations);
    Ok(this.value())
}

fn check_unfrozen(this: This) -> Result<(), Error> {
    if value::is_frozen(this.value()) {
        return Err(error::frozen(this.value()));
    }
    if this.registrations.is_default() && !crate::ffi::ractor::is_main() {
        let message =
            "types are registered with DefaultFactory by the main Ractor only: make a Factory of this Ractor's own";
        return Err(crate::ffi::ractor::isolation_error(message));
    }
    Ok(())
}

/// What a call of `register_type` asks for.
struct Registration {
    kind: i8,
    class: Value,
    packer: Option<Entry>,
    unpacker: Option<Target>,
}

impl Registration {
    fn new(args: &[Value]) -> Result<Self, Error> {
        arguments::count(args, 2..=3)?;
        let ruby = call::ruby();
        let kind = arguments::wire_type(args[0])?;
        let class = arguments::module(args[1])?;
        let options = Options::after(args, 2)?;
        let given = |name, default: &str| {
            if args.len() < 3 {
                return ruby.to_symbol(default).as_value();
            }
            options.get(name).unwrap_or_else(value::nil)
        };
        let packer = given(Name::Packer, "to_msgpack_ext");
        let unpacker = given(Name::Unpacker, "from_msgpack_ext");
        Ok(Self {
            kind,
            class,
            packer: Self::entry(kind, class, packer, &options)?,
            unpacker: Self::target(class, unpacker, &options)?,
        })
    }

    fn entry(kind: i8, class: Value, packer: Value, options: &Options) -> Result<Option<Entry>, Error> {
        let is_oversized = options.is_set(Name::OversizedIntegerExtension)
            || options.is_set(Name::OversizedIntegerExtensionType);
        let is_integer = raw(class) == raw(classes::integer());
        if is_oversized && !is_integer {
            return Err(error::argument(format!(
                "oversized_integer_extension: is for Integer only, got {}",
                class::name(class)
            )));
        }
        let Some(handler) = Handler::returning_payload(packer)? else { return Ok(None) };
        Ok(Some(Entry {
            kind: Some(kind),
            handler,
            is_recursive: options.is_set(Name::Recursive),
            is_oversized,
            shown: Some(Held(handler.to_proc()?)),
        }))
    }

    fn target(class: Value, unpacker: Value, options: &Options) -> Result<Option<Target>, Error> {
        let is_symbol = raw(class) == raw(classes::symbol());
        let made = handler::taking_payload(unpacker, class)?;
        if is_symbol && options.is_set(Name::OptimizedSymbolsParsing) {
            let shown = made.map_or_else(value::nil, |(_, shown)| shown);
            return Ok(Some(Target::payload(Form::Symbol, Callee::Object(Held(shown)), shown, class)));
        }
        let form = if options.is_set(Name::Recursive) { Form::Recursive } else { Form::Payload };
        Ok(made.map(|(callee, shown)| Target::payload(form, callee, shown, class)))
    }
}

fn register_type(this: This, args: &[Value]) -> Result<(), Error> {
    check_unfrozen(this)?;
    let Registration { kind, class, packer, unpacker } = Registration::new(args)?;
    let (symbol, ruby) = (SymbolClass::now()?, call::ruby());
    let name = unpacker.and_then(|target| target.callee.name());
    let made = [
        packer.map(|entry| entry.handler.object(class)),
        packer.and_then(|entry| entry.shown).map(|shown| shown.0),
        unpacker.map(|target| target.shown.0),
        name,
    ];
    // Ruby code has run since it was looked at. From here on none does: nobody registers in between.
    check_unfrozen(this)?;
    let old = this.registrations.snapshot();
    let mut packing = old.packing.map(|registry| PackingRegistry::clone(&registry)).unwrap_or_default();
    let mut unpacking = old.unpacking.map(|registry| UnpackingRegistry::clone(&registry)).unwrap_or_default();
    // A direction that is left out is taken away: the later registration wins as a whole.
    symbol.change(&mut packing, class, packer);
    unpacking.set(kind, unpacker);
    let kept = keep(&ruby, packing, unpacking);
    // What was made for this registration is nowhere else but in the new registries until these are kept.
    made.into_iter().flatten().for_each(value::keep);
    this.registrations.replace(kept?);
    Ok(())
}

/// Puts both into Ruby objects, and these into one. What they refer to is in the Factory and in the arguments of the
/// call.
fn keep(
    ruby: &Ruby,
    packing: PackingRegistry,
    unpacking: UnpackingRegistry,
) -> Result<Kept<Snapshot>, Error> {
    let mut kept = None;
    let (mut packing, mut unpacking) = (Some(packing), Some(unpacking));
    call::protect_unit(|| {
        if let (Some(packing), Some(unpacking)) = (packing.take(), unpacking.take()) {
            let (packing, unpacking) = (Kept::new(ruby, packing), Kept::new(ruby, unpacking));
            let snapshot = Snapshot { packing: Some(packing), unpacking: Some(unpacking) };
            kept = Some(Kept::new(ruby, snapshot));
            value::keep(packing.value());
            value::keep(unpacking.value());
        }
    })?;
    kept.ok_or_else(|| error::runtime("the registrations could not be kept"))
}

/// The registrations in the directions that the argument at `index` names: `:both`, `:packer` or `:unpacker`.
fn listed(this: This, args: &[Value], index: usize) -> Result<Vec<Listed>, Error> {
    let ruby = call::ruby();
    let selector = args.get(index).copied().unwrap_or_else(|| ruby.to_symbol("both").as_value());
    let is = |name: &str| raw(selector) == raw(ruby.to_symbol(name).as_value());
    let Snapshot { packing, unpacking } = this.registrations.snapshot();
    let (packing, unpacking) = (packing.as_deref(), unpacking.as_deref());
    match () {
        () if is("both") => Ok(listing::both(packing, unpacking)),
        () if is("packer") => Ok(listing::packers(packing)),
        () if is("unpacker") => Ok(listing::unpackers(unpacking)),
        () => {
            Err(error::argument(format!("expected :both, :packer or :unpacker, got {}", selector.inspect())))
        }
    }
}

fn registered_types(this: This, args: &[Value]) -> Result<Value, Error> {
    arguments::count(args, 0..=1)?;
    listing::show(listed(this, args, 0)?)
}

fn is_type_registered(this: This, args: &[Value]) -> Result<bool, Error> {
    arguments::count(args, 1..=2)?;
    listing::includes(&listed(this, args, 1)?, args[0], class::is_below)
}

fn make_packer(this: This, args: &[Value]) -> Result<Value, Error> {
    packer::new(args, this.registrations.packing())
}

fn make_unpacker(this: This, args: &[Value]) -> Result<Value, Error> {
    unpacker::new(args, this.registrations.unpacking())
}

fn dump(this: This, args: &[Value]) -> Result<Value, Error> {
    packer::pack_with(args, this.registrations.packing())
}

fn load(this: This, args: &[Value]) -> Result<Value, Error> {
    unpacker::unpack_with(args, this.registrations.unpacking())
}

#[allow(clippy::unnecessary_wraps)] // as `entry!` wants it
fn inspect(this: This) -> Result<String, Error> {
    let registrations = &this.registrations;
    let Snapshot { packing, unpacking } = registrations.snapshot();
    let listed = listing::outline(listing::both(packing.as_deref(), unpacking.as_deref()));
    Ok(Inspection::of(this.value())
        .and_if(registrations.is_default(), "DefaultFactory")
        .and(inspection::types(&listed))
        .end())
}

pub fn init(ruby: &Ruby) -> Result<(), Error> {
    let module = classes::message_pack(ruby)?;
    registrations::init(module)?;
    packing::init(module)?;
    unpacking::init(module)?;
    let class = module.define_class("Factory", ruby.class_object())?;
    class.define_alloc_func::<Factory>();
    class.define_method("initialize", entry!(initialize, -1))?;
    class.define_method("initialize_copy", entry!(initialize_copy, 1))?;
    class.define_method("register_type", entry!(register_type, -1))?;
    class.define_method("registered_types", entry!(registered_types, -1))?;
    class.define_method("type_registered?", entry!(is_type_registered, -1))?;
    class.define_method("packer", entry!(make_packer, -1))?;
    class.define_method("unpacker", entry!(make_unpacker, -1))?;
    class.define_method("dump", entry!(dump, -1))?;
    class.define_method("pack", entry!(dump, -1))?;
    class.define_method("load", entry!(load, -1))?;
    class.define_method("unpack", entry!(load, -1))?;
    class.define_method("inspect", entry!(inspect, 0))?;
    let default = This::from(ruby.obj_wrap(Factory::default()));
    registrations::set_default(&default.registrations);
    ruby.gc_register_mark_object(default.value());
    module.const_set("DefaultFactory", default.value())
}
