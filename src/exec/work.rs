//! What a piece of work reads, writes, runs and is called with.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

use super::outdated::Readers;
use super::package::metadata;
use super::paths::{placed, was_removed};
use super::place::{Base, Folder, State};
use super::plan::Plan;
use super::schedule::{Piece, Unit};
use super::script::{self, Call};
use super::store::{Before, Store};
use crate::sweep::{IdentityRecord, JobView, Listing, Package, Recipe, Source, StepSource, Wire};

/// All that pieces of work are made of.
#[derive(Debug)]
pub struct Work<'w> {
    listing: &'w Listing,
    plan: &'w Plan,
    base: &'w Base,
    store: Store,
    /// What first stages get to know of runs that they come after.
    runs: HashMap<Arc<str>, PathBuf>,
    readers: Readers,
}

/// A piece of work, made ready.
pub(super) struct Task<'w> {
    pub(super) folder: Folder,
    pub(super) script: PathBuf,
    /// What the script is run with.
    packages: &'w [Package],
    pub(super) call: Call,
    /// What the job is made of, where this ends the job.
    pub(super) record: Option<IdentityRecord>,
}

impl<'w> Work<'w> {
    /// Makes ready what all of it needs.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn new(
        listing: &'w Listing,
        plan: &'w Plan,
        base: &'w Base,
        store: Store,
    ) -> io::Result<Work<'w>> {
        let mut runs = HashMap::new();
        for block in listing.blocks().iter().filter(|block| plan.touches(block)) {
            for (_, wire) in block.wirings().iter().flat_map(|wiring| &wiring.inputs) {
                let Wire::Run(run) = wire else { continue };
                if !runs.contains_key(run) {
                    let index = listing.run_number(run);
                    let mut text = Vec::new();
                    metadata::run(&mut text, listing, index.unwrap_or(usize::MAX), None)?;
                    let name = format!("metadata-{run}.json");
                    runs.insert(Arc::clone(run), store.file(&name, &text, false)?);
                }
            }
        }
        let readers = Readers::of(listing, plan, base);
        Ok(Work { listing, plan, base, store, runs, readers })
    }

    pub(super) fn shell(&self) -> &Path {
        self.store.shell()
    }

    /// The folder below which everything lies.
    pub(super) fn base(&self) -> &Path {
        self.base.path()
    }

    /// A path below it as its user knows it.
    pub(super) fn told(&self, path: &Path) -> PathBuf {
        self.base.told(path)
    }

    /// A text that may speak of such paths, in its user's words.
    pub(super) fn told_text(&self, text: &str) -> String {
        self.base.told_text(text)
    }

    /// Is the job one of a containerized run?
    pub(super) fn is_contained(&self, job: u32) -> bool {
        let run = self.listing.job(job).map(|view| view.block().run() as usize);
        run.and_then(|run| self.listing.runs.get(run)).is_some_and(|run| run.containerized)
    }

    /// The folder of a whole job.
    pub(super) fn folder(&self, job: u32) -> io::Result<Folder> {
        Ok(self.base.job(&self.view(job)?.name().to_string()))
    }

    /// Is the job to run although it is done?
    pub(super) fn is_forced(&self, job: u32) -> bool {
        self.plan.is_forced(job)
    }

    /// The job begins: results made from what it has made before are marked.
    pub(super) fn begins(&self, job: u32) -> io::Result<()> {
        match self.is_forced(job) {
            true => self.readers.outdate(self.base, &self.view(job)?.name().to_string()),
            false => Ok(()),
        }
    }

    /// How many results are marked, and haven't been made anew.
    pub fn outdated(&self) -> usize {
        self.readers.outdated(self.base)
    }

    pub(super) fn view(&self, job: u32) -> io::Result<JobView<'w>> {
        self.listing.job(job).ok_or_else(|| io::Error::other("there is no such job"))
    }

    /// Makes a piece of work ready.
    pub(super) fn task(&self, unit: Unit) -> io::Result<Task<'w>> {
        let view = self.view(unit.job)?;
        let folder = self.base.job(&view.name().to_string());
        let own = self.inputs(&view)?;
        let params = view.params().map(|(name, json)| (name.to_string(), json.to_owned()));
        let mut settled = Vec::new();
        for (name, json) in params {
            settled.push((name, self.store.settled_text(&json)?));
        }
        let (folder, part, inputs) = match unit.piece {
            Piece::Main => (folder, None, own),
            Piece::Scatter => (folder.within("scatter"), Some(recipe(&view, "scatter")?), own),
            Piece::Step { item, step } => {
                let step = view.steps().get(step as usize).ok_or_else(no_part)?;
                let branch = branch(&folder, item);
                let inputs = self.step_inputs(&view, &step.inputs, &own, &folder, Some(&branch))?;
                let part = recipe(&view, &step.name)?;
                (branch.within(&format!("step-{}", step.name)), Some(part), inputs)
            }
            Piece::Gather => {
                let step = view.steps().last().ok_or_else(no_part)?;
                let inputs = self.step_inputs(&view, &step.inputs, &own, &folder, None)?;
                let part = view.recipes().last().ok_or_else(no_part)?;
                (folder, Some(part), inputs)
            }
        };
        let (text, part) = match part {
            None => (Cow::Owned(view.script()), &view.stage().name),
            Some(part) => (Cow::Borrowed(part.text.as_slice()), &part.name),
        };
        let packages = view.block().packages(part);
        let script = self.store.script(&view.stage().name, &text, packages, &Before::default())?;
        let ends = matches!(unit.piece, Piece::Main | Piece::Gather);
        let record = ends.then(|| IdentityRecord::of(self.listing, &view));
        Ok(Task { folder, script, packages, call: script::call(&inputs, &settled), record })
    }

    /// Where a task's script finds programs.
    pub(super) fn search_path(&self, task: &Task<'_>) -> io::Result<String> {
        self.store.search_path(task.packages)
    }

    /// A job's inputs and their paths.
    fn inputs(&self, view: &JobView<'_>) -> io::Result<Vec<(String, String)>> {
        let mut inputs = Vec::new();
        for (name, source) in view.inputs() {
            let path = match source {
                Source::Job { job, output } => {
                    let other = self.view(job)?;
                    let out = self.base.job(&other.name().to_string()).out();
                    placed(&other.outputs(), output, &out)?
                }
                Source::Run(run) => {
                    self.runs.get(run).map(|path| path.display().to_string()).unwrap_or_default()
                }
                Source::StoreBase => self.base.path().display().to_string(),
                Source::Default(text) => self.store.settled_text(text)?,
            };
            inputs.push((name.to_string(), path));
        }
        Ok(inputs)
    }

    fn step_inputs(
        &self,
        view: &JobView<'_>,
        wired: &[(Arc<str>, StepSource)],
        own: &[(String, String)],
        folder: &Folder,
        branch: Option<&Folder>,
    ) -> io::Result<Vec<(String, String)>> {
        let mut inputs = Vec::new();
        for (name, source) in wired {
            let path = match (source, branch) {
                (StepSource::Item, Some(branch)) => item_file(branch).display().to_string(),
                (StepSource::Workers, _) => outs_file(folder).display().to_string(),
                (StepSource::Scatter(output), _) => {
                    let outputs = &recipe(view, "scatter")?.outputs;
                    placed(outputs, output, &folder.within("scatter").out())?
                }
                (StepSource::Step { step, output }, Some(branch)) => {
                    let out = branch.within(&format!("step-{step}")).out();
                    placed(&recipe(view, step)?.outputs, output, &out)?
                }
                (StepSource::Stage | StepSource::Item | StepSource::Step { .. }, _) => {
                    let from = own.iter().find(|(other, _)| *other == **name);
                    from.map(|(_, path)| path.clone()).unwrap_or_default()
                }
            };
            inputs.push((name.to_string(), path));
        }
        Ok(inputs)
    }

    /// Has scatter written its list, and is that still there?
    pub(super) fn has_list(&self, job: u32) -> io::Result<bool> {
        let view = self.view(job)?;
        let outputs = &recipe(&view, "scatter")?.outputs;
        Ok(is_whole(&self.folder(job)?.within("scatter"), outputs))
    }

    /// The items that scatter wrote, each in its place. Steps whose item isn't what it was are to
    /// run again. Gives the number of items, and the steps that are done.
    pub(super) fn items(&self, job: u32) -> io::Result<(u32, Vec<Unit>)> {
        let view = self.view(job)?;
        let folder = self.folder(job)?;
        let out = folder.within("scatter").out();
        let file = placed(&recipe(&view, "scatter")?.outputs, "work__items", &out)?;
        let text = fs::read(&file).map_err(|error| {
            io::Error::other(format!("its `work__items` can't be read: {file}: {error}"))
        })?;
        let items = items(&text).map_err(|why| {
            io::Error::other(format!("its `work__items` is no JSON list: {file}{why}"))
        })?;
        let mut done = Vec::new();
        let steps = view.steps().split_last().map_or(&[][..], |(_, worked)| worked);
        for (number, text) in (0u32..).zip(&items) {
            let branch = branch(&folder, number);
            let file = item_file(&branch);
            let folders: Vec<Folder> =
                steps.iter().map(|s| branch.within(&format!("step-{}", s.name))).collect();
            if !fs::read(&file).is_ok_and(|found| found == text.as_bytes()) {
                for folder in folders.iter().filter(|f| f.state() != State::Pending) {
                    folder.unmark()?;
                }
                fs::create_dir_all(branch.repx())?;
                let unfinished = branch.repx().join(".work_item");
                fs::write(&unfinished, text)?;
                fs::rename(unfinished, file)?;
            }
            for (step, folder) in (0u32..).zip(&folders) {
                let name = steps.get(step as usize).map_or("", |step| &step.name);
                if is_whole(folder, &recipe(&view, name)?.outputs) {
                    done.push(Unit { job, piece: Piece::Step { item: number, step } });
                }
            }
        }
        Ok((items.len() as u32, done))
    }

    /// Writes the list of what the last steps of all items wrote.
    pub(super) fn write_outs(&self, job: u32) -> io::Result<()> {
        let (view, folder) = (self.view(job)?, self.folder(job)?);
        let steps = view.steps().split_last().map_or(&[][..], |(_, worked)| worked);
        let read = |name: &str| {
            let mut sources = steps.iter().flat_map(|step| &step.inputs).map(|(_, source)| source);
            sources.any(|s| matches!(s, StepSource::Step { step, .. } if **step == *name))
        };
        let last = steps.iter().find(|step| !read(&step.name)).ok_or_else(no_part)?;
        let outputs = &recipe(&view, &last.name)?.outputs;
        let (count, _) = self.items(job)?;
        let mut outs = Vec::new();
        for item in 0..count {
            let out = branch(&folder, item).within(&format!("step-{}", last.name)).out();
            let mut written = serde_json::Map::new();
            for (name, _) in outputs {
                written.insert(name.to_string(), placed(outputs, name, &out)?.into());
            }
            outs.push(Value::Object(written));
        }
        fs::create_dir_all(folder.repx())?;
        // One item a line: lists of thousands are read by line-wise tools too.
        let lines: Vec<String> =
            outs.iter().map(|o| o.to_string().replace("\":\"", "\": \"")).collect();
        fs::write(outs_file(&folder), format!("[{}]\n", lines.join(",\n")))
    }
}

/// Is a piece of work done, and nothing of what it wrote removed since?
fn is_whole(folder: &Folder, outputs: &[(Arc<str>, Arc<str>)]) -> bool {
    folder.state() == State::Done
        && !outputs.iter().any(|(name, path)| was_removed(folder, name, path))
}

fn no_part() -> io::Error {
    io::Error::other("a part of the stage has no script: evaluate the lab again (`--refresh`)")
}

pub(super) fn recipe<'l>(view: &JobView<'l>, name: &str) -> io::Result<&'l Recipe> {
    view.recipes().iter().find(|recipe| *recipe.name == *name).ok_or_else(no_part)
}

pub(super) fn branch(folder: &Folder, item: u32) -> Folder {
    folder.within(&format!("branch-{item}"))
}

fn item_file(branch: &Folder) -> PathBuf {
    branch.repx().join("work_item.json")
}

fn outs_file(folder: &Folder) -> PathBuf {
    folder.repx().join("worker_outs.json")
}

/// The items that a text lists, each as it is written but for space: no number becomes another one.
///
/// # Errors
/// Where it is none, and what would be.
fn items(text: &[u8]) -> Result<Vec<String>, String> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>();
    let value = values.next();
    let kind = match value.map(|value| value.map(RawValue::get)) {
        Some(Ok(list)) if list.starts_with('[') => match rest(text, values.byte_offset()) {
            None => {
                let items = serde_json::from_str::<Vec<&RawValue>>(list);
                let items = items.map_err(|error| format!(": {error}"))?;
                return Ok(items.into_iter().map(|item| without_space(item.get())).collect());
            }
            Some(place) => return Err(format!("{place}: something follows the list")),
        },
        None => return Err(": it is empty; without items it is `[]`".to_owned()),
        Some(Err(error)) => {
            // Who reads values says better what is wrong than who only looks where they end.
            let error = serde_json::from_slice::<Value>(text).err().unwrap_or(error);
            let why = error.to_string();
            let why = why.rsplit_once(" at line ").map_or(why.as_str(), |(why, _)| why);
            return Err(format!(":{}:{}: {why}", error.line(), error.column()));
        }
        Some(Ok(value)) => match value.chars().next() {
            Some('{') => "an object",
            Some('"') => "a string",
            Some('t' | 'f' | 'n') => "a constant",
            Some(_) | None => "a number",
        },
    };
    let more = match rest(text, values.byte_offset()) {
        None => "",
        Some(_) => ", and more follows",
    };
    Err(format!(":1: {kind}{more}; items stand in one list, as in `[ {{}}, {{}} ]`"))
}

/// A JSON text on one line.
fn without_space(json: &str) -> String {
    let (mut text, mut quoted, mut escaped) = (String::with_capacity(json.len()), false, false);
    for c in json.chars() {
        if quoted || !c.is_ascii_whitespace() {
            text.push(c);
        }
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
    }
    text
}

/// Where what follows a value begins, as line and column; nothing if that is only space.
fn rest(text: &[u8], from: usize) -> Option<String> {
    let more = text.get(from..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let before = text.get(..from + more)?;
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let column = before.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len) + 1;
    Some(format!(":{line}:{column}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_items_are_lists() {
        assert_eq!(items(b" [1, {\"a\": [2]}]\n").map(|items| items.len()), Ok(2));
        let exact =
            br#"[123456789012345678901234567890, 1E2, {"b": 1, "a ": "x \" y", "b": 2}, -0]"#;
        let parts =
            ["123456789012345678901234567890", "1E2", r#"{"b":1,"a ":"x \" y","b":2}"#, "-0"];
        assert_eq!(items(exact).unwrap(), parts);
        for (text, why) in [
            ("", ": it is empty; without items it is `[]`"),
            ("[1]\n [2]", ":2:2: something follows the list"),
            ("[1,\n2,]", ":2:3: trailing comma"),
            ("[1 2]", ":1:4: expected `,` or `]`"),
            ("12", ":1: a number; items stand in one list, as in `[ {}, {} ]`"),
            ("{\"n\":1}", ":1: an object; items stand in one list, as in `[ {}, {} ]`"),
            (
                "{\"n\":1}\n{\"n\":2}\n",
                ":1: an object, and more follows; items stand in one list, as in `[ {}, {} ]`",
            ),
        ] {
            assert_eq!(items(text.as_bytes()).unwrap_err(), why, "{text}");
        }
    }
}
