//! Nix base-32: the text form of hashes inside store paths.
//!
//! Two things set it apart from RFC 4648. The alphabet leaves out `e`, `o`, `t` and `u`, and the bit string
//! is read from its end: the first character holds the most significant bits of the *last* byte.
//! Source of both rules: Nix's manual ("Nix32" in its store path protocol) and `src/libutil/base-nix-32.cc`.

use thiserror::Error;

/// The 32 digits in ascending order.
const ALPHABET: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// What [`VALUES`] holds for characters that aren't digits.
const NO_DIGIT: u8 = 32;

/// The inverse of [`ALPHABET`].
const VALUES: [u8; 128] = {
    let mut values = [NO_DIGIT; 128];
    let mut digit = 0;
    while digit < ALPHABET.len() {
        values[ALPHABET[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

/// Why a text is no base-32.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Base32Error {
    /// A character outside the alphabet.
    #[error("invalid character in Nix32 (Nix's Base32 variation) string: '{0}'")]
    InvalidCharacter(char),
    /// No number of bytes is written with this number of digits.
    #[error("no byte string is {0} characters long in Nix32 (Nix's Base32 variation)")]
    ImpossibleLength(usize),
    /// The first digit sets bits that lie beyond the last byte, so two texts would stand for the same bytes.
    #[error("the first character of a Nix32 (Nix's Base32 variation) string has bits to spare")]
    SpareBits,
}

/// The number of digits that write `bytes` bytes.
pub const fn encoded_len(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Writes bytes in base-32.
pub fn encode(bytes: &[u8]) -> String {
    (0..encoded_len(bytes.len())).rev().map(|digit| char::from(digit_at(bytes, digit))).collect()
}

/// Writes 20 bytes in base-32, as [`encode`] does.
pub fn encode_20(bytes: &[u8; 20]) -> [u8; 32] {
    let mut text = [b'0'; 32];
    // Five bytes make eight digits, and the last five come first.
    for (digits, bytes) in text.chunks_exact_mut(8).zip(bytes.rchunks_exact(5)) {
        let bits = bytes.iter().rev().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        for (digit, place) in digits.iter_mut().rev().zip(0..) {
            *digit = ALPHABET[(bits >> (5 * place) & 0x1f) as usize];
        }
    }
    text
}

/// The digit that holds the five bits from bit `5 * digit` on, counted from the first byte's lowest bit.
fn digit_at(bytes: &[u8], digit: usize) -> u8 {
    let (byte, bit) = (digit * 5 / 8, digit * 5 % 8);
    let low = bytes.get(byte).copied().unwrap_or(0);
    let high = bytes.get(byte + 1).copied().unwrap_or(0);
    let window = u16::from_le_bytes([low, high]) >> bit;
    ALPHABET[usize::from(window & 0x1f)]
}

/// Reads base-32 back into bytes; the inverse of [`encode`] and nothing more lenient.
pub fn decode(text: &str) -> Result<Vec<u8>, Base32Error> {
    let len = text.len() * 5 / 8;
    let mut bytes = vec![0u8; len];
    let mut spare = 0;
    for (digit, character) in text.chars().rev().enumerate() {
        let value = value_of(character).ok_or(Base32Error::InvalidCharacter(character))?;
        let (byte, bit) = (digit * 5 / 8, digit * 5 % 8);
        let [low, high] = (u16::from(value) << bit).to_le_bytes();
        for (at, bits) in [(byte, low), (byte + 1, high)] {
            match bytes.get_mut(at) {
                Some(target) => *target |= bits,
                None => spare |= bits,
            }
        }
    }
    if encoded_len(len) != text.len() {
        return Err(Base32Error::ImpossibleLength(text.len()));
    }
    if spare == 0 { Ok(bytes) } else { Err(Base32Error::SpareBits) }
}

/// The value of a digit. Store paths are read often enough for a table to pay.
fn value_of(character: char) -> Option<u8> {
    let value = *VALUES.get(character as usize)?;
    (value < NO_DIGIT).then_some(value)
}

/// Whether a character is one of the digits.
pub fn is_digit(character: char) -> bool {
    value_of(character).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `nix-hash --flat --base32` of a file holding `hello\n`.
    #[test]
    fn agrees_with_nix() {
        let sha1 = [
            0xf5, 0x72, 0xd3, 0x96, 0xfa, 0xe9, 0x20, 0x66, 0x28, 0x71, 0x4f, 0xb2, 0xce, 0x00,
            0xf7, 0x2e, 0x94, 0xf2, 0x25, 0x8f,
        ];
        let md5 = [
            0xb1, 0x94, 0x6a, 0xc9, 0x24, 0x92, 0xd2, 0x34, 0x7c, 0x62, 0x35, 0xb4, 0xd2, 0x61,
            0x11, 0x84,
        ];
        assert_eq!(encode(&sha1), "iwjz551fyw0cxcjgf4l6c879zabd6wpm");
        assert_eq!(encode(&md5), "4425hx5d1mc9y39llj4k4nm55i");
        assert_eq!(encode(&[]), "");
    }

    #[test]
    fn refuses_what_encode_never_writes() {
        assert_eq!(decode("e0"), Err(Base32Error::InvalidCharacter('e')));
        assert_eq!(decode("A0"), Err(Base32Error::InvalidCharacter('A')));
        assert_eq!(decode("é"), Err(Base32Error::InvalidCharacter('é')));
        assert_eq!(decode("0"), Err(Base32Error::ImpossibleLength(1)));
        assert_eq!(decode("zz"), Err(Base32Error::SpareBits));
        assert_eq!(decode("7z"), Ok(vec![0xff]));
    }

    proptest! {
        #[test]
        fn round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(decode(&encode(&bytes)), Ok(bytes));
        }

        #[test]
        fn twenty_bytes(bytes: [u8; 20]) {
            let text = encode_20(&bytes);
            prop_assert_eq!(String::from_utf8_lossy(&text), encode(&bytes));
        }

        #[test]
        fn any_text_is_answered(text in ".{0,80}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
