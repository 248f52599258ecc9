//! Words with their meanings, as numbers that clients colour by.

use std::ops::Range;

use lsp_types::{
    SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens, SemanticTokensLegend,
    SemanticTokensParams, SemanticTokensRangeParams, SemanticTokensRangeResult,
    SemanticTokensResult,
};

use crate::editor::{self, Modifiers, TokenKind};
use crate::lsp::position::Encoding;
use crate::lsp::server::Server;
use crate::lsp::texts::Seen;
use crate::lsp::uri;

/// The kinds, and the name that each has in the protocol; its number is its place here.
const KINDS: [(TokenKind, SemanticTokenType); 10] = [
    (TokenKind::Keyword, SemanticTokenType::KEYWORD),
    (TokenKind::Parameter, SemanticTokenType::PARAMETER),
    (TokenKind::Variable, SemanticTokenType::VARIABLE),
    (TokenKind::Property, SemanticTokenType::PROPERTY),
    (TokenKind::Function, SemanticTokenType::FUNCTION),
    (TokenKind::String, SemanticTokenType::STRING),
    (TokenKind::Number, SemanticTokenType::NUMBER),
    (TokenKind::Comment, SemanticTokenType::COMMENT),
    (TokenKind::Path, SemanticTokenType::new("path")),
    (TokenKind::Operator, SemanticTokenType::OPERATOR),
];

/// What the numbers mean.
pub(in crate::lsp) fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend {
        token_types: KINDS.into_iter().map(|(_, name)| name).collect(),
        token_modifiers: vec![
            SemanticTokenModifier::DECLARATION,
            SemanticTokenModifier::new("unused"),
            SemanticTokenModifier::DEFAULT_LIBRARY,
        ],
    }
}

fn bits(modifiers: Modifiers) -> u32 {
    let Modifiers { definition, unused, builtin } = modifiers;
    u32::from(definition) | u32::from(unused) << 1 | u32::from(builtin) << 2
}

/// All words of a text.
pub(in crate::lsp) fn all(
    server: &Server,
    params: &SemanticTokensParams,
) -> Option<SemanticTokensResult> {
    let seen = server.seen(&uri::path(&params.text_document.uri))?;
    let data = encoded(&seen, 0..u32::MAX, server.client.encoding);
    Some(SemanticTokensResult::Tokens(SemanticTokens { result_id: None, data }))
}

/// The words in a stretch of a text.
pub(in crate::lsp) fn some(
    server: &Server,
    params: &SemanticTokensRangeParams,
) -> Option<SemanticTokensRangeResult> {
    let seen = server.seen(&uri::path(&params.text_document.uri))?;
    let encoding = server.client.encoding;
    let offset = |at| seen.lines.offset(seen.text.text(), at, encoding) as u32;
    let data = encoded(&seen, offset(params.range.start)..offset(params.range.end), encoding);
    Some(SemanticTokensRangeResult::Tokens(SemanticTokens { result_id: None, data }))
}

/// Each by how far it is from the one before. One of several lines is one for each of them.
fn encoded(seen: &Seen, within: Range<u32>, encoding: Encoding) -> Vec<SemanticToken> {
    let text = seen.text.text();
    let (mut data, mut line, mut column) = (Vec::new(), 0, 0);
    for token in editor::tokens(&seen.text) {
        if token.end <= within.start || token.start >= within.end {
            continue;
        }
        let Some(kind) = KINDS.iter().position(|(kind, _)| *kind == token.kind) else { continue };
        let mut start = token.start as usize;
        let words = text.get(start..token.end as usize).unwrap_or_default();
        for piece in words.split_inclusive(['\n', '\r']) {
            let word = piece.trim_end_matches(['\n', '\r']);
            let at = seen.lines.position(text, start, encoding);
            start += piece.len();
            if word.is_empty() {
                continue;
            }
            let delta_line = at.line.saturating_sub(line);
            let before = if delta_line == 0 { column } else { 0 };
            data.push(SemanticToken {
                delta_line,
                delta_start: at.character.saturating_sub(before),
                length: encoding.length(word),
                token_type: kind as u32,
                token_modifiers_bitset: bits(token.modifiers),
            });
            (line, column) = (at.line, at.character);
        }
    }
    data
}
