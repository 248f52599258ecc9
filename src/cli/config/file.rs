//! The text of a `config.toml`: what it says, where, and what is wrong with it.
//!
//! A key that is nearly one of ours is an error, because without it jobs would be run otherwise than meant. Upstream's
//! keys are known and left alone, whatever they say. Any other key is warned of.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::mistyped::or;
use super::Execution;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::source::{SourceMap, Span};

/// What a file says, as far as it may concern this machine.
#[derive(Default)]
pub(super) struct File {
    pub(super) submission_target: Option<(String, Span)>,
    pub(super) targets: BTreeMap<String, Target>,
}

/// What it says of a machine that jobs may run on.
#[derive(Default, Clone)]
pub(super) struct Target {
    /// It is another machine.
    pub(super) address: Option<String>,
    pub(super) execution: Option<Execution>,
    pub(super) mount_host_paths: Option<bool>,
    pub(super) mount_paths: Option<Vec<PathBuf>>,
    pub(super) base_path: Option<(PathBuf, Span)>,
    pub(super) scheduler: Scheduler,
}

/// What it says of running jobs there without a cluster.
#[derive(Default, Clone)]
pub(super) struct Scheduler {
    pub(super) execution_types: Vec<Execution>,
    pub(super) local_concurrency: Option<NonZeroU16>,
}

/// The keys of a table: those that count here, and upstream's others.
struct Keys {
    ours: &'static [&'static str],
    others: &'static [&'static str],
}

const TOP: Keys = Keys {
    ours: &["submission_target", "targets"],
    others: &["default_scheduler", "logging", "theme"],
};
const TARGET: Keys = Keys {
    ours: &[
        "address",
        "base_path",
        "default_execution_type",
        "local",
        "mount_host_paths",
        "mount_paths",
    ],
    others: &["artifact_store", "default_scheduler", "node_local_path", "slurm"],
};
const SCHEDULER: Keys = Keys { ours: &["execution_types", "local_concurrency"], others: &[] };

/// Where keys stand that count here.
const PLACES: [(&str, &Keys); 3] = [
    ("at the top of the file", &TOP),
    ("in the table of a target, such as `[targets.local]`", &TARGET),
    ("in the target's table `local`, such as `[targets.local.local]`", &SCHEDULER),
];

/// More jobs at once than this no option takes either.
const MOST_AT_ONCE: u16 = 4096;

/// Reads a file, if it is there; with what is to be said of it.
pub(super) fn read(path: &Path, sources: &SourceMap, found: &mut Vec<Diagnostic>) -> File {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return File::default(),
        Err(error) => {
            let message = format!("can't read {}: {error}", path.display());
            let wrong = Diagnostic::error("repx::config::unreadable", message);
            found.push(wrong.help("jobs can be run without such a file"));
            return File::default();
        }
    };
    // As other files are shown: by its whole path, of which the part from here is left out.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match sources.add(path, text.as_str()) {
        Ok(file) => parsed(&text, file.start(), found),
        Err(full) => {
            found.push(Diagnostic::too_large(full));
            File::default()
        }
    }
}

/// What a text says whose first byte is there.
pub(super) fn parsed(text: &str, start: u32, found: &mut Vec<Diagnostic>) -> File {
    let mut reader = Reader { start, found };
    match DeTable::parse(text) {
        Ok(table) => reader.file(table.get_ref()),
        Err(error) => {
            let place = error.span().unwrap_or_default();
            reader.wrong("this isn't TOML".to_owned(), place, error.message(), None);
            File::default()
        }
    }
}

/// A name as TOML has it between dots.
fn as_key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match !name.is_empty() && name.chars().all(bare) {
        true => name.to_owned(),
        false => format!("{name:?}"),
    }
}

type Value<'v> = Spanned<DeValue<'v>>;

struct Reader<'r> {
    /// Where the text begins among those of all files.
    start: u32,
    found: &'r mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>) -> File {
        let mut file = File::default();
        for (key, value) in table {
            match &**key.get_ref() {
                name @ "submission_target" => {
                    let text = self.text(name, value).map(str::to_owned);
                    file.submission_target = text.map(|text| (text, self.span(value.span())));
                }
                name @ "targets" => {
                    let targets = self.table(name, value);
                    for (name, value) in targets.into_iter().flatten() {
                        let name = name.get_ref();
                        let whole = format!("targets.{}", as_key(name));
                        let target =
                            self.table(&whole, value).map(|inner| self.target(&whole, inner));
                        file.targets.insert(name.to_string(), target.unwrap_or_default());
                    }
                }
                _ => self.unknown("config.toml", key, &TOP),
            }
        }
        file
    }

    fn target(&mut self, whole: &str, table: &DeTable<'_>) -> Target {
        let mut target = Target::default();
        for (key, value) in table {
            match &**key.get_ref() {
                name @ "address" => {
                    target.address = self.text(name, value).map(str::to_owned);
                }
                name @ "base_path" => {
                    let path = self.path(name, value);
                    target.base_path = path.map(|path| (path, self.span(value.span())));
                }
                name @ "default_execution_type" => target.execution = self.execution(name, value),
                name @ "mount_host_paths" => {
                    let said = value.get_ref().as_bool();
                    target.mount_host_paths = said;
                    if said.is_none() {
                        self.unlike(name, value, "true or false");
                    }
                }
                name @ "mount_paths" => {
                    target.mount_paths = self.list(name, value, Self::path);
                }
                name @ "local" => {
                    let whole = format!("{whole}.{name}");
                    let inner = self.table(&whole, value);
                    target.scheduler =
                        inner.map(|inner| self.scheduler(&whole, inner)).unwrap_or_default();
                }
                _ => self.unknown(&format!("`[{whole}]`"), key, &TARGET),
            }
        }
        target
    }

    fn scheduler(&mut self, whole: &str, table: &DeTable<'_>) -> Scheduler {
        let mut scheduler = Scheduler::default();
        for (key, value) in table {
            match &**key.get_ref() {
                name @ "execution_types" => {
                    let types = self.list(name, value, Self::execution);
                    scheduler.execution_types = types.unwrap_or_default();
                }
                name @ "local_concurrency" => scheduler.local_concurrency = self.jobs(name, value),
                _ => self.unknown(&format!("`[{whole}]`"), key, &SCHEDULER),
            }
        }
        scheduler
    }

    fn table<'v>(&mut self, name: &str, value: &'v Value<'v>) -> Option<&'v DeTable<'v>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.unlike(name, value, &format!("a table, `[{name}]`"));
        }
        table
    }

    fn text<'v>(&mut self, name: &str, value: &'v Value<'_>) -> Option<&'v str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.unlike(name, value, "a text in quotes");
        }
        text
    }

    fn path(&mut self, name: &str, value: &Value<'_>) -> Option<PathBuf> {
        let text = self.text(name, value)?;
        let users = text.strip_prefix('~').filter(|_| !text.starts_with("~/"));
        let (message, label, help) = match users {
            None if text.is_empty() => {
                let message = format!("an empty path for `{name}`");
                (message, "no path", "write a path, or leave the key out")
            }
            Some(user) if !user.is_empty() => {
                let message = format!("`~{user}` is no path that is known");
                (message, "another user's", "write the whole path, or `./~…` for that name")
            }
            Some(_) | None if text.starts_with('~') && std::env::var_os("HOME").is_none() => {
                let message = "`~` means nothing: HOME isn't set".to_owned();
                (message, "whose?", "set HOME, or write the whole path")
            }
            Some(_) | None => return Some(PathBuf::from(text)),
        };
        self.wrong(message, value.span(), label, Some(help.to_owned()));
        None
    }

    fn list<T>(
        &mut self,
        name: &str,
        value: &Value<'_>,
        item: impl Fn(&mut Self, &str, &Value<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(items) = value.get_ref().as_array() else {
            self.unlike(name, value, "a list, `[ … ]`");
            return None;
        };
        Some(items.iter().filter_map(|value| item(self, name, value)).collect())
    }

    fn execution(&mut self, name: &str, value: &Value<'_>) -> Option<Execution> {
        let text = self.text(name, value)?;
        let known = Execution::ALL.iter().find(|(word, _)| *word == text);
        if known.is_none() {
            let words = Execution::ALL.map(|(word, _)| word);
            let near = did_you_mean(text, words);
            let help = near.unwrap_or_else(|| format!("it may be {}", or(&words)));
            let message = format!("`{name}` can't be \"{text}\"");
            self.wrong(message, value.span(), "no way to run jobs", Some(help));
        }
        known.map(|(_, execution)| *execution)
    }

    fn jobs(&mut self, name: &str, value: &Value<'_>) -> Option<NonZeroU16> {
        let may = format!("a number from 1 to {MOST_AT_ONCE}");
        let Some(number) = value.get_ref().as_integer() else {
            self.unlike(name, value, &may);
            return None;
        };
        let number = u16::from_str_radix(number.as_str(), number.radix()).ok();
        let number = number.filter(|number| *number <= MOST_AT_ONCE).and_then(NonZeroU16::new);
        if number.is_none() {
            let message = format!("`{name}` is to be {may}");
            self.wrong(message, value.span(), "out of range", None);
        }
        number
    }

    /// A key that the table hasn't, as far as we know: upstream's are known, and what stands in another table is told.
    fn unknown(&mut self, table: &str, key: &Spanned<impl AsRef<str>>, keys: &Keys) {
        let name = key.get_ref().as_ref();
        if keys.others.contains(&name) {
            return;
        }
        let place = PLACES.iter().find(|(_, keys)| keys.ours.contains(&name));
        let near = nearest(name, keys.ours.iter().chain(keys.others));
        let near_ours = near.as_deref().is_some_and(|near| keys.ours.contains(&near));
        let counts = near_ours || place.is_some();
        let message = format!("{table} has no key `{name}`");
        let wrong = match counts {
            true => Diagnostic::error("repx::config::invalid", message),
            false => Diagnostic::warning("repx::config::unknown-key", message),
        };
        let help = match (place, near) {
            (Some((place, _)), _) => format!("it stands {place}"),
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => "nothing reads it; `repx run --help` lists the keys".to_owned(),
        };
        let span = self.span(key.span());
        self.found.push(wrong.at(span, "unknown key").help(help));
    }

    /// A value of another kind than the key has.
    fn unlike(&mut self, name: &str, value: &Value<'_>, wanted: &str) {
        let is = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.wrong(format!("`{name}` is to be {wanted}"), value.span(), is, None);
    }

    fn wrong(&mut self, message: String, place: Range<usize>, label: &str, help: Option<String>) {
        let help = help.unwrap_or_else(|| "`repx run --help` says what may stand there".to_owned());
        let wrong = Diagnostic::error("repx::config::invalid", message);
        let span = self.span(place);
        self.found.push(wrong.at(span, label).help(help));
    }

    fn span(&self, place: Range<usize>) -> Span {
        // The text is one of a `SourceMap`, whose offsets all are of 32 bits.
        let at = |offset: usize| self.start.saturating_add(offset as u32);
        Span::new(at(place.start), at(place.end))
    }
}
