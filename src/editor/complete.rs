//! What could stand at the cursor.

use std::path::Path;
use std::sync::Arc;

use super::Known;
use super::cursor::{Cursor, Position};
use super::look::texts_of;
use super::offers::Offers;
use super::spot::locate;
use super::thing::Scene;

/// What could be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// What is shown, and begins with what is typed.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// A few words about it.
    pub detail: Option<String>,
    /// More about it, in Markdown.
    pub documentation: Option<String>,
    /// What is replaced, in bytes of the file: the word that is being typed.
    pub replace: std::ops::Range<u32>,
    /// What is written.
    pub insert: String,
}

/// What a completion is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompletionKind {
    /// An attribute that a stage, a run or a lab may have.
    Field,
    /// A name in scope.
    Variable,
    /// A builtin or another function.
    Function,
    /// A parameter.
    Param,
    /// An input or output.
    Port,
    /// A stage or a run.
    Module,
    /// A word of the language.
    Keyword,
    /// A value, such as `"hard"`.
    Value,
    /// A file.
    File,
}

/// What could be written at an offset, the most likely first.
pub fn complete(known: &Known<'_>, path: &Path, offset: u32) -> Vec<Completion> {
    let mut texts = texts_of(known, path);
    let Some(at) = texts.iter().position(|text| text.path() == path) else { return Vec::new() };
    let Some(text) = texts.get(at).map(Arc::clone) else { return Vec::new() };
    let Some(cursor) = Cursor::at(&text, offset) else { return Vec::new() };
    // A word at the cursor makes a whole of what is broken there.
    if let (Some(patched), Some(slot)) = (cursor.patched(&text), texts.get_mut(at)) {
        *slot = Arc::new(patched);
    }
    let Some(scene) = Scene::of(&texts, path) else { return Vec::new() };
    let Some(text) = scene.look.text(scene.text) else { return Vec::new() };
    let place = match cursor.position {
        Position::String | Position::Path => text.global(offset),
        _ => text.global(cursor.word.start),
    };
    let located = locate(text.root(), place);
    let mut offers = Offers::new(&scene, known.lab, &cursor);
    offers.all(&located, place);
    let mut found = offers.found;
    // What begins with what is typed comes before what only has its letters.
    let typed = cursor.typed.to_lowercase();
    found.sort_by_key(|item| !item.label.to_lowercase().starts_with(&typed));
    found
}
