//! The timestamp extension type (-1): 32, 64 and 96-bit payloads.
//!
//! Source: the MessagePack specification, section "Timestamp extension type".

use thiserror::Error;

/// The type number that the specification reserves for timestamps.
pub const TYPE: i8 = -1;
/// The largest count of nanoseconds within a second.
pub const NSEC_MAX: u32 = 999_999_999;
/// The first second since 1970 that the 64-bit form cannot hold.
const SEC64_END: i64 = 1 << 34;

/// A moment: seconds since 1970-01-01 00:00:00 UTC and nanoseconds within that second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Seconds, negative before 1970.
    pub seconds: i64,
    /// Nanoseconds, `0..=999_999_999`.
    pub nanoseconds: u32,
}

/// What is wrong with a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TimestampError {
    /// A payload that is neither 4 nor 8 nor 12 bytes long.
    #[error("a timestamp has 4, 8 or 12 bytes, this one has {0}")]
    Size(usize),
    /// More nanoseconds than a second has.
    #[error("a timestamp has at most 999999999 nanoseconds, this one has {0}")]
    Nanoseconds(u32),
}

/// The big-endian number that up to 8 bytes are.
fn be(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A payload of 4, 8 or 12 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Payload {
    bytes: [u8; 12],
    len: u8,
}

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl Timestamp {
    /// A timestamp of that moment.
    ///
    /// # Errors
    /// [`TimestampError::Nanoseconds`] above [`NSEC_MAX`].
    pub fn new(seconds: i64, nanoseconds: u32) -> Result<Self, TimestampError> {
        if nanoseconds > NSEC_MAX {
            return Err(TimestampError::Nanoseconds(nanoseconds));
        }
        Ok(Self { seconds, nanoseconds })
    }

    /// Reads a payload of any of the three forms.
    ///
    /// # Errors
    /// [`TimestampError`] for another size, or more nanoseconds than a second has.
    pub fn from_payload(payload: &[u8]) -> Result<Self, TimestampError> {
        match payload.len() {
            4 => Self::new(be(payload) as i64, 0),
            8 => {
                let word = be(payload);
                Self::new((word & (SEC64_END as u64 - 1)) as i64, (word >> 34) as u32)
            }
            12 => Self::new(be(&payload[4..]) as i64, be(&payload[..4]) as u32),
            len => Err(TimestampError::Size(len)),
        }
    }

    /// The payload in the smallest form that holds it.
    #[must_use]
    pub fn to_payload(self) -> Payload {
        let mut bytes = [0; 12];
        let len = match (u32::try_from(self.seconds), self.nanoseconds) {
            (Ok(seconds), 0) => {
                bytes[..4].copy_from_slice(&seconds.to_be_bytes());
                4
            }
            _ if (0..SEC64_END).contains(&self.seconds) => {
                let word = u64::from(self.nanoseconds) << 34 | self.seconds as u64;
                bytes[..8].copy_from_slice(&word.to_be_bytes());
                8
            }
            _ => {
                bytes[..4].copy_from_slice(&self.nanoseconds.to_be_bytes());
                bytes[4..].copy_from_slice(&self.seconds.to_be_bytes());
                12
            }
        };
        Payload { bytes, len }
    }
}
