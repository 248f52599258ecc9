//! Why jobs can't be listed: what there are too many of, and on which axis.

use super::counts::grouped;
use crate::diagnostic::Diagnostic;
use crate::lab::{Axis, Run, Stage};

/// Why the jobs of a stage can't be listed.
pub(super) enum Why {
    /// There are too many of them.
    Many,
    /// What the stage is follows from too many combinations.
    Followed,
    /// Jobs may be the same wherever they stand on this axis, and ids are too many to tell.
    Same(usize),
    /// Jobs may be those of this stage of that run, of which there are too many to tell.
    Alike { run: String, stage: String },
}

/// A number that may be beyond all measure.
fn shown(count: Option<u128>) -> String {
    count.map_or("more than 10^38".to_owned(), grouped)
}

/// Says why the jobs of a stage, points of these axes, can't be listed.
pub(super) fn refused(run: &Run<'_>, stage: &Stage<'_>, axes: &[usize], why: &Why) -> Diagnostic {
    let axes = axes.iter().filter_map(|axis| run.axes.get(*axis));
    let named = |axis: &Axis<'_>| {
        Some(format!("{} ({})", axis.members.first()?.target.key(), grouped(axis.length as u128)))
    };
    let all: Vec<String> = axes.clone().filter_map(named).collect();
    let all = all.join(" × ");
    let count = shown(axes.clone().try_fold(1u128, |n, axis| n.checked_mul(axis.length as u128)));
    let longest = axes.max_by_key(|axis| axis.length);
    let what = format!("stage `{}` of run `{}`", stage.key, run.name);
    let (message, axis, help) = match why {
        Why::Many => (
            format!("{what} would have {count} jobs, more than can be listed"),
            longest,
            format!(
                "the axes: {all}; `repx list jobs --stage NAME --param KEY=VALUE` lists some of them, \
                 `repx eval --count` counts all"
            ),
        ),
        Why::Followed => (
            format!("{what} follows {count} combinations, more than memory holds"),
            longest,
            format!("let its functions read fewer parameters at once; the axes: {all}"),
        ),
        Why::Same(axis) => (
            format!("some of the {count} jobs of {what} may be the same: too many to tell"),
            run.axes.get(*axis),
            "give each value once, or declare the parameter in the stage: then all differ".into(),
        ),
        Why::Alike { run, stage } => (
            format!("{what} may share jobs with `{stage}` of run `{run}`: too many to tell"),
            longest,
            "another `version` or `pname` tells them apart; `--count` counts them".into(),
        ),
    };
    let member = axis.and_then(|axis| axis.members.first());
    let span = member.map_or(run.span, |member| member.span);
    let length = grouped(axis.map_or(1, |axis| axis.length) as u128);
    let plural = if length == "1" { "" } else { "s" };
    let label = match why {
        Why::Same(_) => format!("jobs may be the same for several of these {length} values"),
        Why::Many | Why::Followed | Why::Alike { .. } => {
            format!("the longest axis, {length} value{plural}")
        }
    };
    Diagnostic::error("repx::sweep::too-many-jobs", message).at(span, label).help(help)
}

/// Says that a run needs too many jobs of those it depends on.
pub(super) fn needs_too_many(run: &Run<'_>, other: &Run<'_>, jobs: usize) -> Diagnostic {
    let longest = other.axes.iter().max_by_key(|axis| axis.length);
    let member = longest.and_then(|axis| axis.members.first());
    let length = grouped(longest.map_or(1, |axis| axis.length) as u128);
    let message = format!(
        "run `{}` needs all {} jobs of run `{}`: too many to keep",
        run.name,
        grouped(jobs as u128),
        other.name
    );
    Diagnostic::error("repx::sweep::too-many-jobs", message)
        .at(member.map_or(other.span, |member| member.span), format!("{length} values"))
        .also(run.span, "the run that needs them")
        .help("a soft dependency doesn't need the jobs: `[ [ other \"soft\" ] ]`")
}
