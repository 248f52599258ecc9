//! What was being evaluated, as a compact list below the report.

use super::report::wrapping;
use super::{RenderOptions, harmless, shown_path};
use crate::diagnostic::{Diagnostic, Label};
use crate::source::SourceMap;

/// A trace longer than this is folded.
const MOST_FRAMES: usize = 6;

pub(super) fn render(
    text: &mut String,
    diagnostic: &Diagnostic,
    map: &SourceMap,
    options: &RenderOptions,
) {
    let frames = match options.full_trace {
        true => diagnostic.trace.iter().collect(),
        false => telling(&diagnostic.trace),
    };
    let all = frames.len();
    let shown = if options.full_trace || all <= MOST_FRAMES { all } else { MOST_FRAMES };
    for frame in frames.into_iter().take(shown) {
        push_frame(text, frame, map, options);
    }
    let hidden = all - shown;
    if hidden > 0 {
        let dots = if options.unicode { "…" } else { "..." };
        let frames = if hidden == 1 { "frame" } else { "frames" };
        text.push_str(&["  ", dots, " "].concat());
        text.push_str(&hidden.to_string());
        text.push_str(&[" more ", frames, "; --show-trace shows all\n"].concat());
    }
}

/// Frames, without those that have the next one at the same place: the outer one says it in the
/// words of the lab.
fn telling(trace: &[Label]) -> Vec<&Label> {
    let next = trace.iter().skip(1).map(Some).chain([None]);
    let same = |frame: &Label, next: Option<&Label>| {
        !frame.span.is_none() && next.is_some_and(|next| next.span == frame.span)
    };
    trace.iter().zip(next).filter(|(frame, next)| !same(frame, *next)).map(|(f, _)| f).collect()
}

/// `  what  at file:line:column`, on more lines if one is too short.
fn push_frame(text: &mut String, frame: &Label, map: &SourceMap, options: &RenderOptions) {
    let what = harmless(&frame.text).replace('\n', " ");
    let place = map.locate(frame.span).map(|place| {
        let path = shown_path(&place.path, options.base.as_deref());
        format!("at {path}:{}:{}", place.line, place.column)
    });
    let page = wrapping(options.width).initial_indent("  ").subsequent_indent("    ");
    let what = textwrap::fill(&what, page);
    text.push_str(&what);
    if let Some(place) = place {
        let last = what.lines().next_back().unwrap_or_default();
        let one_line = last.chars().count() + place.chars().count() + 2 <= options.width;
        text.push_str(if one_line { "  " } else { "\n      " });
        text.push_str(&place);
    }
    text.push('\n');
}
