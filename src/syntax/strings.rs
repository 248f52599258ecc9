//! Strings of both kinds, and paths.
//!
//! The tree keeps what strings mean. Who wants to know where each character of one stands, as for
//! the text of a script, reads it again: [`traced`].

use std::ops::Range;

use super::lex::lex;
use super::parse::Parser;
use super::token::{Kind, Token};
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
    stripped(text, indent, lines).map(|(_, rest)| rest).collect()
}

/// The lines of `text` without their first `indent` spaces, and where in it each begins.
fn stripped<'t>(
    text: &'t str,
    indent: usize,
    lines: &mut Lines,
) -> impl Iterator<Item = (usize, &'t str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let mut dropped = 0;
        if lines.at_start {
            let spaces = line.bytes().take_while(|byte| *byte == b' ').count();
            dropped = spaces.min(indent.saturating_sub(lines.spaces));
            lines.spaces += spaces;
            lines.at_start = spaces == line.len();
        }
        if line.ends_with('\n') {
            *lines = Lines::NEW;
        }
        let start = at + dropped;
        at += line.len();
        (start, line.get(dropped..).unwrap_or_default())
    })
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

/// A string with the place of each of its bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Traced {
    /// What it means, with a stand-in for each interpolation.
    pub text: String,
    /// By byte of the text, the byte of the source that it begins in.
    pub origins: Vec<u32>,
    /// Of each interpolation where it stands in the text, and where with its braces in the source.
    pub holes: Vec<(Range<usize>, Range<u32>)>,
}

impl Traced {
    /// Where a part of the text stands in the source.
    pub fn source(&self, range: Range<usize>) -> Range<u32> {
        let origin = |at: usize| self.origins.get(at).copied();
        let start = origin(range.start).or_else(|| self.origins.last().map(|last| last + 1));
        let start = start.unwrap_or(0);
        // The last byte of a stand-in has the last byte of the interpolation as its origin.
        let end = range.end.checked_sub(1).and_then(origin).map_or(start, |last| last + 1);
        start..end.max(start)
    }

    fn push(&mut self, text: &str, origin: impl Fn(usize) -> u32) {
        self.text.push_str(text);
        self.origins.extend((0..text.len()).map(origin));
    }
}

/// Reads the string that `source` is, with its quotes; `stand_in` gives the text for the
/// interpolation of that number. `None` if it is no string, or not closed.
pub fn traced(source: &str, stand_in: impl Fn(usize) -> String) -> Option<Traced> {
    let (tokens, _) = lex(source);
    let mut tokens = tokens.into_iter();
    let open = tokens.next()?;
    let indented = match open.kind {
        Kind::Quote => false,
        Kind::IndOpen => true,
        _ => return None,
    };
    let pieces = raw_pieces(source, tokens)?;
    let mut traced = Traced::default();
    let indent = if indented { indentation_of(&pieces, source) } else { 0 };
    let mut lines = Lines::NEW;
    let count = pieces.len();
    for (index, (token, end)) in pieces.into_iter().enumerate() {
        let slice = source.get(token.start as usize..token.end as usize)?;
        match token.kind {
            Kind::Str => push_escaped(&mut traced, slice, token.start),
            Kind::IndEscape => {
                lines.at_start = false;
                let origin = token.start;
                traced.push(&indented_escape(slice), |_| origin);
            }
            Kind::IndStr => {
                for (at, line) in stripped(slice, indent, &mut lines) {
                    let start = token.start + at as u32;
                    traced.push(line, |byte| start + byte as u32);
                }
                if index + 1 == count {
                    drop_blank_last_line(&mut traced.text);
                    traced.origins.truncate(traced.text.len());
                }
            }
            _ => {
                lines.at_start = false;
                let text = stand_in(traced.holes.len());
                let start = traced.text.len();
                let last = text.len().saturating_sub(1);
                traced.push(&text, |at| if at == last { end - 1 } else { token.start });
                traced.holes.push((start..traced.text.len(), token.start..end));
            }
        }
    }
    Some(traced)
}

/// The tokens of a string's own text and the beginnings of its interpolations, each with where
/// that ends.
fn raw_pieces(source: &str, tokens: impl Iterator<Item = Token>) -> Option<Vec<(Token, u32)>> {
    let mut pieces: Vec<(Token, u32)> = Vec::new();
    let mut depth = 0u32;
    for token in tokens {
        match token.kind {
            Kind::Quote | Kind::IndClose if depth == 0 => {
                return (token.end as usize == source.len()).then_some(pieces);
            }
            Kind::Interpolate | Kind::BraceOpen => {
                if depth == 0 {
                    pieces.push((token, token.end));
                }
                depth += 1;
            }
            Kind::BraceClose => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    pieces.last_mut()?.1 = token.end;
                }
            }
            _ if depth == 0 => pieces.push((token, token.end)),
            _ => {}
        }
    }
    None
}

fn indentation_of(pieces: &[(Token, u32)], source: &str) -> usize {
    let piece = |(token, _): &(Token, u32)| match token.kind {
        Kind::IndStr => {
            let slice = source.get(token.start as usize..token.end as usize);
            Piece::Plain(slice.unwrap_or_default())
        }
        _ => Piece::Fixed(String::new()),
    };
    indentation(&pieces.iter().map(piece).collect::<Vec<_>>())
}

/// Adds the text of a `"…"` string, escapes resolved.
fn push_escaped(traced: &mut Traced, slice: &str, start: u32) {
    let mut rest = slice;
    while let Some(c) = rest.chars().next() {
        let at = start + (slice.len() - rest.len()) as u32;
        let length = match c {
            '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            '\r' if rest.starts_with("\r\n") => 2,
            other => other.len_utf8(),
        };
        let (one, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let meant = unescape(one);
        let escaped = *meant != *one;
        traced.push(&meant, |byte| if escaped { at } else { at + byte as u32 });
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    fn read(source: &str) -> Traced {
        traced(source, |number| format!("<{number}>")).expect("it is a string")
    }

    /// What the parser makes of it, with the same stand-ins.
    fn meant(source: &str) -> String {
        let map = SourceMap::new();
        let file = map.add("/x.nix", source).expect("it fits");
        let parsed = crate::syntax::parse(&file);
        assert_eq!(parsed.diagnostics, []);
        let ExprKind::Text(parts) = parsed.root.kind else { panic!("no string") };
        let mut number = 0;
        let text = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Interpolated(_) => {
                number += 1;
                format!("<{}>", number - 1)
            }
        };
        parts.iter().map(text).collect()
    }

    #[test]
    fn traces_what_the_parser_reads() {
        let sources = [
            "\"a\\nb ${x} \\${y} $${z} ü\"",
            "''\n    a ${x}\n      b ''${c} ''\\n\n    ${{ a = \"}\"; }.a}/d '''e'''\n  ''",
            "''a\n   b''",
            "''\r\n  a\r\n  b\r\n''",
            "''\n  cat <<EOF\n    ${toString ''a${b}''}\n  EOF\n''",
            "\"\"",
        ];
        for source in sources {
            let traced = read(source);
            assert_eq!(traced.text, meant(source), "{source}");
            assert_eq!(traced.origins.len(), traced.text.len());
            // Characters that are no escapes stand where they say.
            for (at, c) in traced.text.char_indices().filter(|(_, c)| c.is_alphabetic()) {
                let inside = traced.holes.iter().any(|(range, _)| range.contains(&at));
                let here = source.get(traced.origins[at] as usize..).unwrap_or_default();
                assert!(inside || here.starts_with(c), "{c} in {source}");
            }
            for (range, place) in &traced.holes {
                let text = source.get(place.start as usize..place.end as usize);
                let text = text.unwrap_or_default();
                assert!(text.starts_with("${") && text.ends_with('}'), "{text}");
                assert_eq!(traced.source(range.clone()), *place);
            }
        }
    }

    #[test]
    fn what_is_no_whole_string_is_none() {
        for source in ["\"a", "''a", "a", "\"a\" b", "\"${a\"", ""] {
            assert_eq!(traced(source, |_| String::new()), None, "{source}");
        }
    }
}
