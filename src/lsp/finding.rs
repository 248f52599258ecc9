//! What is to be said of a text, as plain data that outlives the evaluation it comes from, and that
//! moves along as the text is edited.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{SourceFile, SourceMap, Span};

/// Frames of a trace that are told as further places; more are not read in an editor.
const MOST_FRAMES: usize = 8;

/// A stretch of bytes of a file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Place {
    pub(super) path: Arc<Path>,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Place {
    /// Where a span of a file lies.
    pub(super) fn within(file: &SourceFile, path: Arc<Path>, span: Span) -> Place {
        let local = |offset: u32| offset.saturating_sub(file.start()).min(file.span().len());
        Place { path, start: local(span.start), end: local(span.end) }
    }

    /// A place that an answer speaks of.
    pub(super) fn known(place: &crate::editor::Place) -> Place {
        Place { path: place.path.as_path().into(), start: place.start, end: place.end }
    }

    /// Its bytes.
    pub(super) fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Moves along with an edit. False if that has touched it: then nothing is known of it any more.
    fn moves(&mut self, path: &Path, edit: &Edit) -> bool {
        let (start, end) = (self.start as usize, self.end as usize);
        if *self.path != *path || end < edit.range.start {
            return true;
        }
        if start <= edit.range.end {
            return false;
        }
        let moved = |offset: usize| offset - edit.range.len() + edit.length;
        (self.start, self.end) = (moved(start) as u32, moved(end) as u32);
        true
    }
}

/// So many bytes put in the place of others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) length: usize,
}

/// A replacement that mends something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mend {
    pub(super) title: String,
    pub(super) edits: Vec<(Place, String)>,
}

/// One thing to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Finding {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) place: Place,
    pub(super) related: Vec<(Place, String)>,
    pub(super) mends: Vec<Mend>,
}

impl Finding {
    /// What a diagnostic says, if it has a place that `places` knows.
    pub(super) fn of(
        diagnostic: &Diagnostic,
        places: &dyn Fn(Span) -> Option<Place>,
    ) -> Option<Finding> {
        let primary = diagnostic.primary.as_ref()?;
        let place = places(primary.span)?;
        let (_, frames) =
            diagnostic.trace.split_at_checked(diagnostic.frames_of_nix).unwrap_or_default();
        let frames = frames.iter().take(MOST_FRAMES);
        let told = |label: &Label| Some((places(label.span)?, label.text.clone()));
        let related = diagnostic.secondary.iter().chain(frames).filter_map(told);
        let related = related.filter(|(_, text)| !text.is_empty()).collect();
        let mend = |fix: &crate::diagnostic::Fix| {
            let edit = |(span, text): &(Span, String)| Some((places(*span)?, text.clone()));
            let edits = fix.edits.iter().map(edit).collect::<Option<Vec<_>>>()?;
            Some(Mend { title: fix.title.clone(), edits })
        };
        Some(Finding {
            code: diagnostic.code,
            severity: diagnostic.severity,
            message: message(diagnostic, &primary.text),
            help: diagnostic.help.clone(),
            place,
            related,
            mends: diagnostic.fixes.iter().filter_map(mend).collect(),
        })
    }

    /// All that is to be said of one text, which is the only one it speaks of.
    pub(super) fn of_text(file: &SourceFile, found: &[Diagnostic]) -> Vec<Finding> {
        let path: Arc<Path> = file.path().into();
        let places = |span: Span| {
            let inside = !span.is_none() && file.start() <= span.start;
            inside.then(|| Place::within(file, Arc::clone(&path), span))
        };
        found.iter().filter_map(|diagnostic| Finding::of(diagnostic, &places)).collect()
    }

    /// What is to be said of the files of an evaluation, by what they are `called`. What has no place in
    /// any is said of `entry`.
    pub(super) fn of_evaluation(
        found: &[Diagnostic],
        sources: &SourceMap,
        entry: &Arc<Path>,
        called: &dyn Fn(PathBuf) -> PathBuf,
    ) -> Vec<Finding> {
        let places = |span: Span| {
            let file = sources.file(span)?;
            let path = called(sources.original(file.path()));
            // What is embedded in the program, or was given on a command line, no editor can show.
            path.is_absolute().then(|| Place::within(&file, path.into(), span))
        };
        let nowhere = Place { path: Arc::clone(entry), start: 0, end: 0 };
        let at_entry = |diagnostic: &Diagnostic| {
            let span = diagnostic.primary.as_ref().map_or(Span::NONE, |label| label.span);
            let text = diagnostic.primary.as_ref().map(|label| label.text.clone());
            let placed = diagnostic.clone().at(Span::KEPT, text.unwrap_or_default());
            let or_entry = |asked: Span| match asked {
                Span::KEPT => places(span).or_else(|| Some(nowhere.clone())),
                asked => places(asked),
            };
            Finding::of(&placed, &or_entry)
        };
        found.iter().filter_map(at_entry).collect()
    }

    /// What makes it the same as another one.
    pub(super) fn identity(&self) -> (&'static str, &Place) {
        (self.code, &self.place)
    }

    /// Moves along with an edit of a file. False if nothing is left of it.
    pub(super) fn moves(&mut self, path: &Path, edit: &Edit) -> bool {
        self.related.retain_mut(|(place, _)| place.moves(path, edit));
        self.mends
            .retain_mut(|mend| mend.edits.iter_mut().all(|(place, _)| place.moves(path, edit)));
        self.place.moves(path, edit)
    }
}

/// The message, with what the label adds to it.
fn message(diagnostic: &Diagnostic, label: &str) -> String {
    let message = &diagnostic.message;
    match label {
        "" => message.clone(),
        label if message.contains(label) => message.clone(),
        label => format!("{message}: {label}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(start: u32, end: u32) -> Finding {
        let place = Place { path: Path::new("/a").into(), start, end };
        Finding {
            code: "repx::test::a",
            severity: Severity::Error,
            message: String::new(),
            help: None,
            mends: vec![Mend { title: String::new(), edits: vec![(place.clone(), "x".into())] }],
            related: vec![(Place { start: 30, end: 40, ..place.clone() }, "r".into())],
            place,
        }
    }

    #[test]
    fn places_move_along_or_go() {
        let edited = |range: Range<usize>, length| {
            let mut finding = finding(10, 20);
            let kept = finding.moves(Path::new("/a"), &Edit { range, length });
            kept.then_some((finding.place.start, finding.related.len(), finding.mends.len()))
        };
        assert_eq!(edited(0..5, 2), Some((7, 1, 1)), "before");
        assert_eq!(edited(0..0, 7), Some((17, 1, 1)), "inserted before");
        assert_eq!(edited(25..26, 0), Some((10, 1, 1)), "between");
        assert_eq!(edited(35..35, 1), Some((10, 0, 1)), "in a related place");
        for (range, why) in
            [(15..15, "in it"), (20..20, "at its end"), (5..10, "up to it"), (0..99, "all")]
        {
            assert_eq!(edited(range, 1), None, "{why}");
        }
        let mut other = finding(10, 20);
        assert!(other.moves(Path::new("/b"), &Edit { range: 0..99, length: 0 }));
        assert_eq!(other, finding(10, 20));
    }
}
