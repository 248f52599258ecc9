//! A listing that `repx eval --format json` or `ndjson` has written, as a side of a comparison.
//!
//! Of jobs that the other side has too only the id is kept: memory follows what is different.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::{self, BufRead};
use std::sync::atomic::Ordering;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::compare::{Described, Side};
use super::listed::object;
use super::wanted::Wanted;
use crate::cli::guard::INTERRUPTED;
use crate::cli::listing::SCHEMA;
use crate::cli::listing::table::{bare, clean};
use crate::store::base32;
use crate::sweep::JobId;

/// A saved listing, as far as it is to be compared.
#[derive(Default)]
pub(super) struct Saved {
    /// Jobs that the other side doesn't have.
    others: Vec<Job>,
    /// The ids of those that it has.
    known: Vec<JobId>,
    names: Names,
}

struct Job {
    id: JobId,
    runs: Vec<u32>,
    pipeline: u32,
    stage: u32,
    params: Box<str>,
}

/// Names, each kept once.
#[derive(Default)]
struct Names {
    numbers: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.numbers.insert(name.into(), number);
        self.texts.push(name.into());
        number
    }

    fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }
}

/// A job as it is written.
#[derive(Deserialize)]
pub(super) struct Record<'a> {
    /// Its full name.
    #[serde(borrow, default)]
    pub(super) name: Cow<'a, str>,
    /// The runs it belongs to.
    #[serde(borrow)]
    pub(super) runs: Vec<Cow<'a, str>>,
    /// The pipeline.
    #[serde(borrow)]
    pub(super) pipeline: Cow<'a, str>,
    /// The stage.
    #[serde(borrow)]
    pub(super) stage: Cow<'a, str>,
    /// The stage's version.
    #[serde(borrow, default)]
    pub(super) version: Cow<'a, str>,
    /// Values, by name.
    #[serde(borrow)]
    pub(super) params: BTreeMap<Cow<'a, str>, &'a RawValue>,
    /// Where its inputs come from.
    #[serde(borrow, default)]
    pub(super) inputs: BTreeMap<Cow<'a, str>, Input<'a>>,
}

/// Where an input comes from.
#[derive(Deserialize)]
pub(super) struct Input<'a> {
    /// The name of the job that makes it.
    #[serde(borrow, default)]
    pub(super) job: Option<Cow<'a, str>>,
}

/// What is read first.
#[derive(Deserialize)]
struct Identified<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

/// The value of a parameter as listings write it, though another program may have laid it out anew.
pub(super) fn canonical(value: &RawValue) -> Cow<'_, str> {
    let text = value.get();
    if text.contains(char::is_whitespace)
        && let Ok(value) = serde_json::from_str::<serde_json::Value>(text)
    {
        return value.to_string().into();
    }
    text.into()
}

/// The id in a text that begins with one.
pub(super) fn id(text: &str) -> Option<JobId> {
    let bytes = base32::decode(text.get(..32)?).ok()?;
    bytes.try_into().ok().map(JobId::from_bytes)
}

impl Saved {
    /// Reads a saved listing. `listed` says which jobs the other side has.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn read(
        mut input: impl BufRead,
        wanted: &mut Wanted<'_>,
        listed: &dyn Fn(&JobId) -> bool,
    ) -> Result<Saved, Unread> {
        let mut reading = Reading { saved: Saved::default(), wanted, listed };
        let (mut line, mut number) = (Vec::new(), 0);
        // Jobs by line are read one by one: a listing may be larger than memory.
        while input.read_until(b'\n', &mut line)? > 0 {
            number += 1;
            if INTERRUPTED.load(Ordering::Relaxed) {
                return Err(io::Error::from(io::ErrorKind::Interrupted).into());
            }
            if !line.trim_ascii().is_empty() {
                let text = std::str::from_utf8(&line).map_err(|_| Unread::no_text())?;
                if number == 1 && serde_json::from_str::<Identified<'_>>(text).is_err() {
                    break;
                }
                reading.job(text.trim()).map_err(|why| format!("in line {number}: {why}"))?;
            }
            line.clear();
        }
        if !line.is_empty() {
            input.read_to_end(&mut line)?;
            let text = std::str::from_utf8(&line).map_err(|_| Unread::no_text())?;
            let mut json = serde_json::Deserializer::from_str(text);
            let read = Whole(&mut reading).deserialize(&mut json);
            read.and_then(|()| json.end()).map_err(|error| in_words(&error))?;
        }
        Ok(reading.saved)
    }
}

/// Why there is no saved listing.
pub(super) enum Unread {
    /// What the system says.
    System(io::Error),
    /// It is none.
    NoListing(String),
}

impl Unread {
    fn no_text() -> Unread {
        Unread::NoListing("it is no text".to_owned())
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Unread {
        Unread::System(error)
    }
}

impl From<String> for Unread {
    fn from(why: String) -> Unread {
        Unread::NoListing(why)
    }
}

/// The id of a job that is written as repx writes it, whatever else is said of it.
fn leading_id(line: &str) -> Option<JobId> {
    let rest = line.strip_prefix("{\"id\": \"")?;
    let whole = rest.get(32..)?.starts_with("\", ") && rest.ends_with("\"}");
    id(rest).filter(|_| whole)
}

/// What is wrong with a JSON text, the line first.
fn in_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(what) => format!("in line {}: {what}", error.line()),
        None => text,
    }
}

struct Reading<'r, 'w> {
    saved: Saved,
    wanted: &'r mut Wanted<'w>,
    listed: &'r dyn Fn(&JobId) -> bool,
}

impl Reading<'_, '_> {
    fn job(&mut self, line: &str) -> Result<(), String> {
        let failed = |error: serde_json::Error| error.to_string();
        if self.wanted.everything()
            && let Some(id) = leading_id(line).filter(|id| (self.listed)(id))
        {
            self.saved.known.push(id);
            return Ok(());
        }
        let found: Identified<'_> = serde_json::from_str(line).map_err(failed)?;
        let id = id(&found.id)
            .filter(|_| found.id.len() == 32)
            .ok_or_else(|| format!("`{}` is no job's id", clean(&found.id)))?;
        let listed = (self.listed)(&id);
        if listed && self.wanted.everything() {
            self.saved.known.push(id);
            return Ok(());
        }
        let record: Record<'_> = serde_json::from_str(line).map_err(failed)?;
        if !self.wanted.has(id, &record) {
            return Ok(());
        }
        if listed {
            self.saved.known.push(id);
            return Ok(());
        }
        let names = &mut self.saved.names;
        let params = record.params.iter().map(|(name, value)| (name, canonical(value)));
        let params: Vec<(&Cow<'_, str>, Cow<'_, str>)> = params.collect();
        let job = Job {
            id,
            runs: record.runs.iter().map(|run| names.number(run)).collect(),
            pipeline: names.number(&record.pipeline),
            stage: names.number(&record.stage),
            params: object(params.iter().map(|(name, value)| (&***name, &**value))).into(),
        };
        self.saved.others.push(job);
        Ok(())
    }
}

/// The one object of `--format json`.
struct Whole<'r, 'o, 'w>(&'r mut Reading<'o, 'w>);
/// Its jobs.
struct Jobs<'r, 'o, 'w>(&'r mut Reading<'o, 'w>);

impl<'de> DeserializeSeed<'de> for Whole<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a listing, which is an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut schema, mut jobs) = (false, false);
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            match &*name {
                "schema" => {
                    let found: Cow<'de, str> = map.next_value()?;
                    if found != SCHEMA {
                        let what = format!("its schema is `{}`, not `{SCHEMA}`", clean(&found));
                        return Err(de::Error::custom(what));
                    }
                    schema = true;
                }
                "groups" => self.0.wanted.groups(map.next_value()?),
                "jobs" => {
                    map.next_value_seed(Jobs(self.0))?;
                    jobs = true;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match (schema, jobs) {
            (true, true) => Ok(()),
            (false, _) => Err(de::Error::custom("it says no `schema`")),
            (true, false) => Err(de::Error::custom("it has no `jobs`")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Jobs<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Jobs<'_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of jobs")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut jobs: A) -> Result<(), A::Error> {
        while let Some(job) = jobs.next_element::<&'de RawValue>()? {
            self.0.job(job.get()).map_err(de::Error::custom)?;
        }
        Ok(())
    }
}

impl Side for Saved {
    fn len(&self) -> u32 {
        (self.others.len() + self.known.len()) as u32
    }

    fn id(&self, job: u32) -> Option<JobId> {
        let number = job as usize;
        match self.others.get(number) {
            Some(job) => Some(job.id),
            None => self.known.get(number - self.others.len()).copied(),
        }
    }

    fn stage(&self, job: u32) -> &str {
        self.others.get(job as usize).map_or("", |job| self.names.text(job.stage))
    }

    fn described(&self, job: u32) -> Described<'_> {
        let Some(job) = self.others.get(job as usize) else {
            return Described { runs: Vec::new(), pipeline: "", stage: "", params: String::new() };
        };
        Described {
            runs: job.runs.iter().map(|run| self.names.text(*run)).collect(),
            pipeline: self.names.text(job.pipeline),
            stage: self.names.text(job.stage),
            params: job.params.to_string(),
        }
    }

    fn params_cell(&self, job: u32) -> String {
        let params = self.others.get(job as usize).map_or("{}", |job| &job.params);
        let params: BTreeMap<String, &RawValue> = serde_json::from_str(params).unwrap_or_default();
        let word =
            |(name, value): (&String, &&RawValue)| format!("{}={}", clean(name), bare(value.get()));
        params.iter().map(word).collect::<Vec<_>>().join(" ")
    }
}
