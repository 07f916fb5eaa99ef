//! What tests of this room share.

/// Bytes from hexadecimal text; blanks do not matter.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    digits.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// A small generator of pseudo-random numbers (xorshift), the same at every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// 0 to `below` - 1.
    pub(super) fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.roll() >> 16).unwrap() % below
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(super) fn bytes(&mut self, below: usize) -> Vec<u8> {
        let len = self.below(below);
        (0..len).map(|_| self.roll().to_le_bytes()[3]).collect()
    }
}
