//! What the words of a text are, for colours that follow from meaning.

use std::collections::{HashMap, HashSet};

use super::spot::static_name;
use super::text::Text;
use crate::check::names::Kind;
use crate::source::Span;
use crate::syntax::{Binding, ExprKind, PieceKind, find, pieces};

/// A word, in bytes of the file. None overlaps another; strings and comments may have several lines.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Token {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What it is.
    pub kind: TokenKind,
    /// What else is to be said of it.
    pub modifiers: Modifiers,
}

/// What a word is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TokenKind {
    /// A word of the language.
    Keyword,
    /// A name that a function takes.
    Parameter,
    /// A name bound by `let`, or that `with` gives.
    Variable,
    /// An attribute.
    Property,
    /// A builtin, or a binding that is a function.
    Function,
    /// Text.
    String,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// A path or a URL.
    Path,
    /// An operator.
    Operator,
}

/// What else is to be said of a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Modifiers {
    /// Is it bound here?
    pub definition: bool,
    /// Is it bound and never used?
    pub unused: bool,
    /// Does every program see it?
    pub builtin: bool,
}

/// All words of a text, in its order.
pub fn tokens(text: &Text) -> Vec<Token> {
    let meanings = meanings(text);
    let mut tokens: Vec<Token> = Vec::new();
    let none = Modifiers::default();
    for piece in pieces(text.text()) {
        let (kind, modifiers) = match piece.kind {
            PieceKind::Keyword => (TokenKind::Keyword, none),
            PieceKind::Name => {
                meanings.get(&piece.start).copied().unwrap_or((TokenKind::Variable, none))
            }
            PieceKind::Number => (TokenKind::Number, none),
            PieceKind::String | PieceKind::Escape => (TokenKind::String, none),
            PieceKind::Path => (TokenKind::Path, none),
            PieceKind::Comment => (TokenKind::Comment, none),
            PieceKind::Operator => (TokenKind::Operator, none),
            PieceKind::Interpolate | PieceKind::Punctuation(_) | PieceKind::Invalid => continue,
        };
        // A string is one word, as far as nothing is interpolated.
        if let Some(last) = tokens.last_mut()
            && last.end == piece.start
            && last.kind == kind
            && matches!(kind, TokenKind::String | TokenKind::Path)
        {
            last.end = piece.end;
            continue;
        }
        tokens.push(Token { start: piece.start, end: piece.end, kind, modifiers });
    }
    tokens
}

/// What names mean, by where they begin.
fn meanings(text: &Text) -> HashMap<u32, (TokenKind, Modifiers)> {
    let mut meanings = HashMap::new();
    let at = |span: Span| text.local(span).0;
    let none = Modifiers::default();
    let (property, function) = (TokenKind::Property, TokenKind::Function);
    let mut functions = HashSet::new();
    find::walk(text.root(), &mut |expr| match &expr.kind {
        ExprKind::Set { bindings, .. }
        | ExprKind::Let { bindings, .. }
        | ExprKind::LegacyLet(bindings) => {
            let modifiers = Modifiers { definition: true, ..none };
            for binding in bindings {
                match binding {
                    Binding::Assign { path, value, .. } => {
                        let spans = path.iter().filter_map(static_name).map(|(_, span)| span);
                        meanings.extend(spans.map(|span| (at(span), (property, modifiers))));
                        if let ([name], ExprKind::Lambda { .. }) = (path.as_slice(), &value.kind) {
                            functions.insert(name.span());
                        }
                    }
                    Binding::Inherit { names, .. } => {
                        meanings.extend(names.iter().map(|(_, s)| (at(*s), (property, modifiers))));
                    }
                }
            }
        }
        ExprKind::Select { path, .. } | ExprKind::HasAttr { path, .. } => {
            let spans = path.iter().filter_map(static_name).map(|(_, span)| span);
            meanings.extend(spans.map(|span| (at(span), (property, none))));
            if let ExprKind::Select { from, path, .. } = &expr.kind
                && matches!(&from.kind, ExprKind::Var(name) if name.bytes() == b"builtins")
                && let Some((_, span)) = path.first().and_then(static_name)
            {
                meanings.insert(at(span), (function, Modifiers { builtin: true, ..none }));
            }
        }
        _ => {}
    });
    let names = &text.checked().names;
    for known in &names.definitions {
        let kind = match known.kind {
            _ if functions.contains(&known.span) => function,
            Kind::Let => TokenKind::Variable,
            Kind::Attribute => property,
            Kind::Argument | Kind::Formal { .. } | Kind::Whole => TokenKind::Parameter,
        };
        // Attributes are there for others.
        let unused = known.uses.is_empty() && known.kind != Kind::Attribute;
        let modifiers = Modifiers { definition: true, unused, builtin: false };
        for span in std::iter::once(&known.span).chain(&known.others) {
            meanings.insert(at(*span), (kind, modifiers));
        }
        for span in &known.uses {
            // What is inherited is both; that it is bound here counts.
            meanings.entry(at(*span)).or_insert((kind, none));
        }
    }
    for (name, span) in &names.globals {
        let value = matches!(name.bytes(), b"true" | b"false" | b"null" | b"builtins");
        let kind = if value { TokenKind::Variable } else { function };
        meanings.insert(at(*span), (kind, Modifiers { builtin: true, ..none }));
    }
    meanings
}
