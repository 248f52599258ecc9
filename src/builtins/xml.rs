//! The layout of `toXML`: header, two spaces a level, one element a line.
//!
//! Comes in: open, close and empty elements with their attributes. Goes out: bytes.
//! Attributes are written in the order given; Nix sorts them by name, so callers do too
//! (`column` `line` `path`; `drvPath` `outPath`; `ellipsis` `name`).

/// An attribute of an element: its name, and its value before escaping.
pub type Attribute<'a> = (&'a str, &'a [u8]);

/// Writes one XML document into a byte buffer.
#[derive(Debug)]
pub struct XmlWriter {
    out: Vec<u8>,
    open: Vec<&'static str>,
}

impl Default for XmlWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl XmlWriter {
    /// Starts a document with its header line.
    pub fn new() -> Self {
        let out = b"<?xml version='1.0' encoding='utf-8'?>\n".to_vec();
        Self { out, open: Vec::new() }
    }

    /// Opens an element; what follows is inside it until [`close`](Self::close).
    pub fn open(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.start(name, attributes);
        self.out.extend_from_slice(b">\n");
        self.open.push(name);
    }

    /// Closes the innermost open element; does nothing when none is open.
    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.out.extend_from_slice(b"</");
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b">\n");
        }
    }

    /// Writes an element without content.
    pub fn empty(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.start(name, attributes);
        self.out.extend_from_slice(b" />\n");
    }

    /// Bytes written so far.
    pub fn written(&self) -> usize {
        self.out.len()
    }

    /// Closes what is still open and returns the document.
    pub fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn indent(&mut self) {
        let spaces = self.open.len() * 2;
        self.out.resize(self.out.len() + spaces, b' ');
    }

    fn start(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        self.indent();
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        for (name, value) in attributes {
            self.out.push(b' ');
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"=\"");
            escape(&mut self.out, value);
            self.out.push(b'"');
        }
    }
}

/// Newlines are escaped because XML parsers turn raw ones in attributes into spaces;
/// everything else that XML leaves alone stays raw, tabs and apostrophes too.
fn escape(out: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"&quot;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'\n' => out.extend_from_slice(b"&#xA;"),
            plain => out.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Nix 2.34.8 prints for
    /// `toXML { a = [ 1 null ]; "d&<>\"'" = "e&<>\"'\n\té"; f = { }; }`.
    #[test]
    fn layout_and_escapes_are_those_of_nix() {
        let mut xml = XmlWriter::new();
        xml.open("expr", &[]);
        xml.open("attrs", &[]);
        xml.open("attr", &[("name", b"a")]);
        xml.open("list", &[]);
        xml.empty("int", &[("value", b"1")]);
        xml.empty("null", &[]);
        xml.close();
        xml.close();
        xml.open("attr", &[("name", b"d&<>\"'")]);
        xml.empty("string", &[("value", "e&<>\"'\n\té".as_bytes())]);
        xml.close();
        xml.open("attr", &[("name", b"f")]);
        xml.open("attrs", &[]);
        let expected = "<?xml version='1.0' encoding='utf-8'?>\n<expr>\n  <attrs>\n    <attr name=\"a\">\n      <list>\n        <int value=\"1\" />\n        <null />\n      </list>\n    </attr>\n    <attr name=\"d&amp;&lt;&gt;&quot;'\">\n      <string value=\"e&amp;&lt;&gt;&quot;'&#xA;\té\" />\n    </attr>\n    <attr name=\"f\">\n      <attrs>\n      </attrs>\n    </attr>\n  </attrs>\n</expr>\n";
        assert_eq!(String::from_utf8_lossy(&xml.finish()), expected);
    }

    #[test]
    fn closing_nothing_writes_nothing() {
        let mut xml = XmlWriter::new();
        let before = xml.out.clone();
        xml.close();
        assert_eq!(xml.finish(), before);
    }
}
