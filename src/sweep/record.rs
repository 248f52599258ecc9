//! What a job's identity is made of, as it is recorded beside its results.
//!
//! An id says whether a job is the same, a record says what it was: from two records follows what
//! sets two jobs apart, without any guess. Whoever runs a job writes its record into the job's
//! folder ([`IdentityRecord::write`]) before it says that the job has ended.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::identity::{Identity, Part};
use super::listing::{Listing, Outputs};
use super::view::{JobView, Source};
use crate::store::base32;

/// Names the format.
const SCHEMA: &str = "repx-identity/1";
/// Digits of an id.
const ID: usize = 32;
/// The record's file, in `<base>/outputs/<job name>/repx/`.
pub const IDENTITY_FILE: &str = "identity.json";

/// All parts of a job's identity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IdentityRecord {
    schema: String,
    /// The job's full name.
    pub job: String,
    /// Its pipeline's name.
    pub pipeline: String,
    /// Its stage's name in the pipeline.
    pub stage: String,
    /// `pname`, which may follow from parameters.
    pub pname: String,
    /// `version`.
    pub version: String,
    /// Digest of its script, or of what stands for it.
    pub script: String,
    /// Of a scatter-gather stage the digest of each part.
    pub parts: BTreeMap<String, String>,
    /// Effective parameters, as canonical JSON.
    pub params: BTreeMap<String, String>,
    /// Where each input comes from.
    pub inputs: BTreeMap<String, InputRecord>,
    /// Outputs and their paths.
    pub outputs: BTreeMap<String, String>,
    /// What sets its runtime packages apart.
    pub packages: Vec<String>,
    /// The jobs of hard upstream runs, all of which it needs.
    pub after: Option<AfterRecord>,
}

/// Where an input comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InputRecord {
    /// An output of another job.
    Job {
        /// The job's full name.
        job: String,
        /// The output.
        output: String,
    },
    /// The metadata of a run.
    Run {
        /// The run.
        run: String,
    },
    /// The folder of all results.
    StoreBase {
        /// Always true.
        store_base: bool,
    },
    /// The stage's own default.
    Default {
        /// As it is written.
        default: String,
    },
}

/// Jobs of hard upstream runs.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct AfterRecord {
    /// How many.
    pub jobs: usize,
    /// Over their ids.
    pub digest: String,
}

impl IdentityRecord {
    /// The record of a job that is listed.
    pub fn of(listing: &Listing, job: &JobView<'_>) -> IdentityRecord {
        let block = job.block();
        let texts = |pairs: Outputs| {
            pairs.into_iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
        };
        let parts = job.part_digests().iter();
        IdentityRecord {
            schema: SCHEMA.to_owned(),
            job: job.name().to_string(),
            pipeline: block.stage().pipeline.to_string(),
            stage: block.stage().name.to_string(),
            pname: job.pname(),
            version: block.stage().version.to_string(),
            script: base32::encode(&job.digest()),
            parts: parts.map(|(name, d)| (name.to_string(), base32::encode(d))).collect(),
            params: job.params().map(|(k, v)| (k.to_string(), v.to_owned())).collect(),
            inputs: job
                .inputs()
                .map(|(name, source)| (name.to_string(), InputRecord::of(listing, source)))
                .collect(),
            outputs: texts(job.outputs()),
            packages: block.package_ids().iter().map(ToString::to_string).collect(),
            after: AfterRecord::of(job),
        }
    }

    /// Writes the record into a job's `repx` folder: whole, or not at all. Where the machine stops before it
    /// is on the disk, what is found is no record, and the job has none.
    ///
    /// # Errors
    /// What the system says. What was there before is still there then.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let new = folder.join(format!(".{IDENTITY_FILE}.{}", std::process::id()));
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        fs::write(&new, text)?;
        fs::rename(&new, folder.join(IDENTITY_FILE))
    }

    /// Reads a record. What isn't one, or one of another version, is none.
    pub fn parse(text: &[u8]) -> Option<IdentityRecord> {
        serde_json::from_slice(text).ok().filter(|record: &Self| record.schema == SCHEMA)
    }
}

impl InputRecord {
    fn of(listing: &Listing, source: Source<'_>) -> InputRecord {
        match source {
            Source::Job { job, output } => InputRecord::Job {
                job: listing.job(job).map(|job| job.name().to_string()).unwrap_or_default(),
                output: output.to_string(),
            },
            Source::Run(run) => InputRecord::Run { run: run.to_string() },
            Source::StoreBase => InputRecord::StoreBase { store_base: true },
            Source::Default(text) => InputRecord::Default { default: text.to_string() },
        }
    }
}

impl AfterRecord {
    /// What is recorded of a need for these jobs, given by their full names.
    pub fn over<'n>(jobs: impl Iterator<Item = &'n str>) -> AfterRecord {
        let id = |name: &str| base32::decode(name.get(..ID)?).ok();
        let mut ids: Vec<Vec<u8>> = jobs.filter_map(id).collect();
        ids.sort_unstable();
        let mut identity = Identity::new();
        for id in &ids {
            identity.add(Part::Upstream, id);
        }
        AfterRecord { jobs: ids.len(), digest: base32::encode(&identity.digest()) }
    }

    fn of(job: &JobView<'_>) -> Option<AfterRecord> {
        let (jobs, digest) = (job.after()?, job.after_digest()?);
        Some(AfterRecord { jobs: jobs.len(), digest: base32::encode(digest) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::sample;

    #[test]
    fn what_is_written_is_read() {
        let listing = sample::listing();
        let folder = tempfile::tempdir().unwrap();
        for job in listing.jobs() {
            let record = IdentityRecord::of(&listing, &job);
            record.write(folder.path()).unwrap();
            let text = fs::read(folder.path().join(IDENTITY_FILE)).unwrap();
            assert_eq!(IdentityRecord::parse(&text), Some(record));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_format_is_frozen() {
        let listing = sample::listing();
        let report = listing.jobs().last().unwrap();
        let record = IdentityRecord::of(&listing, &report);
        insta::assert_snapshot!(serde_json::to_string_pretty(&record).unwrap(), @r#"
        {
          "schema": "repx-identity/1",
          "job": "0l2ha1850l2ha1850l2ha1850l2ha185-report-1.1",
          "pipeline": "ana",
          "stage": "report",
          "pname": "report",
          "version": "1.1",
          "script": "1hxvfcxrclpdxkbdhgpj6kpk6b2fj6418bna1x1laixhgd0qzds8",
          "parts": {},
          "params": {},
          "inputs": {
            "base": {
              "store_base": true
            },
            "data": {
              "job": "040h2081040h2081040h2081040h2081-gen-1.1",
              "output": "data"
            },
            "run": {
              "run": "simulation"
            },
            "title": {
              "default": "a title"
            }
          },
          "outputs": {
            "table": "$out/\"table\".txt"
          },
          "packages": [
            "python3"
          ],
          "after": {
            "jobs": 3,
            "digest": "01q70w3hf1q70w3hf1q70w3hf1q70w3hf1q70w3hf1q70w3hf1q7"
          }
        }
        "#);
    }

    #[test]
    fn what_is_no_record_is_none() {
        let listing = sample::listing();
        let record = IdentityRecord::of(&listing, &listing.job(0).unwrap());
        let text = serde_json::to_string(&record).unwrap();
        assert!(IdentityRecord::parse(text.as_bytes()).is_some());
        assert!(
            IdentityRecord::parse(text.replace("identity/1", "identity/2").as_bytes()).is_none()
        );
        for end in 0..text.len() {
            assert!(IdentityRecord::parse(&text.as_bytes()[..end]).is_none(), "{end}");
        }
    }
}
