//! Diagnostics as bytes, and back, with the texts they speak of.
//!
//! Places are kept as a file and where in it they are; the files come along, in their order, so
//! that what is read back is shown as the first time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Diagnostic, Fix, Label, NixAccount, Severity};
use crate::bytes::{Reader, Writer};
use crate::source::{SourceMap, Span};

/// Writes diagnostics, and of `sources` what they speak of.
pub fn write(writer: &mut Writer, diagnostics: &[Diagnostic], sources: &SourceMap) {
    let spans = diagnostics.iter().flat_map(spans);
    // By where they begin: that is the order in which they were read.
    let files: BTreeMap<u32, _> =
        spans.filter_map(|span| sources.file(span)).map(|file| (file.start(), file)).collect();
    let starts: Vec<u32> = files.keys().copied().collect();
    writer.list(files.values(), |writer, file| {
        writer.text(file.path().as_os_str().as_encoded_bytes());
        writer.text(file.text());
    });
    let origins = if diagnostics.is_empty() { Vec::new() } else { sources.origins() };
    writer.list(origins.iter(), |writer, (copy, original)| {
        writer.text(copy.as_os_str().as_encoded_bytes());
        writer.text(original.as_os_str().as_encoded_bytes());
    });
    writer.list(diagnostics.iter(), |writer, diagnostic| {
        write_one(writer, diagnostic, &|writer, span| {
            let file = sources.file(span).and_then(|file| starts.binary_search(&file.start()).ok());
            let place = file.and_then(|file| Some((file, starts.get(file)?)));
            writer.maybe(place, |writer, (file, start)| {
                writer.number(file as u64);
                writer.number(u64::from(span.start - start));
                writer.number(u64::from(span.len()));
            });
        });
    });
}

/// Reads diagnostics; what they speak of is added to `sources`.
pub fn read(reader: &mut Reader<'_>, sources: &SourceMap) -> Option<Vec<Diagnostic>> {
    let files = reader.list(|reader| {
        let path = path(reader)?;
        sources.add(path, reader.string()?).ok()
    })?;
    for (copy, original) in reader.list(|reader| Some((path(reader)?, path(reader)?)))? {
        sources.add_origin(&copy, &original);
    }
    let span = |reader: &mut Reader<'_>| {
        let place = reader.maybe(|reader| {
            let file = files.get(reader.index()? as usize)?.span();
            let start = file.start.checked_add(reader.index()?)?;
            let end = start.checked_add(reader.index()?)?;
            (end <= file.end).then_some(Span::new(start, end))
        })?;
        Some(place.unwrap_or(Span::NONE))
    };
    reader.list(|reader| read_one(reader, &span))
}

fn path(reader: &mut Reader<'_>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Some(Path::new(std::ffi::OsStr::from_bytes(reader.text()?)).to_owned())
}

fn spans(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> {
    let labels = diagnostic.primary.iter().chain(&diagnostic.secondary).chain(&diagnostic.trace);
    let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits);
    labels.map(|label| label.span).chain(edits.map(|(span, _)| *span))
}

fn write_one(writer: &mut Writer, diagnostic: &Diagnostic, write_span: &dyn Fn(&mut Writer, Span)) {
    let label = |writer: &mut Writer, label: &Label| {
        write_span(writer, label.span);
        writer.text(&label.text);
    };
    writer.text(diagnostic.code);
    writer.byte(match diagnostic.severity {
        Severity::Advice => 0,
        Severity::Warning => 1,
        Severity::Error => 2,
    });
    writer.text(&diagnostic.message);
    writer.maybe(diagnostic.primary.as_ref(), label);
    writer.list(diagnostic.secondary.iter(), label);
    writer.list(diagnostic.trace.iter(), label);
    writer.number(diagnostic.frames_of_nix as u64);
    writer.maybe(diagnostic.help.as_ref(), Writer::text);
    writer.list(diagnostic.fixes.iter(), |writer, fix| {
        writer.text(&fix.title);
        writer.list(fix.edits.iter(), |writer, (span, text)| {
            write_span(writer, *span);
            writer.text(text);
        });
    });
}

fn read_one(
    reader: &mut Reader<'_>,
    span: &dyn Fn(&mut Reader<'_>) -> Option<Span>,
) -> Option<Diagnostic> {
    let text = |reader: &mut Reader<'_>| reader.string().map(str::to_owned);
    let label = |reader: &mut Reader<'_>| Some(Label { span: span(reader)?, text: text(reader)? });
    Some(Diagnostic {
        // Codes are words of the program; a few are remembered once more, until the process ends.
        code: text(reader)?.leak(),
        severity: match reader.byte()? {
            0 => Severity::Advice,
            1 => Severity::Warning,
            2 => Severity::Error,
            _ => return None,
        },
        message: text(reader)?,
        primary: reader.maybe(label)?,
        secondary: reader.list(label)?,
        trace: reader.list(label)?,
        frames_of_nix: reader.index()? as usize,
        // Only `repx instantiate` tells it, which keeps no diagnostics.
        nix: NixAccount::default(),
        help: reader.maybe(text)?,
        fixes: reader.list(|reader| {
            let title = text(reader)?;
            let edits = reader.list(|reader| Some((span(reader)?, text(reader)?)))?;
            Some(Fix { title, edits })
        })?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_about_the_same_texts_in_the_same_order() {
        let sources = SourceMap::new();
        sources.add("unused.nix", "nothing").unwrap();
        let first = sources.add("first.nix", "one two").unwrap();
        let second = sources.add("second.nix", "three").unwrap();
        sources.add_origin(Path::new("/copy"), Path::new("/original"));
        let two = Span::new(first.start() + 4, first.start() + 7);
        let all = [
            Diagnostic::warning("repx::test::a", "a")
                .at(second.span(), "here")
                .also(two, "and here")
                .within(Span::NONE, "in it")
                .help("help")
                .fix("mend", two, "2"),
            Diagnostic::warning("repx::test::b", "b").at(two, ""),
        ];
        let mut writer = Writer::new();
        write(&mut writer, &all, &sources);
        let bytes = writer.finish();
        let again = SourceMap::new();
        let read_back = read(&mut Reader::new(&bytes), &again).unwrap();
        assert_eq!(read_back.len(), 2);
        let label = |d: &Diagnostic| again.text(d.primary.as_ref().unwrap().span).unwrap();
        assert_eq!(read_back.iter().map(label).collect::<Vec<_>>(), ["three", "two"]);
        assert_eq!(again.text(read_back[0].fixes[0].edits[0].0).as_deref(), Some("two"));
        assert!(read_back[0].trace[0].span.is_none());
        assert_eq!(again.original(Path::new("/copy/x")), Path::new("/original/x"));
        let mut again = Writer::new();
        let kept = SourceMap::new();
        write(&mut again, &read(&mut Reader::new(&bytes), &kept).unwrap(), &kept);
        assert_eq!(again.finish(), bytes, "nothing is lost");
        for end in 0..bytes.len() {
            assert!(read(&mut Reader::new(&bytes[..end]), &SourceMap::new()).is_none(), "{end}");
        }
    }
}
