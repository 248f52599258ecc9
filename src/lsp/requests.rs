//! What a client asks, and what it tells.

use lsp_server::{ErrorCode, RequestId};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidChangeWorkspaceFolders, DidCloseTextDocument,
    DidOpenTextDocument, DidSaveTextDocument, Initialized, Notification,
};
use lsp_types::request::{
    CodeActionRequest, Completion, DocumentSymbolRequest, FoldingRangeRequest, Formatting,
    GotoDefinition, HoverRequest, Initialize, InlayHintRequest, PrepareRenameRequest, References,
    Rename, Request, SemanticTokensFullRequest, SemanticTokensRangeRequest, Shutdown,
    WorkspaceSymbolRequest,
};
use lsp_types::{
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidOpenTextDocumentParams, FileChangeType, InitializeParams, InitializeResult, ServerInfo, Uri,
    WorkspaceFolder,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::actions::actions;
use super::answers::{describe, navigate, outline, tokens};
use super::capabilities::{Client, ours};
use super::documents::Document;
use super::labs::directory_of;
use super::server::{Phase, Server};
use super::uri;

/// Why something isn't answered.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: ErrorCode,
    pub(super) why: String,
}

impl Refusal {
    pub(super) fn new(code: ErrorCode, why: impl Into<String>) -> Refusal {
        Refusal { code, why: why.into() }
    }
}

/// An answer; without a value it comes later.
type Answer = Result<Option<Value>, Refusal>;

fn parameters<P: DeserializeOwned>(params: Value) -> Result<P, Refusal> {
    let wrong =
        |error: serde_json::Error| Refusal::new(ErrorCode::InvalidParams, error.to_string());
    serde_json::from_value(params).map_err(wrong)
}

/// Answers a question of a known kind.
fn typed<R: Request>(
    params: Value,
    answer: impl FnOnce(R::Params) -> Result<R::Result, Refusal>,
) -> Answer
where
    R::Result: serde::Serialize,
{
    let result = answer(parameters(params)?)?;
    let value = serde_json::to_value(result)
        .map_err(|error| Refusal::new(ErrorCode::InternalError, error.to_string()))?;
    Ok(Some(value))
}

impl Server {
    /// Answers a question.
    pub(super) fn answered(&mut self, id: &RequestId, method: &str, params: Value) -> Answer {
        match method {
            Initialize::METHOD => typed::<Initialize>(params, |params| self.initialize(&params)),
            Shutdown::METHOD => {
                self.phase = Phase::Closing;
                self.labs.stop();
                Ok(Some(Value::Null))
            }
            CodeActionRequest::METHOD => {
                typed::<CodeActionRequest>(params, |params| Ok(Some(actions(self, &params))))
            }
            HoverRequest::METHOD => {
                typed::<HoverRequest>(params, |params| Ok(describe::hover(self, &params)))
            }
            InlayHintRequest::METHOD => {
                typed::<InlayHintRequest>(params, |params| Ok(Some(describe::hints(self, &params))))
            }
            Completion::METHOD => {
                typed::<Completion>(params, |params| Ok(describe::completion(self, &params)))
            }
            GotoDefinition::METHOD => {
                typed::<GotoDefinition>(params, |params| Ok(navigate::definition(self, &params)))
            }
            References::METHOD => {
                typed::<References>(params, |params| Ok(Some(navigate::references(self, &params))))
            }
            PrepareRenameRequest::METHOD => {
                typed::<PrepareRenameRequest>(params, |params| navigate::renamable(self, &params))
            }
            Rename::METHOD => typed::<Rename>(params, |params| navigate::rename(self, &params)),
            DocumentSymbolRequest::METHOD => {
                typed::<DocumentSymbolRequest>(params, |params| Ok(outline::symbols(self, &params)))
            }
            WorkspaceSymbolRequest::METHOD => typed::<WorkspaceSymbolRequest>(params, |params| {
                Ok(Some(outline::lab_symbols(self, &params)))
            }),
            FoldingRangeRequest::METHOD => {
                typed::<FoldingRangeRequest>(params, |params| Ok(outline::folds(self, &params)))
            }
            SemanticTokensFullRequest::METHOD => {
                typed::<SemanticTokensFullRequest>(params, |params| Ok(tokens::all(self, &params)))
            }
            SemanticTokensRangeRequest::METHOD => {
                typed::<SemanticTokensRangeRequest>(params, |params| {
                    Ok(tokens::some(self, &params))
                })
            }
            Formatting::METHOD => self.format(id, &parameters(params)?),
            _ => {
                let why = format!("`{method}` is not among what this server can do");
                Err(Refusal::new(ErrorCode::MethodNotFound, why))
            }
        }
    }

    fn initialize(&mut self, params: &InitializeParams) -> Result<InitializeResult, Refusal> {
        if self.phase != Phase::Fresh {
            return Err(Refusal::new(ErrorCode::InvalidRequest, "`initialize` comes once"));
        }
        self.phase = Phase::Open;
        self.client = Client::of(&params.capabilities);
        #[allow(deprecated, reason = "older clients know only this")]
        let root = params.root_uri.as_ref();
        let folders = params.workspace_folders.as_deref();
        match folders {
            Some(folders) => folders.iter().for_each(|folder| self.open_folder(&folder.uri)),
            None => root.into_iter().for_each(|root| self.open_folder(root)),
        }
        let info =
            ServerInfo { name: "repx".into(), version: Some(env!("CARGO_PKG_VERSION").into()) };
        let capabilities = ours(self.client.encoding, self.setup.formatter.is_some());
        Ok(InitializeResult { capabilities, server_info: Some(info) })
    }

    /// Notices what a client tells.
    ///
    /// # Errors
    /// When that can't be read.
    pub(super) fn noticed(&mut self, method: &str, params: Value) -> Result<(), serde_json::Error> {
        match method {
            Initialized::METHOD => self.watch(),
            DidOpenTextDocument::METHOD => self.opened(serde_json::from_value(params)?),
            DidChangeTextDocument::METHOD => self.edited(serde_json::from_value(params)?),
            DidSaveTextDocument::METHOD => {
                let saved: lsp_types::DidSaveTextDocumentParams = serde_json::from_value(params)?;
                let path = uri::path(&saved.text_document.uri);
                self.belongs(&path);
                self.changed(&path);
            }
            DidCloseTextDocument::METHOD => {
                let closed: lsp_types::DidCloseTextDocumentParams = serde_json::from_value(params)?;
                self.closed(&closed.text_document.uri);
            }
            DidChangeWatchedFiles::METHOD => self.touched(&serde_json::from_value(params)?),
            DidChangeWorkspaceFolders::METHOD => self.folders(&serde_json::from_value(params)?),
            // Whoever tells more than one wants to hear does no harm.
            _ => {}
        }
        Ok(())
    }

    /// Asks to be told what changes beside what is open.
    fn watch(&mut self) {
        if !self.client.watches {
            return;
        }
        let watchers = json!([{ "globPattern": "**/*.nix" }, { "globPattern": "**/flake.lock" }]);
        let registration = json!({
            "id": "files",
            "method": DidChangeWatchedFiles::METHOD,
            "registerOptions": { "watchers": watchers },
        });
        self.ask("client/registerCapability", json!({ "registrations": [registration] }));
    }

    fn opened(&mut self, params: DidOpenTextDocumentParams) {
        let opened = params.text_document;
        let path = uri::path(&opened.uri);
        let document = Document::new(opened.uri, path.clone(), opened.version, opened.text);
        self.documents.insert(path.clone(), document);
        self.tell_anew(&path);
        self.belongs(&path);
        self.changed(&path);
    }

    fn edited(&mut self, params: DidChangeTextDocumentParams) {
        let path = uri::path(&params.text_document.uri);
        let Some(document) = self.documents.get_mut(&path) else {
            (self.setup.log)(&format!("'{}' was edited, but never opened", path.display()));
            return;
        };
        let version = params.text_document.version;
        let edits = document.change(params.content_changes, version, self.client.encoding);
        for edit in &edits {
            self.labs.edited(&path, edit);
        }
        self.changed(&path);
    }

    fn closed(&mut self, uri: &Uri) {
        let path = uri::path(uri);
        // What was not saved is gone.
        self.changed(&path);
        self.documents.remove(&path);
        self.forget_labs();
    }

    fn touched(&mut self, params: &DidChangeWatchedFilesParams) {
        for change in &params.changes {
            let path = uri::path(&change.uri);
            // A lab may have come or gone.
            let came_or_went = change.typ != FileChangeType::CHANGED;
            for open in self.documents.keys().cloned().collect::<Vec<_>>() {
                if came_or_went {
                    self.belongs(&open);
                }
            }
            self.changed(&path);
            if let Some(lab) = directory_of(&path)
                && self.labs.get_mut(&lab).is_some()
            {
                self.labs.changed(&lab);
            }
        }
    }

    fn folders(&mut self, params: &DidChangeWorkspaceFoldersParams) {
        for WorkspaceFolder { uri, .. } in &params.event.removed {
            self.folders.remove(&uri::path(uri));
        }
        self.forget_labs();
        params.event.added.iter().for_each(|folder| self.open_folder(&folder.uri));
    }

    /// A lab that is open as a whole is looked at though none of its texts is.
    fn open_folder(&mut self, uri: &Uri) {
        let path = uri::path(uri);
        if directory_of(&path.join("lab.nix")).as_ref() == Some(&path) {
            self.labs.changed(&path);
        }
        self.folders.insert(path);
    }
}
