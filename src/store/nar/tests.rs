//! Expected hashes are what `nix-hash --type sha256` of Nix 2.8 prints for the same trees on disk.

mod sources;

use super::*;
use crate::store::hash::{Hash, HashAlgo};
use proptest::prelude::*;
use sources::{DiskSource, Endless, Liar, MemorySource};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const ROOT: &str = "/";
const HELLO: NarTree<'static> = NarTree::Regular { executable: false, contents: b"hello\n" };

fn file(contents: &[u8]) -> NarTree<'_> {
    NarTree::Regular { executable: false, contents }
}

fn sample() -> NarTree<'static> {
    NarTree::Directory(vec![
        (b"Z", file(b"y")),
        (b"a.txt", HELLO),
        (b"link", NarTree::Symlink(b"a.txt")),
        (b"nil", file(b"")),
        (b"run.sh", NarTree::Regular { executable: true, contents: b"#!/bin/sh\n" }),
        (
            b"sub",
            NarTree::Directory(vec![
                (b"eight", file(b"12345678")),
                (b"empty", NarTree::Directory(vec![])),
            ]),
        ),
        (b"sub.txt", file(b"z")),
        (b"\xff\xfe", file(b"x")),
    ])
}

fn hash_of(tree: &NarTree<'_>) -> String {
    nar_hash(&mut MemorySource::new(tree), Path::new(ROOT))
        .map_or_else(|error| format!("{error:?}"), |hash| hash.base16())
}

fn bytes_of(tree: &NarTree<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = write_nar(&mut MemorySource::new(tree), Path::new(ROOT), &mut bytes);
    assert!(written.is_ok());
    bytes
}

/// An archive from its strings alone.
fn strings(strings: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for string in [MAGIC].iter().chain(strings) {
        bytes.extend_from_slice(&(string.len() as u64).to_le_bytes());
        bytes.extend_from_slice(string);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    bytes
}

#[test]
fn every_kind_of_node_hashes_as_in_nix() {
    let expected = [
        (HELLO, "1c37d01af40be2e80691de3cc3df44377a699afbb17c68f080964b2fd071fc13"),
        (
            NarTree::Symlink(b"a.txt"),
            "8d3c00cfa866e4d1b809772afeac240786246221eb2c574d69c4bba168834e81",
        ),
        (
            NarTree::Regular { executable: true, contents: b"#!/bin/sh\n" },
            "6283c1668260f903d1a895c0cd6b822fa4b68762bb0b17cedef2d39d97e26554",
        ),
        (
            NarTree::Directory(vec![]),
            "a50a5ab6d992f5598edd92105059fae9acfc192981e08bd88534c2167e92526a",
        ),
        (sample(), "98514f1ab4446817ad064ae57296a8c30860ee0ba8d974922adb0f0141d28199"),
    ];
    for (tree, hash) in expected {
        assert_eq!(hash_of(&tree), hash, "{tree:?}");
    }
}

#[test]
fn a_directory_of_one_entry_needs_no_directory() {
    let hash = single_entry_nar_hash(b"a.txt", &mut MemorySource::new(&HELLO), Path::new(ROOT));
    assert_eq!(
        hash.map(|hash| hash.base16()).ok().as_deref(),
        Some("b752ab9223f44ae09277995f7dd24b3a81e4e9007a4cb919901e0f92a1896276")
    );
    for name in [&b""[..], b".", b"..", b"a/b", b"a\0"] {
        let hash = single_entry_nar_hash(name, &mut MemorySource::new(&HELLO), Path::new(ROOT));
        assert!(matches!(hash, Err(NarError::EntryName(_))), "{name:?}");
    }
}

#[test]
fn the_disk_and_memory_give_the_same_bytes() -> io::Result<()> {
    let dir = tempfile::tempdir()?;
    let at = |name: &str| dir.path().join(name);
    fs::write(at("Z"), "y")?;
    fs::write(at("a.txt"), "hello\n")?;
    symlink("a.txt", at("link"))?;
    fs::write(at("nil"), "")?;
    fs::write(at("run.sh"), "#!/bin/sh\n")?;
    fs::set_permissions(at("run.sh"), fs::Permissions::from_mode(0o755))?;
    fs::create_dir_all(at("sub/empty"))?;
    fs::write(at("sub/eight"), "12345678")?;
    fs::write(at("sub.txt"), "z")?;
    fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"\xff\xfe")), "x")?;
    let mut bytes = Vec::new();
    assert!(write_nar(&mut DiskSource, dir.path(), &mut bytes).is_ok());
    assert_eq!(bytes, bytes_of(&sample()));
    Ok(())
}

#[test]
fn a_filter_leaves_entries_out() {
    let tree = sample();
    let mut source = MemorySource { tree: &tree, hidden: &["/Z", "/sub/eight", "/nothing"] };
    let NarTree::Directory(mut entries) = sample() else {
        return assert_eq!("a file", "a directory");
    };
    entries.retain(|(name, _)| *name != b"Z");
    for (name, node) in &mut entries {
        if *name == b"sub" {
            *node = NarTree::Directory(vec![(b"empty", NarTree::Directory(vec![]))]);
        }
    }
    let hash = nar_hash(&mut source, Path::new(ROOT)).map(|hash| hash.base16());
    assert_eq!(hash.ok(), Some(hash_of(&NarTree::Directory(entries))));
}

#[test]
fn depth_is_limited_both_ways() {
    let error = nar_hash(&mut Endless, Path::new(ROOT)).map_err(|error| error.to_string());
    let path = "/d".repeat(NAR_MAX_DEPTH);
    assert_eq!(error, Err(format!("path '{path}' exceeds maximum NAR directory depth of 64")));

    let mut chain: Vec<&[u8]> = Vec::new();
    for _ in 0..100_000 {
        chain.extend([&b"("[..], b"type", b"directory", b"entry", b"(", b"name", b"d", b"node"]);
    }
    assert_eq!(parse_nar(&strings(&chain)), Err(NarParseError::TooDeep));
}

#[test]
fn the_deepest_tree_works() {
    let mut tree = HELLO;
    for _ in 1..NAR_MAX_DEPTH {
        tree = NarTree::Directory(vec![(b"d", tree)]);
    }
    assert_eq!(parse_nar(&bytes_of(&tree)), Ok(tree));
}

#[test]
fn streams_must_keep_their_word() {
    let hash = |size, given| nar_hash(&mut Liar { size, given }, Path::new(ROOT));
    assert!(hash(5, 5).is_ok());
    assert!(matches!(hash(5, 4), Err(NarError::SizeChanged(_))));
    assert!(matches!(hash(5, 6), Err(NarError::SizeChanged(_))));
}

#[test]
fn a_failing_source_is_reported() {
    let hash = nar_hash(&mut MemorySource::new(&HELLO), Path::new("/missing"));
    assert!(matches!(hash, Err(NarError::Source(path)) if path == Path::new("/missing")));
}

#[test]
fn names_must_be_possible_and_different() {
    for names in [&[&b"a"[..], b"a"][..], &[b"a/b"], &[b".."], &[b""]] {
        let entries = names.iter().map(|name| (*name, HELLO)).collect();
        let tree = NarTree::Directory(entries);
        let hash = nar_hash(&mut MemorySource::new(&tree), Path::new(ROOT));
        assert!(matches!(hash, Err(NarError::EntryName(_))), "{names:?}");
    }
}

#[test]
fn the_reader_is_strict() {
    let error = |parts: &[&[u8]]| {
        parse_nar(&strings(parts))
            .map_or_else(|error| error.to_string(), |tree| format!("{tree:?}"))
    };
    let open: &[&[u8]] = &[b"(", b"type"];
    let with = |rest: &[&'static [u8]]| error(&[open, rest].concat());
    assert_eq!(error(&[b"["]), "bad archive: expected tag '(', got '['");
    assert_eq!(with(&[b"socket"]), "bad archive: unknown file type 'socket'");
    assert_eq!(
        with(&[b"regular", b"executable", b"1"]),
        "bad archive: executable marker has non-empty value"
    );
    assert_eq!(
        with(&[b"symlink", b"target", b""]),
        "bad archive: NAR contains invalid symlink target"
    );
    assert_eq!(
        with(&[b"directory", b"entry", b"(", b"name", b".."]),
        "bad archive: NAR contains invalid file name '..'"
    );
    assert_eq!(with(&[b"directory", b"x"]), "bad archive: expected tag 'entry' or ')', got 'x'");
    let entry: [&[u8]; 9] =
        [b"entry", b"(", b"name", b"a", b"node", b"(", b"type", b"directory", b")"];
    let twice = [&[&b"directory"[..]][..], &entry, &[b")"], &entry, &[b")"], &[b")"]].concat();
    assert_eq!(with(&twice), "bad archive: NAR directory is not sorted");
    assert_eq!(with(&[b"regular"]), "bad archive: unexpected end of input");
    assert_eq!(parse_nar(b""), Err(NarParseError::NoArchive));
    let huge = [&strings(&[b"("])[..], &[0xff; 8]].concat();
    assert_eq!(parse_nar(&huge), Err(NarParseError::Truncated));
}

#[test]
fn every_byte_of_an_archive_counts() {
    let bytes = bytes_of(&sample());
    assert_eq!(parse_nar(&bytes), Ok(sample()));
    for end in 0..bytes.len() {
        assert!(parse_nar(&bytes[..end]).is_err(), "{end}");
    }
    let longer = [&bytes[..], b"x"].concat();
    assert_eq!(parse_nar(&longer), Err(NarParseError::TrailingBytes(1)));
    let mut padded = bytes_of(&HELLO);
    let last_zero = padded.iter().rposition(|&byte| byte == 0);
    if let Some(byte) = last_zero.and_then(|at| padded.get_mut(at)) {
        *byte = 1;
    }
    assert_eq!(parse_nar(&padded), Err(NarParseError::NonZeroPadding));
}

/// Trees of owned parts, from which borrowed ones are made.
#[derive(Debug, Clone)]
enum Owned {
    File(bool, Vec<u8>),
    Directory(std::collections::BTreeMap<Vec<u8>, Owned>),
    Link(Vec<u8>),
}

impl Owned {
    fn borrow(&self) -> NarTree<'_> {
        match self {
            Self::File(executable, contents) => {
                NarTree::Regular { executable: *executable, contents }
            }
            Self::Directory(entries) => NarTree::Directory(
                entries.iter().map(|(name, node)| (&name[..], node.borrow())).collect(),
            ),
            Self::Link(target) => NarTree::Symlink(target),
        }
    }
}

fn trees() -> impl Strategy<Value = Owned> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..20);
    let name = proptest::collection::vec(prop_oneof![Just(b'.'), 0x30..=0xff_u8], 3..9);
    let leaf = prop_oneof![
        (any::<bool>(), bytes).prop_map(|(executable, contents)| Owned::File(executable, contents)),
        name.clone().prop_map(Owned::Link),
    ];
    leaf.prop_recursive(4, 30, 6, move |inner| {
        proptest::collection::btree_map(name.clone(), inner, 0..6).prop_map(Owned::Directory)
    })
}

proptest! {
    #[test]
    fn round_trip(tree in trees()) {
        let bytes = bytes_of(&tree.borrow());
        prop_assert_eq!(parse_nar(&bytes), Ok(tree.borrow()));
        prop_assert_eq!(hash_of(&tree.borrow()), Hash::digest(HashAlgo::Sha256, &bytes).base16());
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(parse_nar(&bytes).is_err());
    }

    /// One byte changed: either refused, or an archive that writes back to just these bytes.
    #[test]
    fn damaged_archives_are_answered(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = bytes_of(&sample());
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(tree) = parse_nar(&bytes) {
            prop_assert_eq!(bytes_of(&tree), bytes.clone());
        }
    }
}
