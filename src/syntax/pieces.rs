//! A text word by word, for who shows it: what each word is, comments among them.

use super::lex::lex;
use super::token::Kind;

/// What a word of a text is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PieceKind {
    /// `let`, `with`, `or` …
    Keyword,
    /// A name of any kind.
    Name,
    /// A number.
    Number,
    /// A stretch of a string, or its quotes.
    String,
    /// An escape in a string.
    Escape,
    /// A stretch of a path, a search path or a URL.
    Path,
    /// `#` to the end of its line, or `/* … */`.
    Comment,
    /// `${`
    Interpolate,
    /// An operator.
    Operator,
    /// Brackets, and what separates.
    Punctuation(u8),
    /// No token of the language.
    Invalid,
}

/// A word, in bytes of the text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// All words of a text, in its order. What lies between them is white space.
pub fn pieces(text: &str) -> Vec<Piece> {
    let (tokens, _) = lex(text);
    let mut pieces = Vec::with_capacity(tokens.len());
    let mut end = 0;
    let mut in_path = false;
    for token in tokens {
        comments(text, end, token.start, &mut pieces);
        end = token.end;
        in_path |= matches!(token.kind, Kind::Path | Kind::HomePath);
        in_path &= token.kind != Kind::PathEnd;
        let kind = match token.kind {
            Kind::Str if in_path => PieceKind::Path,
            kind => kind_of(kind, text.as_bytes().get(token.start as usize).copied()),
        };
        if token.start < token.end {
            pieces.push(Piece { kind, start: token.start, end: token.end });
        }
    }
    pieces
}

/// The comments of a stretch between two tokens.
fn comments(text: &str, from: u32, to: u32, pieces: &mut Vec<Piece>) {
    let bytes = text.as_bytes().get(..to as usize).unwrap_or_default();
    let mut at = from as usize;
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = match byte {
            b'#' => memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len()),
            b'/' => memchr::memmem::find(rest.get(2..).unwrap_or_default(), b"*/")
                .map_or(rest.len(), |body| body + 4),
            _ => {
                at += 1;
                continue;
            }
        };
        let (start, end) = (at as u32, (at + length) as u32);
        pieces.push(Piece { kind: PieceKind::Comment, start, end });
        at += length.max(1);
    }
}

fn kind_of(kind: Kind, first: Option<u8>) -> PieceKind {
    match kind {
        Kind::Invalid => PieceKind::Invalid,
        Kind::Id => PieceKind::Name,
        Kind::Int | Kind::Float => PieceKind::Number,
        Kind::Str | Kind::IndStr | Kind::IndOpen | Kind::IndClose | Kind::Quote => {
            PieceKind::String
        }
        Kind::IndEscape => PieceKind::Escape,
        Kind::Path | Kind::HomePath | Kind::SearchPath | Kind::Uri | Kind::PathEnd => {
            PieceKind::Path
        }
        Kind::Interpolate => PieceKind::Interpolate,
        Kind::OrWord => PieceKind::Keyword,
        kind if kind.is_keyword() => PieceKind::Keyword,
        Kind::End
        | Kind::Ellipsis
        | Kind::Colon
        | Kind::At
        | Kind::Semicolon
        | Kind::Dot
        | Kind::ParenOpen
        | Kind::ParenClose
        | Kind::BraceOpen
        | Kind::BraceClose
        | Kind::BracketOpen
        | Kind::BracketClose
        | Kind::Assign
        | Kind::Comma => PieceKind::Punctuation(first.unwrap_or(0)),
        _operator => PieceKind::Operator,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_words_are_told_apart() {
        let text =
            "{ a = \"x${b}y\"; # c\n /* d */ e = ./f/${g}/h + 1; i = ''\n  z '''; ''; } /* open";
        let shown: Vec<String> = pieces(text)
            .into_iter()
            .filter(|piece| !matches!(piece.kind, PieceKind::Punctuation(_)))
            .map(|piece| {
                format!("{:?} {:?}", piece.kind, &text[piece.start as usize..piece.end as usize])
            })
            .collect();
        let expected = [
            "Name \"a\"",
            "String \"\\\"\"",
            "String \"x\"",
            "Interpolate \"${\"",
            "Name \"b\"",
            "String \"y\"",
            "String \"\\\"\"",
            "Comment \"# c\"",
            "Comment \"/* d */\"",
            "Name \"e\"",
            "Path \"./f/\"",
            "Interpolate \"${\"",
            "Name \"g\"",
            "Path \"/h\"",
            "Operator \"+\"",
            "Number \"1\"",
            "Name \"i\"",
            "String \"''\"",
            "String \"  z \"",
            "Escape \"'''\"",
            "String \"; \"",
            "String \"''\"",
            "Comment \"/* open\"",
        ];
        assert_eq!(shown, expected);
    }
}
