//! Texts, analysed: those that are open as they are being edited, others as they lie on the disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::position::Lines;
use crate::check::shell::Scripts;
use crate::editor::Text;
use crate::world::{Disk, World};

/// A text with its lines as clients count them.
pub(super) struct Seen {
    pub(super) text: Arc<Text>,
    pub(super) lines: Lines,
}

/// Looks at [one text alone](Text::alone).
pub(super) fn analysed(path: &Path, content: &str) -> Option<Arc<Seen>> {
    let text = Text::alone(path, content)?;
    let lines = Lines::of(text.text());
    Some(Arc::new(Seen { text: Arc::new(text), lines }))
}

/// Texts of the disk that were looked at.
#[derive(Default)]
pub(super) struct Shelf {
    /// Scripts that were read.
    pub(super) scripts: Arc<Scripts>,
    seen: Mutex<HashMap<PathBuf, Arc<Seen>>>,
}

/// A lab has no more files than this: what is kept beyond is of labs that were closed.
const MOST: usize = 4_096;

impl Shelf {
    /// A text as it lies on the disk now. Must be called on a thread with a large stack.
    pub(super) fn read(&self, path: &Path) -> Option<Arc<Seen>> {
        let bytes = Disk.read_file(path).ok()?;
        let content = crate::source::text_of_bytes(&bytes);
        let known = self.seen().get(path).map(Arc::clone);
        if let Some(known) = known.filter(|known| known.text.file.text() == content) {
            return Some(known);
        }
        let seen = analysed(path, &content)?;
        let mut all = self.seen();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(path.to_owned(), Arc::clone(&seen));
        Some(seen)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Seen>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
