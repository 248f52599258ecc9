//! Texts that a client has open, edited as it says.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

use lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::finding::Edit;
use super::position::{Encoding, Lines};
use super::texts::{Seen, analysed};

/// A text that is open.
pub(super) struct Document {
    /// As the client calls it.
    pub(super) uri: Uri,
    /// Where it lies.
    pub(super) path: PathBuf,
    /// The client's count of its states.
    pub(super) version: i32,
    /// The directory of the lab it belongs to.
    pub(super) lab: Option<PathBuf>,
    content: String,
    lines: Lines,
    /// The analysis of this state, made when it is first asked for.
    seen: OnceCell<Option<Arc<Seen>>>,
}

impl Document {
    /// A text that was opened.
    pub(super) fn new(uri: Uri, path: PathBuf, version: i32, content: String) -> Document {
        let lines = Lines::of(&content);
        Document { uri, path, version, lab: None, content, lines, seen: OnceCell::new() }
    }

    /// Its text.
    pub(super) fn content(&self) -> &str {
        &self.content
    }

    /// Its analysis.
    pub(super) fn seen(&self) -> Option<Arc<Seen>> {
        self.seen.get_or_init(|| analysed(&self.path, &self.content)).clone()
    }

    /// Applies changes in their order, and says which bytes they have replaced.
    pub(super) fn change(
        &mut self,
        changes: Vec<TextDocumentContentChangeEvent>,
        version: i32,
        encoding: Encoding,
    ) -> Vec<Edit> {
        self.version = version;
        let edits = changes.into_iter().map(|change| self.apply(change, encoding)).collect();
        self.seen = OnceCell::new();
        edits
    }

    fn apply(&mut self, change: TextDocumentContentChangeEvent, encoding: Encoding) -> Edit {
        let new = change.text;
        let Some(range) = change.range else {
            let edit = difference(&self.content, &new);
            self.content = new;
            self.lines = Lines::of(&self.content);
            return edit;
        };
        let start = self.lines.offset(&self.content, range.start, encoding);
        let end = self.lines.offset(&self.content, range.end, encoding).max(start);
        self.content.replace_range(start..end, &new);
        self.lines = Lines::of(&self.content);
        Edit { range: start..end, length: new.len() }
    }
}

/// The bytes in which two texts differ.
pub(super) fn difference(old: &str, new: &str) -> Edit {
    let common = |a: &mut dyn Iterator<Item = (u8, u8)>| a.take_while(|(a, b)| a == b).count();
    let mut start = common(&mut old.bytes().zip(new.bytes()));
    while !(old.is_char_boundary(start) && new.is_char_boundary(start)) {
        start -= 1;
    }
    let (old_rest, new_rest) = (old.get(start..), new.get(start..));
    let (old_rest, new_rest) = (old_rest.unwrap_or_default(), new_rest.unwrap_or_default());
    let mut end = common(&mut old_rest.bytes().rev().zip(new_rest.bytes().rev()));
    while !(old.is_char_boundary(old.len() - end) && new.is_char_boundary(new.len() - end)) {
        end -= 1;
    }
    Edit { range: start..old.len() - end, length: new.len() - end - start }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use lsp_types::{Position, Range};
    use proptest::prelude::*;

    use super::*;

    fn document(content: &str) -> Document {
        let uri = Uri::from_str("file:///a.nix").unwrap();
        Document::new(uri, "/a.nix".into(), 1, content.to_owned())
    }

    fn change(from: (u32, u32), to: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let at = |(line, character)| Position::new(line, character);
        let range = Some(Range::new(at(from), at(to)));
        TextDocumentContentChangeEvent { range, range_length: None, text: text.into() }
    }

    #[test]
    fn changes_are_applied_in_their_order() {
        let mut document = document("a = 1;\r\n😀 = 2;\n");
        let changes = vec![
            change((0, 4), (0, 5), "3"),
            change((1, 2), (1, 3), "\n"),
            change((2, 0), (2, 1), ""),
        ];
        let edits = document.change(changes, 7, Encoding::Utf16);
        assert_eq!(document.content(), "a = 3;\r\n😀\n 2;\n");
        assert_eq!((document.version, edits.len()), (7, 3));
        assert_eq!(edits[0], Edit { range: 4..5, length: 1 });
    }

    #[test]
    fn places_that_are_not_there_are_the_nearest() {
        let mut document = document("ab\ncd");
        document.change(vec![change((0, 9), (0, 99), "!")], 2, Encoding::Utf16);
        assert_eq!(document.content(), "ab!\ncd");
        document.change(vec![change((9, 9), (99, 0), "?")], 3, Encoding::Utf16);
        assert_eq!(document.content(), "ab!\ncd?");
        document.change(vec![change((1, 1), (0, 1), "-")], 4, Encoding::Utf16);
        assert_eq!(document.content(), "ab!\nc-d?", "the end comes first");
    }

    #[test]
    fn a_whole_text_changes_where_it_differs() {
        for (old, new, expected) in [
            ("abc", "abc", (3..3, 0)),
            ("abc", "axc", (1..2, 1)),
            ("aa", "aaa", (2..2, 1)),
            ("é", "è", (0..2, 2)),
            ("", "x", (0..0, 1)),
        ] {
            let (range, length) = expected;
            assert_eq!(difference(old, new), Edit { range, length }, "{old} {new}");
        }
    }

    proptest! {
        #[test]
        fn no_change_panics(
            text in "[a😀é\r\n]{0,12}",
            changes in prop::collection::vec((0u32..6, 0u32..6, 0u32..6, 0u32..6, "[b\r\n😀]{0,3}"), 0..4),
        ) {
            let mut document = document(&text);
            for (a, b, c, d, new) in changes {
                let before = document.content().to_owned();
                let edits = document.change(vec![change((a, b), (c, d), &new)], 2, Encoding::Utf16);
                let Edit { range, length } = &edits[0];
                let mut expected = before.clone();
                expected.replace_range(range.clone(), &new);
                prop_assert_eq!(*length, new.len());
                prop_assert_eq!(document.content(), expected);
            }
        }
    }
}
