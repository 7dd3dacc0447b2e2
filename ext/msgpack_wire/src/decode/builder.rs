//! What the decoder makes values with: whoever decodes says what a value is.

/// What a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Values in a row.
    Array,
    /// Keys and values in turn.
    Map,
}

/// Where a string or binary stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// At the top, in an array, or as the value of a pair.
    Value,
    /// As the key of a pair.
    Key,
    /// As a key with many behind it: hardly one that is met again and again.
    KeyOfMany,
}

/// Numbers that are handed over at once.
pub const ROW: usize = 8;

/// Makes values of tokens, on a stack of its own.
///
/// A scalar is pushed; `build(kind, n)` takes the last `n` values and pushes the container made of them.
/// Where a method returns `Err`, the decoder hands that to its driver ([`Event::Stop`](super::Event::Stop)) and counts
/// the value as complete: by the next call of [`Decoder::run`](super::Decoder::run) the driver has put it where it
/// belongs.
pub trait Builder {
    /// Why the driver has to take over.
    type Stop;
    /// Whether bodies are worthless: they are then passed over as they arrive.
    const SKIPS: bool = false;

    /// nil
    fn nil(&mut self);
    /// true or false
    fn boolean(&mut self, value: bool);
    /// an integer that is not negative
    fn unsigned(&mut self, value: u64);
    /// an integer
    fn signed(&mut self, value: i64);
    /// integers of one array, in their order
    fn signed_row(&mut self, row: &[i64; ROW]) {
        for value in row {
            self.signed(*value);
        }
    }
    /// a float of either width
    fn float(&mut self, value: f64);
    /// floats of one array, in their order
    fn float_row(&mut self, row: &[f64; ROW]) {
        for value in row {
            self.float(*value);
        }
    }
    /// An array of N floats, which is complete.
    ///
    /// # Errors
    /// The driver has to take over.
    fn point<const N: usize>(&mut self, floats: [f64; N]) -> Result<(), Self::Stop> {
        for float in floats {
            self.float(float);
        }
        self.build(Kind::Array, N)
    }
    /// A string. The bytes are as they came: not checked to be UTF-8.
    ///
    /// # Errors
    /// The driver has to take over.
    fn str(&mut self, bytes: &[u8], role: Role) -> Result<(), Self::Stop>;
    /// A binary.
    ///
    /// # Errors
    /// The driver has to take over.
    fn bin(&mut self, bytes: &[u8], role: Role) -> Result<(), Self::Stop>;
    /// Offers an extended type whose payload is all there: whether a value of it has been pushed. Otherwise it is the
    /// driver's ([`Event::Ext`](super::Event::Ext)).
    fn ext(&mut self, _kind: i8, _payload: &[u8]) -> bool {
        false
    }
    /// Pushes an empty container that `append` is going to fill.
    fn open(&mut self, kind: Kind);
    /// Moves the last `n` values into the container below them, which is complete if they are its last.
    ///
    /// # Errors
    /// The driver has to take over.
    fn append(&mut self, kind: Kind, n: usize, is_last: bool) -> Result<(), Self::Stop>;
    /// Makes a container of the last `n` values.
    ///
    /// # Errors
    /// The driver has to take over.
    fn build(&mut self, kind: Kind, n: usize) -> Result<(), Self::Stop>;
}
