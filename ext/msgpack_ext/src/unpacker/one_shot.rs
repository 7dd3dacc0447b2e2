//! `MessagePack.unpack`: one whole object of a String, without an Unpacker.

use super::drive::{Drive, Source};
use super::{methods, scratch, table_of, Style};
use crate::arguments::{self, Options};
use crate::error;
use crate::ext_types::unpacking::UnpackingTable;
use crate::ffi::call::{self, Name};
use crate::ffi::shared::Span;
use crate::ffi::{text, value};
use magnus::{Error, Value};
use std::cell::Cell;

static TO_STR: Name = Name::new("to_str");

/// A String that is read from its start to its end.
struct Text {
    string: Cell<Value>,
    is_frozen: Cell<bool>,
    pos: Cell<usize>,
    table: UnpackingTable,
}

impl Source for Text {
    #[inline]
    fn front(&self) -> Span {
        text::with_bytes(self.string.get(), |bytes| Span::of(bytes.get(self.pos.get()..).unwrap_or_default()))
    }

    fn string(&self) -> Option<Value> {
        Some(self.string.get())
    }

    fn len(&self) -> usize {
        text::len(self.string.get()).saturating_sub(self.pos.get())
    }

    fn position(&self) -> u64 {
        self.pos.get() as u64
    }

    fn advance(&self, n: usize) {
        self.pos.set(self.pos.get() + n);
    }

    fn linearize(&self, _: usize) {}

    fn take(&self, skip: usize, n: usize) -> Value {
        self.advance(skip);
        // SAFETY: making a String runs no Ruby code, so the source keeps its bytes in place.
        let bytes: &[u8] = unsafe { self.front().bytes() };
        let taken = text::new_binary(bytes.get(..n).unwrap_or(bytes));
        self.advance(n);
        taken
    }

    fn fill(&self) -> Result<bool, Error> {
        Ok(false)
    }

    /// A handler may change the String: from here on a frozen one of the same bytes is read.
    fn prepare(&self) -> Result<(), Error> {
        if !self.is_frozen.replace(true) {
            self.string.set(call::protect(|| text::frozen(self.string.get()))?);
        }
        Ok(())
    }

    fn is_cleared(&self) -> bool {
        false
    }

    fn lose(&self) {}

    fn resolve(&self, kind: i8) -> Result<Value, Error> {
        self.table.resolve(kind)
    }
}

/// `unpack(src, options = nil)`
pub fn unpack(args: &[Value]) -> Result<Value, Error> {
    arguments::count(args, 1..=2)?;
    let source = args[0];
    let options = arguments::options_after(args, 1)?;
    if value::is_string(source) {
        return unpack_string(source, options);
    }
    if value::is_nil(source) {
        return Err(error::no_input());
    }
    let mut string = None;
    call::protect_unit(|| string = call::call_if(source, &TO_STR, []))?;
    match string {
        Some(string) if value::is_string(string) => unpack_string(string, options),
        Some(other) => Err(error::wrong_type("a String from to_str", other)),
        None => methods::unpack_io(source, options),
    }
}

fn unpack_string(string: Value, options: Options) -> Result<Value, Error> {
    let ruby = call::ruby();
    let (style, table) = if options.is_empty() {
        (Style::default(), UnpackingTable::default())
    } else {
        (Style::new(&ruby, options), table_of(&ruby, options)?)
    };
    if text::len(string) == 0 {
        return Err(error::no_input());
    }
    let scratch = scratch::lease(&ruby);
    scratch.decoder.with(msgpack_wire::Decoder::reset);
    scratch.stack.clear();
    let source = Text { string: Cell::new(string), is_frozen: Cell::new(false), pos: Cell::new(0), table };
    let (rest, keys) = (Cell::default(), scratch::Keys::Of(&scratch));
    let drive = Drive {
        source: &source,
        decoder: &scratch.decoder,
        stack: &scratch.stack,
        keys: &keys,
        style,
        rest: &rest,
    };
    let result = drive.next();
    scratch.stack.clear();
    let Some(object) = result? else {
        return Err(error::underflow(scratch.decoder.with(|decoder| decoder.offset())));
    };
    if source.len() > 0 {
        return Err(error::left_over(source.len(), source.pos.get() as u64));
    }
    Ok(object)
}
