//! Bytes → tokens.

use std::ops::Range;

/// A token; the text of a string is kept by the lexer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token {
    Null,
    True,
    False,
    String,
    Integer(i64),
    /// From 2^63 to 2^64-1.
    Unsigned(u64),
    Float(f64),
    BeginList,
    EndList,
    BeginTable,
    EndTable,
    Colon,
    Comma,
    End,
}

impl Token {
    /// What messages call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Token::Null => "null literal",
            Token::True => "true literal",
            Token::False => "false literal",
            Token::String => "string literal",
            Token::Integer(_) | Token::Unsigned(_) | Token::Float(_) => "number literal",
            Token::BeginList => "'['",
            Token::EndList => "']'",
            Token::BeginTable => "'{'",
            Token::EndTable => "'}'",
            Token::Colon => "':'",
            Token::Comma => "','",
            Token::End => "end of input",
        }
    }
}

/// What is wrong with a would-be token, in the scanner's words.
pub(super) type Fault = String;

/// Reads tokens, remembering what messages need to know.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The end of the text was read as if it were a character.
    past_end: bool,
    /// Where "last read" begins: only strings and numbers begin it anew.
    noted_from: usize,
    /// The last string, if it stands in the text as it is.
    plain: Option<Range<usize>>,
    /// The last string otherwise.
    unescaped: Vec<u8>,
    after_number: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            past_end: false,
            noted_from: 0,
            plain: None,
            unescaped: Vec::new(),
            after_number: false,
        }
    }

    /// The text of the last string token.
    pub(super) fn text(&self) -> &[u8] {
        match &self.plain {
            Some(range) => self.bytes.get(range.clone()).unwrap_or_default(),
            None => &self.unescaped,
        }
    }

    /// The text of the last number token.
    pub(super) fn number_text(&self) -> String {
        let text = self.bytes.get(self.noted_from..self.at).unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }

    /// Whether nothing was there to read.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Line and column of the last character read.
    pub(super) fn position(&self) -> (usize, usize) {
        let read = self.bytes.get(..self.at).unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', read).count();
        let line_start = memchr::memrchr(b'\n', read).map_or(0, |newline| newline + 1);
        // A number's end is found by reading on; when a newline is put back, the column
        // stays at that newline's, 0.
        if self.after_number && self.bytes.get(self.at) == Some(&b'\n') {
            return (line, 0);
        }
        (line, read.len() - line_start + usize::from(self.past_end))
    }

    /// What "last read" shows: control characters by their code point.
    pub(super) fn last_read(&self) -> String {
        let read = self.bytes.get(self.noted_from..self.at).unwrap_or_default();
        let mut shown = Vec::with_capacity(read.len());
        for &byte in read {
            if byte < 0x20 {
                shown.extend_from_slice(format!("<U+{byte:04X}>").as_bytes());
            } else {
                shown.push(byte);
            }
        }
        String::from_utf8_lossy(&shown).into_owned()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn read(&mut self) -> Option<u8> {
        let byte = self.peek();
        match byte {
            Some(_) => self.at += 1,
            None => self.past_end = true,
        }
        byte
    }

    /// The next token.
    pub(super) fn token(&mut self) -> Result<Token, Fault> {
        self.after_number = false;
        if self.at == 0 {
            self.byte_order_mark()?;
        }
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        let start = self.at;
        match self.read() {
            Some(b'[') => Ok(Token::BeginList),
            Some(b']') => Ok(Token::EndList),
            Some(b'{') => Ok(Token::BeginTable),
            Some(b'}') => Ok(Token::EndTable),
            Some(b':') => Ok(Token::Colon),
            Some(b',') => Ok(Token::Comma),
            Some(b't') => self.literal(b"rue", Token::True),
            Some(b'f') => self.literal(b"alse", Token::False),
            Some(b'n') => self.literal(b"ull", Token::Null),
            Some(b'"') => {
                self.noted_from = start;
                self.string()
            }
            Some(first @ (b'-' | b'0'..=b'9')) => {
                self.noted_from = start;
                self.after_number = true;
                self.number(start, first)
            }
            Some(0) | None => Ok(Token::End),
            Some(_) => Err("invalid literal".to_owned()),
        }
    }

    fn byte_order_mark(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(0xEF) {
            return Ok(());
        }
        self.at += 1;
        if self.read() == Some(0xBB) && self.read() == Some(0xBF) {
            return Ok(());
        }
        Err("invalid BOM; must be 0xEF 0xBB 0xBF if given".to_owned())
    }

    fn literal(&mut self, rest: &[u8], token: Token) -> Result<Token, Fault> {
        for &wanted in rest {
            if self.read() != Some(wanted) {
                return Err("invalid literal".to_owned());
            }
        }
        Ok(token)
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    /// At least one digit; what stands there instead counts as read.
    fn some_digits(&mut self, otherwise: &str) -> Result<(), Fault> {
        if let Some(b'0'..=b'9') = self.read() {
            self.digits();
            Ok(())
        } else {
            self.after_number = false;
            Err(format!("invalid number; expected {otherwise}"))
        }
    }

    fn number(&mut self, start: usize, first: u8) -> Result<Token, Fault> {
        if first == b'-' {
            match self.peek() {
                Some(b'0') => self.at += 1,
                Some(_) | None => self.some_digits("digit after '-'")?,
            }
        } else if first != b'0' {
            self.digits();
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            self.some_digits("digit after '.'")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
                self.some_digits("digit after exponent sign")?;
            } else {
                self.some_digits("'+', '-', or digit after exponent")?;
            }
        }
        let text = self.bytes.get(start..self.at).and_then(|text| std::str::from_utf8(text).ok());
        Ok(value_of(text.unwrap_or_default(), whole))
    }

    /// The rest of a string, up to and with its closing quote.
    fn string(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        self.plain_run()?;
        if self.peek() == Some(b'"') {
            self.plain = Some(start..self.at);
            self.at += 1;
            return Ok(Token::String);
        }
        self.plain = None;
        self.unescaped.clear();
        let mut copied_to = start;
        loop {
            self.unescaped
                .extend_from_slice(self.bytes.get(copied_to..self.at).unwrap_or_default());
            match self.read() {
                Some(b'"') => return Ok(Token::String),
                Some(b'\\') => self.escape()?,
                Some(control) => return Err(control_fault(control)),
                None => return Err("invalid string: missing closing quote".to_owned()),
            }
            copied_to = self.at;
            self.plain_run()?;
        }
    }

    /// Characters up to a quote, a backslash, a control character or the end.
    fn plain_run(&mut self) -> Result<(), Fault> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            self.at += rest.iter().position(|&byte| !is_plain(byte)).unwrap_or(rest.len());
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let beyond = rest.iter().position(u8::is_ascii).unwrap_or(rest.len());
            if beyond == 0 {
                return Ok(());
            }
            let run = rest.get(..beyond).unwrap_or_default();
            if let Err(error) = std::str::from_utf8(run) {
                self.at += super::write::broken_at(run, &error);
                self.read();
                return Err("invalid string: ill-formed UTF-8 byte".to_owned());
            }
            self.at += beyond;
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<(), Fault> {
        let byte = match self.read() {
            Some(same @ (b'"' | b'\\' | b'/')) => same,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => return self.code_point(),
            Some(_) | None => {
                return Err("invalid string: forbidden character after backslash".to_owned());
            }
        };
        self.unescaped.push(byte);
        Ok(())
    }

    fn code_point(&mut self) -> Result<(), Fault> {
        let mut code = self.four_digits()?;
        if (0xDC00..=0xDFFF).contains(&code) {
            return Err(surrogate_fault("U+DC00..U+DFFF must follow U+D800..U+DBFF"));
        }
        if (0xD800..=0xDBFF).contains(&code) {
            let fault = || surrogate_fault("U+D800..U+DBFF must be followed by U+DC00..U+DFFF");
            if self.read() != Some(b'\\') || self.read() != Some(b'u') {
                return Err(fault());
            }
            let low = self.four_digits()?;
            if !(0xDC00..=0xDFFF).contains(&low) {
                return Err(fault());
            }
            code = 0x1_0000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        // Surrogates are gone, so this is always a character.
        let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.unescaped.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn four_digits(&mut self) -> Result<u32, Fault> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.read().and_then(|byte| char::from(byte).to_digit(16));
            let digit = digit.ok_or_else(|| {
                "invalid string: '\\u' must be followed by 4 hex digits".to_owned()
            })?;
            code = code * 16 + digit;
        }
        Ok(code)
    }
}

/// A character of a string that stands for itself and is ASCII.
fn is_plain(byte: u8) -> bool {
    (0x20..0x80).contains(&byte) && byte != b'"' && byte != b'\\'
}

/// Whole numbers beyond 64 bits are floats; a float that overflows is infinite here.
fn value_of(text: &str, whole: bool) -> Token {
    let float = || Token::Float(text.parse().unwrap_or(f64::INFINITY));
    if !whole {
        return float();
    }
    if let Ok(number) = text.parse::<i64>() {
        return Token::Integer(number);
    }
    text.parse::<u64>().map_or_else(|_| float(), Token::Unsigned)
}

fn surrogate_fault(rule: &str) -> Fault {
    format!("invalid string: surrogate {rule}")
}

/// ASCII's names of the control characters, which messages give in full.
const CONTROL_NAMES: [&str; 32] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR",
    "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC",
    "FS", "GS", "RS", "US",
];

fn control_fault(byte: u8) -> Fault {
    let name = CONTROL_NAMES.get(usize::from(byte)).unwrap_or(&"");
    let short = match byte {
        8 => " or \\b",
        9 => " or \\t",
        10 => " or \\n",
        12 => " or \\f",
        13 => " or \\r",
        _ => "",
    };
    format!(
        "invalid string: control character U+{byte:04X} ({name}) must be escaped to \\u{byte:04X}{short}"
    )
}
