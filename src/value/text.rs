//! Strings and paths.
//!
//! A string is one word: where its bytes are, and in the lowest bits of that how they lie there.
//! Most that are made hold their bytes themselves. Constants of the program and interned names,
//! which are made over and over, refer to the bytes where they are and cost nothing.

#![allow(unsafe_code)] // one word that says where bytes are and how they lie there

use std::alloc::Layout;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::grow::{self, Buffer};
use super::{Context, Local};
use crate::source::canonical_path;

/// A string: bytes, usually UTF-8, and their context.
#[derive(Clone, Copy)]
pub struct Text<'h>(NonNull<u8>, PhantomData<&'h Full<'h>>);

/// What a text that is more than its bytes points to.
struct Full<'h> {
    bytes: &'h [u8],
    context: Context<'h>,
    /// Where the bytes lie, if they can grow there.
    buffer: Option<&'h Buffer<u8>>,
}

// SAFETY: it is a shared reference to bytes, a slice or a `Full`, none of which ever changes.
unsafe impl Sync for Text<'_> {}
// SAFETY: as above.
unsafe impl Send for Text<'_> {}

/// The lowest bits of the word: what it points to.
const KIND: usize = 0b11;
/// The number of bytes, and the bytes.
const INLINE: usize = 0;
/// A slice of bytes.
const SLICE: usize = 1;
/// A box of bytes.
const BOXED: usize = 2;
/// A [`Full`].
const FULL: usize = 3;

const _: () = assert!(align_of::<usize>() > KIND);
const _: () = assert!(align_of::<&[u8]>() > KIND);
const _: () = assert!(align_of::<Box<[u8]>>() > KIND);
const _: () = assert!(align_of::<Full<'static>>() > KIND);

/// Up to this many bytes a copy is cheaper than remembering where the bytes are.
const SHORT: usize = 8;
/// Joined strings up to this size are copied when they are joined again.
const COPIED: usize = 128;
/// From this many bytes on they are not copied into the heap.
const MANY: usize = 64 * 1024;

impl<'h> Text<'h> {
    /// A word for what lies there, which must be what `kind` says and live as long as `'h`.
    #[inline]
    fn tagged(place: NonNull<u8>, kind: usize) -> Text<'h> {
        Text(place.map_addr(|address| address | kind), PhantomData)
    }

    #[inline]
    fn kind(self) -> usize {
        self.0.addr().get() & KIND
    }

    #[inline]
    fn place<T>(self) -> *const T {
        self.0.as_ptr().map_addr(|address| address & !KIND).cast()
    }

    /// A string without context whose bytes are in the heap already.
    #[inline]
    pub fn of(local: Local<'h>, bytes: &'h [u8]) -> Text<'h> {
        if bytes.len() <= SHORT {
            return Text::new(local, bytes);
        }
        Text::shared(local.alloc(bytes))
    }

    /// A string without context that is kept somewhere: nothing is allocated.
    #[inline]
    pub fn shared(bytes: &'h &'h [u8]) -> Text<'h> {
        Text::tagged(NonNull::from(bytes).cast(), SLICE)
    }

    /// A string without context that is kept in a box somewhere: nothing is allocated.
    #[inline]
    #[expect(clippy::borrowed_box, reason = "what is kept is where the box is")]
    pub fn boxed(bytes: &'h Box<[u8]>) -> Text<'h> {
        Text::tagged(NonNull::from(bytes).cast(), BOXED)
    }

    /// A string without context.
    #[inline]
    pub fn new(local: Local<'h>, bytes: impl AsRef<[u8]>) -> Text<'h> {
        Text::joined(local, bytes.as_ref(), &[])
    }

    /// A string without context: some bytes and more bytes.
    fn joined(local: Local<'h>, first: &[u8], second: &[u8]) -> Text<'h> {
        const LENGTH: Layout = Layout::new::<usize>();
        let length = first.len() + second.len();
        // Only a length beyond the address space fails.
        let layout = Layout::array::<u8>(length).and_then(|bytes| LENGTH.extend(bytes));
        let Ok((layout, behind)) = layout else { std::alloc::handle_alloc_error(LENGTH) };
        let place = local.raw(layout);
        // SAFETY: fresh memory with room for the length and, behind it, as many bytes.
        unsafe {
            place.cast::<usize>().write(length);
            let start = place.add(behind).as_ptr();
            start.copy_from_nonoverlapping(first.as_ptr(), first.len());
            start.add(first.len()).copy_from_nonoverlapping(second.as_ptr(), second.len());
        }
        Text::tagged(place, INLINE)
    }

    /// A string.
    pub fn made(local: Local<'h>, bytes: impl AsRef<[u8]>, context: Context<'h>) -> Text<'h> {
        if context.is_empty() {
            return Text::new(local, bytes);
        }
        Text::full(local, local.slice(bytes.as_ref()), context, None)
    }

    /// A string of bytes made elsewhere: where they are many they stay where they are.
    pub fn owned(local: Local<'h>, bytes: Vec<u8>, context: Context<'h>) -> Text<'h> {
        if bytes.len() < MANY {
            return Text::made(local, bytes, context);
        }
        let kept = local.heap().keep(bytes.into_boxed_slice());
        if context.is_empty() {
            Text::boxed(kept)
        } else {
            Text::with_context(local, kept, context)
        }
    }

    /// A string whose bytes are in the heap already.
    #[inline]
    pub fn with_context(local: Local<'h>, bytes: &'h [u8], context: Context<'h>) -> Text<'h> {
        Text::full(local, bytes, context, None)
    }

    fn full(
        local: Local<'h>,
        bytes: &'h [u8],
        context: Context<'h>,
        buffer: Option<&'h Buffer<u8>>,
    ) -> Text<'h> {
        if context.is_empty() && buffer.is_none() {
            return Text::of(local, bytes);
        }
        let full = local.alloc(Full { bytes, context, buffer });
        Text::tagged(NonNull::from(full).cast(), FULL)
    }

    /// What it has besides bytes.
    #[inline]
    fn more(self) -> Option<&'h Full<'h>> {
        // SAFETY: the kind says that a `Full` lies there.
        (self.kind() == FULL).then(|| unsafe { &*self.place::<Full<'h>>() })
    }

    /// Its bytes.
    #[inline]
    pub fn bytes(self) -> &'h [u8] {
        // SAFETY: the kind says what lies there; whatever it is, it lives as long as `'h` and
        // never changes.
        unsafe {
            match self.kind() {
                INLINE => {
                    let length = self.place::<usize>();
                    std::slice::from_raw_parts(length.add(1).cast(), *length)
                }
                SLICE => *self.place::<&'h [u8]>(),
                BOXED => &*self.place::<Box<[u8]>>(),
                _ => (*self.place::<Full<'h>>()).bytes,
            }
        }
    }

    /// Its text, for people: bytes that aren't UTF-8 are replaced.
    pub fn lossy(self) -> std::borrow::Cow<'h, str> {
        String::from_utf8_lossy(self.bytes())
    }

    /// What it refers to.
    #[inline]
    pub fn context(self) -> Context<'h> {
        self.more().map_or(Context::EMPTY, |more| more.context)
    }

    /// This string followed by `bytes`, with the contexts of both. Amortised, the cost is that
    /// of `bytes` alone when strings are built left to right.
    #[must_use]
    pub fn append(self, local: Local<'h>, bytes: &[u8], context: Context<'h>) -> Text<'h> {
        let first = self.bytes();
        let context = self.context().union(local, context);
        let small = first.len().saturating_add(bytes.len()) <= COPIED;
        if small && context.is_empty() {
            return Text::joined(local, first, bytes);
        }
        let buffer = self.more().and_then(|more| more.buffer);
        let (bytes, buffer) = grow::append(local, first, buffer, bytes);
        Text::full(local, bytes, context, buffer)
    }

    /// The same string where it stays: a copy, if it was made in a region.
    #[must_use]
    pub fn kept(self, local: Local<'h>) -> Text<'h> {
        if !local.is_region() {
            return self;
        }
        let home = local.home();
        Text::made(home, self.bytes(), Context::new(home, self.context().elements().to_vec()))
    }

    /// The same bytes with another context.
    #[must_use]
    pub fn replace_context(self, local: Local<'h>, context: Context<'h>) -> Text<'h> {
        match self.more() {
            None if context.is_empty() => self,
            more => Text::full(local, self.bytes(), context, more.and_then(|more| more.buffer)),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Heap;

    #[test]
    fn however_they_lie_they_are_the_same_bytes() {
        let heap = Heap::new();
        let local = heap.local();
        for length in [0, 1, 7, 8, 9, 100, 300] {
            let bytes = vec![b'x'; length];
            let kept = local.slice(&bytes);
            let boxed = heap.keep(bytes.clone().into_boxed_slice());
            let context = Context::EMPTY;
            for text in [
                Text::new(local, &bytes),
                Text::of(local, kept),
                Text::shared(local.alloc(kept)),
                Text::boxed(boxed),
                Text::made(local, &bytes, context),
                Text::with_context(local, kept, context).replace_context(local, context),
            ] {
                assert_eq!(text.bytes(), bytes);
                assert!(text.context().is_empty());
                let longer = text.append(local, b"yz", context).append(local, b"", context);
                assert_eq!(longer.bytes(), [&bytes, &b"yz"[..]].concat());
                assert_eq!(text.bytes(), bytes);
            }
        }
    }

    #[test]
    fn a_fold_of_appends_copies_little() {
        let heap = Heap::new();
        let local = heap.local();
        let mut text = Text::new(local, "");
        for _ in 0..100_000 {
            text = text.append(local, b".", Context::EMPTY);
        }
        assert_eq!(text.bytes(), vec![b'.'; 100_000]);
        assert!(heap.allocated() < 5_000_000, "{} bytes", heap.allocated());
    }
}
