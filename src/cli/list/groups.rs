//! `repx list groups`: which there are, or the runs of one.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::super::Exit;
use super::super::arguments::{Form, Terminal};
use super::super::eval::MOST_IN_TABLE;
use super::super::listing::{Grid, Paint, TableStyle, clean};
use super::super::load::{Opened, open};
use super::super::stdout;
use super::{GroupsOptions, runs};
use crate::sweep::{Ask, Listing, Selection};

/// The version of the format.
const SCHEMA: &str = "repx-groups/1";

pub(super) fn run(options: &GroupsOptions, terminal: &Terminal) -> Result<Exit, Exit> {
    if let Some(name) = &options.name {
        let name = format!("@{}", name.strip_prefix('@').unwrap_or(name));
        return runs::list(&[name], false, options.format, &options.lab, terminal);
    }
    // Groups are there before any job is.
    let ask = Ask::Few(MOST_IN_TABLE, Selection::default());
    let Opened { listing, .. } = open(options.lab.target(), ask, terminal, |_, _| Ok(()))?;
    let style = TableStyle::of(terminal);
    Ok(stdout::print(|out| match options.format {
        Form::Table => write_table(out, &listing, style),
        Form::Json => write_json(out, &listing),
    }))
}

fn write_table(out: &mut impl Write, listing: &Listing, style: TableStyle) -> io::Result<()> {
    if listing.groups.is_empty() {
        writeln!(out, "The lab has no groups.")?;
        let hint = "They are sets of runs: `groups = { name = [ run … ]; };` in mkLab.";
        return writeln!(out, "{}", style.paint(Paint::Faint, hint));
    }
    let row = |(name, runs): &(String, Vec<String>)| {
        let names: Vec<String> = runs.iter().map(|run| clean(run)).collect();
        let cells = [format!("@{}", clean(name)), runs.len().to_string(), names.join(", ")];
        (cells, [Paint::Strong, Paint::Plain, Paint::Plain])
    };
    let grid = Grid {
        heads: ["GROUP", "RUNS", "WHICH"],
        numbers: [false, true, false],
        may_shrink: 2..3,
        rows: listing.groups.iter().map(row).collect(),
    };
    grid.write(out, style)
}

fn write_json(out: &mut impl Write, listing: &Listing) -> io::Result<()> {
    let groups: serde_json::Map<String, Value> =
        listing.groups.iter().map(|(name, runs)| (name.clone(), json!(runs))).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "schema": SCHEMA, "groups": groups }))?;
    writeln!(out)
}
