//! Findings as the protocol has them.

use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location,
    NumberOrString, Range,
};

use super::finding::{Finding, Place};
use super::uri;
use crate::diagnostic::Severity;

/// Who says all this.
const SOURCE: &str = "repx";

/// What nobody would miss.
const UNNECESSARY: [&str; 5] = [
    "repx::lint::unused-binding",
    "repx::lint::unused-argument",
    "repx::lint::unused-with",
    "repx::lint::useless-rec",
    "repx::lint::empty-let",
];

/// What was replaced by something better.
const DEPRECATED: [&str; 2] = ["repx::lint::url-literal", "repx::lint::legacy-let"];

/// A finding, where `range` tells the ranges of places.
pub(super) fn diagnostic(
    finding: &Finding,
    range: &dyn Fn(&Place) -> Option<Range>,
) -> Option<Diagnostic> {
    let related = finding.related.iter().filter_map(|(place, text)| {
        let location = Location::new(uri::of_path(&place.path)?, range(place)?);
        Some(DiagnosticRelatedInformation { location, message: text.clone() })
    });
    let related: Vec<DiagnosticRelatedInformation> = related.collect();
    let message = match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    };
    Some(Diagnostic {
        range: range(&finding.place)?,
        severity: Some(severity(finding.severity)),
        code: Some(NumberOrString::String(finding.code.to_owned())),
        source: Some(SOURCE.to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        tags: tag(finding.code).map(|tag| vec![tag]),
        ..Diagnostic::default()
    })
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Advice => DiagnosticSeverity::HINT,
    }
}

fn tag(code: &str) -> Option<DiagnosticTag> {
    if UNNECESSARY.contains(&code) {
        Some(DiagnosticTag::UNNECESSARY)
    } else if DEPRECATED.contains(&code) {
        Some(DiagnosticTag::DEPRECATED)
    } else {
        None
    }
}
