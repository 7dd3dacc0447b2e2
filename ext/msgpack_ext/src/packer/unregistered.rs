//! Objects that nothing is registered for, and that are of no class of the core: their `to_msgpack`, what `default:` has
//! in their place, and the error if there is neither.

use super::walk::{Failure, Outcome, Walk};
use crate::ffi::call::{self, Name};
use crate::ffi::class;
use crate::ffi::shared::Held;
use crate::ffi::value::{self, raw};
use magnus::{kwargs, prelude::*, Error, ExceptionClass, Value};

pub(super) static TO_MSGPACK: Name = Name::new("to_msgpack");

impl Walk<'_> {
    /// Appends what `to_msgpack` writes.
    #[inline(never)]
    pub(super) fn call_to_msgpack(&mut self, object: Value) -> Outcome {
        self.enter_handler()?;
        let packer = self.packer()?;
        let mut found = true;
        if self.is_sure_of(class::own(object)) {
            self.call_out(|| call::call(object, &TO_MSGPACK, [packer]));
        } else {
            self.call_out(|| {
                call::call_if(object, &TO_MSGPACK, [packer]).unwrap_or_else(|| {
                    found = false;
                    value::nil()
                })
            });
        }
        self.depth -= 1;
        if found {
            return Ok(());
        }
        match self.host.inner().and_then(|inner| inner.default) {
            Some(Held(default)) => self.instead(object, default),
            None => self.fail_by(Failure::NoMethod(object)),
        }
    }

    /// Whether objects of this class have a `to_msgpack`, and need not be asked for it one by one: known of the second
    /// one in a row. If they lost it in the middle of this very write, Ruby would say so instead of `default`, which is
    /// why there must be none.
    pub(super) fn is_sure_of(&mut self, class: Value) -> bool {
        if raw(self.asked) != raw(class) {
            self.asked = class;
            self.is_sure = false;
            return false;
        }
        if !self.is_sure {
            let has_default = self.host.inner().is_some_and(|inner| inner.default.is_some());
            self.is_sure = !has_default && call::has_method(class, &TO_MSGPACK);
        }
        self.is_sure
    }

    /// Appends what `default` gives for an object that can't be packed. That counts a level: it may be of the kind
    /// again.
    #[inline(never)]
    fn instead(&mut self, object: Value, default: Value) -> Outcome {
        self.enter_handler()?;
        let instead = self.call_out(|| call::call_callable(default, [object]));
        self.value(instead)?;
        value::keep(instead);
        self.depth -= 1;
        Ok(())
    }
}

/// The NoMethodError for an object without `to_msgpack`, as Ruby itself would say it.
#[cold]
pub(super) fn no_to_msgpack(object: Value, at: &str) -> Error {
    let ruby = call::ruby();
    let message = format!(
        "undefined method `to_msgpack' for an instance of {}: define it, register the class (register_type, \
         register_exttype), or set default: to something with call{at}",
        class::name_of(object)
    );
    let class: ExceptionClass = ruby.exception_no_method_error();
    let made: Result<magnus::Exception, Error> =
        class.funcall("new", (message, ruby.to_symbol("to_msgpack"), kwargs!(&ruby, "receiver" => object)));
    made.map_or_else(|error| error, Error::from)
}
