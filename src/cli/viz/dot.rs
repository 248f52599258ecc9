//! The text that Graphviz draws.

use std::io::{self, Write};

use super::graph::{Graph, Run, Stage, jobs};
use crate::sweep::StageKind;

/// Writes the text.
pub(super) fn write(out: &mut impl Write, graph: &Graph<'_>) -> io::Result<()> {
    out.write_all(
        b"digraph lab {\n  compound=true;\n  rankdir=LR;\n  fontname=\"Helvetica\";\n  \
          node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"Helvetica\"];\n  \
          edge [fontname=\"Helvetica\", fontsize=10];\n",
    )?;
    for (number, (name, runs)) in graph.groups.iter().enumerate() {
        let runs: Vec<(usize, &Run<'_>)> =
            runs.iter().filter_map(|at| Some((*at, graph.runs.get(*at)?))).collect();
        if runs.is_empty() {
            continue;
        }
        writeln!(out, "  subgraph cluster_group_{number} {{")?;
        writeln!(out, "    label={}; style=dashed; color=gray50;", quoted(&format!("@{name}")))?;
        for (at, one) in runs {
            run(out, at, one, "    ")?;
        }
        writeln!(out, "  }}")?;
    }
    for (at, one) in graph.runs.iter().enumerate().filter(|(_, run)| run.groups.is_empty()) {
        run(out, at, one, "  ")?;
    }
    for edge in &graph.edges {
        let label = quoted(&edge.inputs.join("\n"));
        writeln!(out, "  s{} -> s{} [label={label}];", edge.from, edge.to)?;
    }
    after(out, graph)?;
    out.write_all(b"}\n")
}

/// A run with its pipelines and their stages.
fn run(out: &mut impl Write, at: usize, run: &Run<'_>, indent: &str) -> io::Result<()> {
    let mut label = format!("{}: {}", run.name, jobs(run.jobs));
    // The first is drawn around it.
    for group in run.groups.iter().skip(1) {
        label.push_str(&format!("\nalso @{group}"));
    }
    writeln!(out, "{indent}subgraph cluster_run_{at} {{")?;
    writeln!(out, "{indent}  label={}; style=rounded; color=black;", quoted(&label))?;
    for (number, (name, stages)) in run.pipelines.iter().enumerate() {
        writeln!(out, "{indent}  subgraph cluster_run_{at}_pipeline_{number} {{")?;
        let style = "style=filled; color=gray95;";
        writeln!(out, "{indent}    label={}; {style}", quoted(name))?;
        for one in stages {
            stage(out, one, &format!("{indent}    "))?;
        }
        writeln!(out, "{indent}  }}")?;
    }
    if first(run).is_none() {
        // What other runs come after, or before, must be there.
        writeln!(out, "{indent}  r{at} [label=\"no stages\", style=dotted];")?;
    }
    writeln!(out, "{indent}}}")
}

fn stage(out: &mut impl Write, stage: &Stage<'_>, indent: &str) -> io::Result<()> {
    let mut label = format!("{}\n{}", stage.name, jobs(stage.jobs));
    if !stage.sweeps.is_empty() {
        let sweeps: Vec<String> =
            stage.sweeps.iter().map(|(name, count)| format!("{name} ({count})")).collect();
        label.push_str(&format!("\n{}", sweeps.join(" × ")));
    }
    let shape = match stage.kind {
        StageKind::Simple => "",
        StageKind::ScatterGather => ", shape=box3d",
    };
    writeln!(out, "{indent}s{} [label={}{shape}];", stage.block, quoted(&label))
}

/// The first stage of a run.
fn first<'g, 'l>(run: &'g Run<'l>) -> Option<&'g Stage<'l>> {
    run.pipelines.iter().flat_map(|(_, stages)| stages).next()
}

/// Arrows from run to run. They join stages, cut where the runs begin.
fn after(out: &mut impl Write, graph: &Graph<'_>) -> io::Result<()> {
    let node = |at: usize, stage: Option<&Stage<'_>>| {
        stage.map_or_else(|| format!("r{at}"), |stage| format!("s{}", stage.block))
    };
    for (at, run) in graph.runs.iter().enumerate() {
        for (other, need) in &run.after {
            let Some(earlier) = graph.runs.get(*other) else { continue };
            let last = earlier.pipelines.iter().flat_map(|(_, stages)| stages).last();
            let (from, to) = (node(*other, last), node(at, first(run)));
            let style = if *need == "soft" { ", style=dashed" } else { ", penwidth=2" };
            let ends = format!("ltail=cluster_run_{other}, lhead=cluster_run_{at}");
            writeln!(out, "  {from} -> {to} [{ends}, label={}{style}];", quoted(need))?;
        }
    }
    Ok(())
}

/// A text as Graphviz reads one: whatever is in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(crate::source::printable(c)),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted() {
        assert_eq!(quoted("a \"b\"\n\\c"), "\"a \\\"b\\\"\\n\\\\c\"");
    }
}
