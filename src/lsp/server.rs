//! The conversation: what comes when, and who answers.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId};
use lsp_types::{Diagnostic, Range, Uri};
use serde::Serialize;
use serde_json::Value;

use super::buffers::Shown;
use super::capabilities::Client;
use super::connection::{Incoming, Outgoing, read_all};
use super::documents::Document;
use super::evaluate::{Done, Job, News, done};
use super::finding::{Finding, Place};
use super::format::Formatted;
use super::labs::{Due, Labs, directory_of};
use super::publish::diagnostic;
use super::texts::{Seen, Shelf};
use super::{Ended, Setup, uri};
use crate::session::STACK_SIZE;

/// What happens.
pub(super) enum Event {
    /// Something came in.
    Incoming(Incoming),
    /// A lab was looked at.
    Done(Done),
    /// A text was formatted.
    Formatted(Formatted),
}

/// How far the conversation has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// The client hasn't introduced itself.
    Fresh,
    /// Questions are answered.
    Open,
    /// The client is about to leave.
    Closing,
}

/// Messages that are looked through for one that takes back another.
const MOST_WAITING: usize = 1024;

/// All that is to be said of a file.
#[derive(Serialize)]
struct Published<'a> {
    uri: &'a Uri,
    diagnostics: &'a [Diagnostic],
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
}

/// The server and all that it knows.
pub(super) struct Server {
    pub(super) setup: Arc<Setup>,
    pub(super) out: Outgoing,
    pub(super) events: Sender<Event>,
    pub(super) phase: Phase,
    pub(super) client: Client,
    pub(super) documents: BTreeMap<PathBuf, Document>,
    pub(super) labs: Labs,
    pub(super) shelf: Arc<Shelf>,
    /// The directories that are open as a whole.
    pub(super) folders: BTreeSet<PathBuf>,
    /// Files of which something new may be to be told.
    stale: BTreeSet<PathBuf>,
    /// What was told, and of which state of a text that is open.
    published: HashMap<PathBuf, (Vec<Diagnostic>, Option<i32>)>,
    worker: Sender<Job>,
    asked: i32,
}

/// Speaks with a client until it leaves. To be called on a thread with a large stack.
///
/// # Errors
/// When the system refuses threads.
pub(super) fn converse(
    setup: Setup,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> io::Result<Ended> {
    let setup = Arc::new(setup);
    let (events, receiver) = channel();
    let shelf = Arc::new(Shelf::default());
    let (hear, tell) = (events.clone(), events.clone());
    // Neither is waited for at the end: one waits for the client, the other may be evaluating.
    let reader = move || read_all(input, |incoming| hear.send(Event::Incoming(incoming)).is_ok());
    std::thread::Builder::new().name("reader".into()).spawn(reader)?;
    let (worker, jobs) = channel::<Job>();
    let (with, on) = (Arc::clone(&setup), Arc::clone(&shelf));
    let work = move || {
        for job in jobs {
            // Nobody hears it when the conversation is over; then the process ends.
            done(&job, &with, &on, &|done| drop(tell.send(Event::Done(done))));
        }
    };
    std::thread::Builder::new().name("labs".into()).stack_size(STACK_SIZE).spawn(work)?;
    let mut server = Server {
        out: Outgoing::new(output)?,
        phase: Phase::Fresh,
        client: Client::default(),
        documents: BTreeMap::new(),
        labs: Labs::default(),
        folders: BTreeSet::new(),
        stale: BTreeSet::new(),
        published: HashMap::new(),
        asked: 0,
        setup,
        events,
        shelf,
        worker,
    };
    let ended = server.hear_all(&receiver);
    server.labs.stop();
    Ok(ended)
}

impl Server {
    fn hear_all(&mut self, events: &Receiver<Event>) -> Ended {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                self.settle();
                waiting.extend(self.next(events));
            }
            while waiting.len() < MOST_WAITING
                && let Ok(event) = events.try_recv()
            {
                self.take(event, &mut waiting);
            }
            match waiting.pop_front() {
                None => {}
                Some(Event::Incoming(incoming)) => {
                    if let Some(ended) = self.incoming(incoming) {
                        return ended;
                    }
                }
                Some(Event::Done(done)) => self.finished(done),
                Some(Event::Formatted(formatted)) => self.formatted(formatted),
            }
        }
    }

    /// Waits for what happens next, but not longer than until something is due.
    fn next(&self, events: &Receiver<Event>) -> Option<Event> {
        let received = match self.labs.wait() {
            Some(wait) => events.recv_timeout(wait),
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            // It can't be: the server itself has a sender.
            Err(RecvTimeoutError::Disconnected) => Some(Event::Incoming(Incoming::End)),
        }
    }

    /// Puts an event behind the others; one that takes back a request takes it out.
    fn take(&self, event: Event, waiting: &mut VecDeque<Event>) {
        if let Event::Incoming(Incoming::Message(Message::Notification(note))) = &event
            && note.method == "$/cancelRequest"
        {
            let id: Option<RequestId> =
                note.params.get("id").and_then(|id| serde_json::from_value(id.clone()).ok());
            let before = waiting.len();
            waiting.retain(|event| match event {
                Event::Incoming(Incoming::Message(Message::Request(request))) => {
                    Some(&request.id) != id.as_ref()
                }
                Event::Incoming(_) | Event::Done(_) | Event::Formatted(_) => true,
            });
            if waiting.len() < before {
                self.out.refuse(id.as_ref(), ErrorCode::RequestCanceled, "cancelled");
            }
            return;
        }
        waiting.push_back(event);
    }

    fn incoming(&mut self, incoming: Incoming) -> Option<Ended> {
        match incoming {
            Incoming::End if self.phase == Phase::Closing => return Some(Ended::Orderly),
            Incoming::End => return Some(Ended::Abruptly),
            Incoming::Refused(id, code, why) => {
                (self.setup.log)(&format!("refused: {why}"));
                self.out.refuse(id.as_ref(), code, &why);
            }
            Incoming::Message(Message::Request(request)) => self.request(request),
            Incoming::Message(Message::Response(response)) => {
                if let Err(error) = response.response_result {
                    let why = error.message.chars().take(200).collect::<String>();
                    (self.setup.log)(&format!("the client refuses: {why}"));
                }
            }
            Incoming::Message(Message::Notification(note)) if note.method == "exit" => {
                return Some(match self.phase {
                    Phase::Closing => Ended::Orderly,
                    Phase::Fresh | Phase::Open => Ended::Abruptly,
                });
            }
            Incoming::Message(Message::Notification(note)) => self.notification(note),
        }
        None
    }

    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        let refusal = match (self.phase, &*method) {
            (Phase::Fresh, "initialize") | (Phase::Open, _) => None,
            (Phase::Fresh, _) => {
                Some((ErrorCode::ServerNotInitialized, "`initialize` comes before anything else"))
            }
            (Phase::Closing, _) => Some((ErrorCode::InvalidRequest, "the server is shutting down")),
        };
        if let Some((code, why)) = refusal {
            self.out.refuse(Some(&id), code, why);
            return;
        }
        let answer = catch_unwind(AssertUnwindSafe(|| self.answered(&id, &method, params)));
        match answer {
            Ok(Ok(Some(value))) => self.out.answer(&id, &value),
            // It comes later.
            Ok(Ok(None)) => {}
            Ok(Err(refusal)) => self.out.refuse(Some(&id), refusal.code, &refusal.why),
            Err(_) => self.out.refuse(Some(&id), ErrorCode::InternalError, "a bug of repx"),
        }
    }

    fn notification(&mut self, note: Notification) {
        if self.phase != Phase::Open {
            return;
        }
        let Notification { method, params } = note;
        let heard = catch_unwind(AssertUnwindSafe(|| self.noticed(&method, params)));
        if let Ok(Err(error)) = heard {
            (self.setup.log)(&format!("`{method}` is not understood: {error}"));
        }
    }

    /// Asks the client for something whose result doesn't matter.
    pub(super) fn ask(&mut self, method: &str, params: Value) {
        self.asked += 1;
        self.out.ask(self.asked, method, &params);
    }

    /// A text has changed in some way.
    pub(super) fn changed(&mut self, path: &Path) {
        self.stale.insert(path.to_owned());
        if let Some(lab) = self.documents.get(path).and_then(|document| document.lab.clone()) {
            self.labs.changed(&lab);
        }
        self.labs.changed_with(path);
    }

    /// Which lab an open text belongs to is found out anew.
    pub(super) fn belongs(&mut self, path: &Path) {
        if let Some(document) = self.documents.get_mut(path)
            && uri::is_file(&document.uri)
        {
            document.lab = directory_of(path);
        }
    }

    /// Labs without open texts are forgotten, but for those that are open as a whole.
    pub(super) fn forget_labs(&mut self) {
        let wanted: BTreeSet<&Path> =
            self.documents.values().filter_map(|document| document.lab.as_deref()).collect();
        let wanted = |lab: &Path| wanted.contains(lab) || self.folders.contains(lab);
        for (directory, lab) in self.labs.iter().filter(|(directory, _)| !wanted(directory)) {
            self.stale.extend(lab.files.iter().cloned());
            self.stale.extend(lab.places());
            self.stale.insert(directory.clone());
        }
        self.labs.retain(wanted);
    }

    /// There is nothing else to do: what is new is told, what is due is begun.
    fn settle(&mut self) {
        // While this looks at the texts, a lab may already be looked at elsewhere.
        if let Some(due) = self.labs.next() {
            let (lab, generation) = (due.lab.clone(), due.generation);
            if catch_unwind(AssertUnwindSafe(|| self.begin(due))).is_err() {
                self.labs.finished(&lab, generation, true);
            }
        }
        for path in std::mem::take(&mut self.stale) {
            let told = catch_unwind(AssertUnwindSafe(|| self.publish(&path)));
            if told.is_err() {
                (self.setup.log)(&format!("'{}' can't be looked at", path.display()));
            }
        }
    }

    fn begin(&mut self, due: Due) {
        let Due { lab, generation, interrupt } = due;
        let mut open = HashMap::new();
        let mut readable = true;
        for (path, document) in &self.documents {
            let Some(seen) = document.seen() else { continue };
            // Only what the lab reads matters, but what that is may have changed just now.
            readable &= seen.text.is_readable() || document.lab.as_ref() != Some(&lab);
            let saved = std::fs::read(path).ok().as_deref() == Some(document.content().as_bytes());
            let shown = Shown { seen, saved };
            if let Ok(real) = std::fs::canonicalize(path) {
                open.insert(real, shown.clone());
            }
            open.insert(path.clone(), shown);
        }
        let job = Job { lab, generation, open, evaluate: readable, interrupt };
        // The worker lives as long as the server.
        let _ = self.worker.send(job);
    }

    fn finished(&mut self, done: Done) {
        let Done { lab: directory, generation, news, last } = done;
        let Some(lab) = self.labs.finished(&directory, generation, last) else { return };
        match news {
            News::None => {}
            News::Facts(facts) => {
                lab.facts = Some(facts);
                if self.client.refreshes_hints {
                    self.ask("workspace/inlayHint/refresh", Value::Null);
                }
            }
            News::Findings { files, findings } => {
                // What was told of a file may be to be taken back.
                self.stale.extend(lab.files.drain());
                self.stale.extend(lab.places());
                lab.files = files.into_iter().collect();
                self.stale.extend(lab.files.iter().cloned());
                if let Some(findings) = findings {
                    lab.findings = findings;
                    self.stale.extend(lab.places());
                }
            }
        }
    }

    /// A text as it stands: open, or on the disk.
    pub(super) fn seen(&self, path: &Path) -> Option<Arc<Seen>> {
        match self.documents.get(path) {
            Some(document) => document.seen(),
            None => self.shelf.read(path),
        }
    }

    /// The range of a place.
    pub(super) fn range(&self, place: &Place) -> Option<Range> {
        self.ranges()(place)
    }

    /// Tells the ranges of places. Each text is looked at once, however many places in it are told.
    pub(super) fn ranges(&self) -> impl Fn(&Place) -> Option<Range> + '_ {
        let looked_at: RefCell<HashMap<Arc<Path>, Option<Arc<Seen>>>> = RefCell::default();
        move |place| {
            let mut looked_at = looked_at.borrow_mut();
            let path = Arc::clone(&place.path);
            let seen = looked_at.entry(path).or_insert_with(|| self.seen(&place.path)).as_ref()?;
            Some(seen.lines.range(seen.text.file.text(), place.range(), self.client.encoding))
        }
    }

    /// All that is to be said of a file. What evaluation tells comes first, since it says more.
    pub(super) fn findings(&self, path: &Path) -> Vec<Finding> {
        let members = self.labs.iter().any(|(_, lab)| lab.files.contains(path));
        let found = self.labs.iter().flat_map(|(_, lab)| &lab.findings);
        let mut all: Vec<Finding> =
            found.filter(|finding| *finding.place.path == *path).cloned().collect();
        if (members || self.documents.contains_key(path))
            && let Some(seen) = self.seen(path)
        {
            all.extend(Finding::of_text(&seen.text.file, &seen.text.checked().diagnostics));
        }
        let mut told = BTreeSet::new();
        all.retain(|finding| {
            let (code, place) = finding.identity();
            told.insert((code, place.start, place.end))
        });
        all
    }

    /// What was told of a file counts no more.
    pub(super) fn tell_anew(&mut self, path: &Path) {
        self.published.remove(path);
    }

    fn publish(&mut self, path: &Path) {
        let found = self.findings(path);
        let all: Vec<Diagnostic> = {
            let range = self.ranges();
            found.iter().filter_map(|finding| diagnostic(finding, &range)).collect()
        };
        let document = self.documents.get(path);
        let version = document.map(|document| document.version);
        // A client that has opened a text learns that nothing is wrong with it.
        let news = match self.published.get(path) {
            Some((before, of)) => (of, before) != (&version, &all),
            None => !all.is_empty() || document.is_some(),
        };
        let uri: Option<Uri> =
            document.map_or_else(|| uri::of_path(path), |document| Some(document.uri.clone()));
        let Some(uri) = uri.filter(|_| news) else { return };
        let told = Published { uri: &uri, diagnostics: &all, version };
        self.out.notify("textDocument/publishDiagnostics", &told);
        if all.is_empty() && document.is_none() {
            self.published.remove(path);
        } else {
            self.published.insert(path.to_owned(), (all, version));
        }
    }
}
