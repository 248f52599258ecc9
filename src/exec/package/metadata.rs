//! What the files below `revision/` say, with upstream's keys.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::FORMAT;
use crate::lab::Resources;
use crate::sweep::{JobView, Listing, Source, StageKind, StepSource};

/// A job's programs: their files' names, the parts of the stage they are, what stands for their scripts.
pub(super) fn programs<'l>(view: &JobView<'l>) -> Vec<(String, Arc<str>, Cow<'l, [u8]>)> {
    let pname = view.pname();
    match view.stage().kind {
        StageKind::Simple => {
            vec![(pname, Arc::clone(&view.stage().name), Cow::Owned(view.script()))]
        }
        StageKind::ScatterGather => {
            let last = view.recipes().len().saturating_sub(1);
            let parts = view.recipes().iter().enumerate();
            let parts = parts.map(|(at, recipe)| {
                let name = executable(at, last, &recipe.name);
                (format!("{pname}-{name}"), Arc::clone(&recipe.name), Cow::Borrowed(&*recipe.text))
            });
            parts.collect()
        }
    }
}

/// What upstream calls the part at a place: scatter stands first, gather last.
fn executable(at: usize, last: usize, name: &str) -> String {
    match at {
        0 => "scatter".to_owned(),
        at if at == last => "gather".to_owned(),
        _ => format!("step-{name}"),
    }
}

/// A job's effective parameters.
pub(super) fn params(view: &JobView<'_>) -> Value {
    let params = view
        .params()
        .map(|(name, json)| (name.to_string(), serde_json::from_str(json).unwrap_or(Value::Null)));
    Value::Object(params.collect())
}

/// The jobs that a job depends on.
pub(super) fn dependencies(listing: &Listing, view: &JobView<'_>) -> Value {
    let after = view.after().into_iter().flat_map(crate::sweep::JobSet::iter);
    let jobs = view.depends_on().into_iter().chain(after);
    let names = jobs.filter_map(|job| listing.job(job)).map(|job| job.name().to_string());
    Value::Array(names.map(Value::String).collect())
}

/// All of a lab.
pub(super) fn top(out: &mut dyn Write, listing: &Listing) -> io::Result<()> {
    let runs = listing.runs.iter().map(|run| format!("revision/metadata-{}.json", run.name));
    let mut top = json!({
        "repx_version": FORMAT,
        "type": "root",
        "gitHash": listing.lab.git_hash,
        "runs": runs.collect::<Vec<_>>(),
    });
    if let (Value::Object(fields), false) = (&mut top, listing.groups.is_empty()) {
        let groups = listing.groups.iter().map(|(name, runs)| {
            let runs = runs.iter().map(|run| Value::from(&**run));
            (name.clone(), Value::Array(runs.collect()))
        });
        fields.insert("groups".to_owned(), Value::Object(groups.collect()));
    }
    out.write_all(top.to_string().as_bytes())
}

/// A run with its jobs, one after the other: there may be many. `image` is where its container image is.
pub(in crate::exec) fn run(
    out: &mut dyn Write,
    listing: &Listing,
    index: usize,
    image: Option<&str>,
) -> io::Result<()> {
    let Some(run) = listing.runs.get(index) else { return Ok(()) };
    let dependencies = run
        .depends_on
        .iter()
        .map(|(other, need)| (format!("revision/metadata-{other}.json"), Value::from(need.word())));
    let head = json!({
        "type": "run",
        "name": &*run.name,
        "gitHash": listing.lab.git_hash,
        "dependencies": dependencies.collect::<Map<_, _>>(),
    });
    let head = head.to_string();
    out.write_all(head.trim_end_matches('}').as_bytes())?;
    if head.ends_with("}}") {
        out.write_all(b"}")?;
    }
    if let Some(image) = image {
        write!(out, ",\"image\":{}", Value::from(image))?;
    }
    out.write_all(b",\"jobs\":{")?;
    let mut comma = "";
    for view in listing.jobs_of(index as u32).filter_map(|job| listing.job(job)) {
        write!(
            out,
            "{comma}{}:{}",
            Value::from(view.name().to_string()),
            job(listing, &view, run)
        )?;
        comma = ",";
    }
    out.write_all(b"}}")
}

fn job(listing: &Listing, view: &JobView<'_>, run: &crate::sweep::RunInfo) -> Value {
    let folder = format!("jobs/{}/bin", view.name());
    let own = mappings(listing, view, run);
    let mut executables = Map::new();
    match view.stage().kind {
        StageKind::Simple => {
            let main = json!({
                "path": format!("{folder}/{}", view.pname()),
                "inputs": own,
                "outputs": outputs(&view.outputs()),
            });
            executables.insert("main".to_owned(), main);
        }
        StageKind::ScatterGather => parts(view, &folder, &own, &mut executables),
    }
    let mut about = json!({
        "name": format!("{}-{}", view.pname(), view.stage().version),
        "stage_type": view.stage().kind.name(),
        "params": params(view),
        "executables": executables,
    });
    if let (Value::Object(fields), Some(hints)) = (&mut about, view.resources()) {
        fields.insert("resource_hints".to_owned(), resources(hints));
    }
    about
}

/// The executables of a scatter-gather job.
fn parts(view: &JobView<'_>, folder: &str, own: &[Value], executables: &mut Map<String, Value>) {
    let last = view.recipes().len().saturating_sub(1);
    for (at, recipe) in view.recipes().iter().enumerate() {
        let name = executable(at, last, &recipe.name);
        let step = at.checked_sub(1).and_then(|at| view.steps().get(at));
        let inputs = match step {
            None => own.to_vec(),
            Some(step) => step
                .inputs
                .iter()
                .map(|(input, source)| step_mapping(view, input, source, own))
                .collect(),
        };
        let mut about = json!({
            "path": format!("{folder}/{}-{name}", view.pname()),
            "inputs": inputs,
            "outputs": outputs(&recipe.outputs),
        });
        if let Value::Object(fields) = &mut about {
            if let Some((_, hints)) = view.parts().iter().find(|(part, _)| *part == recipe.name) {
                fields.insert("resource_hints".to_owned(), resources(hints));
            }
            let mut deps: Vec<&str> = Vec::new();
            for (_, source) in step.map_or(&[][..], |step| &step.inputs) {
                if let StepSource::Step { step, .. } = source
                    && !deps.contains(&&**step)
                {
                    deps.push(step);
                }
            }
            if !deps.is_empty() && at != last {
                fields.insert("deps".to_owned(), deps.into());
            }
        }
        executables.insert(name, about);
    }
}

fn outputs(outputs: &[(Arc<str>, Arc<str>)]) -> Value {
    let outputs = outputs.iter().map(|(name, path)| (name.to_string(), Value::from(&**path)));
    Value::Object(outputs.collect())
}

/// Where an input comes from: upstream writes all keys, whether they mean something there or not.
fn mapping(target: &str, known: &[(&str, &str)]) -> Value {
    let keys = [
        "type",
        "job_id_template",
        "source_output",
        "target_input",
        "source_run",
        "dependency_type",
        "source_value",
        "source",
        "source_key",
        "job_id",
    ];
    let value = |key: &str| match key {
        "target_input" => Value::from(target),
        key => {
            known.iter().find(|(known, _)| *known == key).map_or(Value::Null, |(_, v)| (*v).into())
        }
    };
    Value::Object(keys.iter().map(|key| ((*key).to_owned(), value(key))).collect())
}

/// Where the inputs of a whole job come from. Defaults stand in its script.
fn mappings(listing: &Listing, view: &JobView<'_>, run: &crate::sweep::RunInfo) -> Vec<Value> {
    let one = |(name, source): (&Arc<str>, Source<'_>)| match source {
        Source::Job { job, output } => {
            let other = listing.job(job)?;
            let (id, pname) = (other.name().to_string(), other.pname());
            Some(mapping(
                name,
                &[
                    ("type", "intra-pipeline"),
                    ("job_id_template", &pname),
                    ("source_output", output),
                    ("job_id", &id),
                ],
            ))
        }
        Source::Run(other) => {
            let need = run.depends_on.iter().find(|(known, _)| *known == *other);
            let need = need.map_or("soft", |(_, need)| need.word());
            let known =
                [("type", "inter-run"), ("source_run", &**other), ("dependency_type", need)];
            Some(mapping(name, &known))
        }
        Source::StoreBase => {
            Some(mapping(name, &[("type", "global"), ("source_value", "store_base")]))
        }
        Source::Default(_) => None,
    };
    view.inputs().filter_map(one).collect()
}

/// Where an input of a step, or of gather, comes from.
fn step_mapping(view: &JobView<'_>, input: &str, source: &StepSource, own: &[Value]) -> Value {
    match source {
        StepSource::Item => mapping(input, &[("source", "scatter:work_item")]),
        StepSource::Workers => {
            let read = |name: &str| {
                let mut all = view.steps().iter().flat_map(|step| &step.inputs);
                all.any(
                    |(_, from)| matches!(from, StepSource::Step { step, .. } if **step == *name),
                )
            };
            let worked = view.steps().split_last().map_or(&[][..], |(_, worked)| worked);
            let sink = worked.iter().find(|step| !read(&step.name));
            let sink = sink.and_then(|sink| view.recipes().iter().find(|r| r.name == sink.name));
            let key = sink.and_then(|recipe| recipe.outputs.first()).map_or("", |(name, _)| name);
            mapping(input, &[("source", "runner:worker_outputs"), ("source_key", key)])
        }
        StepSource::Scatter(output) => {
            mapping(input, &[("job_id", "self"), ("source_output", output)])
        }
        StepSource::Step { step, output } => {
            let step = format!("step:{step}");
            mapping(input, &[("source", &step), ("source_output", output)])
        }
        StepSource::Stage => {
            let found = own.iter().find(|mapping| mapping["target_input"] == *input);
            found.cloned().unwrap_or_else(|| mapping(input, &[]))
        }
    }
}

fn resources(hints: &Resources) -> Value {
    let mut fields = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    add("mem", hints.mem.as_ref().map(|mem| mem.to_string().into()));
    add("cpus", hints.cpus.map(Value::from));
    add("time", hints.time.as_ref().map(|time| time.to_string().into()));
    add("partition", hints.partition.clone().map(Value::from));
    add("sbatch_opts", hints.sbatch_opts.clone().map(Value::from));
    Value::Object(fields)
}
