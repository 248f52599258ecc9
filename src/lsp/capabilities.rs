//! What each side says it can do.

use lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability,
    CompletionOptions, FoldingRangeProviderCapability, HoverProviderCapability, OneOf,
    RenameOptions, SaveOptions, SemanticTokensFullOptions, SemanticTokensOptions,
    ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, WorkDoneProgressOptions, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};

use super::answers::tokens;
use super::position::Encoding;

/// What the client can do, as far as that makes a difference.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "the protocol has a flag for each")]
pub(super) struct Client {
    /// What its columns count.
    pub(super) encoding: Encoding,
    /// Does it watch files for us?
    pub(super) watches: bool,
    /// Does it want to know which state of a text edits are for?
    pub(super) versions: bool,
    /// Does it take symbols within symbols?
    pub(super) nests: bool,
    /// Does it ask again for hints when it is told to?
    pub(super) refreshes_hints: bool,
}

impl Client {
    /// What these say.
    pub(super) fn of(capabilities: &ClientCapabilities) -> Client {
        let general = capabilities.general.as_ref();
        let offered = general.and_then(|general| general.position_encodings.as_deref());
        let workspace = capabilities.workspace.as_ref();
        let watching = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let hints = workspace.and_then(|workspace| workspace.inlay_hint.as_ref());
        let refreshing = hints.and_then(|hints| hints.refresh_support);
        let text = capabilities.text_document.as_ref();
        let symbols = text.and_then(|text| text.document_symbol.as_ref());
        let nests = symbols.and_then(|symbols| symbols.hierarchical_document_symbol_support);
        Client {
            encoding: Encoding::negotiated(offered.unwrap_or_default()),
            watches: watching.and_then(|watching| watching.dynamic_registration).unwrap_or(false),
            nests: nests.unwrap_or(false),
            refreshes_hints: refreshing.unwrap_or(false),
            versions: edits.and_then(|edits| edits.document_changes).unwrap_or(false),
        }
    }
}

/// What we can do.
pub(super) fn ours(encoding: Encoding, formats: bool) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: None })),
        ..TextDocumentSyncOptions::default()
    };
    let actions = CodeActionOptions {
        code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::SOURCE_FIX_ALL]),
        ..CodeActionOptions::default()
    };
    let folders = WorkspaceFoldersServerCapabilities {
        supported: Some(true),
        change_notifications: Some(OneOf::Left(true)),
    };
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        code_action_provider: Some(CodeActionProviderCapability::Options(actions)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", "\"", "/", "{"].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        inlay_hint_provider: Some(OneOf::Left(true)),
        semantic_tokens_provider: Some(
            SemanticTokensOptions {
                legend: tokens::legend(),
                range: Some(true),
                full: Some(SemanticTokensFullOptions::Bool(true)),
                ..SemanticTokensOptions::default()
            }
            .into(),
        ),
        document_formatting_provider: formats.then_some(OneOf::Left(true)),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(folders),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}
