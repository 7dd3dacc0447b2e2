//! The handlers of `MessagePack::Time`: what they do is done without calling them, wherever one is registered.

use super::handler::Handler;
use crate::ffi::shared::Held;
use crate::ffi::time;
use crate::ffi::value::raw;
use magnus::{Ruby, Value};
use msgpack_wire::timestamp::{Payload, Timestamp};
use std::sync::OnceLock;

struct Handlers {
    packer: Held,
    unpacker: Held,
}

static HANDLERS: OnceLock<Handlers> = OnceLock::new();

/// Makes the two known, once.
pub fn know(ruby: &Ruby, packer: Value, unpacker: Value) {
    ruby.gc_register_mark_object(packer);
    ruby.gc_register_mark_object(unpacker);
    let _ = HANDLERS.set(Handlers { packer: Held(packer), unpacker: Held(unpacker) });
}

/// The handler that is to be used instead of this one.
pub fn natively(handler: Handler) -> Handler {
    match (handler, HANDLERS.get()) {
        (Handler::Callable(Held(given)), Some(known)) if raw(given) == raw(known.packer.0) => {
            Handler::Time(Held(given))
        }
        _ => handler,
    }
}

/// Whether this is what makes a Time of a payload.
pub fn is_unpacker(shown: Value) -> bool {
    HANDLERS.get().is_some_and(|known| raw(known.unpacker.0) == raw(shown))
}

/// The payload of a Time, without a call of Ruby; None where that has to be asked.
#[inline]
pub fn payload_in_place(object: Value) -> Option<Payload> {
    if !time::is_plain(object) {
        return None;
    }
    to_payload(time::parts_in_place(object)?)
}

/// The payload of a Time; None where the handler has to say what is wrong, or it is no plain Time. Ruby code may run.
#[inline(never)]
pub fn payload(object: Value) -> Option<Payload> {
    if !time::is_plain(object) {
        return None;
    }
    to_payload(time::parts(object)?)
}

#[inline]
fn to_payload((seconds, nanoseconds): (i64, u32)) -> Option<Payload> {
    Timestamp::new(seconds, nanoseconds).ok().map(Timestamp::to_payload)
}

/// The Time of a payload; None where the handler has to say what is wrong. May raise (memory).
pub fn build(payload: &[u8]) -> Option<Value> {
    let Timestamp { seconds, nanoseconds } = Timestamp::from_payload(payload).ok()?;
    time::local(seconds, nanoseconds)
}
