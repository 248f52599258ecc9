//! What was being evaluated, as a compact list below the report.

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
    let all = diagnostic.trace.len();
    let shown = if options.full_trace || all <= MOST_FRAMES { all } else { MOST_FRAMES };
    for frame in diagnostic.trace.iter().take(shown) {
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

/// `  what  at file:line:column`, on two lines if one is too short.
fn push_frame(text: &mut String, frame: &Label, map: &SourceMap, options: &RenderOptions) {
    let what = harmless(&frame.text).replace('\n', " ");
    let place = map.locate(frame.span).map(|place| {
        let path = shown_path(&map.original(&place.path), options.base.as_deref());
        format!("at {path}:{}:{}", place.line, place.column)
    });
    text.push_str("  ");
    text.push_str(&what);
    if let Some(place) = place {
        let one_line = what.chars().count() + place.chars().count() + 4 <= options.width;
        text.push_str(if one_line { "  " } else { "\n      " });
        text.push_str(&place);
    }
    text.push('\n');
}
