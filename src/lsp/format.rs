//! Formatting, which another program does.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lsp_server::{ErrorCode, RequestId};
use lsp_types::{DocumentFormattingParams, TextEdit};
use serde_json::{Value, json};

use super::documents::difference;
use super::requests::Refusal;
use super::server::{Event, Server};
use super::uri;
use crate::exec::programs;

/// A formatter that takes longer is stopped.
const PATIENCE: Duration = Duration::from_secs(10);

/// A text that was formatted, or why it wasn't.
pub(super) struct Formatted {
    id: RequestId,
    path: PathBuf,
    version: i32,
    result: Result<String, String>,
}

/// The program `nixfmt` in one of these directories.
pub fn find(path: &std::ffi::OsStr) -> Option<PathBuf> {
    programs("nixfmt", path).next()
}

impl Server {
    /// Has a text formatted; the answer comes when that is done.
    pub(super) fn format(
        &mut self,
        id: &RequestId,
        params: &DocumentFormattingParams,
    ) -> Result<Option<Value>, Refusal> {
        let failed = |why: &str| Refusal::new(ErrorCode::RequestFailed, why);
        let path = uri::path(&params.text_document.uri);
        let document = self.documents.get(&path).ok_or_else(|| failed("the text is not open"))?;
        let formatter = self.setup.formatter.clone();
        let formatter = formatter.ok_or_else(|| failed("`nixfmt` is not installed"))?;
        let (text, version) = (document.content().to_owned(), document.version);
        let (id, events) = (id.clone(), self.events.clone());
        let work = move || {
            let result = formatted(&formatter, &text);
            // Nobody waits for it when the server is gone.
            let _ = events.send(Event::Formatted(Formatted { id, path, version, result }));
        };
        std::thread::Builder::new()
            .name("formatter".into())
            .spawn(work)
            .map_err(|error| failed(&error.to_string()))?;
        Ok(None)
    }

    /// Answers with a text that was formatted.
    pub(super) fn formatted(&mut self, formatted: Formatted) {
        let Formatted { id, path, version, result } = formatted;
        let seen = self.documents.get(&path).filter(|document| document.version == version);
        match (seen.and_then(super::documents::Document::seen), result) {
            (_, Err(why)) => self.out.refuse(Some(&id), ErrorCode::RequestFailed, &why),
            (None, Ok(_)) => {
                self.out.refuse(Some(&id), ErrorCode::ContentModified, "the text has changed");
            }
            (Some(seen), Ok(new)) => {
                let old = seen.text.file.text();
                let edit = difference(old, &new);
                let range = seen.lines.range(old, edit.range.clone(), self.client.encoding);
                let inside = edit.range.start..edit.range.start + edit.length;
                let text = new.get(inside).unwrap_or_default().to_owned();
                let edits: Vec<TextEdit> =
                    if old == new { Vec::new() } else { vec![TextEdit::new(range, text)] };
                self.out.answer(&id, &json!(edits));
            }
        }
    }
}

/// The text as the program has it.
fn formatted(program: &Path, text: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("`nixfmt` can't be run: {error}");
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    // Each pipe by a thread of its own, so that neither side waits for the other for ever.
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(text.as_bytes())));
        let (out, err) = (scope.spawn(|| drained(stdout)), scope.spawn(|| drained(stderr)));
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(failed)? {
                break status;
            }
            if begin.elapsed() > PATIENCE {
                // It may have ended just now.
                let _ = child.kill();
                child.wait().map_err(failed)?;
                return Err("`nixfmt` takes too long".to_owned());
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let out = out.join().unwrap_or_default();
        if status.success() {
            return String::from_utf8(out).map_err(|_| "`nixfmt` gave no text".to_owned());
        }
        let err = String::from_utf8_lossy(&err.join().unwrap_or_default()).into_owned();
        Err(format!("`nixfmt` fails: {}", err.lines().next().unwrap_or_default()))
    })
}

fn drained(pipe: Option<impl std::io::Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // What could be read is what there is.
        let _ = pipe.read_to_end(&mut bytes);
    }
    bytes
}
