//! Bracket expressions: `[a-z]`, `[^]x-]`, `[[:alpha:][.hyphen.][=e=]]`.

use super::{ByteSet, Parser, Refusal};

/// What the last item was: whether a dash after it can begin a range.
enum Last {
    /// Nothing yet, or a range: a dash here must be the last character.
    Nothing,
    Byte(u8),
    Class,
}

/// The names of the 128 ASCII characters in the POSIX locale that are longer than one
/// letter; a letter is its own name.
const COLLATING_NAMES: [(&str, u8); 76] = [
    ("NUL", 0),
    ("SOH", 1),
    ("STX", 2),
    ("ETX", 3),
    ("EOT", 4),
    ("ENQ", 5),
    ("ACK", 6),
    ("alert", 7),
    ("backspace", 8),
    ("tab", 9),
    ("newline", 10),
    ("vertical-tab", 11),
    ("form-feed", 12),
    ("carriage-return", 13),
    ("SO", 14),
    ("SI", 15),
    ("DLE", 16),
    ("DC1", 17),
    ("DC2", 18),
    ("DC3", 19),
    ("DC4", 20),
    ("NAK", 21),
    ("SYN", 22),
    ("ETB", 23),
    ("CAN", 24),
    ("EM", 25),
    ("SUB", 26),
    ("ESC", 27),
    ("IS4", 28),
    ("IS3", 29),
    ("IS2", 30),
    ("IS1", 31),
    ("space", b' '),
    ("exclamation-mark", b'!'),
    ("quotation-mark", b'"'),
    ("number-sign", b'#'),
    ("dollar-sign", b'$'),
    ("percent-sign", b'%'),
    ("ampersand", b'&'),
    ("apostrophe", b'\''),
    ("left-parenthesis", b'('),
    ("right-parenthesis", b')'),
    ("asterisk", b'*'),
    ("plus-sign", b'+'),
    ("comma", b','),
    ("hyphen", b'-'),
    ("period", b'.'),
    ("slash", b'/'),
    ("zero", b'0'),
    ("one", b'1'),
    ("two", b'2'),
    ("three", b'3'),
    ("four", b'4'),
    ("five", b'5'),
    ("six", b'6'),
    ("seven", b'7'),
    ("eight", b'8'),
    ("nine", b'9'),
    ("colon", b':'),
    ("semicolon", b';'),
    ("less-than-sign", b'<'),
    ("equals-sign", b'='),
    ("greater-than-sign", b'>'),
    ("question-mark", b'?'),
    ("commercial-at", b'@'),
    ("left-square-bracket", b'['),
    ("backslash", b'\\'),
    ("right-square-bracket", b']'),
    ("circumflex", b'^'),
    ("underscore", b'_'),
    ("grave-accent", b'`'),
    ("left-curly-bracket", b'{'),
    ("vertical-line", b'|'),
    ("right-curly-bracket", b'}'),
    ("tilde", b'~'),
    ("DEL", 127),
];

impl Parser<'_> {
    /// What follows an opening bracket, up to and with the closing one.
    pub(super) fn bracket(&mut self) -> Result<ByteSet, Refusal> {
        let negated = self.eat(b'^');
        let mut set = ByteSet::EMPTY;
        let mut last = Last::Nothing;
        let start = self.at;
        loop {
            let first = self.at == start;
            match self.next()? {
                b']' if !first => break,
                b'-' if !first => last = self.dash(&mut set, &last)?,
                b'[' if matches!(self.peek(), Some(b'.' | b':' | b'=')) => {
                    last = self.named(&mut set)?;
                }
                byte => {
                    set.insert(byte);
                    last = Last::Byte(byte);
                }
            }
        }
        Ok(if negated { set.complement() } else { set })
    }

    /// A dash that isn't the first character: the last one, or the middle of a range.
    fn dash(&mut self, set: &mut ByteSet, last: &Last) -> Result<Last, Refusal> {
        if self.peek() == Some(b']') {
            set.insert(b'-');
            return Ok(Last::Nothing);
        }
        let Last::Byte(low) = *last else {
            return Err(Refusal::Invalid);
        };
        let high = self.next()?;
        if high == b'[' && matches!(self.peek(), Some(b'.' | b':' | b'=')) {
            return Err(Refusal::Invalid);
        }
        insert_range(set, low, high)?;
        Ok(Last::Nothing)
    }

    /// `[.name.]`, `[=name=]` or `[:name:]`, from its second character.
    fn named(&mut self, set: &mut ByteSet) -> Result<Last, Refusal> {
        let kind = self.next()?;
        let start = self.at;
        while self.next()? != kind {}
        let name = self.pattern.get(start..self.at - 1).unwrap_or_default();
        if !self.eat(b']') {
            return Err(Refusal::Invalid);
        }
        if kind == b':' {
            insert_class(set, name)?;
            return Ok(Last::Class);
        }
        let byte = collating_element(name).ok_or(Refusal::Invalid)?;
        set.insert(byte);
        if kind == b'.' {
            return Ok(Last::Byte(byte));
        }
        // Primary weights ignore case in the C locale of libstdc++.
        set.insert(byte.to_ascii_lowercase());
        set.insert(byte.to_ascii_uppercase());
        Ok(Last::Class)
    }
}

/// Bytes compare as C's signed `char`: those beyond ASCII sort before it.
fn insert_range(set: &mut ByteSet, low: u8, high: u8) -> Result<(), Refusal> {
    let (low, high) = (low.cast_signed(), high.cast_signed());
    if low > high {
        return Err(Refusal::Invalid);
    }
    (low..=high).for_each(|byte| set.insert(byte.cast_unsigned()));
    Ok(())
}

fn insert_class(set: &mut ByteSet, name: &[u8]) -> Result<(), Refusal> {
    let holds: fn(u8) -> bool = match name.to_ascii_lowercase().as_slice() {
        b"alnum" => |byte| byte.is_ascii_alphanumeric(),
        b"alpha" => |byte| byte.is_ascii_alphabetic(),
        b"blank" => |byte| byte == b' ' || byte == b'\t',
        b"cntrl" => |byte| byte.is_ascii_control(),
        b"d" | b"digit" => |byte| byte.is_ascii_digit(),
        b"graph" => |byte| byte.is_ascii_graphic(),
        b"lower" => |byte| byte.is_ascii_lowercase(),
        b"print" => |byte| byte.is_ascii_graphic() || byte == b' ',
        b"punct" => |byte| byte.is_ascii_punctuation(),
        b"s" | b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => |byte| byte.is_ascii_uppercase(),
        b"w" => |byte| byte.is_ascii_alphanumeric() || byte == b'_',
        b"xdigit" => |byte| byte.is_ascii_hexdigit(),
        _ => return Err(Refusal::Invalid),
    };
    (0..=127).filter(|&byte| holds(byte)).for_each(|byte| set.insert(byte));
    Ok(())
}

fn collating_element(name: &[u8]) -> Option<u8> {
    match name {
        [letter] if letter.is_ascii_alphabetic() => Some(*letter),
        _ => COLLATING_NAMES
            .iter()
            .find(|(known, _)| known.as_bytes() == name)
            .map(|(_, byte)| *byte),
    }
}
