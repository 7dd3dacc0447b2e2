//! A message that is one extended type and nothing else, as objects are kept in caches: its handler is called with the
//! payload, without a decoder, a scratch or a copy of the message, of which nothing is left to read.

use super::Style;
use crate::error;
use crate::ext_types::handler::Callee;
use crate::ext_types::unpacking::{Form, UnpackingTable};
use crate::ffi::{call, text};
use magnus::{Error, Value};
use msgpack_wire::marker::{scan, Scan};
use msgpack_wire::Token;

/// The value that a handler makes of `bytes`; None where they are something else, or more has to be asked before it is
/// called. May raise (memory), over frames that own nothing.
#[inline(never)]
pub(super) fn object(bytes: &[u8], table: &UnpackingTable, style: Style) -> Option<Result<Value, Error>> {
    let Scan::Token(Token::Ext(kind, len), header) = scan(bytes) else { return None };
    let payload = bytes.get(header..).filter(|payload| payload.len() == len as usize)?;
    let target = table.registry()?.get_ref(kind)?;
    if target.form != Form::Payload || style.is_foreign {
        return None;
    }
    Some(call_with(target.callee, payload))
}

fn call_with(callee: Callee, payload: &[u8]) -> Result<Value, Error> {
    let payload = text::new_binary(payload);
    let made = call::protect(|| callee.call(payload));
    // What it was registered with may be gone by now.
    callee.keep();
    made.map_err(|error| error::locate(error, 0))
}
