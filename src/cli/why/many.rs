//! Why many jobs are as they are, in few words each: what `repx run -n` says.

use std::path::Path;

use super::reasons::{Reason, Reasons};
use super::recorded::Recorded;
use super::{Ran, Verdict, pending, said};
use crate::cli::listing::{Status, clean};
use crate::sweep::{Difference, JobView, Listing};
use crate::world::World;

/// Causes that are told of a job.
const MOST_CAUSES: usize = 6;

/// Finds out why jobs are as they are.
pub(in crate::cli) struct Many<'l> {
    reasons: Reasons<'l>,
}

/// A cause in words.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::cli) struct Cause {
    /// What many jobs have in common.
    pub(in crate::cli) what: String,
    /// The same, with this job's own values.
    pub(in crate::cli) whole: String,
    /// Of that what the former doesn't say.
    pub(in crate::cli) own: String,
}

impl Cause {
    /// One that has nothing to say of its own.
    pub(in crate::cli) fn simple(what: &str) -> Cause {
        Cause { what: what.to_owned(), whole: what.to_owned(), own: String::new() }
    }
}

/// What is known of the jobs that lie below a base path.
pub(in crate::cli) struct Known(Recorded);

impl Known {
    /// Reads it.
    pub(in crate::cli) fn read(base: &Path, world: &dyn World) -> Known {
        Known(Recorded::read(base, world))
    }
}

/// One of a cause's parts in words: what many jobs have in common, and that with values.
#[derive(PartialEq)]
struct Part {
    what: String,
    whole: String,
}

impl<'l> Many<'l> {
    pub(in crate::cli) fn new(listing: &'l Listing, known: &'l Known) -> Many<'l> {
        Many { reasons: Reasons::of_many(listing, &known.0) }
    }

    /// Why a job isn't done.
    pub(in crate::cli) fn why(&mut self, job: &JobView<'l>) -> Verdict {
        self.reasons.begin();
        match self.reasons.recorded.status(&job.name().to_string()) {
            Status::Done => Verdict::UpToDate,
            Status::Failed => Verdict::Failed,
            Status::Pending => pending(&mut self.reasons, job),
        }
    }

    /// The same in words.
    pub(in crate::cli) fn cause(&self, verdict: &Verdict) -> Cause {
        match verdict {
            Verdict::UpToDate => Cause::simple("it is done"),
            Verdict::Failed => Cause::simple("it failed"),
            Verdict::Removed => Cause::simple("its results were removed"),
            Verdict::Outdated { .. } => Cause::simple("what it was made from was made again"),
            Verdict::Stopped => Cause::simple("it was begun, and didn't end"),
            Verdict::Nothing { ran, .. } => Cause::simple(ran.word()),
            Verdict::Changed { before, reasons, ran } => {
                // What stands in no other's place is no change: it is another job of the stage.
                let beside = self.reasons.listed.contains(before) && reasons.iter().all(is_value);
                let mut causes = causes(reasons);
                let more = causes.len().saturating_sub(MOST_CAUSES);
                causes.truncate(MOST_CAUSES);
                let parts = |part: &dyn Fn(&Part) -> Option<&String>| {
                    let mut parts: Vec<String> = Vec::new();
                    for part in causes.iter().filter_map(part) {
                        if !parts.contains(part) {
                            parts.push(part.clone());
                        }
                    }
                    parts.join(", ")
                };
                let joined = |parts: String| {
                    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
                    let begin = if beside { format!("{}: ", ran.word()) } else { String::new() };
                    format!("{begin}{parts}{more}")
                };
                Cause {
                    what: joined(parts(&|part| Some(&part.what))),
                    whole: joined(parts(&|part| Some(&part.whole))),
                    own: parts(&|part| Some(&part.whole).filter(|whole| **whole != part.what)),
                }
            }
        }
    }
}

impl Ran {
    fn word(self) -> &'static str {
        match self {
            Ran::Never | Ran::Nowhere => "never run",
            Ran::Perhaps => "no result here",
        }
    }
}

/// Is it a value, of the job or of one that it reads from?
fn is_value(reason: &Reason) -> bool {
    match &reason.difference {
        Difference::Param { .. } => true,
        Difference::Upstream { .. } => {
            !reason.deeper.is_empty() && reason.deeper.iter().all(is_value)
        }
        difference => difference.may_follow() && reason.perhaps,
    }
}

/// What reasons lead back to, each once.
fn causes(reasons: &[Reason]) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    let mut add = |cause: Part| {
        let upstream = |known: &Part| format!("{UPSTREAM}{}", known.whole) == cause.whole;
        if !all.iter().any(|known| *known == cause || upstream(known)) {
            all.push(cause);
        }
    };
    let (others, own): (Vec<&Reason>, Vec<&Reason>) =
        reasons.iter().partition(|reason| !reason.deeper.is_empty());
    // What perhaps only follows from a parameter comes last.
    let (perhaps, own): (Vec<&Reason>, Vec<&Reason>) =
        own.into_iter().partition(|reason| reason.perhaps);
    for cause in own.into_iter().map(cause) {
        add(cause);
    }
    for reason in others {
        for Part { what, whole } in causes(&reason.deeper) {
            add(Part { what: upstream(what), whole: upstream(whole) });
        }
    }
    for Part { what, whole } in perhaps.into_iter().map(cause) {
        add(Part { what: format!("perhaps {what}"), whole: format!("perhaps {whole}") });
    }
    all
}

/// Stands before what another job's cause is.
const UPSTREAM: &str = "upstream: ";

fn upstream(text: String) -> String {
    if text.starts_with(UPSTREAM) { text } else { format!("{UPSTREAM}{text}") }
}

fn cause(reason: &Reason) -> Part {
    let whole = said(reason);
    let what = match &reason.difference {
        Difference::Param { name, .. } => format!("param {}", clean(name)),
        Difference::Pname { .. } => "pname".to_owned(),
        Difference::Upstream { input, .. } | Difference::Input { name: input, .. } => {
            format!("input {}", clean(input))
        }
        Difference::Output { name, .. } => format!("output {}", clean(name)),
        Difference::Version { .. }
        | Difference::Script { .. }
        | Difference::Packages { .. }
        | Difference::UpstreamRuns { .. } => whole.clone(),
    };
    Part { what, whole }
}
