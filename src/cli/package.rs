//! `repx build`: a lab's jobs as a directory.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Exit;
use super::arguments::{BuildOptions, Form, Terminal};
use super::load::{Outcome, Target, load_shown};
use super::report::report;
use super::run::build::Builder;
use super::run::{missing as lacking, words};
use super::setup::machine_saying;
use super::stdout;
use crate::bytes::Writer;
use crate::diagnostic::Diagnostic;
use crate::exec::{Base, Plan, Store, Written, begin, write_lab};
use crate::sweep::{self, Ask, Listing};

/// The version of the format.
const SCHEMA: &str = "repx-build/1";

/// Writes a lab directory.
pub(super) fn run(options: &BuildOptions, terminal: &Terminal) -> Exit {
    let target = Target::new(&options.lab, &options.with);
    let Outcome { listing, diagnostics, sources, .. } = load_shown(target, Ask::Recipes, terminal);
    let exit = report(diagnostics, &sources, terminal, options.with.show_trace);
    let Some(listing) = listing.filter(|_| exit == Exit::Fine) else {
        return exit;
    };
    let place = options.output.clone().unwrap_or_else(|| PathBuf::from("result"));
    match write(options, target, &listing, &place, terminal) {
        Ok(written) => stdout::print(|out| say(out, options.format, &written, &place)),
        Err(Outcome { diagnostics, sources, .. }) => {
            report(diagnostics, &sources, terminal, options.with.show_trace)
        }
    }
}

fn say(out: &mut dyn Write, format: Form, written: &Written, place: &Path) -> io::Result<()> {
    let Written { jobs, files, id } = written;
    if format == Form::Table {
        return writeln!(out, "{}, {files} files: {}", words::jobs(*jobs), place.display());
    }
    let place = std::path::absolute(place)?;
    let said = json!({
        "schema": SCHEMA,
        "lab": place.display().to_string(),
        "id": id,
        "jobs": jobs,
        "files": files,
    });
    writeln!(out, "{said:#}")
}

fn write(
    options: &BuildOptions,
    target: Target<'_>,
    listing: &Listing,
    place: &Path,
    terminal: &Terminal,
) -> Result<Written, Outcome> {
    let failed = |wrong: Vec<Diagnostic>| Outcome { diagnostics: wrong, ..Outcome::default() };
    let refused = |error: io::Error| {
        let message = format!("can't write a lab to {}: {error}", place.display());
        failed(vec![
            Diagnostic::error("repx::build::output", message)
                .help("`-o PATH` names another place: one that is empty, or holds a lab"),
        ])
    };
    let root = std::path::absolute(place).map_err(refused)?;
    let plan = Plan::all(listing);
    let builder = Builder::new(terminal);
    let hear = |line: &str| builder.hear(line);
    let machine = machine_saying(&options.with.nix, &hear);
    if listing.kit.derivations {
        builder.build(&machine, target, listing, &plan, terminal)?.none()?;
    }
    begin(&root).map_err(refused)?;
    if listing.kit.derivations {
        builder.keep(&machine, &Base::new(&root).roots(), (listing, &plan), &BTreeSet::new());
    }
    let store = Store::movable(listing, &plan, &root).map_err(|missing| {
        failed(missing.into_iter().map(|one| lacking(listing, one)).collect())
    })?;
    let mut stored = Writer::new();
    sweep::stored::write(&mut stored, listing);
    write_lab(listing, &plan, &root, &store, &stored.finish()).map_err(refused)
}
