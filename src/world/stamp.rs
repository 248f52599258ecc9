//! What the system says of a file without its content being read.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use super::FileKind;
use super::disk::kind_of;
use crate::bytes::{Reader, Writer};

/// Seconds after which a file system is sure to give another time: some count in twos (FAT).
const MARGIN: i64 = 2;

/// Which file lies at a path, and in which state. Two equal stamps, the first taken long enough
/// after the file was last changed, are of the same content ([`Stamp::is_settled`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// What it is.
    pub kind: FileKind,
    /// When its content was last modified, in seconds since 1970.
    pub modified: i64,
    modified_nanos: i64,
    /// When anything about it was last changed. No program can set this one.
    changed: i64,
    changed_nanos: i64,
    size: u64,
    inode: u64,
    device: u64,
    /// Does it take up room? What the system makes up as it is read (`/sys`) has a size, but
    /// none behind it, and its times mean nothing.
    backed: bool,
}

impl Stamp {
    /// The stamp that is made of this.
    pub fn of(meta: &Metadata) -> Stamp {
        Stamp {
            kind: kind_of(meta),
            modified: meta.mtime(),
            modified_nanos: meta.mtime_nsec(),
            changed: meta.ctime(),
            changed_nanos: meta.ctime_nsec(),
            size: meta.size(),
            inode: meta.ino(),
            device: meta.dev(),
            backed: !meta.is_file() || meta.size() == 0 || meta.blocks() > 0,
        }
    }

    /// Will a change after `now` give another stamp? Not if the file was changed just before: the
    /// system's times are coarse, so a second change may bear the time of the first (Git's "racily clean"
    /// entries). And a time that lies ahead says that the clock is not to be trusted.
    pub fn is_settled(&self, now: i64) -> bool {
        let before = |time: i64| time < now.saturating_sub(MARGIN);
        self.backed && before(self.modified) && before(self.changed)
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// It as bytes, the same for equal ones.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        self.write(&mut writer);
        writer.finish()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.byte(self.kind.code());
        writer.byte(u8::from(self.backed));
        for time in [self.modified, self.modified_nanos, self.changed, self.changed_nanos] {
            writer.signed(time);
        }
        for number in [self.size, self.inode, self.device] {
            writer.number(number);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Stamp> {
        Some(Stamp {
            kind: FileKind::from_code(reader.byte()?)?,
            backed: reader.flag()?,
            modified: reader.signed()?,
            modified_nanos: reader.signed()?,
            changed: reader.signed()?,
            changed_nanos: reader.signed()?,
            size: reader.number()?,
            inode: reader.number()?,
            device: reader.number()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_just_now_is_not_settled() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x");
        std::fs::write(&file, "x").unwrap();
        let stamp = Stamp::of(&std::fs::metadata(&file).unwrap());
        assert!(!stamp.is_settled(stamp.changed));
        assert!(!stamp.is_settled(stamp.changed + 2));
        assert!(stamp.is_settled(stamp.changed + 3));
        assert!(!stamp.is_settled(stamp.changed - 100), "the clock went backwards");
        let ahead = Stamp { modified: stamp.changed + 50, ..stamp };
        assert!(!ahead.is_settled(stamp.changed + 3), "its time was set");
    }
}
