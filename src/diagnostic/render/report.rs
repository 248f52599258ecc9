//! The report: code, message, snippets, help; drawn by miette.

use std::fmt;
use std::path::Path;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};

use super::{RenderOptions, harmless, shown_path};
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{Excerpt, SourceMap, Span};

/// Columns that line numbers and the frame take.
const FRAME: usize = 8;
/// Source lines are never cut to less than this.
const LEAST: usize = 20;

/// A diagnostic with its lines, as miette wants it.
#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    message: String,
    excerpt: Excerpt,
}

impl Report<'_> {
    fn label(&self, label: &Label, primary: bool) -> Option<LabeledSpan> {
        let span = self.excerpt.place(label.span)?;
        let text = Some(harmless(&label.text)).filter(|text| !text.is_empty());
        Some(if primary {
            LabeledSpan::new_primary_with_span(text, span)
        } else {
            LabeledSpan::new_with_span(text, span)
        })
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Advice => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.diagnostic.help.as_deref()?;
        Some(Box::new(harmless(help)))
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let primary = self.diagnostic.primary.iter();
        let primary = primary.filter_map(|label| self.label(label, true));
        let secondary = self.diagnostic.secondary.iter();
        let secondary = secondary.filter_map(|label| self.label(label, false));
        Some(Box::new(primary.chain(secondary)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }
}

pub(super) fn render(diagnostic: &Diagnostic, map: &SourceMap, options: &RenderOptions) -> String {
    let labels = diagnostic.primary.iter().chain(&diagnostic.secondary);
    let spans: Vec<Span> = labels.map(|label| label.span).collect();
    let width = options.width.saturating_sub(FRAME).max(LEAST);
    let base = options.base.as_deref();
    let excerpt = Excerpt::new(map, &spans, width, |path| shown_path(&map.original(path), base));
    let report = Report { diagnostic, message: message(diagnostic, base), excerpt };
    let mut text = String::new();
    if handler(options).render_report(&mut text, &report).is_err() {
        // Writing to a string can't fail; should miette find its source wanting, the message
        // alone is still worth more than nothing.
        text = format!("{}\n\n  {report}\n", diagnostic.code);
    }
    trim_lines(&text)
}

/// Characters of a message that are shown: a program may throw a whole file.
const MOST_OF_A_MESSAGE: usize = 2000;

/// The message as it is shown: paths below the base without it, and not for ever.
fn message(diagnostic: &Diagnostic, base: Option<&Path>) -> String {
    let whole = diagnostic.message.as_str();
    let end = whole.char_indices().nth(MOST_OF_A_MESSAGE).map(|(at, _)| at);
    let shown = end.and_then(|end| whole.get(..end)).unwrap_or(whole);
    let mut text = harmless(shown);
    if let Some(base) = base.and_then(Path::to_str).filter(|base| base.len() > 1) {
        text = text.replace(&format!("{base}/"), "");
    }
    if shown.len() < whole.len() {
        text.push_str(&format!("… ({} bytes more)", whole.len() - shown.len()));
    }
    text
}

fn handler(options: &RenderOptions) -> GraphicalReportHandler {
    let theme = GraphicalTheme {
        characters: if options.unicode {
            ThemeCharacters::unicode()
        } else {
            ThemeCharacters::ascii()
        },
        styles: if options.color { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(options.width.max(LEAST))
        .with_context_lines(1)
        .with_links(false)
        .without_syntax_highlighting()
}

/// Without the spaces that miette leaves at the ends of lines.
fn trim_lines(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for line in text.lines() {
        result.push_str(line.trim_end());
        result.push('\n');
    }
    result
}
