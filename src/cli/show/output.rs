//! `repx show output`: what a job has written, or one file of it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};

use super::super::Exit;
use super::super::arguments::{Form, Terminal};
use super::super::find::begin;
use super::super::listing::{Paint, TableStyle, clean, cut};
use super::super::load::base_path;
use super::super::report::{near, report};
use super::super::results::{self, Results, size};
use super::super::stdout;
use super::OutputOptions;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::exec::{Base, State, within_out};
use crate::source::SourceMap;

/// The version of the format.
const SCHEMA: &str = "repx-output/1";
/// The version of what is said of one file.
const FILE_SCHEMA: &str = "repx-file/1";
/// Texts of more bytes than this are not put into JSON when a file is asked for.
const MOST_IN_JSON: u64 = 1_000_000;
/// Texts of more bytes than this are only begun.
const MOST_BYTES: u64 = 4096;
/// Lines that are shown of a text.
const MOST_LINES: usize = 20;
/// What is said of what isn't read.
const NO_FILE: &str = "is a pipe, a socket or a device";
/// Files that are named.
const MOST_FILES: usize = 40;

pub(super) fn run(options: &OutputOptions, terminal: &Terminal) -> Result<Exit, Exit> {
    let base = Base::new(&base_path(options.lab.target(), terminal)?);
    let results = results::named(&options.lab, &options.job, &base, terminal)?;
    let written = Written::read(&results, &base);
    if let Some(path) = &options.path {
        return match written.find(path) {
            Ok(path) => Ok(match options.format {
                Form::Table => print_whole(&path),
                Form::Json => print_json(&results, &path),
            }),
            Err(wrong) => Err(report(vec![wrong], &SourceMap::new(), terminal, false)),
        };
    }
    let style = TableStyle::of(terminal);
    Ok(stdout::print(|out| match options.format {
        Form::Table => written.write_text(out, style),
        Form::Json => written.write_json(out),
    }))
}

/// A file as it is, or the names in a directory.
fn print_whole(path: &Path) -> Exit {
    stdout::print(|out| {
        if !path.is_dir() {
            return io::copy(&mut opened(path)?, out).map(drop);
        }
        for (name, bytes) in files(path) {
            writeln!(out, "{}", line(path, &name, bytes))?;
        }
        Ok(())
    })
}

/// The same for programs.
fn print_json(results: &Results, path: &Path) -> Exit {
    let is_file = path.is_file();
    let text = is_file.then(|| read(path, MOST_IN_JSON));
    let text = match text {
        Some(Ok(Content::Text(text))) => Some(text),
        Some(Ok(Content::Empty)) => Some(String::new()),
        Some(Ok(Content::Begin(_) | Content::Binary) | Err(_)) | None => None,
    };
    let bytes = path.metadata().ok().filter(|_| is_file).map(|about| about.len());
    let within = if path.is_dir() { named(&files(path)) } else { Vec::new() };
    let whole = json!({
        "schema": FILE_SCHEMA,
        "job": results.name,
        "path": path,
        "kind": if path.is_dir() { "directory" } else { "file" },
        "bytes": bytes,
        "text": text,
        "files": within,
    });
    stdout::print(|out| {
        serde_json::to_writer_pretty(&mut *out, &whole)?;
        writeln!(out)
    })
}

/// Files and their sizes, for programs.
fn named(files: &[(PathBuf, u64)]) -> Vec<Value> {
    let one =
        |(path, bytes): &(PathBuf, u64)| json!({ "path": path.to_string_lossy(), "bytes": bytes });
    files.iter().map(one).collect()
}

/// What a job has written.
struct Written<'r> {
    results: &'r Results,
    state: State,
    /// The job that was run again since.
    outdated_by: Option<String>,
    out: PathBuf,
    /// Outputs of known names, and where they lie.
    outputs: Vec<(String, PathBuf)>,
    /// All files below `out`, and their sizes.
    files: Vec<(PathBuf, u64)>,
}

/// What is in a file.
enum Content {
    /// Text in full.
    Text(String),
    /// Its first lines, and whether there are more.
    Begin(String),
    Binary,
    Empty,
}

impl<'r> Written<'r> {
    fn read(results: &'r Results, base: &Base) -> Written<'r> {
        let out = results.folder.out();
        let record = results.record.iter().flat_map(|record| &record.outputs);
        let outputs: Vec<(String, PathBuf)> = record
            .map(|(name, path)| (name.clone(), PathBuf::from(within_out(path, &out))))
            .collect();
        Written {
            files: files(&out),
            state: results.folder.state(),
            outdated_by: results::outdated_by(&results.folder, base),
            results,
            outputs,
            out,
        }
    }

    /// The output of a name, or a file of the job's directory.
    fn find(&self, name: &str) -> Result<PathBuf, Diagnostic> {
        let known = self.outputs.iter().find(|(output, _)| output == name);
        let inside = Path::new(name).strip_prefix(&self.out).unwrap_or(Path::new(name));
        let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if known.is_none() && !inside.components().all(is_inside) {
            let message = format!("`{}` isn't in the job's directory", clean(name));
            let help = format!("give a path from {} on, without `..`", near(&self.out));
            return Err(Diagnostic::error("repx::cli::no-results", message).help(help));
        }
        let path = known.map_or_else(|| self.out.join(inside), |(_, path)| path.clone());
        if path.is_file() || path.is_dir() {
            return Ok(path);
        }
        let begin = begin(&self.results.name);
        let lists = format!("`repx show output {begin}` lists what there is");
        let no_file = match fs::read_link(&path) {
            Ok(to) if !path.exists() => Some(format!("leads to {}, which isn't there", near(&to))),
            Ok(_) | Err(_) if path.exists() => Some(NO_FILE.to_owned()),
            Ok(_) | Err(_) => None,
        };
        if let Some(why) = no_file {
            let message = format!("`{}` can't be shown: it {}", clean(name), clean(&why));
            return Err(Diagnostic::error("repx::cli::no-results", message).help(lists));
        }
        let message = match known {
            Some(_) => format!("the job hasn't written its output `{name}`"),
            None => format!("the job has no output and no file `{name}`"),
        };
        let names = self.outputs.iter().map(|(name, _)| name.clone());
        let files = self.files.iter().map(|(file, _)| file.display().to_string());
        let help = did_you_mean(name, names.chain(files));
        Err(Diagnostic::error("repx::cli::no-results", message).help(help.unwrap_or(lists)))
    }

    fn write_text(&self, out: &mut impl Write, style: TableStyle) -> io::Result<()> {
        let state = match self.state {
            State::Done => style.paint(Paint::Good, "done"),
            State::Failed => style.paint(Paint::Bad, "failed: what it wrote until then"),
            State::Pending => match &self.outdated_by {
                Some(by) => {
                    let text = format!("outdated: what it wrote before {by} was run again");
                    style.paint(Paint::Faint, &clean(&text))
                }
                None => style.paint(Paint::Faint, "not done: what it wrote so far"),
            },
        };
        let title = style.paint(Paint::Strong, &clean(&self.results.title()));
        writeln!(out, "{title} · {state}\n{}", near(&self.out))?;
        for (name, path) in &self.outputs {
            let inner = path.strip_prefix(&self.out).unwrap_or(path);
            // An output may be the whole directory.
            let inner = if *path == self.out { Path::new("$out") } else { inner };
            let head = format!("{}  {}", clean(name), clean(&inner.display().to_string()));
            writeln!(out)?;
            self.file(out, &head, path, style)?;
        }
        let others: Vec<_> = self.files.iter().filter(|(file, _)| self.is_other(file)).collect();
        if !others.is_empty() {
            writeln!(out, "\n{}", style.paint(Paint::Faint, "other files"))?;
        }
        for (file, bytes) in others.iter().take(MOST_FILES) {
            writeln!(out, "  {}", line(&self.out, file, *bytes))?;
        }
        match others.len().saturating_sub(MOST_FILES) {
            0 if self.outputs.is_empty() && self.files.is_empty() => {
                writeln!(out, "\nIt has written nothing.")
            }
            0 => Ok(()),
            more => writeln!(out, "  … and {more} more"),
        }
    }

    /// Is this file neither an output nor in one?
    fn is_other(&self, file: &Path) -> bool {
        let path = self.out.join(file);
        !self.outputs.iter().any(|(_, output)| path.starts_with(output))
    }

    fn file(
        &self,
        out: &mut impl Write,
        head: &str,
        path: &Path,
        style: TableStyle,
    ) -> io::Result<()> {
        let Ok(about) = path.metadata() else {
            return writeln!(out, "{head}  {}", style.paint(Paint::Bad, "not there"));
        };
        if about.is_dir() {
            let within = files(path);
            let all: u64 = within.iter().map(|(_, bytes)| bytes).sum();
            let count = within.len();
            let plural = if count == 1 { "" } else { "s" };
            writeln!(out, "{head}  a directory, {count} file{plural}, {}", size(all))?;
            let most = if path == self.out { MOST_FILES } else { MOST_LINES };
            for (file, bytes) in within.iter().take(most) {
                writeln!(out, "  {}", line(path, file, *bytes))?;
            }
            let more = within.len().saturating_sub(most);
            return if more > 0 { writeln!(out, "  … and {more} more") } else { Ok(()) };
        }
        let bytes = size(about.len());
        let (text, more) = match content(path) {
            Ok(Content::Text(text)) => (text, false),
            Ok(Content::Begin(text)) => (text, true),
            Ok(Content::Binary) => return writeln!(out, "{head}  {bytes}, binary"),
            Ok(Content::Empty) => return writeln!(out, "{head}  empty"),
            Err(error) => return writeln!(out, "{head}  can't be read: {error}"),
        };
        writeln!(out, "{head}  {bytes}")?;
        for line in text.lines().take(MOST_LINES) {
            let line = cut(&clean(&line.replace('\t', "    ")), style.width.saturating_sub(4));
            writeln!(out, "  │ {line}")?;
        }
        if more || text.lines().count() > MOST_LINES {
            writeln!(out, "  │ …")?;
        }
        Ok(())
    }

    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let output = |(name, path): &(String, PathBuf)| {
            let about = path.metadata().ok();
            let kind = match &about {
                None => "missing",
                Some(about) if about.is_dir() => "directory",
                Some(_) => "file",
            };
            let text = match (kind, content(path)) {
                ("file", Ok(Content::Text(text))) => Some(text),
                ("file", Ok(Content::Empty)) => Some(String::new()),
                (_, _) => None,
            };
            let bytes = about.filter(fs::Metadata::is_file).map(|about| about.len());
            json!({ "name": name, "path": path, "kind": kind, "bytes": bytes, "text": text })
        };
        let state = match self.state {
            State::Done => "done",
            State::Failed => "failed",
            State::Pending => "pending",
        };
        let whole = json!({
            "schema": SCHEMA,
            "job": self.results.name,
            "status": state,
            "out": self.out,
            "outputs": self.outputs.iter().map(output).collect::<Vec<_>>(),
            "files": named(&self.files),
        });
        serde_json::to_writer_pretty(&mut *out, &whole)?;
        writeln!(out)
    }
}

/// What is said of a file among others: its size, or of a link that leads nowhere that.
fn line(root: &Path, file: &Path, bytes: u64) -> String {
    let name = clean(&file.display().to_string());
    let path = root.join(file);
    match fs::read_link(&path) {
        Ok(to) if !path.exists() => {
            format!("{name}  leads to {}, which isn't there", clean(&near(&to)))
        }
        Ok(_) | Err(_) => format!("{name}  {}", size(bytes)),
    }
}

/// Names of outputs, and of files where a path that is begun leads, with what is said of them.
pub(in super::super) fn words(results: &Results, begun: &str) -> Vec<(String, &'static str)> {
    let out = results.folder.out();
    let outputs = results.record.iter().flat_map(|record| record.outputs.keys());
    let mut words: Vec<(String, &str)> = outputs.map(|name| (name.clone(), "output")).collect();
    let directory = begun.rsplit_once('/').map_or("", |(directory, _)| directory);
    let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if begun.starts_with('/') || !Path::new(directory).components().all(is_inside) {
        return words;
    }
    let entries = fs::read_dir(out.join(directory)).into_iter().flatten().flatten();
    let between = if begun.contains('/') { "/" } else { "" };
    let mut files: Vec<(String, &str)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let (end, kind) = if entry.path().is_dir() { ("/", "directory") } else { ("", "file") };
            Some((format!("{directory}{between}{name}{end}"), kind))
        })
        .collect();
    files.sort();
    words.extend(files);
    words
}

/// A file that can be read to its end: a pipe would be waited for.
fn opened(path: &Path) -> io::Result<File> {
    if path.metadata()?.is_file() {
        return File::open(path);
    }
    Err(io::Error::other(format!("it {NO_FILE}")))
}

/// What is in a file, as far as it is shown.
fn content(path: &Path) -> io::Result<Content> {
    read(path, MOST_BYTES)
}

/// What is in a file, of a text not more than so many bytes.
fn read(path: &Path, most: u64) -> io::Result<Content> {
    let file = opened(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Ok(Content::Empty);
    }
    let whole = length <= bytes.len() as u64;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        // Cut within a character.
        Err(error) if !whole && error.utf8_error().error_len().is_none() => {
            String::from_utf8_lossy(error.as_bytes()).trim_end_matches('\u{fffd}').to_owned()
        }
        Err(_) => return Ok(Content::Binary),
    };
    let is_text = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
    if !text.chars().all(is_text) {
        return Ok(Content::Binary);
    }
    Ok(if whole { Content::Text(text) } else { Content::Begin(text) })
}

/// All files below a directory, by name, with their sizes. Links are not followed.
fn files(root: &Path) -> Vec<(PathBuf, u64)> {
    let (mut found, mut left) = (Vec::new(), vec![root.to_owned()]);
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else { continue };
            if about.is_dir() {
                left.push(entry.path());
            } else if let Ok(inner) = entry.path().strip_prefix(root) {
                found.push((inner.to_owned(), about.len()));
            }
        }
    }
    found.sort();
    found
}
