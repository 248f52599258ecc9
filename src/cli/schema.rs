//! `repx schema`: what the JSON of a command is made of.

use std::io::Write;

use clap::Args;
use clap_complete::ArgValueCompleter;
use include_dir::{Dir, include_dir};

use super::Exit;
use super::arguments::Terminal;
use super::report::report;
use super::{candidates, stdout};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::SourceMap;

/// Each is called `NAME-VERSION.json`.
static SCHEMAS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/docs/schemas");

/// Print the schema of a command's JSON
///
/// Every object that repx prints says its schema, such as repx-eval/1. Without a name all are listed.
#[derive(Args, Debug, Clone)]
#[command(after_help = "\
Examples:
  repx schema                  which there are
  repx schema repx-eval/1      that of `repx eval --format json`")]
pub(super) struct SchemaOptions {
    /// As it stands in the JSON; the version may be left out
    #[arg(add = ArgValueCompleter::new(candidates::schemas))]
    name: Option<String>,
}

/// Prints a schema.
pub(super) fn run(options: &SchemaOptions, terminal: &Terminal) -> Exit {
    let Some(name) = &options.name else {
        return stdout::print(|out| names().try_for_each(|(name, _)| writeln!(out, "{name}")));
    };
    let fits = |known: &str| known == name || known.split_once('/').is_some_and(|(k, _)| k == name);
    // Of several versions the last.
    if let Some((_, text)) = names().filter(|(known, _)| fits(known)).last() {
        return stdout::print(|out| out.write_all(text.as_bytes()));
    }
    let message = format!("there is no schema `{name}`");
    let known: Vec<String> = names().map(|(name, _)| name).collect();
    let near = did_you_mean(name, &known);
    let wrong = Diagnostic::error("repx::cli::unknown-name", message)
        .help(near.unwrap_or_else(|| "`repx schema` lists all".to_owned()));
    report(vec![wrong], &SourceMap::new(), terminal, false)
}

/// The schemas, by name.
pub(super) fn names() -> impl Iterator<Item = (String, &'static str)> {
    let mut all: Vec<(String, &str)> = SCHEMAS
        .files()
        .filter_map(|file| {
            let stem = file.path().file_stem()?.to_str()?;
            let (name, version) = stem.rsplit_once('-')?;
            Some((format!("{name}/{version}"), file.contents_utf8()?))
        })
        .collect();
    all.sort();
    all.into_iter()
}
