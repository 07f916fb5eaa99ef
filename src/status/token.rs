//! What only a page of ours can send back.

use core::fmt;

/// Random bytes that all processes of a server share, made anew at each start. A page of ours carries them in its
/// forms; pages of other sites cannot read it.
#[derive(Clone, Copy)]
pub struct Token([u8; Self::BYTES]);

impl Token {
    /// Its length: 128 bits.
    pub const BYTES: usize = 16;

    /// The name of the form field that carries it. In a query it does not count: URLs are logged and passed on.
    pub const FIELD: &'static str = "token";

    /// Takes random bytes.
    pub const fn new(random: [u8; Self::BYTES]) -> Self {
        Self(random)
    }

    /// The text for the form: 32 hexadecimal digits.
    pub fn text(&self) -> String {
        self.0
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|d| char::from_digit(d.into(), 16))
            .collect()
    }

    /// Whether `given` is the text of this token. Takes the same time wherever the two differ.
    pub fn is(&self, given: &[u8]) -> bool {
        let text = self.text();
        text.len() == given.len() && text.bytes().zip(given).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_text_is_it() {
        let token = Token::new([0x0f; 16]);
        assert_eq!(token.text(), "0f".repeat(16));
        assert!(token.is("0f".repeat(16).as_bytes()));
        for other in ["", "0f", &"0f".repeat(17), &"0F".repeat(16), &"0e".repeat(16)] {
            assert!(!token.is(other.as_bytes()), "{other}");
        }
        assert_eq!(format!("{token:?}"), "(hidden)");
    }
}
