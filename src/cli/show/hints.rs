//! The hints of a job, each with the job whose stage gave it.

use crate::lab::Resources;
use crate::sweep::{JobSet, JobView, Listing};

/// A hint.
pub(super) struct Hint<'l> {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// The job whose stage gave it.
    pub(super) from: JobView<'l>,
}

/// Of hints that several jobs give: which counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The largest; of equal ones the nearest, then the first.
    Largest,
    /// One's own, else that of the last dependency.
    Last,
}

/// The hints that a job has.
pub(super) fn of<'l>(listing: &'l Listing, job: &JobView<'l>) -> Vec<Hint<'l>> {
    let mut hints = Vec::new();
    let mut add = |name, rule, value: &dyn Fn(&Resources) -> Option<String>| {
        let Some(text) = job.resources().and_then(value) else { return };
        let same = |hints: &Resources| value(hints).as_ref() == Some(&text);
        let from = origin(listing, job, rule, &same);
        hints.push(Hint { name, value: text, from });
    };
    add("mem", Rule::Largest, &|hints| hints.mem.as_ref().map(ToString::to_string));
    add("cpus", Rule::Largest, &|hints| hints.cpus.map(|cpus| cpus.to_string()));
    add("time", Rule::Largest, &|hints| hints.time.as_ref().map(ToString::to_string));
    add("partition", Rule::Last, &|hints| hints.partition.clone());
    add("sbatch_opts", Rule::Last, &|hints| hints.sbatch_opts.as_ref().map(|all| all.join(" ")));
    hints
}

/// The job that a hint of this one was given by, going the way that it was merged.
fn origin<'l>(
    listing: &'l Listing,
    job: &JobView<'l>,
    rule: Rule,
    same: &dyn Fn(&Resources) -> bool,
) -> JobView<'l> {
    let mut at = job.clone();
    // A job stands behind those it depends on, so this ends.
    while !at.own_resources().is_some_and(same) {
        match above(listing, &at, rule, same) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

fn above<'l>(
    listing: &'l Listing,
    job: &JobView<'l>,
    rule: Rule,
    same: &dyn Fn(&Resources) -> bool,
) -> Option<JobView<'l>> {
    let used = job.wiring().map_or(&[][..], |wiring| &wiring.used);
    let read = used.iter().filter_map(|index| listing.job(job.producer(*index)));
    let after = job.after().into_iter().flat_map(JobSet::iter);
    let all = read.chain(after.filter_map(|job| listing.job(job)));
    let mut fitting = all.filter(|other| other.resources().is_some_and(same));
    match rule {
        Rule::Largest => fitting.next(),
        Rule::Last => fitting.last(),
    }
}
