//! The pairs of a map on the path: looking for its key.

use super::{Dug, Next, Search, Step, FUEL};
use crate::decode::Ahead;
use crate::error::DecodeError;
use crate::marker::Token;

impl Search<'_> {
    /// Goes through the pairs of the innermost map, up to one whose key is on the path or has to be passed over.
    pub(super) fn pairs(&mut self, input: &[u8], mut left: u32) -> Result<Option<Dug>, DecodeError> {
        let Some(step) = self.path.get(self.depth() - 1) else { return Ok(None) };
        while left > 0 {
            left = self.other_pairs(input, step, left);
            if left == 0 {
                break;
            }
            let Some(fuel) = self.fuel.checked_sub(1) else {
                self.fuel = FUEL;
                self.set_left(left);
                return Ok(Some(Dug::Breathe));
            };
            self.fuel = fuel;
            let Some((token, header)) = self.scan(input, true)? else {
                return Ok(Some(Dug::Short(self.at as u64)));
            };
            let behind = self.at + header;
            let (is_match, len) = match token {
                Token::Str(len) | Token::Bin(len) => {
                    let rest = input.get(behind..).unwrap_or_default();
                    let Some(key) = rest.get(..len as usize) else {
                        return Ok(Some(Dug::Short(self.at as u64)));
                    };
                    (matches!(step, Step::Key(wanted) if **wanted == *key), key.len())
                }
                Token::Unsigned(key) => (*step == Step::Number(key.into()), 0),
                Token::Signed(key) => (*step == Step::Number(key.into()), 0),
                Token::Nil | Token::Boolean(_) | Token::Float(_) => (false, 0),
                Token::Array(_) | Token::Map(_) | Token::Ext(..) => {
                    self.set_left(left - 1);
                    // The key and its value.
                    self.pass_over(2, Next::Pass);
                    return Ok(None);
                }
            };
            self.at = behind + len;
            left -= 1;
            if is_match {
                self.set_left(left);
                self.next = Next::Look;
                return Ok(None);
            }
            if let Ahead::Value(behind) = self.decoder.limits().ahead(input, self.at) {
                self.at = behind;
                continue;
            }
            self.set_left(left);
            self.pass_over(1, Next::Pass);
            return Ok(None);
        }
        self.set_left(0);
        Ok(None)
    }

    /// Passes over pairs as long as that is quick: a glance tells that the key is another one, and neither it nor the
    /// value is a container. Returns how many pairs are left.
    #[inline]
    fn other_pairs(&mut self, input: &[u8], step: &Step, mut left: u32) -> u32 {
        let limits = self.decoder.limits();
        let most = if limits.strict_map_key { 0 } else { left.min(self.fuel) };
        let mut at = self.at;
        for _ in 0..most {
            let Ahead::Value(behind) = limits.ahead(input, at) else { break };
            let is_other = match step {
                Step::Key(wanted) => {
                    wanted.last().is_some_and(|last| input.get(behind - 1).is_some_and(|byte| byte != last))
                }
                Step::Number(_) => input.get(at).is_some_and(|first| matches!(first, 0xa0..=0xbf)),
            };
            let Ahead::Value(behind) = limits.ahead(input, behind) else { break };
            if !is_other {
                break;
            }
            at = behind;
            left -= 1;
            self.fuel -= 1;
        }
        self.at = at;
        left
    }
}
