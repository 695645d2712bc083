//! Random numbers and texts from a seed alone, so that the same plan always gives the same bytes.

/// One stream of random numbers (xoshiro256++, seeded by SplitMix64).
pub(super) struct Random([u64; 4]);

impl Random {
    /// Starts the stream numbered `stream` of `seed`; two streams of one seed have nothing in common.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let start = mix(seed, stream);
        Self([mix(start, 1), mix(start, 2), mix(start, 3), mix(start, 4)])
    }

    /// Gives 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.0;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.0 = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// Gives a whole number from 0 up to, not including, `end`; 0 when `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }

    /// Gives a whole number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Gives a number from 0 up to, not including, 1.
    pub(super) fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Is true this often: 0 never, 1 always.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// Picks one of `choices`, each as likely as the next.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// Gives a place in a list of `length`, the earlier the likelier, as the use of resources goes (Zipf).
    pub(super) fn rank(&mut self, length: usize) -> usize {
        ((length as f64 + 1.0).powf(self.fraction()) as usize).saturating_sub(1)
    }

    /// Appends `length` letters of `alphabet`, which is ASCII.
    pub(super) fn text(&mut self, alphabet: &[u8], length: usize, out: &mut String) {
        let mut left = length;
        while left > 0 {
            let bits = self.bits().to_le_bytes();
            let taken = left.min(bits.len());
            out.extend(bits[..taken].iter().map(|&byte| letter(alphabet, byte)));
            left -= taken;
        }
    }

    /// Appends a random UUID (version 4).
    pub(super) fn uuid(&mut self, out: &mut String) {
        let bits = (u128::from(self.bits()) << 64) | u128::from(self.bits());
        let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        for place in 0..32u32 {
            if matches!(place, 8 | 12 | 16 | 20) {
                out.push('-');
            }
            out.push(char::from(HEX[(bits >> (124 - 4 * place)) as usize & 0xf]));
        }
    }
}

/// The digits of ids of resources.
pub(super) const HEX: &[u8] = b"0123456789abcdef";
/// The letters of access keys and principal ids.
pub(super) const KEY: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The letters of S3's request ids.
pub(super) const UPPER: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The letters of the unique part of an object's name.
pub(super) const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The letters of tokens.
pub(super) const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Draws places of a list by weight.
pub(super) struct Weighted(Vec<f64>);

impl Weighted {
    /// Keeps the weights, none of which is negative.
    pub(super) fn new(weights: impl Iterator<Item = f64>) -> Self {
        let sums = weights.scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self(sums.collect())
    }

    /// Draws one place; 0 when the list is empty.
    pub(super) fn pick(&self, random: &mut Random) -> usize {
        let drawn = random.fraction() * self.0.last().copied().unwrap_or(0.0);
        self.0.partition_point(|&sum| sum <= drawn).min(self.0.len().saturating_sub(1))
    }
}

/// Mixes two numbers into one that looks random (SplitMix64's last step).
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let mut bits = a.wrapping_add(b.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Mixes the bytes of a text into a number (FNV-1a).
pub(super) fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn letter(alphabet: &[u8], byte: u8) -> char {
    char::from(alphabet[(usize::from(byte) * alphabet.len()) >> 8])
}
