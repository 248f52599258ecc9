//! Data flows one way: a room imports only rooms above it, and some crates have one home.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned

use std::path::{Path, PathBuf};

/// The rooms, in the order in which data flows through them.
const ROOMS: [&str; 21] = [
    "bytes",
    "source",
    "diagnostic",
    "syntax",
    "lower",
    "store",
    "value",
    "world",
    "eval",
    "flake",
    "builtins",
    "session",
    "cache",
    "lab",
    "sweep",
    "realise",
    "exec",
    "check",
    "editor",
    "lsp",
    "cli",
];

/// Crates (or parts of them) that only some rooms may know.
const HOMES: [(&str, &[&str]); 20] = [
    ("miette", &["source", "diagnostic"]),
    ("rayon", &["sweep", "check"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("regex_automata", &["builtins"]),
    ("rustix", &["value", "exec"]),
    ("lsp_server", &["lsp"]),
    ("lsp_types", &["lsp"]),
    ("std::process::Command", &["realise", "flake", "exec", "check", "lsp"]),
    ("toml", &["builtins", "cli"]),
    ("gix_hash", &["flake"]),
    ("gix_index", &["flake"]),
    ("gix_object", &["flake"]),
    ("gix_odb", &["flake"]),
    ("gix_ref", &["flake"]),
    ("notify", &["cli"]),
    ("brush_parser", &["check"]),
    ("zlib_rs", &["exec"]),
];

/// Lines a file may have; flat tables and tests are exempt.
const MOST_LINES: usize = 800;

fn sources() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files =
        walkdir::WalkDir::new(&src).into_iter().map(|entry| entry.expect("src is readable"));
    files
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
        .map(|entry| {
            let path = entry.path().to_owned();
            let inner = path.strip_prefix(&src).expect("below src").to_owned();
            let room = inner.components().next().expect("a first component");
            let room = room.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(&path).expect("a source file is readable");
            (room, inner, text)
        })
        .collect()
}

/// Code without comments: those may speak of any room.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line.split("//").next().unwrap_or(line)))
}

#[test]
fn every_folder_of_src_is_a_known_room() {
    for (room, path, _) in sources() {
        let known = ROOMS.contains(&room.as_str()) || room == "lib" || room == "main";
        assert!(known, "{}: no room is called '{room}'", path.display());
    }
}

#[test]
fn rooms_import_only_rooms_above_them() {
    let mut wrong = Vec::new();
    for (room, path, text) in sources() {
        let Some(own) = ROOMS.iter().position(|other| *other == room) else {
            continue;
        };
        for (line, code) in code(&text) {
            for (at, other) in ROOMS.iter().enumerate() {
                let mentions =
                    code.match_indices(&format!("crate::{other}")).any(|(start, found)| {
                        let next = code[start + found.len()..].chars().next();
                        !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
                    });
                if mentions && at > own {
                    wrong.push(format!("{}:{line} imports {other}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the flow:\n{}", wrong.join("\n"));
}

#[test]
fn crates_stay_in_their_homes() {
    let mut wrong = Vec::new();
    for (room, path, text) in sources() {
        for (name, homes) in HOMES {
            if homes.contains(&room.as_str()) {
                continue;
            }
            for (line, code) in code(&text) {
                let found = code.match_indices(name).any(|(start, _)| {
                    let before = code[..start].chars().next_back();
                    let after = &code[start + name.len()..];
                    let own_word =
                        !before.is_some_and(|c| c.is_alphanumeric() || "_:.".contains(c));
                    own_word && (after.starts_with("::") || after.starts_with(';'))
                });
                if found {
                    wrong.push(format!("{}:{line} uses {name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "crates away from home:\n{}", wrong.join("\n"));
}

#[test]
fn unsafe_code_lives_in_the_heap_module_alone() {
    for (room, path, text) in sources() {
        let uses =
            code(&text).any(|(_, line)| line.contains("unsafe {") || line.contains("unsafe impl"));
        assert!(!uses || room == "value", "{} has unsafe code", path.display());
    }
}

#[test]
fn files_stay_readable() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|(_, path, text)| {
            let test = path.to_string_lossy().contains("test");
            !test && text.lines().count() > MOST_LINES
        })
        .map(|(_, path, text)| format!("{} has {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "look for the two ideas in: {}", long.join(", "));
}

/// What this machine compiles for: packages of other systems need not be here.
fn host() -> String {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let output = std::process::Command::new(rustc).arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc says its host").to_owned()
}

#[test]
fn dependencies_have_permissive_licences() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = std::process::Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &host()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 20, "the whole tree is looked at");
    let fine = [
        "MIT",
        "MIT-0",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MPL-2.0",
        "Zlib",
        "Unicode-3.0",
        "Unicode-DFS-2016",
        "Unlicense",
        "CC0-1.0",
        "0BSD",
        "BSL-1.0",
        "Apache-2.0 WITH LLVM-exception",
    ];
    let allowed = |licence: &str| {
        // `A AND B` needs all, `A OR B` one.
        licence.replace('/', " OR ").split(" AND ").all(|part| {
            let part = part.trim_matches(|c| c == '(' || c == ')');
            part.split(" OR ")
                .any(|one| fine.contains(&one.trim_matches(|c| c == '(' || c == ')' || c == ' ')))
        })
    };
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(allowed(licence), "{} is under {licence}", package["name"]);
    }
}
