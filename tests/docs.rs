//! Every command shown in the README is run, and prints what is shown.

#![allow(clippy::expect_used)] // a test that fails should stop where it fails

use std::path::Path;
use std::process::Command;

/// Commands and the output shown below each.
fn shown(text: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match line.strip_prefix("$ ") {
                Some(command) => commands.push((command.to_owned(), String::new())),
                None => {
                    let (_, output) = commands.last_mut().expect("output follows a command");
                    output.push_str(line);
                    output.push('\n');
                }
            },
            (false, _) => {}
        }
    }
    commands
}

/// A text without what differs from disk to disk: how much room things take.
fn steady(text: &str) -> String {
    let size = regex::Regex::new(r"\d+(\.\d+)? [kM]?B\b").expect("a pattern");
    size.replace_all(text, "SIZE").into_owned()
}

/// What the README's commands speak of, without results.
fn scene(root: &Path, scratch: &Path) {
    std::os::unix::fs::symlink(root.join("corpus"), scratch.join("corpus")).expect("a link");
    let entries = walkdir::WalkDir::new(root.join("examples")).into_iter();
    for entry in entries.filter_entry(|entry| entry.file_name() != ".repx") {
        let entry = entry.expect("the examples can be read");
        let target = scratch.join(entry.path().strip_prefix(root).expect("below it"));
        if entry.file_type().is_dir() {
            std::fs::create_dir(target).expect("a directory");
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let root = env!("CARGO_MANIFEST_DIR");
    let readme = std::fs::read_to_string(format!("{root}/README.md")).expect("a README");
    let commands = shown(&readme);
    assert!(commands.len() >= 5, "{} commands", commands.len());
    let binary = Path::new(env!("CARGO_BIN_EXE_repx"));
    // Results of labs that somebody has run here are none of the README's.
    let scratch = tempfile::tempdir().expect("a temporary directory");
    scene(Path::new(root), scratch.path());
    let path = std::env::var("PATH").unwrap_or_default();
    for (command, expected) in commands {
        let output = Command::new("sh")
            .args(["-c", &command])
            .env("PATH", format!("{}:{path}", binary.parent().expect("a folder").display()))
            .current_dir(scratch.path())
            .output()
            .expect("sh runs");
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed);
        assert_eq!(steady(&printed), steady(&expected), "{command}");
    }
}
