//! A comparison for people: how much has changed in each stage, then some of the jobs.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::{Change, Comparison};
use crate::cli::find::begin;
use crate::cli::listing::TableStyle;
use crate::cli::listing::table::{MOST_JOBS, Paint, clean, counted, fit, grouped, line};
use crate::sweep::Count;

/// What to do where there are more.
const HINT: &str =
    "To see all: --format ndjson; some: --run NAME, --stage NAME, --param KEY=VALUE.";

/// Numbers of jobs, in words: "24 added, 3 changed".
pub(crate) fn in_words(numbers: [(Change, usize); 3], between: &str) -> String {
    let some = numbers.into_iter().filter(|(_, number)| *number > 0);
    let words = some.map(|(change, number)| {
        format!("{} {}", grouped(Count::Exactly(number as u128)), change.word())
    });
    words.collect::<Vec<_>>().join(between)
}

/// How many jobs are how, in a line: "2 added · 1 changed · 73 unchanged".
pub(crate) fn totals(comparison: &Comparison<'_>) -> String {
    let unchanged = Count::Exactly(comparison.diff.unchanged as u128);
    if comparison.diff.is_empty() {
        return format!("nothing has changed · {}", counted(unchanged, "job"));
    }
    format!("{} · {} unchanged", in_words(comparison.numbers(), " · "), grouped(unchanged))
}

/// Writes what is compared.
pub(crate) fn write_heading(out: &mut impl Write, text: &str, style: TableStyle) -> io::Result<()> {
    writeln!(out, "{}", style.paint(Paint::Strong, &clean(text)))
}

/// Writes the totals as a line.
pub(crate) fn write_totals(out: &mut impl Write, comparison: &Comparison<'_>) -> io::Result<()> {
    writeln!(out, "{}", totals(comparison))
}

/// Writes what has changed, by stage and by job.
pub(crate) fn write_changes(
    out: &mut impl Write,
    comparison: &Comparison<'_>,
    style: TableStyle,
) -> io::Result<()> {
    if comparison.diff.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    for (stage, numbers) in comparison.by_stage() {
        let stage = style.paint(Paint::Strong, &clean(&stage));
        writeln!(out, "{stage}: {}", in_words(numbers, ", "))?;
    }
    writeln!(out)?;
    rows(out, comparison, style)?;
    if comparison.len() > MOST_JOBS {
        let more = Count::Exactly((comparison.len() - MOST_JOBS) as u128);
        let more = format!("… and {}", counted(more, "more job"));
        writeln!(out, "{}", style.paint(Paint::Faint, &more.replace("more jobs", "more")))?;
        writeln!(out, "{}", style.paint(Paint::Faint, HINT))?;
    }
    Ok(())
}

/// The columns: how, the id as it is or last was, the id before the change, and what the job is.
const COLUMNS: usize = 6;
const HEADS: [&str; COLUMNS] = ["", "ID", "WAS", "RUN", "STAGE", "PARAMS"];

fn rows(out: &mut impl Write, comparison: &Comparison<'_>, style: TableStyle) -> io::Result<()> {
    let shown = quotas(comparison.numbers().map(|(_, number)| number), MOST_JOBS);
    let mut rows: Vec<(Change, [String; COLUMNS])> = Vec::new();
    for ((change, _), quota) in comparison.numbers().into_iter().zip(shown) {
        let jobs = comparison.jobs(change).take(quota);
        rows.extend(jobs.map(|job| (change, cells(comparison, change, job))));
    }
    let mut widths = HEADS.map(UnicodeWidthStr::width);
    for (_, cells) in &rows {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.width().max(*width);
        }
    }
    let changed = !comparison.diff.changed.is_empty();
    let several = rows.iter().any(|(_, cells)| rows.first().is_some_and(|(_, f)| f[3] != cells[3]));
    let shown = [true, true, changed, several, true, true];
    fit(&mut widths, shown, 3..COLUMNS, style.width);
    line(out, &HEADS.map(str::to_owned), shown, widths, [Paint::Faint; COLUMNS], style)?;
    for (change, cells) in &rows {
        let paint = match change {
            Change::Added => Paint::Good,
            Change::Removed => Paint::Bad,
            Change::Changed => Paint::Strong,
        };
        let mut paints = [Paint::Plain; COLUMNS];
        paints[0] = paint;
        line(out, cells, shown, widths, paints, style)?;
    }
    Ok(())
}

fn cells(
    comparison: &Comparison<'_>,
    change: Change,
    (was, is): (Option<u32>, Option<u32>),
) -> [String; COLUMNS] {
    let (side, job) = comparison.latest(was, is);
    let place = side.place(job);
    let params = side.params_of(job);
    let params = match was.filter(|_| is.is_some()) {
        Some(was) => params.since(&comparison.before.params_of(was)),
        None => params.words(|_| true, false),
    };
    let short = |id: Option<crate::sweep::JobId>| {
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        begin(&id).to_owned()
    };
    let before = was.filter(|_| is.is_some()).and_then(|job| comparison.before.id(job));
    let runs: Vec<String> = place.runs.iter().map(|run| clean(run)).collect();
    [
        change.mark().to_owned(),
        short(side.id(job)),
        short(before),
        runs.join(","),
        clean(place.stage),
        params,
    ]
}

/// How many of each to show where there is room for so many: of few all, and of many alike.
fn quotas<const N: usize>(numbers: [usize; N], room: usize) -> [usize; N] {
    let mut quotas = [0; N];
    let mut left = room;
    loop {
        let hungry = quotas.iter().zip(numbers).filter(|(quota, number)| **quota < *number).count();
        if left == 0 || hungry == 0 {
            return quotas;
        }
        let share = (left / hungry).max(1);
        for (quota, number) in quotas.iter_mut().zip(numbers) {
            let more = share.min(number - *quota).min(left);
            *quota += more;
            left -= more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_gets_its_share_of_the_page() {
        assert_eq!(quotas([1, 2, 3], 40), [1, 2, 3]);
        assert_eq!(quotas([100, 0, 0], 40), [40, 0, 0]);
        assert_eq!(quotas([100, 3, 100], 40), [19, 3, 18]);
        assert_eq!(quotas([100, 100, 100], 40), [14, 13, 13]);
    }
}
