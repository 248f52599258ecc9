//! Files that need not be read, since they are as they were.

use super::{FileCache, FileKey};
use crate::eval::{Evaluator, Shared};
use crate::lower::{Program, packed};
use crate::source::SourceFile;
use crate::value::Path;

/// What the store directory begins with.
const STORE: &[u8] = b"/nix/store/";

/// A file that nobody has written to for a while: as long as the system says the same of it, its
/// text is the one that was read then (`World::vouch`).
pub(super) struct Vouched<'a> {
    cache: &'a dyn FileCache,
    /// Of what is kept of the file in this state: where its program is, and when that was said.
    key: FileKey,
    size: u32,
    now: i64,
}

impl<'a> Vouched<'a> {
    /// The file in its state, if somebody vouches for that and its text need not be at hand. `around`
    /// is what stands in the key of each file.
    pub(super) fn of(
        cache: &'a dyn FileCache,
        around: FileKey,
        shared: &Shared<'_>,
        file: Path<'_>,
    ) -> Option<Vouched<'a>> {
        // What lies in the store may be there in this evaluation alone.
        if !shared.sources.reads_again() || file.bytes().starts_with(STORE) {
            return None;
        }
        let (stamp, now) = shared.world.vouch(file.as_path())?;
        let size = u32::try_from(stamp.size()).ok()?;
        let key = cache.key(&[&around.0, b"in this state", file.bytes(), &stamp.to_bytes()]);
        Some(Vouched { cache, key, size, now })
    }

    /// The program that was kept, of a text that is not read.
    pub(super) fn program(&self, evaluator: &Evaluator<'_>, file: Path<'_>) -> Option<Program> {
        let noted = self.cache.find(self.key)?;
        let (program, then) = noted.split_first_chunk::<16>()?;
        // A clock that shows less has been set back: a change may bear the time of the stamp.
        if i64::from_le_bytes(then.try_into().ok()?) > self.now {
            return None;
        }
        let bytes = self.cache.find(FileKey(*program))?;
        let path = file.as_path();
        let source = evaluator.shared.sources.add_unread(path.to_owned(), self.size).ok()?;
        packed::unpack(bytes, source.span(), path.parent().unwrap_or(path))
    }

    /// Notes where the program of the text is, unless the text isn't just the bytes of the file.
    pub(super) fn note(&self, source: &SourceFile, program: FileKey) {
        let is_whole = source.text().len() == self.size as usize;
        if is_whole && self.cache.find(self.key).is_none() {
            self.cache.keep(self.key, [&program.0[..], &self.now.to_le_bytes()].concat());
        }
    }
}
