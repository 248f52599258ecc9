//! Base-64 as Nix reads it: padding is optional, line feeds are skipped, bits left over are dropped
//! (`src/libutil/base-n.cc`). Store hashes are the only use, so it stays inside this room.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The number of characters, padding included, that write `bytes` bytes.
pub(super) const fn encoded_len(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

/// Writes bytes in padded base-64.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(encoded_len(bytes.len()));
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = group >> (18 - 6 * digit) & 0x3f;
            let used = digit <= chunk.len();
            text.push(if used { char::from(ALPHABET[value as usize]) } else { '=' });
        }
    }
    text
}

/// Reads base-64; `None` if a character before the padding is no digit.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut window, mut bits) = (0u32, 0u32);
    for &character in text.as_bytes() {
        match character {
            b'=' => break,
            b'\n' => continue,
            _ => {}
        }
        let value = ALPHABET.iter().position(|&digit| digit == character)?;
        window = (window << 6 | value as u32) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((window >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pads_and_reads_unpadded() {
        assert_eq!(encode(b"f"), "Zg==");
        assert_eq!(encode(b"fo"), "Zm8=");
        assert_eq!(encode(b"foo"), "Zm9v");
        assert_eq!(decode("Zm8").as_deref(), Some(&b"fo"[..]));
        assert_eq!(decode("Z\ng==ignored").as_deref(), Some(&b"f"[..]));
        assert_eq!(decode("Z#"), None);
    }

    proptest! {
        #[test]
        fn round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let text = encode(&bytes);
            prop_assert_eq!(text.len(), encoded_len(bytes.len()));
            prop_assert_eq!(decode(&text), Some(bytes));
        }
    }
}
