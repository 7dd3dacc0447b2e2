//! Registering extended types with an Unpacker, or with all of them.

use super::Unpacker;
use crate::arguments;
use crate::error;
use crate::ext_types::handler;
use crate::ext_types::listing::{self, Listed};
use crate::ext_types::unpacking::{self, Form, Target};
use crate::ext_types::unpacking_globally as global;
use crate::ffi::value::{self, raw};
use crate::ffi::{call, receiver};
use magnus::{prelude::*, Error, RClass, Value};

type This = receiver::This<Unpacker>;

fn check_unfrozen(object: Value) -> Result<(), Error> {
    if value::is_frozen(object) {
        return Err(error::frozen(object));
    }
    Ok(())
}

/// The number and the target of a registration.
fn kind_and_target(args: &[Value]) -> Result<(i8, Value), Error> {
    arguments::count(args, 1..=2)?;
    let kind = arguments::application_type(args[0])?;
    Ok((kind, handler::target(args.get(1).copied(), call::block())?))
}

fn register_exttype(this: This, args: &[Value]) -> Result<Value, Error> {
    let inner = this.inner()?;
    check_unfrozen(this.value())?;
    let (kind, target) = kind_and_target(args)?;
    inner.table.change(|table| table.set(kind, (!value::is_nil(target)).then(|| Target::extended(target))));
    Ok(args[0])
}

fn exttype(this: This, kind: Value) -> Result<Value, Error> {
    let kind = arguments::wire_type(kind)?;
    Ok(this.inner()?.table.borrow().get(kind).map_or_else(value::nil, |target| target.shown.0))
}

fn resolve_exttype(this: This, kind: Value) -> Result<Value, Error> {
    let kind = arguments::wire_type(kind)?;
    let inner = this.inner()?;
    // The borrow ends before the class-level table is asked, which may run Ruby.
    let (own, is_strict) = {
        let table = inner.table.borrow();
        (table.own(kind), table.is_strict)
    };
    let target = if own.is_some() { own } else { unpacking::beyond(kind, is_strict)? };
    Ok(target.map_or_else(value::nil, |target| target.shown.0))
}

fn default_exttype(this: This) -> Result<Value, Error> {
    Ok(this.inner()?.table.borrow().fallback().unwrap_or_else(value::nil))
}

fn set_default_exttype(this: This, target: Value) -> Result<Value, Error> {
    let inner = this.inner()?;
    check_unfrozen(this.value())?;
    let checked = handler::check_target(target)?;
    inner.table.borrow_mut().set_default(checked);
    Ok(target)
}

fn register_type(this: This, args: &[Value]) -> Result<(), Error> {
    let inner = this.inner()?;
    check_unfrozen(this.value())?;
    arguments::count(args, 1..=3)?;
    let kind = arguments::wire_type(args[0])?;
    let class = args.get(1).copied().unwrap_or_else(value::nil);
    let class = if value::is_nil(class) { class } else { arguments::module(class)? };
    let handler = match (call::block(), args.get(2)) {
        (block, None) if value::is_nil(block) && value::is_nil(class) => {
            return Err(error::argument(
                "expected a class with from_msgpack_ext, a handler or a block, got none",
            ));
        }
        (block, None) if value::is_nil(block) => call::ruby().to_symbol("from_msgpack_ext").as_value(),
        (block, Some(given)) if value::is_nil(block) => *given,
        (block, None) => block,
        (_, Some(_)) => return Err(arguments::both("a handler")),
    };
    let target = handler::taking_payload(handler, class)?
        .map(|(callee, shown)| Target::payload(Form::Payload, callee, shown, class));
    inner.table.change(|table| table.set(kind, target));
    Ok(())
}

fn listed(this: This) -> Result<Vec<Listed>, Error> {
    Ok(listing::unpackers(this.inner()?.table.borrow().registry()))
}

fn registered_types(this: This) -> Result<Value, Error> {
    listing::show(listed(this)?)
}

fn is_type_registered(this: This, class_or_kind: Value) -> Result<bool, Error> {
    listing::includes(&listed(this)?, class_or_kind, |given, known| raw(given) == raw(known))
}

fn register_globally(_: Value, args: &[Value]) -> Result<Value, Error> {
    let (kind, target) = kind_and_target(args)?;
    global::set(kind, target)?;
    Ok(args[0])
}

fn global_exttype(_: Value, kind: Value) -> Result<Value, Error> {
    global::get(arguments::wire_type(kind)?)
}

fn global_default_exttype(_: Value) -> Result<Value, Error> {
    global::default()
}

fn set_global_default_exttype(_: Value, target: Value) -> Result<Value, Error> {
    global::set_default(handler::check_target(target)?)?;
    Ok(target)
}

pub fn init(class: RClass) -> Result<(), Error> {
    class.define_method("register_exttype", entry!(register_exttype, -1))?;
    class.define_method("register_type", entry!(register_type, -1))?;
    class.define_method("registered_types", entry!(registered_types, 0))?;
    class.define_method("type_registered?", entry!(is_type_registered, 1))?;
    class.define_method("exttype", entry!(exttype, 1))?;
    class.define_method("resolve_exttype", entry!(resolve_exttype, 1))?;
    class.define_method("default_exttype", entry!(default_exttype, 0))?;
    class.define_method("default_exttype=", entry!(set_default_exttype, 1))?;
    class.define_singleton_method("register_exttype", entry!(register_globally, -1))?;
    class.define_singleton_method("exttype", entry!(global_exttype, 1))?;
    class.define_singleton_method("default_exttype", entry!(global_default_exttype, 0))?;
    class.define_singleton_method("default_exttype=", entry!(set_global_default_exttype, 1))?;
    Ok(())
}
