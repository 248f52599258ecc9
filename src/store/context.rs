//! What a string depends on: its *context*, a set of elements. When the string ends up in a derivation, the
//! elements become the derivation's inputs.
//!
//! Texts and order are those of Nix 2.34 (`src/libexpr/value/context.cc`): a store path is written without its
//! directory. Beyond Nix there are *virtual* paths (`/repx-host/python3`): programs of this machine that a
//! package set offers by name. They lie outside the store, so they are written whole and always start with a
//! slash, by which the two are told apart. A virtual path isn't a [`StorePath`] and so can't become an input of a
//! derivation: whoever turns a context into inputs has to decide what it means there.
//!
//! Strings carry contexts as small sorted slices of [`ElementId`], four bytes each. Ids are given out in order of
//! first sight, which differs between runs: compare by id to merge or to find, order by *element* to show.

use super::path::{StoreDir, StorePath, StorePathError};
use hashbrown::HashMap;
use std::fmt;
use std::sync::{OnceLock, PoisonError, RwLock};
use thiserror::Error;

/// One thing that a string depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextElement {
    /// A path as it is: a source, or a program of the machine.
    Opaque(ContextPath),
    /// A derivation with everything that building it needs (`drv.drvPath` gives this).
    DrvDeep(StorePath),
    /// An output of a derivation.
    Built {
        /// The derivation.
        drv: StorePath,
        /// The output's name.
        output: Box<str>,
    },
}

/// A path inside or outside the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextPath {
    /// Inside.
    Store(StorePath),
    /// Outside.
    Virtual(VirtualPath),
}

/// An absolute path outside the store, without empty, `.` or `..` components and without `!`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualPath(Box<str>);

/// Why a text is no context element.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ContextError {
    /// No character at all.
    #[error("Bad String Context element: String context element should never be an empty string: ")]
    Empty,
    /// `!` and no second one.
    #[error(
        "Bad String Context element: String content element beginning with '!' should have a second '!': {0}"
    )]
    NoSecondMark(String),
    /// A `!` that isn't at the beginning.
    #[error(
        "Bad String Context element: String content element not beginning with '!' should not have a second \
         '!': {0}"
    )]
    StrayMark(String),
    /// An output of an output, which is experimental in Nix.
    #[error("the string context element '{0}' needs dynamic derivations, which are not supported")]
    Dynamic(String),
    /// The path is none.
    #[error(transparent)]
    StorePath(#[from] StorePathError),
    /// A virtual path that is relative, not in its shortest form, or in the store.
    #[error("'{0}' is not an absolute path outside the store")]
    VirtualPath(String),
}

impl VirtualPath {
    /// Checks a path.
    pub fn parse(path: &str) -> Result<Self, ContextError> {
        let refused = || ContextError::VirtualPath(path.to_owned());
        let components = path.strip_prefix('/').ok_or_else(refused)?;
        let shortest = components.split('/').all(|part| !matches!(part, "" | "." | ".."));
        let in_store = path == StoreDir::DEFAULT || StoreDir::default().is_in_store(path);
        if !shortest || in_store || path.contains(['!', '\0']) {
            return Err(refused());
        }
        Ok(Self(path.into()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for VirtualPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ContextElement {
    /// Reads Nix's encoding: `path`, `=path` or `!output!path`.
    pub fn parse(text: &str) -> Result<Self, ContextError> {
        if text.is_empty() {
            return Err(ContextError::Empty);
        }
        if let Some(rest) = text.strip_prefix('!') {
            let (output, drv) =
                rest.split_once('!').ok_or_else(|| ContextError::NoSecondMark(text.to_owned()))?;
            if drv.contains('!') {
                return Err(ContextError::Dynamic(text.to_owned()));
            }
            let drv = StorePath::from_base_name(drv)?;
            return Ok(Self::Built { drv, output: output.into() });
        }
        if let Some(drv) = text.strip_prefix('=') {
            return Ok(Self::DrvDeep(StorePath::from_base_name(drv)?));
        }
        if text.contains('!') {
            return Err(ContextError::StrayMark(text.to_owned()));
        }
        let path = if text.starts_with('/') {
            ContextPath::Virtual(VirtualPath::parse(text)?)
        } else {
            ContextPath::Store(StorePath::from_base_name(text)?)
        };
        Ok(Self::Opaque(path))
    }

    /// The path this is about, as users see it: of the source, the program, or the derivation.
    pub fn print_path(&self, dir: &StoreDir) -> String {
        match self {
            Self::Opaque(ContextPath::Virtual(path)) => path.as_str().to_owned(),
            Self::Opaque(ContextPath::Store(path))
            | Self::DrvDeep(path)
            | Self::Built { drv: path, .. } => dir.print(path),
        }
    }

    /// The element as Nix's messages show it: `path`, `path (deep)` or `path^output`.
    pub fn describe(&self, dir: &StoreDir) -> String {
        let path = self.print_path(dir);
        match self {
            Self::Opaque(_) => path,
            Self::DrvDeep(_) => format!("{path} (deep)"),
            Self::Built { output, .. } => format!("{path}^{output}"),
        }
    }
}

impl fmt::Display for ContextElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opaque(ContextPath::Store(path)) => write!(f, "{path}"),
            Self::Opaque(ContextPath::Virtual(path)) => f.write_str(path.as_str()),
            Self::DrvDeep(path) => write!(f, "={path}"),
            Self::Built { drv, output } => write!(f, "!{output}!{drv}"),
        }
    }
}

/// A context element's number in this process. Equal elements have equal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementId(u32);

/// The slots of the first bucket; each following one has twice as many, so 27 buckets have a slot for
/// every `u32`.
const FIRST_BUCKET: u32 = 64;
const BUCKETS: usize = 27;

/// A bucket's slots are set once, in order, under the lock of `IDS`; reading them takes no lock, since contexts
/// are read on every thread all the time.
type Bucket = OnceLock<Box<[OnceLock<&'static ContextElement>]>>;
static ELEMENTS: [Bucket; BUCKETS] = [const { OnceLock::new() }; BUCKETS];

/// From element to number. The elements are leaked on purpose: they live as long as the process.
static IDS: RwLock<Option<HashMap<&'static ContextElement, ElementId>>> = RwLock::new(None);

impl ElementId {
    /// The number of an element, a new one at first sight.
    pub fn intern(element: &ContextElement) -> Self {
        // A panic elsewhere can't leave the map half-changed: entries are added whole.
        let ids = IDS.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = ids.as_ref().and_then(|ids| ids.get(element)) {
            return *id;
        }
        drop(ids);
        let mut ids = IDS.write().unwrap_or_else(PoisonError::into_inner);
        let ids = ids.get_or_insert_with(HashMap::new);
        if let Some(id) = ids.get(element) {
            return *id;
        }
        let id = Self(ids.len() as u32);
        let leaked: &'static ContextElement = Box::leak(Box::new(element.clone()));
        id.slot().get_or_init(|| leaked);
        ids.insert(leaked, id);
        id
    }

    /// The element of this number.
    #[allow(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "ids are made by `intern` alone, which fills the slot first"
    )]
    pub fn get(self) -> &'static ContextElement {
        self.slot().get().copied().expect("an id's slot is filled before the id is given out")
    }

    /// Where the element is kept: the position counts from the first bucket's start, and bucket `n` starts at
    /// `FIRST_BUCKET * (2^n - 1)`.
    #[allow(
        clippy::indexing_slicing,
        reason = "a u32 position is always below the 27 buckets' capacity"
    )]
    fn slot(self) -> &'static OnceLock<&'static ContextElement> {
        let shifted = u64::from(self.0) + u64::from(FIRST_BUCKET);
        let bucket = (shifted / u64::from(FIRST_BUCKET)).ilog2();
        let capacity = u64::from(FIRST_BUCKET) << bucket;
        let slots = ELEMENTS[bucket as usize]
            .get_or_init(|| (0..capacity).map(|_| OnceLock::new()).collect());
        &slots[(shifted - capacity) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATH: &str = "zr2knphxg8yyy2mkq8akf2hfknjvdiz7-x";

    fn parse(text: &str) -> Result<ContextElement, ContextError> {
        ContextElement::parse(text)
    }

    fn source(n: usize) -> Option<ContextElement> {
        parse(&format!("{PATH}{n}")).ok()
    }

    #[test]
    fn every_kind_reads_back() {
        for text in [
            PATH.to_owned(),
            format!("={PATH}.drv"),
            format!("!out!{PATH}.drv"),
            "/repx-host/python3".to_owned(),
        ] {
            assert_eq!(parse(&text).map(|element| element.to_string()), Ok(text));
        }
    }

    #[test]
    fn refuses_what_is_no_element() {
        assert_eq!(parse(""), Err(ContextError::Empty));
        assert_eq!(parse("!out"), Err(ContextError::NoSecondMark("!out".to_owned())));
        assert_eq!(parse("a!b"), Err(ContextError::StrayMark("a!b".to_owned())));
        assert_eq!(parse("!a!b!c"), Err(ContextError::Dynamic("!a!b!c".to_owned())));
        assert_eq!(
            parse("x"),
            Err(ContextError::StorePath(StorePathError::TooShort("x".to_owned())))
        );
        for path in ["/", "/a//b", "/a/../b", "/nix/store", &format!("/nix/store/{PATH}"), "/a/"] {
            assert_eq!(parse(path), Err(ContextError::VirtualPath(path.to_owned())));
        }
    }

    /// Nix keeps contexts in a set whose order is that of its variant: plain paths, deep ones, outputs.
    #[test]
    fn order_is_by_kind_first() {
        let mut texts = [format!("!out!{PATH}"), format!("={PATH}"), PATH.to_owned()];
        texts.sort_by_key(|text| parse(text).ok());
        assert_eq!(texts, [PATH.to_owned(), format!("={PATH}"), format!("!out!{PATH}")]);
    }

    #[test]
    fn an_id_is_one_word_and_stands_for_one_element() {
        assert_eq!(size_of::<ElementId>(), 4);
        let elements: Vec<_> = (0..1000).filter_map(source).collect();
        let ids: Vec<_> = elements.iter().map(ElementId::intern).collect();
        assert_eq!(ids.len(), 1000);
        for (element, id) in elements.iter().zip(ids) {
            assert_eq!(id.get(), element);
            assert_eq!(ElementId::intern(element), id);
        }
    }

    #[test]
    fn threads_agree_on_ids() {
        let intern_all = || -> Vec<_> {
            (2000..3000).filter_map(source).map(|element| ElementId::intern(&element)).collect()
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(intern_all)).collect();
            let here = intern_all();
            for thread in threads {
                assert_eq!(thread.join().ok().as_ref(), Some(&here));
            }
        });
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[!=/]{0,2}\\PC{0,50}") {
            if let Ok(element) = parse(&text) {
                prop_assert_eq!(element.to_string(), text);
            }
        }
    }
}
