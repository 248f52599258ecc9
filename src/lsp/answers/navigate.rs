//! Where else a thing is, and calling it otherwise.

use lsp_server::ErrorCode;
use lsp_types::{
    GotoDefinitionParams, GotoDefinitionResponse, Location, PrepareRenameResponse, ReferenceParams,
    RenameParams, TextDocumentPositionParams, WorkspaceEdit,
};

use crate::editor;
use crate::lsp::actions::{Edits, workspace_edit};
use crate::lsp::finding::Place;
use crate::lsp::requests::Refusal;
use crate::lsp::server::Server;

fn locations(server: &Server, places: &[editor::Place]) -> Vec<Location> {
    places.iter().filter_map(server.locations()).collect()
}

/// Where a thing is defined.
pub(in crate::lsp) fn definition(
    server: &Server,
    params: &GotoDefinitionParams,
) -> Option<GotoDefinitionResponse> {
    let places = server.asked(&params.text_document_position_params, editor::definition)?;
    Some(GotoDefinitionResponse::Array(locations(server, &places)))
}

/// Where a thing is named.
pub(in crate::lsp) fn references(server: &Server, params: &ReferenceParams) -> Vec<Location> {
    let with_definition = params.context.include_declaration;
    let places = server.asked(&params.text_document_position, |known, path, offset| {
        editor::references(known, path, offset, with_definition)
    });
    locations(server, &places.unwrap_or_default())
}

fn refused(refusal: editor::Refusal) -> Refusal {
    Refusal::new(ErrorCode::RequestFailed, refusal.0)
}

/// What would be renamed.
///
/// # Errors
/// Why nothing can be.
pub(in crate::lsp) fn renamable(
    server: &Server,
    params: &TextDocumentPositionParams,
) -> Result<Option<PrepareRenameResponse>, Refusal> {
    let Some(found) = server.asked(params, editor::renamable) else { return Ok(None) };
    let found = found.map_err(refused)?;
    let range = server.range(&Place::known(&found.place));
    let response = |range| PrepareRenameResponse::RangeWithPlaceholder {
        range,
        placeholder: found.name.clone(),
    };
    Ok(range.map(response))
}

/// The edits that call a thing otherwise.
///
/// # Errors
/// Why it can't be called so.
pub(in crate::lsp) fn rename(
    server: &Server,
    params: &RenameParams,
) -> Result<Option<WorkspaceEdit>, Refusal> {
    let edits = server.asked(&params.text_document_position, |known, path, offset| {
        editor::rename(known, path, offset, &params.new_name)
    });
    let Some(edits) = edits else { return Ok(None) };
    let edits = edits.map_err(refused)?.into_iter();
    let edits: Edits = edits.map(|edit| (Place::known(&edit.place), edit.text)).collect();
    Ok(workspace_edit(server, &edits))
}
