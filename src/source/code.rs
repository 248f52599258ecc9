//! The lines around a diagnostic's places, as miette wants to read them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::{SourceFile, SourceMap, Span, seen};

/// A place that goes on for more lines than this is shown by its first line.
const MOST_LINES: usize = 8;

/// Lines of several files that one report can label together.
///
/// Miette would be content with the texts themselves. It prints lines whole, however long, and
/// control characters as they are; and it joins labels that are near in one source. So it gets
/// a source of our own making, with an offset space of its own: runs of neighbouring lines, cut
/// to the width of the page and free of control characters. A span across two runs is an error,
/// which miette takes as the reason to show two snippets.
#[derive(Debug, Default)]
pub struct Excerpt {
    runs: Vec<Run>,
    cut: &'static str,
}

/// Neighbouring lines of one file.
#[derive(Debug)]
struct Run {
    name: String,
    file: Arc<SourceFile>,
    /// Of the first line, from 0.
    line: usize,
    start: usize,
    text: String,
    lines: Vec<Line>,
}

/// A line as shown, and where it comes from.
#[derive(Debug)]
struct Line {
    /// Where it begins in the excerpt.
    shown: usize,
    /// The bytes of the file that are shown, between ellipses if that is not the whole line.
    from: usize,
    to: usize,
    /// Bytes of the ellipsis before them.
    lead: usize,
    /// Where the line begins in the file.
    begin: usize,
}

impl Excerpt {
    /// The lines of these places and one line around each; the first place's file comes first.
    ///
    /// Lines are cut to `width` columns around the places on them, with `cut` for what is left
    /// out. `name` says how a file's path is shown.
    pub fn new(
        map: &SourceMap,
        spans: &[Span],
        width: usize,
        cut: &'static str,
        name: impl Fn(&Path) -> String,
    ) -> Excerpt {
        let mut files: Vec<(Arc<SourceFile>, Vec<Span>)> = Vec::new();
        for span in spans {
            let Some(file) = map.file(*span) else {
                continue;
            };
            match files.iter_mut().find(|(known, _)| known.start() == file.start()) {
                Some((_, spans)) => spans.push(*span),
                None => files.push((file, vec![*span])),
            }
        }
        let mut excerpt = Excerpt { runs: Vec::new(), cut };
        for (file, spans) in files {
            excerpt.add_file(&file, &spans, width, &name(file.path()));
        }
        excerpt
    }

    fn add_file(&mut self, file: &Arc<SourceFile>, spans: &[Span], width: usize, name: &str) {
        let mut wanted = BTreeSet::new();
        let mut focus = BTreeMap::new();
        for span in spans {
            let from = span.start.saturating_sub(file.start());
            let (first, _) = file.line_at(from);
            wanted.extend(first.saturating_sub(1)..=last_line(file, *span) + 1);
            focus.entry(first).or_insert(from as usize);
        }
        let mut next = None;
        let cut = self.cut;
        for line in wanted {
            let Some(begin) = file.line_starts().get(line) else {
                continue;
            };
            // What follows the last line break is a line only to a place that stands there.
            let nothing = *begin > 0 && *begin as usize == file.text().len();
            if nothing && !focus.contains_key(&line) {
                continue;
            }
            if next != Some(line) {
                let start = self.end() + 1;
                self.runs.push(Run {
                    name: name.to_owned(),
                    file: Arc::clone(file),
                    line,
                    start,
                    text: String::new(),
                    lines: Vec::new(),
                });
            }
            next = Some(line + 1);
            if let Some(run) = self.runs.last_mut() {
                run.add_line(*begin as usize, focus.get(&line).copied(), width, cut);
            }
        }
    }

    fn end(&self) -> usize {
        self.runs.last().map_or(0, |run| run.start + run.text.len())
    }

    /// The text before a place in its line, as shown.
    pub fn before(&self, span: Span) -> Option<&str> {
        let run = self.runs.iter().find(|run| run.holds(span.start))?;
        let end = run.shown_at(span.start)?.checked_sub(run.start)?;
        let begin = run.line_of(span.start)?.shown.checked_sub(run.start)?;
        run.text.get(begin..end)
    }

    /// Where a place stands in the excerpt.
    pub fn place(&self, span: Span) -> Option<SourceSpan> {
        let run = self.runs.iter().find(|run| run.holds(span.start))?;
        let start = run.shown_at(span.start)?;
        let end = run.shown_at(shown_end(&run.file, span)).unwrap_or(start);
        Some(SourceSpan::from((start, end.saturating_sub(start))))
    }
}

/// The last line that is shown of a place.
fn last_line(file: &SourceFile, span: Span) -> usize {
    let end = shown_end(file, span).max(span.start + 1) - 1;
    file.line_at(end.saturating_sub(file.start())).0
}

/// The end of a place; of its first line, if it has very many.
fn shown_end(file: &SourceFile, span: Span) -> u32 {
    let (first, _) = file.line_at(span.start.saturating_sub(file.start()));
    let (last, _) = file.line_at(span.end.saturating_sub(file.start()));
    match file.line_starts().get(first + 1) {
        Some(next) if last - first >= MOST_LINES => file.start() + next - 1,
        _ => span.end,
    }
}

impl Run {
    fn holds(&self, offset: u32) -> bool {
        let Some(local) = offset.checked_sub(self.file.start()) else {
            return false;
        };
        let in_file = offset <= self.file.span().end;
        let (line, _) = self.file.line_at(local);
        in_file && (self.line..self.line + self.lines.len()).contains(&line)
    }

    fn add_line(&mut self, begin: usize, focus: Option<usize>, width: usize, cut: &str) {
        let rest = self.file.text().get(begin..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let focus = focus.map_or(0, |at| at.saturating_sub(begin));
        let (from, to) = window(line, focus, width, cut.chars().count());
        let shown = self.start + self.text.len();
        if from > 0 {
            self.text.push_str(cut);
        }
        let lead = self.start + self.text.len() - shown;
        let kept = line.get(from..to).unwrap_or_default();
        self.text.extend(seen(kept).chars().map(printable));
        if to < line.len() {
            self.text.push_str(cut);
        }
        self.text.push('\n');
        self.lines.push(Line { shown, from: begin + from, to: begin + to, lead, begin });
    }

    fn line_of(&self, offset: u32) -> Option<&Line> {
        let (line, _) = self.file.line_at(offset.checked_sub(self.file.start())?);
        self.lines.get(line.checked_sub(self.line)?)
    }

    /// Offset in the excerpt of an offset in the space of all files.
    fn shown_at(&self, offset: u32) -> Option<usize> {
        let line = self.line_of(offset)?;
        let local = offset.checked_sub(self.file.start())? as usize;
        let before = self.file.text().get(line.from..local.clamp(line.from, line.to));
        let before = seen(before.unwrap_or_default());
        let length: usize = before.chars().map(|c| printable(c).len_utf8()).sum();
        Some(line.shown + line.lead + length)
    }

    /// Column in the file, from 0, of an offset in the excerpt.
    fn column(&self, line: &Line, shown: usize) -> usize {
        let cut = self.file.text().get(line.begin..line.from);
        let text = self.text.as_bytes();
        let from = (line.shown + line.lead).saturating_sub(self.start);
        let before = text.get(from..shown.saturating_sub(self.start));
        let count = |bytes: &[u8]| bytes.iter().filter(|byte| *byte & 0xC0 != 0x80).count();
        cut.map_or(0, |cut| seen(cut).chars().count()) + before.map_or(0, count)
    }
}

/// The part of a line to show: `width` columns with the byte at `focus` among them, and room for
/// a mark of `cut` columns on both sides.
fn window(line: &str, focus: usize, width: usize, cut: usize) -> (usize, usize) {
    let columns = |text: &str| -> usize { text.chars().map(columns_of).sum() };
    if columns(line) <= width {
        return (0, line.len());
    }
    let head = line.get(..focus.min(line.len())).unwrap_or_default();
    let mut from = 0;
    if columns(head) > width * 2 / 3 {
        let mut room = width / 3;
        from = head.len();
        for (at, c) in head.char_indices().rev() {
            let Some(left) = room.checked_sub(columns_of(c)) else {
                break;
            };
            room = left;
            from = at;
        }
    }
    let mut room = width.saturating_sub(2 * cut);
    let rest = line.get(from..).unwrap_or_default();
    for (at, c) in rest.char_indices() {
        let Some(left) = room.checked_sub(columns_of(c)) else {
            return (from, from + at);
        };
        room = left;
    }
    (from, line.len())
}

/// Roughly how many columns a terminal gives to a character.
fn columns_of(c: char) -> usize {
    match c {
        '\t' => 4,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{ffdc}' | '\u{1f300}'..='\u{3ffff}' => 2,
        _ => 1,
    }
}

/// A character that is safe to print: control characters are replaced by their pictures, and
/// those that reverse the direction of text by a replacement character.
pub fn printable(c: char) -> char {
    match c {
        '\t' => c,
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('�'),
        '\x7f' => '␡',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '�',
        // Half of what stands for a byte (`stray.rs`).
        '\u{fdd0}'..='\u{fdef}' => '�',
        _ if c.is_control() => '�',
        _ => c,
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let run =
            self.runs.iter().find(|run| run.start <= start && end < run.start + run.text.len());
        let run = run.ok_or(MietteError::OutOfBounds)?;
        let index_of = |offset: usize| {
            let after = run.lines.partition_point(|line| line.shown <= offset);
            after.saturating_sub(1)
        };
        let (first, last) = (index_of(start), index_of(end));
        let line = run.lines.get(first).ok_or(MietteError::OutOfBounds)?;
        // Without lines around it miette asks only where the place is.
        let (from, column) = if before == 0 {
            (start, run.column(line, start))
        } else {
            let line = run.lines.get(first.saturating_sub(before)).unwrap_or(line);
            (line.shown, 0)
        };
        let to = if after == 0 {
            end
        } else {
            let next = run.lines.get(last + after + 1);
            next.map_or(run.start + run.text.len(), |line| line.shown)
        };
        let data = run.text.as_bytes().get(from - run.start..to - run.start);
        Ok(Box::new(MietteSpanContents::new_named(
            run.name.clone(),
            data.ok_or(MietteError::OutOfBounds)?,
            SourceSpan::from((from, to - from)),
            run.line + first.saturating_sub(before),
            column,
            last + 1 - first.saturating_sub(before),
        )))
    }
}
