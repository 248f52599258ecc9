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
use super::run::lacking::missing;
use super::run::words;
use super::setup::machine_saying;
use super::stdout;
use crate::bytes::Writer;
use crate::diagnostic::Diagnostic;
use crate::exec::{Base, Plan, Store, Written, begin, image, lacks, unpack_images, write_lab};
use crate::lab::ContainerMode;
use crate::store::StorePath;
use crate::sweep::{self, Ask, Image, Listing};

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
    let Written { jobs, images, files, id } = written;
    if format == Form::Table {
        let jobs = words::jobs(*jobs);
        let images = match images.len() {
            0 => String::new(),
            many => format!(", {}", words::images(many)),
        };
        return writeln!(out, "{jobs}{images}, {files} files: {}", place.display());
    }
    let place = std::path::absolute(place)?;
    let said = json!({
        "schema": SCHEMA,
        "lab": place.display().to_string(),
        "id": id,
        "jobs": jobs,
        "images": images,
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
    let mode = options.images.map_or(listing.lab.containers, ContainerMode::from);
    let images = RunImages::of(listing, mode);
    let mut made = Vec::new();
    if listing.kit.derivations {
        let built = builder.build(&machine, target, (listing, &plan), &images.all, terminal)?;
        made = built.none()?.unwrap_or_else(|| {
            builder.tell("the package set has no `dockerTools`: no container images are made");
            Vec::new()
        });
    } else if options.images.is_some() && mode != ContainerMode::None {
        builder.tell("programs of this machine can't be put into container images: none are made");
    }
    let lacks = lacks(listing, &plan);
    if !lacks.is_empty() {
        return Err(failed(missing(listing, &lacks)));
    }
    begin(&root).map_err(refused)?;
    if listing.kit.derivations {
        builder.keep(
            &machine,
            &Base::new(&root).roots(),
            (listing, &plan),
            &BTreeSet::new(),
            &made,
        );
    }
    let store = Store::movable(listing, &plan, &root).map_err(refused)?;
    unpack_images(&root, &made.iter().cloned().collect()).map_err(|(image, error)| match error
        .kind()
    {
        io::ErrorKind::InvalidData => failed(vec![bad_image(&image, &error)]),
        _ => refused(error),
    })?;
    let mut stored = Writer::new();
    sweep::stored::write(&mut stored, listing);
    let images = images.of_runs(&made);
    write_lab((listing, &plan), &root, &store, &images, &stored.finish()).map_err(refused)
}

/// The container images of a lab's runs.
#[derive(Default)]
struct RunImages {
    all: Vec<Image>,
    /// Which of them each run has.
    of_runs: Vec<Option<usize>>,
}

impl RunImages {
    fn of(listing: &Listing, mode: ContainerMode) -> RunImages {
        let may = |run: &u32| listing.runs.get(*run as usize).is_some_and(|run| run.containerized);
        let runs: Vec<u32> = (0..listing.runs.len() as u32).filter(may).collect();
        if runs.is_empty() || !listing.kit.derivations {
            return RunImages::default();
        }
        let all: Vec<Image> = match mode {
            ContainerMode::None => Vec::new(),
            ContainerMode::Unified => vec![image(listing, &runs, true)],
            ContainerMode::PerRun => {
                runs.iter().map(|run| image(listing, &[*run], false)).collect()
            }
        };
        let of_run = |run: &crate::sweep::RunInfo| {
            all.iter().position(|image| image.runs.contains(&run.name))
        };
        RunImages { of_runs: listing.runs.iter().map(of_run).collect(), all }
    }

    /// The image of each run, where they are these.
    fn of_runs(&self, made: &[StorePath]) -> Vec<Option<StorePath>> {
        self.of_runs.iter().map(|image| made.get((*image)?).cloned()).collect()
    }
}

/// What was built to be an image is none.
fn bad_image(image: &StorePath, error: &io::Error) -> Diagnostic {
    let message = format!("`{}` is no container image: {error}", image.name());
    Diagnostic::error("repx::build::bad-image", message).help(
        "`dockerTools.buildLayeredImage` of the package set makes it; `--images none` does without",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::golden::reads_well;

    #[test]
    fn what_is_no_image_is_told() {
        let image = StorePath::from_parts([1; 20], "main-image.tar").expect("a name");
        let why = io::Error::other("there is no manifest.json in it");
        reads_well(&bad_image(&image, &why));
    }
}
