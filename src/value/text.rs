//! Strings and paths.

use super::grow::{self, Buffer};
use super::{Context, Local};
use crate::source::canonical_path;

/// A string: bytes, usually UTF-8, and their context.
#[derive(Clone, Copy)]
pub struct Text<'h>(&'h TextObject<'h>);

struct TextObject<'h> {
    bytes: &'h [u8],
    /// What few strings have.
    more: Option<&'h More<'h>>,
}

struct More<'h> {
    context: Context<'h>,
    /// Where the bytes lie, if they can grow there.
    buffer: Option<&'h Buffer<u8>>,
}

impl<'h> Text<'h> {
    /// A string without context whose bytes are in the heap already.
    #[inline]
    pub fn of(local: Local<'h>, bytes: &'h [u8]) -> Text<'h> {
        Text(local.alloc(TextObject { bytes, more: None }))
    }

    /// A string without context.
    pub fn new(local: Local<'h>, bytes: impl AsRef<[u8]>) -> Text<'h> {
        Text::of(local, local.slice(bytes.as_ref()))
    }

    /// A string whose bytes are in the heap already.
    #[inline]
    pub fn with_context(local: Local<'h>, bytes: &'h [u8], context: Context<'h>) -> Text<'h> {
        Text::made(local, bytes, context, None)
    }

    fn made(
        local: Local<'h>,
        bytes: &'h [u8],
        context: Context<'h>,
        buffer: Option<&'h Buffer<u8>>,
    ) -> Text<'h> {
        let plain = context.is_empty() && buffer.is_none();
        let more = (!plain).then(|| local.alloc(More { context, buffer }));
        Text(local.alloc(TextObject { bytes, more }))
    }

    fn buffer(self) -> Option<&'h Buffer<u8>> {
        self.0.more?.buffer
    }

    /// Its bytes.
    #[inline]
    pub fn bytes(self) -> &'h [u8] {
        self.0.bytes
    }

    /// Its text, for people: bytes that aren't UTF-8 are replaced.
    pub fn lossy(self) -> std::borrow::Cow<'h, str> {
        String::from_utf8_lossy(self.0.bytes)
    }

    /// What it refers to.
    #[inline]
    pub fn context(self) -> Context<'h> {
        self.0.more.map_or(Context::EMPTY, |more| more.context)
    }

    /// This string followed by `bytes`, with the contexts of both. Amortised, the cost is that
    /// of `bytes` alone when strings are built left to right.
    #[must_use]
    pub fn append(self, local: Local<'h>, bytes: &[u8], context: Context<'h>) -> Text<'h> {
        let (bytes, buffer) = grow::append(local, self.0.bytes, self.buffer(), bytes);
        Text::made(local, bytes, self.context().union(local, context), buffer)
    }

    /// The same bytes with another context.
    #[must_use]
    pub fn replace_context(self, local: Local<'h>, context: Context<'h>) -> Text<'h> {
        Text::made(local, self.0.bytes, context, self.buffer())
    }
}

impl std::fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.lossy())
    }
}

/// An absolute path without `.`, `..` and repeated slashes.
#[derive(Clone, Copy)]
pub struct Path<'h>(&'h &'h [u8]);

impl<'h> Path<'h> {
    /// The canonical form of an absolute path.
    pub fn new(local: Local<'h>, path: &[u8]) -> Path<'h> {
        Path(local.alloc(local.slice(&canonical_path(path))))
    }

    /// Its bytes; `/` for the root.
    pub fn bytes(self) -> &'h [u8] {
        self.0
    }

    /// For people.
    pub fn lossy(self) -> std::borrow::Cow<'h, str> {
        String::from_utf8_lossy(self.0)
    }

    /// For the file system.
    pub fn as_path(self) -> &'h std::path::Path {
        use std::os::unix::ffi::OsStrExt;
        std::path::Path::new(std::ffi::OsStr::from_bytes(self.0))
    }
}

impl std::fmt::Debug for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.lossy())
    }
}
