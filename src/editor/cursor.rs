//! Where the cursor stands, and the text with a word there.

use std::ops::Range;
use std::sync::Arc;

use super::text::Text;
use crate::builtins::globals;
use crate::check::{Checked, Names};
use crate::lower::Globals;
use crate::source::SourceMap;
use crate::syntax::{Piece, PieceKind, parse, pieces};

/// What can be written at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Position {
    /// The name of a binding; with its value and semicolon, if there are none yet.
    Binding {
        /// Does `=` or `.` follow?
        followed: bool,
    },
    /// A further name of a binding's path or of a selection.
    Selection,
    /// A name after `inherit`.
    Inherit,
    /// One of a function's named arguments.
    Formal,
    /// An expression.
    Expression,
    /// Inside of a string.
    String,
    /// Inside of a path.
    Path,
}

/// The cursor.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    pub(super) position: Position,
    /// The word that the cursor is in or behind, in bytes of the file.
    pub(super) word: Range<u32>,
    /// What of it stands before the cursor.
    pub(super) typed: String,
}

/// What stands for the word that is being typed: no name that anybody uses.
pub(super) const STAND_IN: &str = "repx__cursor";

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-'".contains(&byte)
}

impl Cursor {
    /// At a byte of a text; nothing where nothing is to be offered.
    pub(super) fn at(text: &Text, offset: u32) -> Option<Cursor> {
        let source = text.text();
        let offset = offset.min(source.len() as u32);
        let words = pieces(source);
        let before = words.partition_point(|piece| piece.start < offset);
        let inside = before.checked_sub(1).and_then(|at| words.get(at));
        let inside = inside.filter(|piece| offset <= piece.end);
        match inside.map(|piece| piece.kind) {
            Some(PieceKind::Comment | PieceKind::Number) => return None,
            Some(PieceKind::Path) => {
                let word = inside.map_or(offset..offset, |piece| piece.start..piece.end);
                let typed = source.get(word.start as usize..offset as usize)?.to_owned();
                return Some(Cursor { position: Position::Path, word, typed });
            }
            _ if in_string(&words, source, before, offset) => {
                return Cursor::in_string(source, offset);
            }
            _ => {}
        }
        let head = source.as_bytes().get(..offset as usize)?;
        let tail = source.as_bytes().get(offset as usize..)?;
        let back = head.iter().rev().take_while(|byte| in_word(**byte)).count() as u32;
        let on = tail.iter().take_while(|byte| in_word(**byte)).count() as u32;
        let word = offset - back..offset + on;
        let typed = source.get(word.start as usize..offset as usize)?.to_owned();
        let left: &[Piece] = words.get(..words.partition_point(|p| p.start < word.start))?;
        let right: &[Piece] = words.get(words.partition_point(|p| p.start < word.end)..)?;
        Some(Cursor { position: position(source, left, right), word, typed })
    }

    fn in_string(source: &str, offset: u32) -> Option<Cursor> {
        let head = source.get(..offset as usize)?;
        let tail = source.get(offset as usize..)?;
        let part = |c: char| c.is_alphanumeric() || "_-.".contains(c);
        let back: usize = head.chars().rev().take_while(|c| part(*c)).map(char::len_utf8).sum();
        let on: usize = tail.chars().take_while(|c| part(*c)).map(char::len_utf8).sum();
        let word = offset - back as u32..offset + on as u32;
        let typed = source.get(word.start as usize..offset as usize)?.to_owned();
        Some(Cursor { position: Position::String, word, typed })
    }

    /// The text with a word at the cursor that stands for what is being typed; `None` where the text is
    /// as good as it is.
    pub(super) fn patched(&self, text: &Text) -> Option<Text> {
        let end = match self.position {
            Position::String | Position::Path | Position::Formal => return None,
            Position::Binding { followed: false } => " = null;",
            _ => "",
        };
        let source = text.text();
        let before = source.get(..self.word.start as usize)?;
        let after = source.get(self.word.end as usize..)?;
        // A selection that nothing follows would take the next binding for its argument.
        let patched = format!("{before}{STAND_IN}{end}{after}");
        let sources = SourceMap::new();
        let file = sources.add(text.path(), patched).ok()?;
        let parsed = Arc::new(parse(&file));
        let names = Names::of(&parsed.root, &Globals::new(globals::global_names()));
        let checked = Checked { names, diagnostics: Vec::new(), readable: true };
        Some(Text::new(file, parsed, checked))
    }
}

/// Does a place lie between the quotes of a string? `before` words begin before it.
fn in_string(words: &[Piece], source: &str, before: usize, offset: u32) -> bool {
    let Some(last) = before.checked_sub(1).and_then(|at| words.get(at)) else { return false };
    if !matches!(last.kind, PieceKind::String | PieceKind::Escape) {
        return false;
    }
    let text = source.get(last.start as usize..last.end as usize).unwrap_or_default();
    let quote = matches!(text, "\"" | "''");
    if !quote {
        return offset <= last.end;
    }
    // The quote that opens a string may be the last word, or the one that closes it.
    let mut depth = 0_usize;
    let mut open: Vec<usize> = Vec::new();
    for piece in words.get(..before).unwrap_or_default() {
        let text = slice(source, piece);
        match piece.kind {
            PieceKind::String if matches!(text, "\"" | "''") => match open.last() {
                Some(level) if *level == depth => drop(open.pop()),
                _ => open.push(depth),
            },
            PieceKind::Interpolate | PieceKind::Punctuation(b'{') => depth += 1,
            PieceKind::Punctuation(b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    open.last() == Some(&depth) && last.end <= offset
}

fn position(source: &str, left: &[Piece], right: &[Piece]) -> Position {
    let next = right.first().map(|piece| piece.kind);
    let followed = matches!(next, Some(PieceKind::Punctuation(b'=' | b'.')));
    match left.last().map(|piece| (piece.kind, slice(source, piece))) {
        Some((PieceKind::Punctuation(b'.'), _)) => Position::Selection,
        Some((PieceKind::Punctuation(b'{' | b','), _)) if closes_formals(right) => Position::Formal,
        Some((PieceKind::Punctuation(b'{'), _) | (PieceKind::Keyword, "let")) => {
            Position::Binding { followed }
        }
        Some((PieceKind::Punctuation(b';'), _)) if ends_head(source, left) => Position::Expression,
        Some((PieceKind::Punctuation(b';'), _)) => Position::Binding { followed },
        _ if after_inherit(source, left) => Position::Inherit,
        _ => Position::Expression,
    }
}

fn slice<'s>(source: &'s str, piece: &Piece) -> &'s str {
    source.get(piece.start as usize..piece.end as usize).unwrap_or_default()
}

/// Does the brace that is open here close before a colon?
fn closes_formals(right: &[Piece]) -> bool {
    let mut depth = 0_usize;
    for (at, piece) in right.iter().enumerate() {
        match piece.kind {
            PieceKind::Punctuation(b'{') | PieceKind::Interpolate => depth += 1,
            PieceKind::Punctuation(b'}') if depth == 0 => {
                let next = right.get(at + 1).map(|piece| piece.kind);
                return matches!(next, Some(PieceKind::Punctuation(b':' | b'@')));
            }
            PieceKind::Punctuation(b'}') => depth -= 1,
            // Formals have no bindings.
            PieceKind::Punctuation(b';' | b'=') if depth == 0 => return false,
            _ => {}
        }
    }
    false
}

/// Is the last semicolon one of `with a;` or `assert a;`, which an expression follows?
fn ends_head(source: &str, left: &[Piece]) -> bool {
    let mut depth = 0_usize;
    for piece in left.iter().rev().skip(1) {
        match piece.kind {
            PieceKind::Punctuation(b'}' | b')' | b']') => depth += 1,
            PieceKind::Punctuation(b'{' | b'(' | b'[') | PieceKind::Interpolate if depth > 0 => {
                depth -= 1;
            }
            PieceKind::Punctuation(b'{' | b'(' | b'[' | b';' | b'=') | PieceKind::Interpolate
                if depth == 0 =>
            {
                return false;
            }
            PieceKind::Keyword if depth == 0 => match slice(source, piece) {
                "with" | "assert" => return true,
                "inherit" | "let" => return false,
                _ => {}
            },
            _ => {}
        }
    }
    false
}

/// Is this `inherit a b |`, or with a set in parentheses?
fn after_inherit(source: &str, left: &[Piece]) -> bool {
    let mut depth = 0_usize;
    for piece in left.iter().rev() {
        match piece.kind {
            PieceKind::Punctuation(b')') => depth += 1,
            PieceKind::Punctuation(b'(') if depth > 0 => depth -= 1,
            PieceKind::Keyword if depth == 0 => return slice(source, piece) == "inherit",
            PieceKind::Name if depth == 0 => {}
            _ if depth == 0 => return false,
            _ => {}
        }
    }
    false
}
