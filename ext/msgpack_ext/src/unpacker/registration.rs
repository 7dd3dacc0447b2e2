//! Registering extended types with an Unpacker, or with all of them.

use super::Unpacker;
use crate::arguments;
use crate::error;
use crate::ext_types::handler;
use crate::ext_types::unpacking_globally as global;
use crate::ffi::{call, receiver, value};
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
    inner.table.borrow_mut().set(kind, target);
    Ok(args[0])
}

fn exttype(this: This, kind: Value) -> Result<Value, Error> {
    let kind = arguments::wire_type(kind)?;
    Ok(this.inner()?.table.borrow().get(kind).unwrap_or_else(value::nil))
}

fn resolve_exttype(this: This, kind: Value) -> Result<Value, Error> {
    let kind = arguments::wire_type(kind)?;
    super::drive::Source::resolve(this.inner()?, kind)
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
