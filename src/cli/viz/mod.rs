//! `repx viz`: a picture of a lab.

mod dot;
mod graph;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCompleter;

use super::Exit;
use super::arguments::{LabArgument, Terminal};
use super::filter::Filter;
use super::list::picked;
use super::load::{Opened, open};
use super::report::{near, report};
use super::{candidates, stdout};
use crate::diagnostic::Diagnostic;
use crate::exec::through;
use crate::source::SourceMap;
use crate::sweep::{Ask, Listing};
use graph::Graph;

/// Draw a lab's runs, pipelines and stages
///
/// The result is a text for Graphviz, which svg and png are made with. A stage is a node whatever the number
/// of its jobs, which it says.
#[derive(Args, Debug, Clone)]
#[command(after_help = "\
Examples:
  repx viz                          the text for Graphviz
  repx viz -o lab.svg               a picture, if `dot` is installed
  repx viz simulation --format json nodes and edges, for programs")]
pub(super) struct VizOptions {
    /// Only these runs, and those of groups
    #[arg(value_name = "RUN|@GROUP", add = ArgValueCompleter::new(candidates::runs))]
    names: Vec<String>,
    /// What to make [default: as the file is called, else dot]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Kind>,
    /// Write it to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    lab: LabArgument,
}

/// What is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Kind {
    /// A text for Graphviz
    Dot,
    /// A picture that scales
    Svg,
    /// A picture of points
    Png,
    /// Nodes and edges
    Json,
}

/// Draws a lab.
pub(super) fn run(options: &VizOptions, terminal: &Terminal) -> Exit {
    drawn(options, terminal).unwrap_or_else(|exit| exit)
}

fn drawn(options: &VizOptions, terminal: &Terminal) -> Result<Exit, Exit> {
    let complain = |wrong| report(vec![wrong], &SourceMap::new(), terminal, false);
    let kind = kind(options).map_err(complain)?;
    let filter = Filter { runs: &options.names, stages: &[], params: &[] };
    let look =
        |listing: &Listing, _: Option<&_>| picked(listing, None, filter).map(|(runs, _)| runs);
    let Opened { listing, found, .. } = open(options.lab.target(), Ask::Jobs, terminal, look)?;
    let graph = Graph::new(&listing, &found);
    let mut text = Vec::new();
    // Writing to a vector can't fail.
    let _ = match kind {
        Kind::Json => graph.write_json(&mut text),
        Kind::Dot | Kind::Svg | Kind::Png => dot::write(&mut text, &graph),
    };
    let picture = match kind {
        Kind::Dot | Kind::Json => text,
        Kind::Svg => through("dot", &["-Tsvg"], &text).map_err(|e| complain(no_picture(&e)))?,
        Kind::Png => through("dot", &["-Tpng"], &text).map_err(|e| complain(no_picture(&e)))?,
    };
    match &options.output {
        None => Ok(stdout::print(|out| out.write_all(&picture))),
        Some(file) => match fs::write(file, &picture) {
            Ok(()) => Ok(stdout::print(|out| writeln!(out, "wrote {}", near(file)))),
            Err(error) => Err(complain(
                Diagnostic::error(
                    "repx::cli::output",
                    format!("can't write {}: {error}", near(file)),
                )
                .help("name another file with `-o FILE`"),
            )),
        },
    }
}

/// What is asked for, by name or by the name of the file.
fn kind(options: &VizOptions) -> Result<Kind, Diagnostic> {
    let end = options.output.as_deref().and_then(Path::extension).and_then(|end| end.to_str());
    let named = end.and_then(|end| Kind::from_str(end, true).ok());
    match (options.format, &options.output, end, named) {
        (Some(Kind::Png), None, ..) if io::stdout().is_terminal() => Err(to_terminal()),
        (Some(kind), ..) | (None, _, _, Some(kind)) => Ok(kind),
        (None, Some(_), Some(end), None) if end != "gv" => {
            let message = format!("no picture is made as `.{end}`");
            Err(Diagnostic::error("repx::viz::format", message)
                .help("a file's name ends in .dot, .svg, .png or .json, or give --format"))
        }
        (None, ..) => Ok(Kind::Dot),
    }
}

fn to_terminal() -> Diagnostic {
    Diagnostic::error("repx::viz::terminal", "a picture is nothing for a terminal")
        .help("write it to a file: `repx viz -o lab.png`")
}

fn no_picture(error: &io::Error) -> Diagnostic {
    if error.kind() == io::ErrorKind::NotFound {
        return Diagnostic::error(
            "repx::viz::no-graphviz",
            "pictures are made by `dot`, which isn't on PATH",
        )
        .help("install Graphviz, or take its text elsewhere: `repx viz --format dot`");
    }
    Diagnostic::error("repx::viz::failed", format!("no picture could be made: {error}"))
        .help("`repx viz --format dot` prints what `dot` was given")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::golden::reads_well;

    #[test]
    fn a_terminal_gets_no_picture() {
        reads_well(&to_terminal());
    }
}
