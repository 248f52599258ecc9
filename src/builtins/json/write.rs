//! Strings as JSON text.

/// A string that is no UTF-8, which `toJSON` refuses; `Display` is the text of Nix's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUtf8 {
    /// A byte that can't stand where it stands.
    #[error(
        "JSON serialization error: [json.exception.type_error.316] invalid UTF-8 byte at index {index}: 0x{byte:02X}"
    )]
    Byte {
        /// Its index in the string.
        index: usize,
        /// The byte.
        byte: u8,
    },
    /// The string ends within a character.
    #[error(
        "JSON serialization error: [json.exception.type_error.316] incomplete UTF-8 string; last byte: 0x{last:02X}"
    )]
    Incomplete {
        /// The last byte of the string.
        last: u8,
    },
}

/// Appends a string in quotes. Control characters are escaped, DEL and all beyond ASCII not.
///
/// # Errors
/// [`InvalidUtf8`]; nothing is appended then.
pub fn write_string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), InvalidUtf8> {
    if let Err(error) = std::str::from_utf8(text) {
        return Err(invalid(text, &error));
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((&byte, after)) = special.split_first() else {
            break;
        };
        push_escape(out, byte);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
    Ok(())
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        8 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        12 => b'f',
        b'\r' => b'r',
        b'"' | b'\\' => byte,
        control => return out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn invalid(text: &[u8], error: &std::str::Utf8Error) -> InvalidUtf8 {
    let index = broken_at(text, error);
    match text.get(index) {
        Some(&byte) => InvalidUtf8::Byte { index, byte },
        None => InvalidUtf8::Incomplete { last: text.last().copied().unwrap_or_default() },
    }
}

/// The first byte that can't go on what stands before it; the length if the end can't.
pub(super) fn broken_at(text: &[u8], error: &std::str::Utf8Error) -> usize {
    let start = error.valid_up_to();
    let good_lead = matches!(text.get(start), Some(0xC2..=0xF4));
    match error.error_len() {
        None => text.len(),
        Some(len) if good_lead => start + len,
        Some(_) => start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &[u8]) -> String {
        let mut out = Vec::new();
        match write_string(&mut out, text) {
            Ok(()) => String::from_utf8_lossy(&out).into_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// Observed with Nix 2.34.8.
    #[test]
    fn only_what_json_demands_is_escaped() {
        let text = "\u{1}\u{1f}\u{7f}\u{80}\u{2028}\u{8}\u{c}\u{b}\n\r\t\"\\/<>&'é😀";
        let expected =
            "\"\\u0001\\u001f\u{7f}\u{80}\u{2028}\\b\\f\\u000b\\n\\r\\t\\\"\\\\/<>&'é😀\"";
        assert_eq!(written(text.as_bytes()), expected);
        assert_eq!(written(b""), "\"\"");
    }

    /// Observed with Nix 2.34.8 for strings cut by `substring`.
    #[test]
    fn broken_text_is_refused_in_the_words_of_nix() {
        let error = |text: &str| {
            format!("JSON serialization error: [json.exception.type_error.316] {text}")
        };
        assert_eq!(written(b"\xC3"), error("incomplete UTF-8 string; last byte: 0xC3"));
        assert_eq!(written(b"a\xC3"), error("incomplete UTF-8 string; last byte: 0xC3"));
        assert_eq!(written(b"\xA9"), error("invalid UTF-8 byte at index 0: 0xA9"));
        assert_eq!(written(b"a\xA9b"), error("invalid UTF-8 byte at index 1: 0xA9"));
        assert_eq!(written(b"\xC3b"), error("invalid UTF-8 byte at index 1: 0x62"));
    }
}
