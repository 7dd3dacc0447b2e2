//! Options: read from a Hash once, in one pass, and then asked for by name.
//!
//! What a program gives and nobody knows is ignored, as in the `msgpack` gem.

use crate::arguments;
use crate::error;
use crate::ffi::value::{self, raw};
use crate::ffi::{call, hash};
use magnus::{Error, Value};
use msgpack_wire::limits::DEFAULT_MAX_DEPTH;
use msgpack_wire::Limits;
use std::sync::OnceLock;

macro_rules! options {
    ($($option:ident => $name:literal),* $(,)?) => {
        /// An option by its name.
        #[derive(Clone, Copy)]
        pub enum Name { $($option,)* }

        const NAMES: &[&str] = &[$($name,)*];
    };
}

options! {
    AllowUnknownExt => "allow_unknown_ext",
    CompatibilityMode => "compatibility_mode",
    Default => "default",
    DefaultExttype => "default_exttype",
    Freeze => "freeze",
    IoBufferSize => "io_buffer_size",
    KeyCache => "key_cache",
    MaxArrayLen => "max_array_len",
    MaxBinLen => "max_bin_len",
    MaxBufferSize => "max_buffer_size",
    MaxDepth => "max_depth",
    MaxExtLen => "max_ext_len",
    MaxMapLen => "max_map_len",
    MaxStrLen => "max_str_len",
    OptimizedSymbolsParsing => "optimized_symbols_parsing",
    OversizedIntegerExtension => "oversized_integer_extension",
    OversizedIntegerExtensionType => "oversized_integer_extension_type",
    Packer => "packer",
    ReadReferenceThreshold => "read_reference_threshold",
    Recursive => "recursive",
    SortKeys => "sort_keys",
    StrictMapKey => "strict_map_key",
    SymbolizeKeys => "symbolize_keys",
    UnknownClass => "unknown_class",
    Unpacker => "unpacker",
    ValidateUtf8 => "validate_utf8",
    WriteReferenceThreshold => "write_reference_threshold",
}

const COUNT: usize = NAMES.len();

/// The Symbols of the names, in their order.
static SYMBOLS: OnceLock<[rb_sys::VALUE; COUNT]> = OnceLock::new();

/// Looks the Symbols up, which are never collected then.
pub fn init() {
    let mut symbols = [0; COUNT];
    for (symbol, name) in symbols.iter_mut().zip(NAMES) {
        *symbol = raw(call::static_symbol(name));
    }
    let _ = SYMBOLS.set(symbols);
}

/// The options of a call; they stay on the native stack, where the GC sees them.
#[derive(Clone, Copy)]
pub struct Options {
    given: [Option<Value>; COUNT],
    /// Which are given, by bits.
    names: u32,
    is_empty: bool,
}

/// Options that say how an object is made, and nothing of what is accepted.
const STYLE: u32 = 1 << Name::Freeze as u32 | 1 << Name::KeyCache as u32 | 1 << Name::SymbolizeKeys as u32;

impl Default for Options {
    fn default() -> Self {
        Self { given: [None; COUNT], names: 0, is_empty: true }
    }
}

struct Reader<'a>(&'a mut Options);

impl hash::PairVisitor for Reader<'_> {
    fn visit(&mut self, key: Value, value: Value) -> bool {
        let index = SYMBOLS.get().and_then(|symbols| symbols.iter().position(|symbol| *symbol == raw(key)));
        if let Some(index) = index {
            self.0.given[index] = Some(value);
            self.0.names |= 1 << index;
        }
        true
    }
}

impl Options {
    fn new(hash: Option<Value>) -> Result<Self, Error> {
        let mut options = Self::default();
        let Some(hash) = hash else { return Ok(options) };
        if value::core(hash) != value::Core::Hash {
            return Err(error::wrong_type("a Hash of options", hash));
        }
        options.is_empty = false;
        hash::each_pair(hash, Reader(&mut options));
        Ok(options)
    }

    /// `(io = nil, options = nil)`, where a Hash in the first place is the options.
    pub fn behind_io(args: &[Value]) -> Result<(Option<Value>, Self), Error> {
        arguments::count(args, 0..=2)?;
        let (first, second) = (arguments::optional(args, 0), arguments::optional(args, 1));
        match (first, second) {
            (Some(hash), None) if value::core(hash) == value::Core::Hash => {
                Ok((None, Self::new(Some(hash))?))
            }
            (io, options) => Ok((io, Self::new(options)?)),
        }
    }

    /// `(options = nil)` behind `fixed` other arguments.
    pub fn after(args: &[Value], fixed: usize) -> Result<Self, Error> {
        Self::new(arguments::optional(args, fixed))
    }

    /// Arguments of any number, and the keywords behind them as options.
    pub fn behind_path(args: &[Value]) -> Result<(&[Value], Self), Error> {
        match args.split_last() {
            Some((keywords, args)) if call::has_keywords() => Ok((args, Self::new(Some(*keywords))?)),
            _ => Ok((args, Self::default())),
        }
    }

    /// Keeps what was given alive until here, for what is made of it may be where the GC does not look yet.
    pub fn keep(&self) {
        if !self.is_empty {
            self.given.into_iter().flatten().for_each(value::keep);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Whether there is none but those that say how an object is made.
    pub fn is_style(&self) -> bool {
        self.names & !STYLE == 0
    }

    /// The option as given; None where it is not, or is nil.
    pub fn get(&self, name: Name) -> Option<Value> {
        self.given[name as usize].filter(|&given| !value::is_nil(given))
    }

    /// Whether the option is given and truthy.
    pub fn is_set(&self, name: Name) -> bool {
        self.get(name).is_some_and(|given| !value::is_false(given))
    }

    /// An option that is a count or a length in bytes.
    ///
    /// # Errors
    /// `::TypeError` if it is no Integer, `ArgumentError` if it is negative.
    pub fn length(&self, name: Name) -> Result<Option<usize>, Error> {
        self.get(name).map(|given| arguments::length(given, NAMES[name as usize])).transpose()
    }

    /// `max_depth:`, in levels.
    pub fn max_depth(&self) -> Result<usize, Error> {
        Ok(self.length(Name::MaxDepth)?.unwrap_or(DEFAULT_MAX_DEPTH))
    }

    /// What unpacking accepts.
    pub fn limits(&self) -> Result<Limits, Error> {
        let max = |name| -> Result<u32, Error> {
            // What 32 bits do not hold no header announces.
            let given = self.length(name)?;
            Ok(given.and_then(|given| u32::try_from(given).ok()).unwrap_or(u32::MAX))
        };
        Ok(Limits {
            max_depth: self.max_depth()?,
            max_str_len: max(Name::MaxStrLen)?,
            max_bin_len: max(Name::MaxBinLen)?,
            max_ext_len: max(Name::MaxExtLen)?,
            max_array_len: max(Name::MaxArrayLen)?,
            max_map_len: max(Name::MaxMapLen)?,
            strict_map_key: self.is_set(Name::StrictMapKey),
            validate_utf8: self.is_set(Name::ValidateUtf8),
        })
    }
}
