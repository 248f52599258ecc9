//! Diagnostics as a SARIF 2.1.0 log, which code hosts and editors read.
//!
//! Plain records with the format's own names: only what we have something to say in.

#![allow(clippy::struct_field_names, reason = "the format names its fields so")]

use std::path::Path;

use serde::Serialize;

use super::json::{Place, place};
use super::readable;
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{SourceMap, Span};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A log of one run of this program.
#[derive(Clone, Debug, Serialize)]
pub struct Log {
    version: &'static str,
    #[serde(rename = "$schema")]
    schema: &'static str,
    runs: [Run; 1],
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Finding>,
}

#[derive(Clone, Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    information_uri: &'static str,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, Serialize)]
struct Rule {
    id: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Mend>,
}

#[derive(Clone, Debug, Serialize)]
struct Message {
    text: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Mend {
    description: Message,
    artifact_changes: Vec<Change>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    artifact_location: Artifact,
    replacements: Vec<Replacement>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Message,
}

/// The log of some diagnostics; paths below `base` are relative to it.
pub fn log(diagnostics: &[Diagnostic], map: &SourceMap, base: Option<&Path>) -> Log {
    let mut ids: Vec<&'static str> = diagnostics.iter().map(|d| d.code).collect();
    ids.sort_unstable();
    ids.dedup();
    let results = diagnostics.iter().map(|d| finding(d, &ids, map, base)).collect();
    let driver = Driver {
        name: "repx",
        version: env!("CARGO_PKG_VERSION"),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: ids.into_iter().map(|id| Rule { id }).collect(),
    };
    let column_kind = "unicodeCodePoints";
    let run = Run { tool: Tool { driver }, column_kind, results };
    Log { version: "2.1.0", schema: SCHEMA, runs: [run] }
}

fn finding(
    diagnostic: &Diagnostic,
    ids: &[&'static str],
    map: &SourceMap,
    base: Option<&Path>,
) -> Finding {
    let at = |label: &Label, id| {
        let physical_location = physical(place(label.span, map, base)?);
        let message = Some(Message { text: readable(&label.text) });
        Some(Location { id, physical_location, message: message.filter(|m| !m.text.is_empty()) })
    };
    let others = diagnostic.secondary.iter().chain(&diagnostic.trace).zip(1..);
    let help = diagnostic.help.as_ref().map(|help| format!("\n{help}"));
    Finding {
        rule_id: diagnostic.code,
        rule_index: ids.binary_search(&diagnostic.code).unwrap_or_default(),
        level: match diagnostic.severity {
            Severity::Advice => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        },
        message: Message {
            text: readable(&diagnostic.message) + help.as_deref().unwrap_or_default(),
        },
        locations: diagnostic.primary.iter().filter_map(|label| at(label, None)).collect(),
        related_locations: others.filter_map(|(label, id)| at(label, Some(id))).collect(),
        fixes: diagnostic
            .fixes
            .iter()
            .map(|fix| Mend {
                description: Message { text: fix.title.clone() },
                artifact_changes: changes(&fix.edits, map, base),
            })
            .collect(),
    }
}

/// Edits by file, in the order of the first of each.
fn changes(edits: &[(Span, String)], map: &SourceMap, base: Option<&Path>) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (span, text) in edits {
        let Some(place) = place(*span, map, base) else { continue };
        let Physical { artifact_location, region } = physical(place);
        let inserted_content = Message { text: text.clone() };
        let replacement = Replacement { deleted_region: region, inserted_content };
        match changes.iter_mut().find(|change| change.artifact_location == artifact_location) {
            Some(change) => change.replacements.push(replacement),
            None => changes.push(Change { artifact_location, replacements: vec![replacement] }),
        }
    }
    changes
}

fn physical(place: Place) -> Physical {
    Physical {
        artifact_location: Artifact { uri: uri(&place.file) },
        region: Region {
            start_line: place.line,
            start_column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
        },
    }
}

/// A path as a reference: what isn't plain is written in percents.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}
