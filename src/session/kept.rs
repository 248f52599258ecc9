//! What is kept between processes, as a session sees it.

/// Says which text was lowered, and with what around it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileKey(pub [u8; 16]);

/// Lowered files kept between processes. A session asks before it reads a text and tells what it
/// has read; where the bytes lie and how long is not its business.
///
/// Whatever an implementation does, bytes it gives for a key must be those once kept for it.
pub trait FileCache: Sync {
    /// The key that stands for these parts.
    fn key(&self, parts: &[&[u8]]) -> FileKey;

    /// What was kept for a key.
    fn find(&self, key: FileKey) -> Option<Vec<u8>>;

    /// Keeps something, if that can be done.
    fn keep(&self, key: FileKey, bytes: Vec<u8>);
}
