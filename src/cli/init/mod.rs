//! `repx init`: a small lab that lists and runs at once.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::Exit;
use super::arguments::Terminal;
use super::listing::clean;
use super::report::{near, report};
use super::stdout;
use crate::diagnostic::Diagnostic;
use crate::lab::shell_word;
use crate::source::SourceMap;

/// Make a lab to begin with
///
/// It lists and runs at once, with the programs of this machine. No file is written over.
#[derive(Args, Debug, Clone)]
#[command(after_help = "\
Examples:
  repx init dice            a lab in a directory of its own
  repx init                 in this directory")]
pub(super) struct InitOptions {
    /// Where it is to be
    #[arg(default_value = ".")]
    directory: PathBuf,
}

/// Its files.
const FILES: [(&str, &str); 6] = [
    ("nix/lab.nix", include_str!("lab/nix/lab.nix")),
    ("nix/runs/dice.nix", include_str!("lab/nix/runs/dice.nix")),
    ("nix/pipelines/dice.nix", include_str!("lab/nix/pipelines/dice.nix")),
    ("nix/stages/roll.nix", include_str!("lab/nix/stages/roll.nix")),
    ("nix/stages/mean.nix", include_str!("lab/nix/stages/mean.nix")),
    (".gitignore", include_str!("lab/gitignore")),
];

/// What would make another lab of the directory.
const OTHERS: [&str; 3] = ["flake.nix", "lab.nix", "nix/lab.nix"];

/// Makes a lab.
pub(super) fn run(options: &InitOptions, terminal: &Terminal) -> Exit {
    let root = options.directory.as_path();
    match make(root) {
        Ok(written) => stdout::print(|out| tell(out, root, &written)),
        Err(wrong) => report(vec![wrong], &SourceMap::new(), terminal, false),
    }
}

/// Writes the files, and says which.
fn make(root: &Path) -> Result<Vec<&'static str>, Diagnostic> {
    let exists = |path: &str| fs::symlink_metadata(root.join(path)).is_ok();
    // A directory that Git knows has a list of what it ignores, which is the user's.
    let files = || FILES.iter().filter(|(name, _)| *name != ".gitignore" || !exists(name));
    let names = OTHERS.iter().chain(files().map(|(name, _)| name));
    if let Some(path) = names.copied().find(|path| exists(path)) {
        let path = near(&root.join(path));
        let message = format!("there is a lab already: {path}");
        return Err(Diagnostic::error("repx::init::exists", message)
            .help("name another directory: `repx init DIR`"));
    }
    let mut written = Vec::new();
    for (name, text) in files() {
        let path = root.join(name);
        write(&path, text).map_err(|error| {
            Diagnostic::error("repx::init::failed", format!("can't write {}: {error}", near(&path)))
                .help("name another directory: `repx init DIR`")
        })?;
        written.push(*name);
    }
    Ok(written)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    // Not over what somebody else has written meanwhile.
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

fn tell(out: &mut impl Write, root: &Path, written: &[&str]) -> io::Result<()> {
    let here = root == Path::new(".");
    let place = if here { "this directory".to_owned() } else { clean(&near(root)) };
    writeln!(out, "made a lab in {place}:")?;
    for name in written {
        writeln!(out, "  {name}")?;
    }
    writeln!(out, "\nnext:")?;
    if !here {
        let path = shell_word(&near(root));
        let end = if path.starts_with('-') { "-- " } else { "" };
        writeln!(out, "  cd {end}{path}")?;
    }
    writeln!(out, "  repx eval     its jobs")?;
    writeln!(out, "  repx run      runs them")
}
