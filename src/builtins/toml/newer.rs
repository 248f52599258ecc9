//! What TOML 1.1 allows and 1.0 doesn't.

/// Where something is wrong, and what.
type Finding = (usize, &'static str);

/// Refuses syntax of TOML 1.1 in a text that is known to be valid there.
pub(super) fn check(text: &str) -> Result<(), Finding> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, open: Vec::new(), last: b'\n' };
    while let Some(byte) = scan.bytes.get(scan.at).copied() {
        scan.step(byte)?;
    }
    Ok(())
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Brackets and braces that are open.
    open: Vec<u8>,
    /// The last byte that was no blank.
    last: u8,
}

impl Scan<'_> {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self, byte: u8) -> Result<(), Finding> {
        let inline = self.open.last() == Some(&b'{');
        match byte {
            b'\n' | b'#' if inline => return Err((self.at, "newline in an inline table")),
            b'}' if self.last == b',' => {
                return Err((self.at, "trailing comma in an inline table"));
            }
            b'#' => {
                let rest = self.rest();
                self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                return Ok(());
            }
            b'"' | b'\'' => self.string(byte)?,
            b'[' | b'{' => self.open.push(byte),
            b']' | b'}' => {
                self.open.pop();
            }
            _ => {}
        }
        if byte != b' ' && byte != b'\t' {
            self.last = byte;
        }
        self.at += 1;
        Ok(())
    }

    /// Up to the last quote of a string.
    fn string(&mut self, quote: u8) -> Result<(), Finding> {
        let triple = [quote; 3];
        let close: &[u8] = if self.rest().starts_with(&triple) { &triple } else { &triple[..1] };
        self.at += close.len();
        while !self.rest().is_empty() && !self.rest().starts_with(close) {
            if quote == b'"' && self.rest().starts_with(b"\\") {
                self.at += 1;
                if matches!(self.rest().first(), Some(b'e' | b'x')) {
                    return Err((self.at, "unknown escape"));
                }
            }
            self.at += 1;
        }
        self.at += close.len() - 1;
        // Up to two more quotes belong to a string of triple quotes.
        let next = |at: usize| self.bytes.get(at + 1) == Some(&quote);
        let more = usize::from(close.len() == 3 && next(self.at));
        self.at += more + usize::from(more == 1 && next(self.at + 1));
        Ok(())
    }
}
