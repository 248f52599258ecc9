//! Mending what was found.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Diagnostic, DocumentChanges,
    OneOf, OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};

use super::documents::difference;
use super::finding::{Finding, Mend, Place};
use super::publish::diagnostic;
use super::server::Server;
use super::uri;
use crate::check;
use crate::diagnostic::Diagnostic as Told;
use crate::source::{SourceMap, Span};

/// Replacements of stretches of files.
pub(super) type Edits = Vec<(Place, String)>;

/// What can be mended in a stretch of a text.
pub(super) fn actions(server: &Server, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
    let path = uri::path(&params.text_document.uri);
    let Some(seen) = server.seen(&path) else { return Vec::new() };
    let only = params.context.only.as_deref();
    let wanted = |kind: &CodeActionKind| {
        // A kind stands for all that begin with it.
        let means = |asked: &CodeActionKind| {
            let rest = kind.as_str().strip_prefix(asked.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        only.is_none_or(|only| only.iter().any(means))
    };
    let text = seen.text.file.text();
    let offset = |at| seen.lines.offset(text, at, server.client.encoding);
    let (start, end) = (offset(params.range.start), offset(params.range.end));
    let findings = server.findings(&path);
    let mut actions = Vec::new();
    if wanted(&CodeActionKind::QUICKFIX) {
        let near = findings.iter().filter(|finding| {
            let range = finding.place.range();
            range.start <= end.max(start) && start <= range.end
        });
        actions.extend(near.flat_map(|finding| quick(server, finding)));
    }
    // Only whoever asks for it by name gets it: editors offer everything else at each place.
    if only.is_some() && wanted(&CodeActionKind::SOURCE_FIX_ALL) {
        actions.extend(all(server, &path, &findings));
    }
    actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()
}

/// The ways to mend one thing.
fn quick(server: &Server, finding: &Finding) -> Vec<CodeAction> {
    let told = diagnostic(finding, &server.ranges());
    let action = |mend: &Mend| {
        let told: Option<Vec<Diagnostic>> = told.clone().map(|told| vec![told]);
        Some(CodeAction {
            title: mend.title.clone(),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: told,
            edit: Some(workspace_edit(server, &mend.edits)?),
            is_preferred: Some(true),
            ..CodeAction::default()
        })
    };
    finding.mends.iter().filter_map(action).collect()
}

/// Mends all in one text that can be mended at once.
fn all(server: &Server, path: &Path, findings: &[Finding]) -> Option<CodeAction> {
    let seen = server.seen(path)?;
    let sources = SourceMap::new();
    let file = sources.add(path, seen.text.file.text()).ok()?;
    let span = |place: &Place| {
        let inside = *place.path == *path;
        inside.then(|| Span::new(file.start() + place.start, file.start() + place.end))
    };
    let told = |finding: &Finding| {
        let mend = finding.mends.first()?;
        let edits = mend.edits.iter().map(|(place, text)| Some((span(place)?, text.clone())));
        let fix = crate::diagnostic::Fix {
            title: mend.title.clone(),
            edits: edits.collect::<Option<Vec<_>>>()?,
        };
        Some(Told { fixes: vec![fix], ..Told::error(finding.code, finding.message.clone()) })
    };
    let found: Vec<Told> = findings.iter().filter_map(told).collect();
    let new = check::mend(&found, &sources).texts.remove(path)?;
    let edit = difference(file.text(), &new);
    let text = new.get(edit.range.start..edit.range.start + edit.length)?.to_owned();
    let place =
        Place { path: path.into(), start: edit.range.start as u32, end: edit.range.end as u32 };
    Some(CodeAction {
        title: "Apply all fixes".to_owned(),
        kind: Some(CodeActionKind::SOURCE_FIX_ALL),
        edit: Some(workspace_edit(server, &vec![(place, text)])?),
        ..CodeAction::default()
    })
}

/// Edits as the protocol has them, for the states of texts that we know. `None` if one of them can't be
/// told.
pub(super) fn workspace_edit(server: &Server, edits: &Edits) -> Option<WorkspaceEdit> {
    let mut files: BTreeMap<&Path, Vec<TextEdit>> = BTreeMap::new();
    let range = server.ranges();
    for (place, text) in edits {
        let edit = TextEdit::new(range(place)?, text.clone());
        files.entry(&place.path).or_default().push(edit);
    }
    let named = |path: &Path| match server.documents.get(path) {
        Some(document) => Some((document.uri.clone(), Some(document.version))),
        None => Some((uri::of_path(path)?, None)),
    };
    let named = files.into_iter().map(|(path, edits)| Some((named(path)?, edits)));
    let named: Vec<((Uri, Option<i32>), Vec<TextEdit>)> = named.collect::<Option<Vec<_>>>()?;
    if !server.client.versions {
        #[allow(clippy::mutable_key_type, reason = "that of the protocol's type")]
        let changes: HashMap<Uri, Vec<TextEdit>> =
            named.into_iter().map(|((uri, _), edits)| (uri, edits)).collect();
        return Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() });
    }
    let change = |((uri, version), edits): ((Uri, Option<i32>), Vec<TextEdit>)| TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    };
    let changes = DocumentChanges::Edits(named.into_iter().map(change).collect());
    Some(WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() })
}
