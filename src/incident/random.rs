//! A tiny random number generator, so that the incident is the same on every machine, for ever.

/// Draws from a fixed sequence (splitmix64).
///
/// A crate's generator may change its sequence between versions; the demo's ids must not change.
pub(super) struct Random(u64);

impl Random {
    /// Starts the sequence of this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit`, without `limit` itself; 0 where `limit` is 0.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        (self.next() >> 32) as u32 % limit.max(1)
    }

    /// One of the choices; the default where there are none.
    pub(super) fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        choices.get(self.below(choices.len() as u32) as usize).copied().unwrap_or_default()
    }

    /// Text of this many characters, each drawn from `letters`.
    fn text(&mut self, letters: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(self.pick(letters))).collect()
    }

    /// Lower-case hexadecimal digits.
    pub(super) fn hex(&mut self, length: usize) -> String {
        self.text(b"0123456789abcdef", length)
    }

    /// The letters and digits that AWS makes its ids and S3 its request ids from.
    pub(super) fn capitals(&mut self, length: usize) -> String {
        self.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length)
    }

    /// Letters of both cases and digits, as in the last part of a delivery's name.
    pub(super) fn letters(&mut self, length: usize) -> String {
        self.text(b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789", length)
    }

    /// A UUID of version 4.
    pub(super) fn uuid(&mut self) -> String {
        let variant = char::from(self.pick(b"89ab"));
        let (first, second, third) = (self.hex(8), self.hex(4), self.hex(3));
        format!("{first}-{second}-4{third}-{variant}{}-{}", self.hex(3), self.hex(12))
    }

    /// The id of a temporary access key.
    pub(super) fn session_key(&mut self) -> String {
        format!("ASIA{}", self.capitals(16))
    }
}
