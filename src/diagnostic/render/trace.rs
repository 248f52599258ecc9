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
    let (nix, lab) =
        diagnostic.trace.split_at_checked(diagnostic.frames_of_nix).unwrap_or_default();
    // The lab's own frames as one reads a lab, from the run to the attribute.
    for frame in telling(lab, None, options.full_trace).iter().rev() {
        push_frame(text, frame, map, options);
    }
    // Then how evaluation came to the place, from there outwards. (The outermost may be at the
    // place of the lab's innermost, and is then said by that; unless it closes a circle.)
    let circle = diagnostic.code == "repx::eval::infinite-recursion";
    let nix = telling(nix, lab.first().filter(|_| !circle), options.full_trace);
    let all = nix.len();
    let shown = if options.full_trace || all <= MOST_FRAMES { all } else { MOST_FRAMES };
    for frame in nix.iter().take(shown) {
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

/// A frame as it is shown.
struct Told<'d> {
    frame: &'d Label,
    /// It ends a round of so many frames that was gone so many times.
    rounds: Option<(usize, usize)>,
}

/// Frames that say something: without those that have the next one at the same place, since the
/// outer one says it in better words, and rounds that come again and again once. `behind` is the
/// frame around them all. The full trace has all of them.
fn telling<'d>(trace: &'d [Label], behind: Option<&'d Label>, full: bool) -> Vec<Told<'d>> {
    if full {
        return trace.iter().map(|frame| Told { frame, rounds: None }).collect();
    }
    let next = trace.iter().skip(1).map(Some).chain([behind]);
    let same = |frame: &Label, next: Option<&Label>| {
        !frame.span.is_none() && next.is_some_and(|next| next.span == frame.span)
    };
    let frames = trace.iter().zip(next).filter(|(frame, next)| !same(frame, *next));
    collapsed(&frames.map(|(frame, _)| frame).collect::<Vec<_>>())
}

/// Rounds of a recursion have no more frames than this.
const LONGEST_ROUND: usize = 6;

fn collapsed<'d>(frames: &[&'d Label]) -> Vec<Told<'d>> {
    let mut told = Vec::new();
    let mut at = 0;
    while at < frames.len() {
        let rounds = |length: usize| {
            let round = frames.get(at..at + length)?;
            let behind = frames.get(at..)?.chunks(length);
            let times = behind.take_while(|other| *other == round).count();
            (times > 1).then_some((length, times))
        };
        let rounds = (1..=LONGEST_ROUND).find_map(rounds);
        let (length, times) = rounds.unwrap_or((1, 1));
        for (index, frame) in frames.iter().skip(at).take(length).enumerate() {
            told.push(Told { frame, rounds: rounds.filter(|_| index + 1 == length) });
        }
        at += length * times;
    }
    told
}

/// `  what  at file:line:column`, on more lines if one is too short.
fn push_frame(text: &mut String, told: &Told<'_>, map: &SourceMap, options: &RenderOptions) {
    let frame = told.frame;
    let mut what = harmless(&frame.text).replace('\n', " ");
    if let Some((1, times)) = told.rounds {
        what.push_str(&format!(" ({times} times)"));
    }
    let place = map.locate(frame.span).map(|place| {
        let path = shown_path(&map.original(&place.path), options.base.as_deref());
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
    if let Some((length, times)) = told.rounds.filter(|(length, _)| *length > 1) {
        text.push_str(&format!("    (these {length} frames {times} times)\n"));
    }
}
