//! What is said about a place: hover, hints, completion.

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionParams, CompletionResponse,
    CompletionTextEdit, Documentation, Hover, HoverContents, HoverParams, InlayHint,
    InlayHintLabel, InlayHintParams, InlayHintTooltip, MarkupContent, MarkupKind, TextEdit,
};

use crate::editor::{self, CompletionKind, Known};
use crate::lsp::finding::Place;
use crate::lsp::server::Server;
use crate::lsp::texts::Seen;
use crate::lsp::uri;

fn markdown(value: String) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value }
}

/// What is known about a word.
pub(in crate::lsp) fn hover(server: &Server, params: &HoverParams) -> Option<Hover> {
    let hover = server.asked(&params.text_document_position_params, editor::hover)??;
    let contents = HoverContents::Markup(markdown(hover.markdown));
    Some(Hover { contents, range: server.range(&Place::known(&hover.place)) })
}

/// What is shown beside the text.
pub(in crate::lsp) fn hints(server: &Server, params: &InlayHintParams) -> Vec<InlayHint> {
    let path = uri::path(&params.text_document.uri);
    let Some(seen) = server.seen(&path) else { return Vec::new() };
    let encoding = server.client.encoding;
    let offset = |at| seen.lines.offset(seen.text.text(), at, encoding) as u32;
    let (start, end) = (offset(params.range.start), offset(params.range.end));
    let facts = server.facts(&path);
    let known = Known { texts: server, lab: facts.as_deref() };
    let hint = |hint: editor::Hint| InlayHint {
        position: seen.lines.position(seen.text.text(), hint.at as usize, encoding),
        label: InlayHintLabel::String(hint.text),
        kind: None,
        text_edits: None,
        tooltip: hint.tooltip.map(|text| InlayHintTooltip::MarkupContent(markdown(text))),
        padding_left: Some(true),
        padding_right: None,
        data: None,
    };
    editor::hints(&known, &path, start..end.max(start)).into_iter().map(hint).collect()
}

/// What could be written at a place.
pub(in crate::lsp) fn completion(
    server: &Server,
    params: &CompletionParams,
) -> Option<CompletionResponse> {
    let at = &params.text_document_position;
    let found = server.asked(at, editor::complete)?;
    let seen = server.seen(&uri::path(&at.text_document.uri))?;
    let items = found.into_iter().enumerate();
    let items = items.map(|(rank, found)| item(server, &seen, rank, found)).collect();
    Some(CompletionResponse::List(CompletionList { is_incomplete: false, items }))
}

fn item(server: &Server, seen: &Seen, rank: usize, found: editor::Completion) -> CompletionItem {
    let range = server.stretch(seen, found.replace.start, found.replace.end);
    CompletionItem {
        kind: Some(kind(found.kind)),
        detail: found.detail,
        documentation: found.documentation.map(|text| Documentation::MarkupContent(markdown(text))),
        // Clients sort by this text: the most likely stays first.
        sort_text: Some(format!("{rank:05}")),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(range, found.insert))),
        label: found.label,
        ..CompletionItem::default()
    }
}

fn kind(kind: CompletionKind) -> CompletionItemKind {
    match kind {
        CompletionKind::Field => CompletionItemKind::FIELD,
        CompletionKind::Variable => CompletionItemKind::VARIABLE,
        CompletionKind::Function => CompletionItemKind::FUNCTION,
        CompletionKind::Param => CompletionItemKind::CONSTANT,
        CompletionKind::Port => CompletionItemKind::INTERFACE,
        CompletionKind::Module => CompletionItemKind::MODULE,
        CompletionKind::Keyword => CompletionItemKind::KEYWORD,
        CompletionKind::Value => CompletionItemKind::VALUE,
        CompletionKind::File => CompletionItemKind::FILE,
    }
}
