//! What texts are made of: symbols and folds.

use lsp_types::{
    DocumentSymbol, DocumentSymbolParams, DocumentSymbolResponse, FoldingRange, FoldingRangeKind,
    FoldingRangeParams, Location, OneOf, SymbolInformation, SymbolKind, WorkspaceSymbol,
    WorkspaceSymbolParams, WorkspaceSymbolResponse,
};

use crate::editor::{self, FoldKind, Known, Symbol};
use crate::lsp::server::Server;
use crate::lsp::texts::Seen;
use crate::lsp::uri;

/// What a text defines.
pub(in crate::lsp) fn symbols(
    server: &Server,
    params: &DocumentSymbolParams,
) -> Option<DocumentSymbolResponse> {
    let seen = server.seen(&uri::path(&params.text_document.uri))?;
    let symbols = editor::symbols(&seen.text);
    Some(if server.client.nests {
        let nested = symbols.into_iter().map(|symbol| nested(server, &seen, symbol));
        DocumentSymbolResponse::Nested(nested.collect())
    } else {
        let mut all = Vec::new();
        flat(&server.locations(), &symbols, None, &mut all);
        DocumentSymbolResponse::Flat(all)
    })
}

fn nested(server: &Server, seen: &Seen, symbol: Symbol) -> DocumentSymbol {
    let children = symbol.children.into_iter().map(|child| nested(server, seen, child));
    #[allow(deprecated, reason = "the field has to be given")]
    DocumentSymbol {
        name: named(symbol.name),
        detail: symbol.detail,
        kind: kind(symbol.kind),
        tags: None,
        deprecated: None,
        range: server.stretch(seen, symbol.whole.start, symbol.whole.end),
        selection_range: server.stretch(seen, symbol.named.start, symbol.named.end),
        children: Some(children.collect()),
    }
}

/// Clients refuse symbols without a name.
fn named(name: String) -> String {
    if name.is_empty() { "\"\"".to_owned() } else { name }
}

fn flat(
    location: &dyn Fn(&editor::Place) -> Option<Location>,
    symbols: &[Symbol],
    within: Option<&str>,
    all: &mut Vec<SymbolInformation>,
) {
    for symbol in symbols {
        if let Some(location) = location(&symbol.named) {
            #[allow(deprecated, reason = "the field has to be given")]
            all.push(SymbolInformation {
                name: named(symbol.name.clone()),
                kind: kind(symbol.kind),
                tags: None,
                deprecated: None,
                location,
                container_name: within.map(str::to_owned),
            });
        }
        flat(location, &symbol.children, Some(&symbol.name), all);
    }
}

fn kind(kind: editor::SymbolKind) -> SymbolKind {
    match kind {
        editor::SymbolKind::Run => SymbolKind::EVENT,
        editor::SymbolKind::Pipeline => SymbolKind::MODULE,
        editor::SymbolKind::Stage => SymbolKind::CLASS,
        editor::SymbolKind::Param => SymbolKind::CONSTANT,
        editor::SymbolKind::Input => SymbolKind::FIELD,
        editor::SymbolKind::Output => SymbolKind::PROPERTY,
        editor::SymbolKind::Function => SymbolKind::FUNCTION,
        editor::SymbolKind::Set => SymbolKind::OBJECT,
        editor::SymbolKind::List => SymbolKind::ARRAY,
        editor::SymbolKind::String => SymbolKind::STRING,
        editor::SymbolKind::Number => SymbolKind::NUMBER,
        editor::SymbolKind::Binding => SymbolKind::VARIABLE,
    }
}

/// What the labs that are open define.
pub(in crate::lsp) fn lab_symbols(
    server: &Server,
    params: &WorkspaceSymbolParams,
) -> WorkspaceSymbolResponse {
    let facts = server.labs.iter().find_map(|(_, lab)| lab.facts.as_deref());
    let known = Known { texts: server, lab: facts };
    let found = editor::workspace_symbols(&known, &params.query).into_iter();
    let location = server.locations();
    let symbol = |found: editor::LabSymbol| {
        Some(WorkspaceSymbol {
            location: OneOf::Left(location(&found.place)?),
            name: named(found.name),
            kind: kind(found.kind),
            tags: None,
            container_name: found.container,
            data: None,
        })
    };
    WorkspaceSymbolResponse::Nested(found.filter_map(symbol).collect())
}

/// What of a text can be folded away.
pub(in crate::lsp) fn folds(
    server: &Server,
    params: &FoldingRangeParams,
) -> Option<Vec<FoldingRange>> {
    let seen = server.seen(&uri::path(&params.text_document.uri))?;
    let fold = |fold: editor::Fold| {
        let range = server.stretch(&seen, fold.start, fold.end);
        let (kind, last) = match fold.kind {
            // The line that closes it stays to be seen.
            FoldKind::Region => (FoldingRangeKind::Region, range.end.line.saturating_sub(1)),
            FoldKind::Comment => (FoldingRangeKind::Comment, range.end.line),
        };
        (last > range.start.line).then(|| FoldingRange {
            start_line: range.start.line,
            end_line: last,
            kind: Some(kind),
            ..FoldingRange::default()
        })
    };
    Some(editor::folds(&seen.text).into_iter().filter_map(fold).collect())
}
