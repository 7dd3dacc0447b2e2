//! Registering classes with a Packer: the wiki's `register_exttype` and `register_lowlevel`, the gem's
//! `register_type`, and what asks about them.

use super::Packer;
use crate::arguments;
use crate::ext_types::handler::Handler;
use crate::ext_types::listing::{self, Listed};
use crate::ext_types::packing::{Entry, PackingRegistry, SymbolClass};
use crate::ffi::value::{self, raw};
use crate::ffi::{call, receiver};
use crate::{classes, error};
use magnus::{prelude::*, Error, RClass, Value};

type This = receiver::This<Packer>;

/// The class and the number, in either order.
fn class_and_kind(first: Value, second: Value) -> Result<(Value, Option<i8>), Error> {
    let (class, kind) = if value::is_module(first) { (first, second) } else { (second, first) };
    if !value::is_module(class) {
        return Err(error::wrong_type("a Class or Module and a type number", class));
    }
    if value::is_nil(kind) {
        return Ok((class, None));
    }
    if !value::is_integer(kind) {
        return Err(error::wrong_type("an Integer or nil as type number", kind));
    }
    Ok((class, Some(arguments::application_type(kind)?)))
}

/// Whether instances of exactly this class are packed natively, whatever is registered above it.
fn is_native(class: Value) -> bool {
    is_refused(class) || crate::ffi::class::is_native(class)
}

/// Whether this class can't be registered.
fn is_refused(class: Value) -> bool {
    let refused = [
        classes::nil_class(),
        classes::true_class(),
        classes::false_class(),
        classes::integer(),
        classes::float(),
    ];
    refused.iter().any(|&known| raw(known) == raw(class))
}

fn check_class(class: Value) -> Result<(), Error> {
    if is_refused(class) {
        let name = crate::ffi::class::name(class);
        return Err(error::argument(format!(
            "{name} is always packed natively and can't be registered: register a class of your own around it"
        )));
    }
    Ok(())
}

fn register(this: This, class: Value, kind: Option<i8>, handler: Option<Value>) -> Result<Value, Error> {
    check_unfrozen(this)?;
    check_class(class)?;
    let handler = Handler::from_arguments(handler, call::block())?;
    set(this, class, handler.map(|handler| Entry::new(kind, handler)))?;
    Ok(class)
}

/// Registers a class, or takes its registration away.
fn set(this: This, class: Value, entry: Option<Entry>) -> Result<(), Error> {
    let inner = this.inner()?;
    let symbol = SymbolClass::now()?;
    inner.table.change(|table| table.change(|registry| symbol.change(registry, class, entry)));
    Ok(())
}

fn check_unfrozen(this: This) -> Result<(), Error> {
    if value::is_frozen(this.value()) {
        return Err(error::frozen(this.value()));
    }
    Ok(())
}

fn register_exttype(this: This, args: &[Value]) -> Result<Value, Error> {
    arguments::count(args, 2..=3)?;
    let (class, kind) = class_and_kind(args[0], args[1])?;
    register(this, class, kind, args.get(2).copied())
}

fn register_lowlevel(this: This, args: &[Value]) -> Result<Value, Error> {
    arguments::count(args, 1..=2)?;
    let class = check_module(args[0])?;
    register(this, class, None, args.get(1).copied())
}

fn check_module(class: Value) -> Result<Value, Error> {
    if value::is_module(class) {
        return Ok(class);
    }
    Err(error::wrong_type("a Class or Module", class))
}

fn unregister_exttype(this: This, class: Value) -> Result<(), Error> {
    this.inner()?;
    check_unfrozen(this)?;
    set(this, check_module(class)?, None)
}

fn register_type(this: This, args: &[Value]) -> Result<(), Error> {
    this.inner()?;
    check_unfrozen(this)?;
    arguments::count(args, 2..=3)?;
    let kind = arguments::wire_type(args[0])?;
    let class = arguments::module(args[1])?;
    let handler = match (call::block(), args.get(2)) {
        (block, None) if value::is_nil(block) => call::ruby().to_symbol("to_msgpack_ext").as_value(),
        (block, Some(given)) if value::is_nil(block) => *given,
        (block, None) => block,
        (_, Some(_)) => return Err(arguments::both("a handler")),
    };
    set(this, class, Handler::returning_payload(handler)?.map(|handler| Entry::new(Some(kind), handler)))
}

/// The registrations with the Procs that show them, which are made where they have not been asked for yet.
fn listed(this: This) -> Result<Vec<Listed>, Error> {
    let inner = this.inner()?;
    loop {
        let unshown = {
            let table = inner.table.borrow();
            let mut numbered = table.registry().into_iter().flat_map(PackingRegistry::numbered);
            numbered.find(|(_, _, entry)| entry.shown.is_none())
        };
        let Some((class, _, entry)) = unshown else {
            let table = inner.table.borrow();
            return Ok(listing::packers(table.registry()));
        };
        let shown = entry.handler.to_proc()?;
        inner.table.change(|table| table.change(|registry| registry.show(class, entry.handler, shown)));
    }
}

fn registered_types(this: This) -> Result<Value, Error> {
    listing::show(listed(this)?)
}

fn is_type_registered(this: This, class_or_kind: Value) -> Result<bool, Error> {
    listing::includes(&listed(this)?, class_or_kind, crate::ffi::class::is_below)
}

/// An entry as a program sees it.
fn show(class: Value, entry: Entry) -> Value {
    if let Handler::Forbidden = entry.handler {
        return value::boolean(false);
    }
    let kind = entry.kind.map(i64::from);
    let shown = call::ruby().ary_new_from_values(&[
        kind.map_or_else(value::nil, crate::ffi::number::from_signed),
        entry.handler.object(class),
    ]);
    shown.freeze();
    shown.as_value()
}

fn exttype(this: This, class: Value) -> Result<Value, Error> {
    let class = check_module(class)?;
    let entry = this.inner()?.table.borrow().registry().and_then(|registry| registry.exact(class));
    Ok(entry.map_or_else(value::nil, |entry| show(class, entry)))
}

fn resolve_exttype(this: This, class: Value) -> Result<Value, Error> {
    let class = check_module(class)?;
    let inner = this.inner()?;
    let ancestors = call::protect(|| crate::ffi::class::ancestors(class))?;
    // The borrow ends before anything is shown, which may raise.
    let found = inner.table.borrow().registry().and_then(|registry| {
        let exact = registry.exact(class).map(|entry| (class, entry));
        if is_native(class) {
            exact
        } else {
            exact.or_else(|| registry.nearest(ancestors))
        }
    });
    match found {
        Some((class, entry)) => Ok(show(class, entry)),
        None if inner.refuses_unknown => Ok(value::boolean(false)),
        None => Ok(value::nil()),
    }
}

pub fn init(class: RClass) -> Result<(), Error> {
    class.define_method("register_exttype", entry!(register_exttype, -1))?;
    class.define_method("register_lowlevel", entry!(register_lowlevel, -1))?;
    class.define_method("unregister_exttype", entry!(unregister_exttype, 1))?;
    class.define_method("register_type", entry!(register_type, -1))?;
    class.define_method("registered_types", entry!(registered_types, 0))?;
    class.define_method("type_registered?", entry!(is_type_registered, 1))?;
    class.define_method("exttype", entry!(exttype, 1))?;
    class.define_method("resolve_exttype", entry!(resolve_exttype, 1))?;
    Ok(())
}
