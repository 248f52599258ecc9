//! Answers, from `editor`'s words into the protocol's.

pub(super) mod describe;
pub(super) mod navigate;
pub(super) mod outline;
pub(super) mod tokens;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{Location, Range, TextDocumentPositionParams};

use super::finding::Place;
use super::server::Server;
use super::texts::Seen;
use super::uri;
use crate::editor::{self, Known, LabFacts, Text, Texts};

impl Texts for Server {
    fn text(&self, path: &Path) -> Option<Arc<Text>> {
        self.seen(path).map(|seen| Arc::clone(&seen.text))
    }

    fn all(&self) -> Vec<Arc<Text>> {
        let labs = self.labs.iter().flat_map(|(_, lab)| &lab.files);
        let paths: BTreeSet<&PathBuf> = self.documents.keys().chain(labs).collect();
        paths.into_iter().filter_map(|path| self.text(path)).collect()
    }
}

impl Server {
    /// What is known of the lab that a file belongs to.
    fn facts(&self, path: &Path) -> Option<Arc<LabFacts>> {
        let own = self.documents.get(path).and_then(|document| document.lab.as_ref());
        let mut labs = self.labs.iter();
        let (_, lab) = labs.find(|(directory, lab)| {
            own == Some(directory) || own.is_none() && lab.files.contains(path)
        })?;
        lab.facts.clone()
    }

    /// Asks `editor` about a place of a text.
    fn asked<R>(
        &self,
        at: &TextDocumentPositionParams,
        question: impl FnOnce(&Known<'_>, &Path, u32) -> R,
    ) -> Option<R> {
        let path = uri::path(&at.text_document.uri);
        let seen = self.seen(&path)?;
        let offset = seen.lines.offset(seen.text.text(), at.position, self.client.encoding);
        let facts = self.facts(&path);
        let known = Known { texts: self, lab: facts.as_deref() };
        Some(question(&known, &path, offset as u32))
    }

    /// Tells where places are, for clients.
    fn locations(&self) -> impl Fn(&editor::Place) -> Option<Location> + '_ {
        let ranges = self.ranges();
        move |place| {
            let range = ranges(&Place::known(place))?;
            let document = self.documents.get(&place.path);
            let uri = document.map(|document| document.uri.clone());
            Some(Location::new(uri.or_else(|| uri::of_path(&place.path))?, range))
        }
    }

    /// The range between two offsets of a text.
    fn stretch(&self, seen: &Seen, start: u32, end: u32) -> Range {
        let range = start as usize..end as usize;
        seen.lines.range(seen.text.text(), range, self.client.encoding)
    }
}
