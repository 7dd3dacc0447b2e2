//! The classes that Ruby defines and Rust needs: errors, ExtType, core classes.
//!
//! Looked up once, when the library loads, and never collected.

use crate::ffi::shared::Held;
use crate::ffi::value::raw;
use magnus::{prelude::*, Error, RModule, Ruby, Value};
use std::sync::OnceLock;

macro_rules! classes {
    ($($field:ident => $path:literal),* $(,)?) => {
        struct Classes { $($field: Held,)* }

        static CLASSES: OnceLock<Classes> = OnceLock::new();

        /// Looks the classes up.
        pub fn init(ruby: &Ruby) -> Result<(), Error> {
            let find = |path: &str| -> Result<Held, Error> {
                let class: Value = ruby.class_object().funcall("const_get", (path,))?;
                ruby.gc_register_mark_object(class);
                Ok(Held(class))
            };
            let classes = Classes { $($field: find($path)?,)* };
            let _ = CLASSES.set(classes);
            Ok(())
        }

        $(
            #[doc = concat!("`", $path, "`")]
            pub fn $field() -> Value {
                CLASSES.get().map_or_else(crate::ffi::value::nil, |classes| classes.$field.0)
            }
        )*
    };
}

classes! {
    unpack_error => "MessagePack::UnpackError",
    malformed_format_error => "MessagePack::MalformedFormatError",
    limit_error => "MessagePack::LimitError",
    stack_error => "MessagePack::StackError",
    unexpected_type_error => "MessagePack::UnexpectedTypeError",
    unknown_ext_type_error => "MessagePack::UnknownExtTypeError",
    underflow_error => "MessagePack::UnderflowError",
    nesting_error => "MessagePack::NestingError",
    ext_type => "MessagePack::ExtType",
    extended => "MessagePack::Extended",
    extended_value => "MessagePack::ExtendedValue",
    extension_value => "MessagePack::ExtensionValue",
    nil_class => "NilClass",
    true_class => "TrueClass",
    false_class => "FalseClass",
    integer => "Integer",
    float => "Float",
    symbol => "Symbol",
}

/// The module that everything is in.
pub fn message_pack(ruby: &Ruby) -> Result<RModule, Error> {
    ruby.define_module("MessagePack")
}

/// Whether this is one of the library's own classes for extended types, whose objects are written without a call.
pub fn is_ext_type(class: Value) -> bool {
    ext_types().iter().any(|known| raw(*known) == raw(class))
}

/// The library's own classes for extended types.
pub fn ext_types() -> [Value; 4] {
    [ext_type(), extended(), extended_value(), extension_value()]
}
