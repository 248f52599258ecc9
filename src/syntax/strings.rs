//! Strings of both kinds, and paths.

use super::parse::Parser;
use super::token::Kind;
use super::{Expr, ExprKind, Part};

/// A piece of a `''…''` string before its indentation is stripped.
enum Piece<'a> {
    /// As written: white space at the start of lines is indentation.
    Plain(&'a str),
    /// From an escape.
    Fixed(String),
    Interpolated(Expr),
}

impl Parser<'_> {
    /// `${ e }`
    fn interpolation(&mut self) -> Expr {
        self.begin(Kind::BraceClose);
        let expr = self.expr();
        if self.peek() != Kind::BraceClose {
            self.unexpected(&[Kind::BraceClose], None);
            // The string goes on behind the brace, whatever stands before it.
            loop {
                self.skip_to(Kind::BraceClose);
                if !self.eat(Kind::Semicolon) {
                    break;
                }
            }
        }
        self.finish();
        expr
    }

    /// `"…"`, the quote being next.
    pub(super) fn string(&mut self) -> Vec<Part> {
        self.begin(Kind::Quote);
        let mut parts = Vec::new();
        loop {
            match self.peek() {
                Kind::Str => {
                    let token = self.bump();
                    parts.push(Part::Literal(unescape(self.slice(token))));
                }
                Kind::Interpolate => {
                    parts.push(Part::Interpolated(Box::new(self.interpolation())));
                }
                Kind::Quote => break,
                _ => {
                    self.unexpected(&[Kind::Quote], Some(UNCLOSED));
                    break;
                }
            }
        }
        self.finish();
        parts
    }

    /// `''…''`, the two quotes being next.
    pub(super) fn indented_string(&mut self) -> Vec<Part> {
        self.begin(Kind::IndClose);
        let mut pieces = Vec::new();
        loop {
            let token = self.token(0);
            match token.kind {
                Kind::IndStr => {
                    self.bump();
                    pieces.push(Piece::Plain(self.slice(token)));
                }
                Kind::IndEscape => {
                    self.bump();
                    pieces.push(Piece::Fixed(indented_escape(self.slice(token))));
                }
                Kind::Interpolate => pieces.push(Piece::Interpolated(self.interpolation())),
                Kind::IndClose => break,
                _ => {
                    let expected = [Kind::IndStr, Kind::Interpolate, Kind::IndClose];
                    self.unexpected(&expected, Some(UNCLOSED));
                    break;
                }
            }
        }
        self.finish();
        strip_indentation(pieces)
    }

    /// A path: its first token is next, [`Kind::PathEnd`] its last.
    pub(super) fn path(&mut self) -> Vec<Part> {
        let first = self.bump();
        let mut parts = vec![Part::Literal(self.slice(first).to_owned())];
        if self.peek() == Kind::Str && self.peek_at(1) != Kind::Interpolate {
            self.double_slash();
        }
        loop {
            match self.peek() {
                Kind::Str => {
                    let token = self.bump();
                    push_literal(&mut parts, self.slice(token));
                }
                Kind::Interpolate => {
                    parts.push(Part::Interpolated(Box::new(self.interpolation())));
                }
                Kind::PathEnd => {
                    self.bump();
                    return parts;
                }
                _ => return parts,
            }
        }
    }

    /// `./a//b`: Nix's lexer takes it for a path, its grammar doesn't.
    fn double_slash(&mut self) {
        let place = self.here();
        self.at += 1;
        let help = "a path has single slashes; the operator `//` needs spaces around it";
        self.unexpected_at(&[Kind::Interpolate], place, "a second slash", Some(help));
        self.at -= 1;
    }
}

const UNCLOSED: &str =
    "the string is not closed; if the place is far off, look at the strings before it";

/// Adds text to the literal that ends the parts, or as a new one. Empty text adds nothing.
fn push_literal(parts: &mut Vec<Part>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Part::Literal(last)) = parts.last_mut() {
        last.push_str(text);
    } else {
        parts.push(Part::Literal(text.to_owned()));
    }
}

/// Resolves the escapes of a `"…"` string. Line ends are made `\n`, whatever they were.
fn unescape(text: &str) -> String {
    if memchr::memchr2(b'\\', b'\r', text.as_bytes()).is_none() {
        return text.to_owned();
    }
    let mut result = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => result.push('\n'),
                Some('r') => result.push('\r'),
                Some('t') => result.push('\t'),
                Some(other) => result.push(other),
                None => {}
            },
            '\r' => {
                result.push('\n');
                chars.next_if_eq(&'\n');
            }
            other => result.push(other),
        }
    }
    result
}

/// What an escape of a `''…''` string means: `''$`, `'''`, `''\x`, a lone `$` or `'`.
fn indented_escape(text: &str) -> String {
    match text.strip_prefix("''") {
        Some("$") => "$".to_owned(),
        Some("'") => "''".to_owned(),
        Some(escaped) => unescape(escaped),
        None => text.to_owned(),
    }
}

/// Follows spaces at the start of lines through the pieces of a string.
struct Lines {
    at_start: bool,
    spaces: usize,
}

impl Lines {
    const NEW: Lines = Lines { at_start: true, spaces: 0 };
}

/// The spaces that all lines begin with. Empty lines don't count, and neither does a last line of
/// spaces alone; a tab is no space.
fn indentation(pieces: &[Piece<'_>]) -> usize {
    let mut least = usize::MAX;
    let mut lines = Lines::NEW;
    for piece in pieces {
        let Piece::Plain(text) = piece else {
            if lines.at_start {
                lines.at_start = false;
                least = least.min(lines.spaces);
            }
            continue;
        };
        for byte in text.bytes() {
            if byte == b'\n' {
                lines = Lines::NEW;
            } else if lines.at_start {
                if byte == b' ' {
                    lines.spaces += 1;
                } else {
                    lines.at_start = false;
                    least = least.min(lines.spaces);
                }
            }
        }
    }
    least
}

/// `text` without the first `indent` spaces of its lines.
fn strip(text: &str, indent: usize, lines: &mut Lines) -> String {
    let mut result = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        if lines.at_start {
            let spaces = line.bytes().take_while(|byte| *byte == b' ').count();
            let dropped = spaces.min(indent.saturating_sub(lines.spaces));
            rest = line.get(dropped..).unwrap_or_default();
            lines.spaces += spaces;
            lines.at_start = spaces == line.len();
        }
        if line.ends_with('\n') {
            *lines = Lines::NEW;
        }
        result.push_str(rest);
    }
    result
}

/// A last line of spaces alone, as before the closing quotes, is not part of the string.
fn drop_blank_last_line(text: &mut String) {
    if let Some(end) = text.rfind('\n')
        && text.bytes().skip(end + 1).all(|byte| byte == b' ')
    {
        text.truncate(end + 1);
    }
}

fn strip_indentation(pieces: Vec<Piece<'_>>) -> Vec<Part> {
    let indent = indentation(&pieces);
    let count = pieces.len();
    let mut lines = Lines::NEW;
    let mut parts = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        let mut text = match piece {
            Piece::Plain(text) => strip(text, indent, &mut lines),
            Piece::Fixed(text) => strip(&text, indent, &mut lines),
            Piece::Interpolated(expr) => {
                lines.at_start = false;
                parts.push(Part::Interpolated(Box::new(expr)));
                continue;
            }
        };
        if index + 1 == count {
            drop_blank_last_line(&mut text);
        }
        push_literal(&mut parts, &text);
    }
    flatten(parts)
}

/// To Nix, `''${"a"}''` is the plain string `"a"`, which matters where it names an attribute.
fn flatten(mut parts: Vec<Part>) -> Vec<Part> {
    let [Part::Interpolated(only)] = parts.as_mut_slice() else {
        return parts;
    };
    match &mut only.kind {
        ExprKind::Text(inner) if inner.iter().all(|part| matches!(part, Part::Literal(_))) => {
            std::mem::take(inner)
        }
        _ => parts,
    }
}
