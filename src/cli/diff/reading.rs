//! Reads what `repx eval --format json` or `ndjson` has written.
//!
//! Jobs by line are read one by one, and of those that the other side has only the id is kept: memory follows what
//! is different.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead};
use std::sync::atomic::Ordering;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::saved::Saved;
use super::wanted::Wanted;
use crate::cli::guard::INTERRUPTED;
use crate::cli::listing::SCHEMA;
use crate::cli::listing::table::clean;
use crate::store::base32;
use crate::sweep::JobId;

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

/// Reads a saved listing into `saved`.
///
/// # Errors
/// Why it is none.
pub(super) fn read(
    mut input: impl BufRead,
    saved: &mut Saved<'_>,
    wanted: &mut Wanted<'_>,
) -> Result<(), Unread> {
    let mut reading = Reading { saved, wanted };
    let (mut line, mut number) = (Vec::new(), 0);
    let mut empty = true;
    // A listing may be larger than memory.
    while input.read_until(b'\n', &mut line)? > 0 {
        number += 1;
        if INTERRUPTED.load(Ordering::Relaxed) {
            return Err(io::Error::from(io::ErrorKind::Interrupted).into());
        }
        if !line.trim_ascii().is_empty() {
            empty = false;
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
    // A lab without jobs has no lines, but far more often a call has failed whose output this was to be.
    if empty {
        return Err("it is empty; of a lab without jobs, --format json tells it".to_owned().into());
    }
    Ok(())
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

struct Reading<'r, 'l, 'w> {
    saved: &'r mut Saved<'l>,
    wanted: &'r mut Wanted<'w>,
}

impl Reading<'_, '_, '_> {
    fn job(&mut self, line: &str) -> Result<(), String> {
        let failed = |error: serde_json::Error| error.to_string();
        if self.wanted.everything()
            && let Some(id) = leading_id(line).filter(|id| self.saved.lists(id))
        {
            self.saved.add_known(id, true);
            return Ok(());
        }
        let found: Identified<'_> = serde_json::from_str(line).map_err(failed)?;
        let id = id(&found.id)
            .filter(|_| found.id.len() == 32)
            .ok_or_else(|| format!("`{}` is no job's id", clean(&found.id)))?;
        let listed = self.saved.lists(&id);
        if listed && self.wanted.everything() {
            self.saved.add_known(id, true);
            return Ok(());
        }
        let record: Record<'_> = serde_json::from_str(line).map_err(failed)?;
        let shown = self.wanted.has(id, &record);
        match listed {
            true => self.saved.add_known(id, shown),
            false => self.saved.add(id, shown, &record),
        }
        Ok(())
    }
}

/// The one object of `--format json`.
struct Whole<'r, 'o, 'l, 'w>(&'r mut Reading<'o, 'l, 'w>);
/// Its jobs.
struct Jobs<'r, 'o, 'l, 'w>(&'r mut Reading<'o, 'l, 'w>);

impl<'de> DeserializeSeed<'de> for Whole<'_, '_, '_, '_> {
    type Value = ();
    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_, '_, '_, '_> {
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

impl<'de> DeserializeSeed<'de> for Jobs<'_, '_, '_, '_> {
    type Value = ();
    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Jobs<'_, '_, '_, '_> {
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
