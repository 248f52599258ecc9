//! Every lab of the corpus and the examples: its listing against what was worked out by hand
//! (`expect.md`) and against the committed one (`expect.json`), under any circumstances.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use repx::sweep::{JobView, Listing, Source, Step, StepSource};
use serde_json::Value;
use support::program::{Ran, copy, repx, run};
use support::tables::{self, Table};

/// Labs, each with the directory of its expectations.
fn labs() -> Vec<(PathBuf, PathBuf)> {
    let beside = |folder: &str| {
        let labs = support::directories(&support::repository(folder));
        labs.into_iter().map(|lab| (lab.clone(), lab)).collect::<Vec<_>>()
    };
    // Examples are to be copied by their readers: their expectations stand elsewhere.
    let examples = support::directories(&support::repository("examples"));
    let expectations = support::repository("corpus/examples");
    let examples = examples.into_iter().map(|lab| {
        let expectation = expectations.join(support::name(&lab));
        (lab, expectation)
    });
    [beside("corpus/labs"), beside("corpus/seeds"), examples.collect()].concat()
}

/// The listing of a lab that was copied out of any repository, so that it has no commit.
fn listing(
    lab: &Path,
    directory: &str,
    vary: &[(&str, &str)],
    threads: &str,
) -> Result<Vec<u8>, String> {
    let temporary = tempfile::tempdir().expect("a temporary directory");
    let place = temporary.path().join(directory);
    copy(lab, &place);
    let elsewhere = if vary.is_empty() { place.clone() } else { temporary.path().to_owned() };
    let mut command = repx(&elsewhere);
    command.args(["eval", "--format", "json", "--threads", threads]).arg(&place);
    command.envs(vary.iter().copied());
    let Ran { code, stdout, stderr, .. } = run(&mut command);
    if code == Some(0) { Ok(stdout) } else { Err(format!("{code:?}: {stderr}")) }
}

#[test]
fn listings_are_the_committed_ones() {
    let labs = labs();
    let check = |(lab, expectation): &(PathBuf, PathBuf)| {
        let listing = listing(lab, "lab", &[], "2");
        let compare = |json: Vec<u8>| support::golden::compare(expectation, "expect.json", &json);
        listing.and_then(compare).err().map(|error| format!("{}: {error}", lab.display()))
    };
    let failures: Vec<String> = labs.iter().filter_map(check).collect();
    support::conclude(labs.len(), &failures);
}

#[test]
fn nothing_but_the_lab_decides() {
    let labs = labs();
    let check = |(lab, _): &(PathBuf, PathBuf)| {
        let first = listing(lab, "lab", &[], "1");
        let user = [("HOME", "/nonexistent"), ("LANG", "tr_TR.UTF-8"), ("LC_ALL", "C")];
        let others = [
            ("eight threads", listing(lab, "lab", &[], "8")),
            ("another place", listing(lab, "a different/name", &[], "1")),
            ("another user and directory", listing(lab, "lab", &user, "3")),
        ];
        let differs = others.into_iter().find(|(_, other)| *other != first);
        differs.map(|(what, other)| {
            let text = |json: &Result<Vec<u8>, String>| match json {
                Ok(json) => String::from_utf8_lossy(json).into_owned(),
                Err(error) => error.clone(),
            };
            let (first, other) = (text(&first), text(&other));
            let difference = support::golden::first_difference(&first, &other);
            format!("{}: {what}\n{difference}", lab.display())
        })
    };
    let failures: Vec<String> = labs.iter().filter_map(check).collect();
    support::conclude(labs.len(), &failures);
}

#[test]
fn listings_are_what_the_documents_say() {
    let labs = labs();
    let mut failures = Vec::new();
    for (lab, expectation) in &labs {
        let json = match listing(lab, "lab", &[], "2") {
            Ok(json) => json,
            Err(error) => {
                failures.push(format!("{}: {error}", support::name(lab)));
                continue;
            }
        };
        let json: Value = serde_json::from_slice(&json).expect("the listing is JSON");
        let listed = Listed::new(&json);
        let expectation = expectation.join("expect.md");
        let mut wrong = listed.check(&expectation);
        wrong.extend(check_library(lab, &expectation).err());
        failures.extend(wrong.into_iter().map(|wrong| format!("{}: {wrong}", support::name(lab))));
    }
    support::conclude(labs.len(), &failures);
}

/// What the library says and the JSON doesn't: how steps hang together, and warnings.
fn check_library(lab: &Path, expectation: &Path) -> Result<(), String> {
    let (outcome, sources) = support::list(lab);
    let listing = outcome.listing.ok_or("no listing")?;
    let tables = tables::read(expectation)?;
    let table = |heading: &str| tables.iter().find(|table| table.heading == heading);
    let mut warnings = Vec::new();
    for warning in &outcome.diagnostics {
        let span = warning.primary.as_ref().ok_or("a warning without a place")?.span;
        let place = sources.locate(span).ok_or("a place in no file")?;
        let path = place.path.strip_prefix(lab).unwrap_or(&place.path).display().to_string();
        let place = format!("{path}:{}:{}", place.line, place.column);
        let shown = sources.text(span).unwrap_or_default();
        warnings.push(vec![warning.message.clone(), place, format!("`{shown}`")]);
    }
    let expected = table("Warnings").map_or(&[][..], |table| &table.rows);
    if warnings != expected {
        return Err(format!("warnings: {warnings:#?}"));
    }
    for job in listing.jobs().filter(|job| !job.steps().is_empty()) {
        let found: Vec<Vec<String>> =
            job.steps().iter().map(|step| step_row(&listing, &job, step)).collect();
        let expected = table("Steps").ok_or("no table of Steps")?;
        if found != expected.rows {
            return Err(format!("steps: {found:#?}"));
        }
    }
    Ok(())
}

/// A step as a table shows it: its name, and each input with where it comes from.
fn step_row(listing: &Listing, job: &JobView<'_>, step: &Step) -> Vec<String> {
    let outer = |name: &str| match job.inputs().find(|(input, _)| ***input == *name) {
        Some((_, Source::Job { job, output })) => {
            format!("{}.{output}", listing.job(job).expect("the job is there").stage().name)
        }
        other => format!("{other:?}"),
    };
    let inputs = step.inputs.iter().map(|(name, source)| match source {
        StepSource::Item => format!("{name} ← item"),
        StepSource::Workers => format!("{name} ← all items"),
        StepSource::Scatter(output) => format!("{name} ← scatter.{output}"),
        StepSource::Step { step, output } => format!("{name} ← {step}.{output}"),
        StepSource::Stage => format!("{name} ← {}", outer(name)),
    });
    vec![step.name.to_string(), inputs.collect::<Vec<_>>().join(", ")]
}

/// A listing, and what follows from it.
struct Listed<'a> {
    json: &'a Value,
    jobs: Vec<&'a Value>,
    by_name: BTreeMap<&'a str, usize>,
    /// Parameters of each job and of all it takes inputs from; its own win.
    effective: Vec<BTreeMap<&'a str, &'a Value>>,
    /// Of each job the jobs it takes inputs from, those of theirs as well.
    upstream: Vec<BTreeSet<usize>>,
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

impl<'a> Listed<'a> {
    fn new(json: &'a Value) -> Listed<'a> {
        let jobs: Vec<&Value> = json["jobs"].as_array().expect("jobs are a list").iter().collect();
        let by_name = jobs.iter().enumerate().map(|(at, job)| (text(job, "name"), at)).collect();
        let mut listed =
            Listed { json, jobs, by_name, effective: Vec::new(), upstream: Vec::new() };
        for at in 0..listed.jobs.len() {
            let inputs = listed.inputs(at);
            let mut effective = BTreeMap::new();
            let mut upstream = BTreeSet::new();
            for input in inputs {
                // A job comes after all it needs: `check_order` says so of each.
                assert!(input < at, "job {at} stands before one it needs");
                effective.extend(listed.effective[input].clone());
                upstream.insert(input);
                upstream.extend(listed.upstream[input].iter().copied());
            }
            effective.extend(entries(&listed.jobs[at]["params"]));
            listed.effective.push(effective);
            listed.upstream.push(upstream);
        }
        listed
    }

    fn inputs(&self, at: usize) -> BTreeSet<usize> {
        let inputs = entries(&self.jobs[at]["inputs"]);
        inputs.filter_map(|(_, source)| self.by_name.get(text(source, "job")).copied()).collect()
    }

    fn check(&self, path: &Path) -> Vec<String> {
        let tables = match tables::read(path) {
            Ok(tables) => tables,
            Err(error) => return vec![error],
        };
        let mut wrong = self.check_order();
        let mut covered = vec![0; self.jobs.len()];
        let mut seen = BTreeSet::new();
        for table in &tables {
            let kind = table.header.first().map_or("", String::as_str);
            seen.insert((table.heading.as_str(), kind.to_owned()));
            let mut row = |row: &[String]| -> Result<(), String> {
                match (table.heading.as_str(), kind) {
                    ("Counts", "run") => self.count(table, row),
                    ("Jobs", "stage") => self.job_row(table, row, &mut covered),
                    ("Jobs", "param") => self.param(table, row),
                    ("Runs", "run") => self.run(table, row),
                    ("Groups", "group") => self.group(table, row),
                    ("Parts", "part") => self.part(table, row),
                    // Not in the JSON: see `check_library`.
                    ("Steps", "step") | ("Warnings", "warning") => Ok(()),
                    (heading, kind) => Err(format!("no such table: {heading}, {kind}")),
                }
            };
            wrong.extend(table.rows.iter().filter_map(|cells| {
                row(cells).err().map(|error| format!("| {} |\n    {error}", cells.join(" | ")))
            }));
        }
        for (job, times) in self.jobs.iter().zip(&covered) {
            if *times != 1 {
                wrong.push(format!("{times} rows speak of {job}"));
            }
        }
        let mut must = |heading: &str, there: bool| {
            if there != seen.iter().any(|(seen, _)| *seen == heading) {
                wrong.push(format!("table of {heading}: expected {there}"));
            }
        };
        must("Counts", true);
        must("Jobs", true);
        must("Groups", entries(&self.json["groups"]).next().is_some());
        let scattered = |job: &&Value| text(job, "stage_type") == "scatter-gather";
        must("Steps", self.jobs.iter().any(scattered));
        must("Parts", self.jobs.iter().any(|job| job["resources"]["parts"].is_object()));
        let plain = |run: &Value| {
            entries(&run["depends_on"]).next().is_none() && run["containerized"] == true
        };
        must("Runs", !self.runs().all(plain));
        wrong
    }

    fn runs(&self) -> impl Iterator<Item = &'a Value> {
        self.json["runs"].as_array().into_iter().flatten()
    }

    /// Jobs come after those they need, need those they take inputs from, and beyond them only
    /// what hard dependencies of their runs ask for.
    fn check_order(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (at, job) in self.jobs.iter().enumerate() {
            let needs: BTreeSet<usize> = names(&job["depends_on"])
                .iter()
                .filter_map(|name| self.by_name.get(name).copied())
                .collect();
            if needs.len() != names(&job["depends_on"]).len()
                || needs.iter().any(|need| *need >= at)
            {
                wrong.push(format!("needs what isn't listed before it: {job}"));
            }
            let inputs = self.inputs(at);
            let hard: BTreeSet<usize> =
                if inputs.is_empty() { self.hard(job) } else { BTreeSet::new() };
            let expected: BTreeSet<usize> = inputs.union(&hard).copied().collect();
            if needs != expected {
                wrong.push(format!("needs {needs:?} instead of {expected:?}: {job}"));
            }
            let name = format!("{}-", text(job, "id"));
            let version = format!("-{}", text(job, "version"));
            let full = text(job, "name");
            if !full.starts_with(&name)
                || !full.ends_with(&version)
                || text(job, "status") != "pending"
            {
                wrong.push(format!("name or status: {job}"));
            }
        }
        wrong
    }

    /// All jobs of the runs that a job's runs hang on hard.
    fn hard(&self, job: &Value) -> BTreeSet<usize> {
        let mine = names(&job["runs"]);
        let runs = self.runs().filter(|run| mine.contains(&text(run, "name")));
        let upstream: Vec<&str> = runs
            .flat_map(|run| entries(&run["depends_on"]))
            .filter(|(_, need)| need.as_str() == Some("hard"))
            .map(|(run, _)| run)
            .collect();
        let of = |job: &Value| names(&job["runs"]).iter().any(|run| upstream.contains(run));
        (0..self.jobs.len()).filter(|at| of(self.jobs[*at])).collect()
    }

    fn count(&self, table: &Table, row: &[String]) -> Result<(), String> {
        let (run, stage) = (table.need(row, "run")?, table.need(row, "stage")?);
        let expected: usize =
            table.need(row, "jobs")?.parse().map_err(|_| "jobs isn't a number".to_owned())?;
        let of = |job: &&&Value| text(job, "stage") == stage && names(&job["runs"]).contains(&run);
        let found = self.jobs.iter().filter(of).count();
        if found == expected { Ok(()) } else { Err(format!("found {found} jobs")) }
    }

    fn run(&self, table: &Table, row: &[String]) -> Result<(), String> {
        let name = table.need(row, "run")?;
        let run = self.runs().find(|run| text(run, "name") == name).ok_or("no such run")?;
        let found: BTreeSet<String> = entries(&run["depends_on"])
            .map(|(run, need)| format!("{run} {}", need.as_str().unwrap_or_default()))
            .collect();
        let cell = table.need(row, "depends on")?;
        let expected: BTreeSet<String> = match cell {
            "nothing" => BTreeSet::new(),
            some => some.split(", ").map(str::to_owned).collect(),
        };
        let containerized = table.cell(row, "containerized").unwrap_or("true");
        if run["containerized"].to_string() != containerized {
            return Err(format!("containerized: {}", run["containerized"]));
        }
        if found == expected { Ok(()) } else { Err(format!("found {found:?}")) }
    }

    fn group(&self, table: &Table, row: &[String]) -> Result<(), String> {
        let found = names(&self.json["groups"][table.need(row, "group")?]).join(", ");
        if found == table.need(row, "runs")? { Ok(()) } else { Err(format!("found {found}")) }
    }

    /// A parameter that is the same in all jobs.
    fn param(&self, table: &Table, row: &[String]) -> Result<(), String> {
        let expected = json(table.need(row, "JSON")?)?;
        let name = table.need(row, "param")?;
        match self.jobs.iter().find(|job| job["params"][name] != expected) {
            None => Ok(()),
            Some(job) => Err(format!("found {}", job["params"][name])),
        }
    }

    /// What a part of a scatter-gather stage asks for.
    fn part(&self, table: &Table, row: &[String]) -> Result<(), String> {
        let (part, modifiers) = modifiers(table.need(row, "part")?)?;
        let expected = json(table.need(row, "resources")?)?;
        let fits = |at: &usize| {
            text(self.jobs[*at], "stage_type") == "scatter-gather"
                && modifiers.iter().all(|modifier| match modifier {
                    Modifier::OneOf(param, values) => self.effective[*at]
                        .get(param.as_str())
                        .is_some_and(|value| values.contains(value)),
                    Modifier::Each(_) => false,
                })
        };
        let jobs: Vec<usize> = (0..self.jobs.len()).filter(fits).collect();
        if jobs.is_empty() {
            return Err("of no job".into());
        }
        let found = |at: &usize| &self.jobs[*at]["resources"]["parts"][part.as_str()];
        match jobs.iter().find(|at| *found(at) != expected) {
            None => Ok(()),
            Some(at) => Err(format!("found {}", found(at))),
        }
    }

    /// A row of jobs: as many as it says match it.
    fn job_row(&self, table: &Table, row: &[String], covered: &mut [usize]) -> Result<(), String> {
        let (stage, modifiers) = modifiers(table.need(row, "stage")?)?;
        let mut candidates: Vec<usize> =
            (0..self.jobs.len()).filter(|at| text(self.jobs[*at], "stage") == stage).collect();
        if candidates.is_empty() {
            return Err(format!("there is no stage `{stage}`"));
        }
        let mut expected = 1;
        for modifier in &modifiers {
            match modifier {
                Modifier::Each(what) => expected *= self.variants(what)?.len(),
                Modifier::OneOf(param, values) => {
                    expected *= values.len();
                    candidates.retain(|at| {
                        self.effective[*at].get(param.as_str()).is_some_and(|v| values.contains(v))
                    });
                }
            }
        }
        let mut why = String::new();
        candidates.retain(|at| {
            let cells = table.header.iter().zip(row);
            let results = cells.map(|(column, cell)| self.cell(*at, column, cell));
            match results.collect::<Result<Vec<()>, String>>() {
                Ok(_) => true,
                Err(error) => {
                    why = error;
                    false
                }
            }
        });
        let distinct: BTreeSet<Vec<String>> = candidates
            .iter()
            .map(|at| modifiers.iter().map(|modifier| self.variant(*at, modifier)).collect())
            .collect();
        for at in &candidates {
            covered[*at] += 1;
        }
        if candidates.len() != expected || distinct.len() != expected {
            return Err(format!(
                "expected {expected} jobs, found {} ({} distinct): {why}",
                candidates.len(),
                distinct.len()
            ));
        }
        Ok(())
    }

    /// The values of a parameter in the listing, or the jobs of a stage.
    fn variants(&self, what: &str) -> Result<BTreeSet<String>, String> {
        let found: BTreeSet<String> = match what.strip_suffix(" job") {
            Some(stage) => {
                let of = self.jobs.iter().filter(|job| text(job, "stage") == stage);
                of.map(|job| text(job, "id").to_owned()).collect()
            }
            None => {
                let values = self.effective.iter().filter_map(|params| params.get(what));
                values.map(ToString::to_string).collect()
            }
        };
        if found.is_empty() { Err(format!("there is no `{what}`")) } else { Ok(found) }
    }

    /// Which of a modifier's variants a job is.
    fn variant(&self, at: usize, modifier: &Modifier) -> String {
        let param =
            |name: &str| self.effective[at].get(name).map(ToString::to_string).unwrap_or_default();
        match modifier {
            Modifier::OneOf(name, _) => param(name),
            Modifier::Each(what) => match what.strip_suffix(" job") {
                None => param(what),
                Some(stage) => {
                    let of = |at: &&usize| text(self.jobs[**at], "stage") == stage;
                    let ids = self.upstream[at].iter().filter(of);
                    ids.map(|at| text(self.jobs[*at], "id")).collect::<Vec<_>>().join(" ")
                }
            },
        }
    }

    /// Is this true of a job?
    fn cell(&self, at: usize, column: &str, cell: &str) -> Result<(), String> {
        let job = self.jobs[at];
        let is = |found: &str, expected: &str| {
            if found == expected { Ok(()) } else { Err(format!("{column}: {found}")) }
        };
        match column {
            // For the reader; `own axis` is looked at with the inputs.
            "stage" | "because" | "own axis" => Ok(()),
            "run" => is(&names(&job["runs"]).join(", "), cell),
            "runs" => is(&names(&job["runs"]).join(", "), cell),
            "pname" => {
                let full = text(job, "name");
                let rest = full.get(text(job, "id").len() + 1..).unwrap_or_default();
                let pname = rest.strip_suffix(text(job, "version")).unwrap_or_default();
                is(pname.strip_suffix('-').unwrap_or_default(), tables::code(cell)?)
            }
            "type" => is(text(job, "stage_type"), cell),
            "params" => params(&job["params"], tables::code(cell)?),
            "outputs" => {
                let expected = json(cell)?;
                is(&job["outputs"].to_string(), &expected.to_string())
            }
            "resources" => self.resources(at, cell),
            "inputs" => self.wiring(at, cell),
            "depends on" => self.needs(at, cell),
            other => match other.strip_prefix("last component of ") {
                Some(param) if cell == "–" => match job["params"].get(tables::code(param)?) {
                    None => Ok(()),
                    Some(value) => Err(format!("{param}: {value}")),
                },
                Some(param) => {
                    let value = text(&job["params"], tables::code(param)?);
                    is(value.rsplit('/').next().unwrap_or_default(), cell)
                }
                None => Err(format!("no such column: {other}")),
            },
        }
    }

    fn resources(&self, at: usize, cell: &str) -> Result<(), String> {
        // What the parts ask for stands in a table of its own.
        let mut found = self.jobs[at]["resources"].clone();
        if let Some(resources) = found.as_object_mut()
            && resources.remove("parts").is_some()
            && resources.is_empty()
        {
            found = Value::Null;
        }
        let of = cell.strip_prefix("that of its ").and_then(|rest| rest.strip_suffix(" job"));
        let expected = match (of, cell) {
            (_, "null") => Value::Null,
            (Some(stage), _) => {
                let of = |at: &&usize| text(self.jobs[**at], "stage") == stage;
                let job = self.upstream[at].iter().find(of).ok_or("no such job upstream")?;
                self.jobs[*job]["resources"].clone()
            }
            (None, _) => json(cell)?,
        };
        if found == expected { Ok(()) } else { Err(format!("resources: {found}")) }
    }

    fn needs(&self, at: usize, cell: &str) -> Result<(), String> {
        let found: BTreeSet<&str> = names(&self.jobs[at]["depends_on"]).into_iter().collect();
        let of = |stage: &str| {
            let jobs = self.jobs.iter().filter(|job| text(job, "stage") == stage);
            jobs.collect::<Vec<_>>()
        };
        let expected: BTreeSet<&str> = match cell.split(' ').collect::<Vec<_>>().as_slice() {
            ["nothing"] => BTreeSet::new(),
            ["all", stage, "jobs", "of", run] => {
                let jobs = of(stage);
                let within = jobs.iter().filter(|job| names(&job["runs"]).contains(run));
                within.map(|job| text(job, "name")).collect()
            }
            ["all", "jobs", "of", run] => {
                let within = self.jobs.iter().filter(|job| names(&job["runs"]).contains(run));
                within.map(|job| text(job, "name")).collect()
            }
            ["its", stage, "job"] => {
                let mine = self.upstream[at].iter().map(|at| self.jobs[*at]);
                mine.filter(|job| text(job, "stage") == *stage)
                    .map(|job| text(job, "name"))
                    .collect()
            }
            _ => return Err(format!("depends on: can't read `{cell}`")),
        };
        if found == expected { Ok(()) } else { Err(format!("depends on {found:?}")) }
    }

    /// `x ← stage.output, …`: each input, and no other.
    fn wiring(&self, at: usize, cell: &str) -> Result<(), String> {
        let inputs = &self.jobs[at]["inputs"];
        let wanted: Vec<&str> = match cell {
            "none" => Vec::new(),
            some => some.split(", ").collect(),
        };
        if wanted.len() != entries(inputs).count() {
            return Err(format!("inputs: {inputs}"));
        }
        for wire in wanted {
            let (input, source) = wire.split_once(" ← ").ok_or(format!("can't read `{wire}`"))?;
            let found = inputs.get(input).ok_or(format!("inputs: {inputs}"))?;
            let fine = match source.split_once(' ') {
                Some(("run", run)) => *found == serde_json::json!({ "run": run }),
                _ if source == "base" => *found == serde_json::json!({ "store_base": true }),
                _ if source.starts_with('"') => {
                    let text: Value = serde_json::from_str(source).map_err(|e| e.to_string())?;
                    *found == serde_json::json!({ "default": text })
                }
                _ => self.wire(at, found, source)?,
            };
            if !fine {
                return Err(format!("{input} ← {found}"));
            }
        }
        Ok(())
    }

    /// An output of a job that has the same values of all parameters that come from upstream.
    fn wire(&self, at: usize, found: &Value, source: &str) -> Result<bool, String> {
        let (stage, output) = source.split_once('.').ok_or(format!("can't read `{source}`"))?;
        let Some(upstream) = self.by_name.get(text(found, "job")) else { return Ok(false) };
        let own = &self.jobs[at]["params"];
        let agree = self.effective[*upstream].iter().all(|(name, value)| {
            own.get(*name).is_some() || self.effective[at].get(name) == Some(value)
        });
        Ok(agree && text(self.jobs[*upstream], "stage") == stage && text(found, "output") == output)
    }
}

/// `…` stands for any value.
fn params(found: &Value, pattern: &str) -> Result<(), String> {
    let pattern: Value = serde_json::from_str(&pattern.replace('…', "\"…\""))
        .map_err(|error| format!("`{pattern}`: {error}"))?;
    let same_names =
        entries(found).map(|(name, _)| name).eq(entries(&pattern).map(|(name, _)| name));
    let any = Value::from("…");
    let fine =
        same_names && entries(&pattern).all(|(name, value)| *value == any || found[name] == *value);
    if fine { Ok(()) } else { Err(format!("params: {found}")) }
}

fn json(cell: &str) -> Result<Value, String> {
    let code = tables::code(cell)?;
    serde_json::from_str(code).map_err(|error| format!("{cell}: {error}"))
}

/// What multiplies a row.
enum Modifier {
    /// Each value of a parameter, or each job of a stage (`gen job`).
    Each(String),
    /// These values of a parameter.
    OneOf(String, Vec<Value>),
}

/// `STAGE[, of each PARAM][, of each STAGE job][, PARAM A to B][, PARAM A, B, C]`
fn modifiers(cell: &str) -> Result<(String, Vec<Modifier>), String> {
    let mut parts = cell.split(", ");
    let stage = parts.next().unwrap_or_default().to_owned();
    let mut modifiers = Vec::new();
    for part in parts {
        let words: Vec<&str> = part.split(' ').collect();
        let value = |word: &str| -> Result<Value, String> {
            serde_json::from_str(word).map_err(|_| format!("can't read `{part}` in `{cell}`"))
        };
        match (words.as_slice(), modifiers.last_mut()) {
            (["of", "each", param], _) => modifiers.push(Modifier::Each((*param).to_owned())),
            (["of", "each", stage, "job"], _) => {
                modifiers.push(Modifier::Each(format!("{stage} job")));
            }
            ([param, first, "to", last], _) => {
                let number = |word| value(word)?.as_i64().ok_or(format!("`{word}`: no integer"));
                let values = (number(first)?..=number(last)?).map(Value::from).collect();
                modifiers.push(Modifier::OneOf((*param).to_owned(), values));
            }
            ([param, first], _) => {
                modifiers.push(Modifier::OneOf((*param).to_owned(), vec![value(first)?]));
            }
            ([next], Some(Modifier::OneOf(_, values))) => values.push(value(next)?),
            _ => return Err(format!("can't read `{part}` in `{cell}`")),
        }
    }
    Ok((stage, modifiers))
}
