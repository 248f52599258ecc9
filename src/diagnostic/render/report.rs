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
    labels: Vec<LabeledSpan>,
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
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }
}

pub(super) fn render(diagnostic: &Diagnostic, map: &SourceMap, options: &RenderOptions) -> String {
    let places = diagnostic.primary.iter().chain(&diagnostic.secondary);
    let spans: Vec<Span> = places.map(|label| label.span).collect();
    let width = options.width.saturating_sub(FRAME).max(LEAST);
    let base = options.base.as_deref();
    let cut = if options.unicode { "…" } else { "..." };
    let excerpt =
        Excerpt::new(map, &spans, width, cut, |path| shown_path(&map.original(path), base));
    let (labels, notes) =
        labels(diagnostic, &excerpt, options.width.max(LEAST) - gutter(map, &spans));
    let report = Report { diagnostic, message: message(diagnostic, base, cut), excerpt, labels };
    let mut text = String::new();
    if handler(options).render_report(&mut text, &report).is_err() {
        // Writing to a string can't fail; should miette find its source wanting, the message
        // alone is still worth more than nothing.
        text = format!("{}\n\n  {report}\n", diagnostic.code);
    }
    for (number, note) in (1..).zip(notes) {
        let mark = format!("  {} ", mark(number));
        let indent = " ".repeat(mark.len());
        let page = wrapping(options.width).initial_indent(&mark).subsequent_indent(&indent);
        text.push_str(&textwrap::fill(&note, page));
        text.push('\n');
    }
    trim_lines(&text)
}

/// Columns between the middle of a place and what is said of it: `╰── ` or `╰─┤ `.
const ARROW: usize = 4;
/// A label is wrapped to no less than this and to no more lines; else it stands below the report.
const LEAST_LABEL: usize = 12;
const MOST_LABEL_LINES: usize = 3;

/// Columns before the text of a line: ` 12 │ `.
fn gutter(map: &SourceMap, spans: &[Span]) -> usize {
    let last = spans.iter().filter_map(|span| map.locate(Span::new(span.end, span.end)));
    let number = last.map(|place| place.line + 1).max().unwrap_or(0);
    number.to_string().len() + 4
}

/// Labels that fit the page beside their places, and the texts of those that don't.
fn labels(
    diagnostic: &Diagnostic,
    excerpt: &Excerpt,
    width: usize,
) -> (Vec<LabeledSpan>, Vec<String>) {
    let mut notes = Vec::new();
    let mut fitted = |label: &Label, primary: bool| {
        let place = excerpt.place(label.span)?;
        let before = excerpt.before(label.span).map_or(0, columns);
        let room = width.saturating_sub(before + place.len() / 2 + ARROW);
        let text = harmless(&label.text);
        let wrapped = textwrap::wrap(&text, wrapping(room.max(LEAST_LABEL)));
        let fits = wrapped.len() <= MOST_LABEL_LINES && wrapped.iter().all(|l| columns(l) <= room);
        let text = if fits {
            wrapped.join("\n")
        } else {
            notes.push(text.clone());
            mark(notes.len())
        };
        let text = Some(text).filter(|text| !text.is_empty());
        Some(if primary {
            LabeledSpan::new_primary_with_span(text, place)
        } else {
            LabeledSpan::new_with_span(text, place)
        })
    };
    let primary = diagnostic.primary.iter().filter_map(|label| fitted(label, true));
    let mut labels: Vec<LabeledSpan> = primary.collect();
    labels.extend(diagnostic.secondary.iter().filter_map(|label| fitted(label, false)));
    (labels, notes)
}

fn mark(number: usize) -> String {
    format!("({number})")
}

/// Columns that a text takes, with tabs as miette draws them.
fn columns(text: &str) -> usize {
    textwrap::core::display_width(text) + 4 * text.matches('\t').count()
}

/// Lines are broken at spaces alone: a name, a time or a path that was cut reads as another one.
pub(super) fn wrapping<'a>(width: usize) -> textwrap::Options<'a> {
    textwrap::Options::new(width)
        .word_separator(WORDS)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false)
}

const WORDS: textwrap::WordSeparator = textwrap::WordSeparator::Custom(words);

/// Code of more columns is broken all the same.
const MOST_OF_CODE: usize = 50;

/// Words end at spaces, but not at those in `code`.
fn words(line: &str) -> Box<dyn Iterator<Item = textwrap::core::Word<'_>> + '_> {
    let mut words = Vec::new();
    let (mut start, mut code) = (0, None);
    for (at, c) in line.char_indices() {
        match c {
            '`' if code.is_some() => code = None,
            '`' => code = line.get(at + 1..).and_then(|rest| rest.find('`')),
            ' ' if code.is_none_or(|length| length > MOST_OF_CODE) => {
                let next = line.get(at + 1..).unwrap_or_default();
                if !next.starts_with(' ') {
                    words.extend(line.get(start..=at).map(textwrap::core::Word::from));
                    start = at + 1;
                }
            }
            _ => {}
        }
    }
    words.extend(line.get(start..).filter(|rest| !rest.is_empty()).map(textwrap::core::Word::from));
    Box::new(words.into_iter())
}

/// Characters of a message that are shown: a program may throw a whole file.
const MOST_OF_A_MESSAGE: usize = 2000;

/// The message as it is shown: paths below the base without it, and not for ever.
pub(super) fn message(diagnostic: &Diagnostic, base: Option<&Path>, cut: &str) -> String {
    let whole = diagnostic.message.as_str();
    let end = whole.char_indices().nth(MOST_OF_A_MESSAGE).map(|(at, _)| at);
    let shown = end.and_then(|end| whole.get(..end)).unwrap_or(whole);
    let mut text = harmless(shown);
    if let Some(base) = base.and_then(Path::to_str).filter(|base| base.len() > 1) {
        text = text.replace(&format!("{base}/"), "");
    }
    if shown.len() < whole.len() {
        text.push_str(&format!("{cut} ({} bytes more)", whole.len() - shown.len()));
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
        .with_word_separator(WORDS)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .with_break_words(false)
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
