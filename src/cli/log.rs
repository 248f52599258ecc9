//! `repx log`: what a job prints.
//!
//! Logs hold any bytes. A terminal gets text without what would move its cursor, anything else what is there.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use clap::Args;
use clap_complete::ArgValueCompleter;
use serde_json::{Value, json};
use textwrap::Options as Filled;

use super::Exit;
use super::arguments::{Form, LabArgument, Terminal};
use super::find::begin;
use super::guard::INTERRUPTED;
use super::listing::{Paint, TableStyle};
use super::load::base_path;
use super::report::{near, report, say};
use super::results::{self, Results};
use super::{candidates, parts, stdout};
use crate::exec::{Base, Folder, State};
use crate::source::{SourceMap, printable};

/// Show what a job prints
///
/// Shows the last lines of both of its logs; with --stdout or --stderr all of that one.
#[derive(Args, Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "they are flags")]
#[command(after_help = "\
Examples:
  repx log 5ykhxrmz              the last lines of both logs
  repx log -f 5ykhxrmz           and what is added, until the job ends
  repx log 5ykhxrmz --stdout     all that went to standard output")]
pub(super) struct LogOptions {
    /// Its id or full name, or how that begins; of a stage with one job the stage
    #[arg(add = ArgValueCompleter::new(candidates::jobs))]
    job: String,
    /// Go on until the job ends
    #[arg(short, long)]
    follow: bool,
    /// Only what went to standard output
    #[arg(long, conflicts_with = "stderr")]
    stdout: bool,
    /// Only what went to standard error, where scripts are traced
    #[arg(long)]
    stderr: bool,
    /// So many lines of the end [default: 50; of one log all]
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true, value_parser = number_of_lines)]
    lines: Option<usize>,
    /// Of a scatter-gather job: scatter, gather, or worker:3 (a step and an item)
    #[arg(long, value_name = "PART", add = ArgValueCompleter::new(candidates::parts))]
    part: Option<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "table", conflicts_with = "follow")]
    format: Form,
    #[command(flatten)]
    lab: LabArgument,
}

fn number_of_lines(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "expected a number of lines, such as 20".to_owned())
}

/// The version of the format.
const SCHEMA: &str = "repx-log/1";
/// Lines that are shown of the end of two logs.
const LINES: usize = 50;
/// How often who follows a log looks at it.
const PERIOD: Duration = Duration::from_millis(50);
/// How often he looks whether anybody runs jobs at all.
const ANYBODY: Duration = Duration::from_millis(500);
/// Bytes that are read at once.
const CHUNK: usize = 1 << 16;

/// Shows a job's logs.
pub(super) fn run(options: &LogOptions, terminal: &Terminal) -> Exit {
    shown(options, terminal).unwrap_or_else(|exit| exit)
}

fn shown(options: &LogOptions, terminal: &Terminal) -> Result<Exit, Exit> {
    let base = Base::new(&base_path(options.lab.target(), terminal)?);
    let results = match options.follow {
        true => results::followed(&options.lab, &options.job, &base, terminal)?,
        false => results::named(&options.lab, &options.job, &base, terminal)?,
    };
    let folder = match &options.part {
        None => results.folder.clone(),
        Some(part) => parts::named(&results.folder, part)
            .map_err(|wrong| report(vec![wrong], &SourceMap::new(), terminal, false))?,
    };
    let mut streams = Vec::new();
    if !options.stderr {
        streams.push(("stdout", folder.stdout()));
    }
    if !options.stdout {
        streams.push(("stderr", folder.stderr()));
    }
    let several = streams.len() > 1;
    let lines = options.lines.or(several.then_some(LINES));
    // Who follows has asked for no format: a variable has.
    if options.format == Form::Json && !options.follow {
        return Ok(stdout::print(|out| write_json(out, &results, &folder, &streams, lines)));
    }
    let mut logs: Vec<Log> =
        streams.into_iter().map(|(name, path)| Log { name, path, read: 0, begun: false }).collect();
    let mut page = Page {
        style: TableStyle::of(terminal),
        text: io::stdout().is_terminal(),
        heads: several,
        last: None,
        open: false,
    };
    let printed = stdout::print(|out| {
        for log in &mut logs {
            log.skip(lines)?;
            page.write_new(out, log)?;
        }
        if options.follow { Ok(()) } else { page.end(out) }
    });
    if printed != Exit::Fine || !options.follow {
        if printed == Exit::Fine && logs.iter().all(Log::is_empty) {
            say("it has printed nothing");
        }
        mention_parts(&results.folder, options, terminal);
        return Ok(printed);
    }
    if page.last.is_none() && base.is_held() && follows(&base, &folder) == State::Pending {
        say(&format!("{}: not begun yet; a run is going on", results.title()));
    }
    Ok(follow(&base, &results, &folder, &mut logs, &mut page, terminal))
}

/// A log, and how far it has been read.
struct Log {
    name: &'static str,
    path: PathBuf,
    read: u64,
    /// Was it there?
    begun: bool,
}

impl Log {
    /// Is there nothing in it?
    fn is_empty(&self) -> bool {
        fs::metadata(&self.path).map_or(true, |about| about.len() == 0)
    }

    /// Goes to the last lines.
    fn skip(&mut self, lines: Option<usize>) -> io::Result<()> {
        self.read = match lines {
            None => 0,
            Some(lines) => last_lines(&self.path, lines, u64::MAX)?,
        };
        Ok(())
    }
}

/// What is written, and how.
struct Page {
    style: TableStyle,
    /// For eyes, not for programs?
    text: bool,
    heads: bool,
    /// The log that was written last.
    last: Option<&'static str>,
    /// Is the last line without an end so far?
    open: bool,
}

impl Page {
    /// Writes what is new in a log. Was there anything?
    fn write_new(&mut self, out: &mut impl Write, log: &mut Log) -> io::Result<bool> {
        let mut file = match File::open(&log.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        log.begun = true;
        let length = file.metadata()?.len();
        if length < log.read {
            // It was begun anew.
            log.read = 0;
        }
        if length == log.read {
            return Ok(false);
        }
        if self.heads && self.last != Some(log.name) {
            self.end(out)?;
            let space = if self.last.is_some() { "\n" } else { "" };
            let head = format!("{space}==> {} {}", log.name, near(&log.path));
            writeln!(out, "{}", self.style.paint(Paint::Faint, &head))?;
        }
        self.last = Some(log.name);
        file.seek(SeekFrom::Start(log.read))?;
        let mut chunk = vec![0; CHUNK];
        let mut kept = Vec::new();
        loop {
            if INTERRUPTED.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = file.read(&mut chunk)?;
            let bytes = chunk.get(..count).unwrap_or_default();
            log.read += count as u64;
            self.open = bytes.last().map_or(self.open, |last| *last != b'\n');
            match (self.text, count) {
                (true, _) => write_text(out, &mut kept, bytes)?,
                (false, _) => out.write_all(bytes)?,
            }
            if count == 0 {
                return Ok(true);
            }
        }
    }

    /// Ends the last line, but where there are the bytes of a log alone and somebody may count them.
    fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        if std::mem::take(&mut self.open) && (self.heads || self.text) {
            writeln!(out)?;
        }
        Ok(())
    }
}

/// Writes bytes as text; what may be the beginning of a character is kept for the next call, unless
/// there are no more bytes.
fn write_text(out: &mut impl Write, kept: &mut Vec<u8>, bytes: &[u8]) -> io::Result<()> {
    kept.extend_from_slice(bytes);
    let whole = match std::str::from_utf8(kept) {
        Err(error) if error.error_len().is_none() && !bytes.is_empty() => error.valid_up_to(),
        Ok(_) | Err(_) => kept.len(),
    };
    // Bad bytes before the end hide whether the last ones are a beginning.
    let tail = kept.iter().rev().take(3).position(|byte| *byte >= 0xc0).map(|at| at + 1);
    let begun = tail.filter(|length| {
        let needed = match kept.get(kept.len() - length) {
            Some(0xf0..) => 4,
            Some(0xe0..) => 3,
            _ => 2,
        };
        needed > *length && !bytes.is_empty()
    });
    let end = whole.min(kept.len() - begun.unwrap_or(0));
    let rest = kept.split_off(end);
    let text = String::from_utf8_lossy(kept);
    let clean: String =
        text.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { printable(c) }).collect();
    out.write_all(clean.as_bytes())?;
    *kept = rest;
    Ok(())
}

/// Where the last lines of a file begin, of which no more than so many bytes are looked at.
pub(super) fn last_lines(path: &Path, lines: usize, most: u64) -> io::Result<u64> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    if lines == 0 {
        return Ok(length);
    }
    let (mut at, mut left) = (length, lines);
    let first = length.saturating_sub(most);
    let mut chunk = vec![0; CHUNK];
    while at > first {
        let begin = at.saturating_sub(CHUNK as u64).max(first);
        let piece = chunk.get_mut(..(at - begin) as usize).unwrap_or_default();
        file.seek(SeekFrom::Start(begin))?;
        file.read_exact(piece)?;
        for (offset, _) in piece.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            let after = begin + offset as u64 + 1;
            // The end of the last line begins no other.
            if after == length {
                continue;
            }
            left = left.saturating_sub(1);
            if left == 0 {
                return Ok(after);
            }
        }
        at = begin;
    }
    Ok(first)
}

/// How far a job has come that may be run at the moment: what failed in an earlier call is tried again by this one.
fn follows(base: &Base, folder: &Folder) -> State {
    match folder.state() {
        State::Failed if folder.failed_before(base) => State::Pending,
        state => state,
    }
}

/// Writes what is added until the job has ended, or nobody runs it.
fn follow(
    base: &Base,
    results: &Results,
    folder: &Folder,
    logs: &mut [Log],
    page: &mut Page,
    terminal: &Terminal,
) -> Exit {
    let mut asked: Option<Instant> = None;
    loop {
        // What is written before a marker comes has been seen when it is there.
        let state = follows(base, folder);
        let ended = state != State::Pending;
        let mut nobody = false;
        if !ended && asked.is_none_or(|asked| asked.elapsed() > ANYBODY) {
            asked = Some(Instant::now());
            nobody = !base.is_held();
        }
        let mut any = false;
        let printed = stdout::print(|out| {
            for log in logs.iter_mut() {
                any |= page.write_new(out, log)?;
            }
            if ended || (nobody && !any) { page.end(out) } else { Ok(()) }
        });
        if printed != Exit::Fine {
            return printed;
        }
        if ended {
            let reason = fs::read_to_string(results.folder.repx().join("FAIL")).unwrap_or_default();
            let state = match state {
                State::Done => "done".to_owned(),
                State::Failed | State::Pending => format!("failed: {}", reason.trim()),
            };
            say(&format!("{}: {state}", results.title()));
            return Exit::Fine;
        }
        if nobody && !any {
            if page.last.is_none() {
                // There was nothing to follow.
                return report(vec![results.nobody()], &SourceMap::new(), terminal, false);
            }
            let id = begin(&results.name);
            say(&format!("{}: nobody runs it; `repx run {id}` does", results.title()));
            return Exit::Fine;
        }
        if INTERRUPTED.load(Ordering::Relaxed) {
            return Exit::Interrupted;
        }
        std::thread::sleep(PERIOD);
    }
}

/// What a scatter-gather job's parts print is in logs of their own.
fn mention_parts(folder: &Folder, options: &LogOptions, terminal: &Terminal) {
    let names = parts::known(folder);
    if options.part.is_none() && !names.is_empty() {
        let text = format!("its parts have logs of their own, --part: {}", names.join(", "));
        say(&textwrap::fill(&text, Filled::new(terminal.width).subsequent_indent("  ")));
    }
}

fn write_json(
    out: &mut impl Write,
    results: &Results,
    folder: &Folder,
    streams: &[(&'static str, PathBuf)],
    lines: Option<usize>,
) -> io::Result<()> {
    let mut logs = serde_json::Map::new();
    for (name, path) in streams {
        let begin = lines.map_or(Ok(0), |lines| last_lines(path, lines, u64::MAX))?;
        let mut bytes = Vec::new();
        if let Ok(mut file) = File::open(path) {
            file.seek(SeekFrom::Start(begin))?;
            file.read_to_end(&mut bytes)?;
        }
        let size = path.metadata().map_or(0, |about| about.len());
        let text = String::from_utf8_lossy(&bytes);
        logs.insert((*name).to_owned(), json!({ "path": path, "bytes": size, "text": text }));
    }
    let status = match folder.state() {
        State::Done => "done",
        State::Failed => "failed",
        State::Pending => "pending",
    };
    let whole = json!({
        "schema": SCHEMA, "job": results.name, "status": status, "logs": Value::Object(logs),
    });
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_begin_somewhere() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let begin = |text: &[u8], lines| {
            fs::write(file.path(), text).unwrap();
            last_lines(file.path(), lines, u64::MAX).unwrap()
        };
        assert_eq!(begin(b"", 3), 0);
        assert_eq!(begin(b"a\nb\nc\n", 1), 4);
        assert_eq!(begin(b"a\nb\nc", 2), 2);
        assert_eq!(begin(b"a\nb\nc\n", 0), 6);
        assert_eq!(begin(b"a\nb\nc\n", 9), 0);
        let long = b"0123456\n".repeat(3 * CHUNK);
        assert_eq!(begin(&long, CHUNK), 16 * CHUNK as u64);
    }

    #[test]
    fn text_is_whole_characters() {
        let written = |pieces: &[&[u8]]| {
            let (mut out, mut kept) = (Vec::new(), Vec::new());
            for piece in pieces {
                write_text(&mut out, &mut kept, piece).unwrap();
            }
            write_text(&mut out, &mut kept, b"").unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(&["aé€𝄞\n\tz".as_bytes()]), "aé€𝄞\n\tz");
        let split: Vec<&[u8]> = "aé€𝄞z".as_bytes().chunks(1).collect();
        assert_eq!(written(&split), "aé€𝄞z");
        assert_eq!(written(&[b"\xffb\xc3", b"\xa9"]), "\u{fffd}bé");
        assert!(!written(&[b"\x1b[31mred\r"]).contains(['\x1b', '\r']));
    }
}
