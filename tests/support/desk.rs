//! Labs on an editor's desk: texts as they would be open, and questions about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use repx::editor::{Edit, Known, LabFacts, Text, Texts};
use repx::source::SourceMap;
use repx::sweep::{Request, find_entry};
use repx::world::Disk;

use super::in_session;

/// Texts by path.
#[derive(Clone, Default)]
pub(crate) struct Desk {
    pub(crate) texts: BTreeMap<PathBuf, Arc<Text>>,
}

impl Texts for Desk {
    fn text(&self, path: &Path) -> Option<Arc<Text>> {
        self.texts.get(path).map(Arc::clone)
    }

    fn all(&self) -> Vec<Arc<Text>> {
        self.texts.values().map(Arc::clone).collect()
    }
}

/// A text, analysed alone.
pub(crate) fn read(path: &Path, text: &str) -> Arc<Text> {
    Arc::new(Text::alone(path, text).expect("the text is small"))
}

impl Desk {
    /// All `.nix` files below a directory.
    pub(crate) fn open(root: &Path) -> Desk {
        let files = repx::check::nix_files(&Disk, &[root.to_owned()]).expect("it can be read");
        let mut desk = Desk::default();
        for path in files {
            let bytes = std::fs::read(&path).expect("it can be read");
            desk.put(&path, &repx::source::text_of_bytes(&bytes));
        }
        desk
    }

    /// Makes a text stand at a path.
    pub(crate) fn put(&mut self, path: &Path, text: &str) {
        self.texts.insert(path.to_owned(), read(path, text));
    }

    /// The desk with all texts changed as edits say.
    pub(crate) fn edited(&self, edits: &[Edit]) -> Desk {
        let mut desk = self.clone();
        for (path, text) in &self.texts {
            let mut changed = text.text().to_owned();
            let here = edits.iter().filter(|edit| edit.place.path == *path);
            let mut before = usize::MAX;
            for edit in here.rev() {
                let (start, end) = (edit.place.start as usize, edit.place.end as usize);
                assert!(start <= end && end <= before, "edits overlap: {edits:?}");
                changed.replace_range(start..end, &edit.text);
                before = start;
            }
            if changed != text.text() {
                desk.put(path, &changed);
            }
        }
        desk
    }

    /// All that is known of it.
    pub(crate) fn known<'k>(&'k self, lab: Option<&'k LabFacts>) -> Known<'k> {
        Known { texts: self, lab }
    }

    /// Writes all texts below another root.
    pub(crate) fn write(&self, from: &Path, to: &Path) {
        for (path, text) in &self.texts {
            let target = to.join(path.strip_prefix(from).expect("below the root"));
            std::fs::create_dir_all(target.parent().expect("a parent")).expect("it can be made");
            std::fs::write(target, text.text()).expect("it can be written");
        }
    }
}

/// What evaluating the lab in a directory finds out.
pub(crate) fn facts(root: &Path) -> LabFacts {
    let (entry, root) = find_entry(root).expect("there is a lab");
    let sources = SourceMap::new();
    let request = Request { threads: 1, ..Request::new(entry, root) };
    in_session(&sources, |session, evaluator| repx::editor::gather(session, evaluator, &request))
}
