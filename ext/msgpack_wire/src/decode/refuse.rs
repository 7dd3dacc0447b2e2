//! Refusing a token that is well formed: what belongs to it is left of the object, to be passed over.

use super::exit::{Exit, Reason};
use super::{Body, Decoder, Frame, Kind, Pending, Role};
use crate::error::Fault;
use crate::marker::Token;

impl Decoder {
    /// Whether a key has just begun that is neither a string nor a binary.
    pub(super) fn is_bad_key(&self, token: Token) -> bool {
        self.top.role() != Role::Value && !matches!(token, Token::Str(_) | Token::Bin(_))
    }

    /// Refuses a container that has been entered.
    #[cold]
    pub(super) fn too_deep<S>(&self, start: usize, stop: &mut Reason<S>) -> Exit {
        stop.fault(Fault::TooDeep(self.limits.max_depth), self.position + start as u64)
    }

    #[cold]
    pub(super) fn refuse_length<S>(&mut self, token: Token, start: usize, stop: &mut Reason<S>) -> Exit {
        let fault = self.limits.check(token).err().unwrap_or(Fault::TooDeep(self.limits.max_depth));
        self.refuse(token, fault, start, stop)
    }

    /// Refuses a token whose header has been consumed: what belongs to it is left of the object, as its frame or
    /// as the body that is pending.
    #[cold]
    pub(super) fn refuse<S>(
        &mut self,
        token: Token,
        fault: Fault,
        start: usize,
        stop: &mut Reason<S>,
    ) -> Exit {
        let offset = self.position + start as u64;
        let mut open = |kind, values| {
            self.outer.push(self.top);
            self.top = Frame::new(kind, values);
        };
        match token {
            Token::Array(len) => open(Kind::Array, u64::from(len)),
            Token::Map(len) => open(Kind::Map, u64::from(len) * 2),
            Token::Str(len) | Token::Bin(len) | Token::Ext(_, len) => {
                let body = Body::Bin(Role::Value);
                self.pending = Some(Pending { body, len: len as usize, offset });
            }
            _ => {}
        }
        stop.fault(fault, offset)
    }
}
