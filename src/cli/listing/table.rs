//! Listings for people: the lab in a line, its runs, then its jobs if they are few.
//!
//! Columns are aligned by hand: two spaces apart, no lines, the widest column cut to what the
//! page leaves.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub(in crate::cli) use super::params::{Above, ParamsOf, above, params_cell, params_of};
use super::{Status, Statuses, Tally, View};
use crate::cli::arguments::Terminal;
use crate::source::printable;
use crate::sweep::{self, Count, JobView, RunInfo};

/// More jobs than this are counted, not listed.
pub(in crate::cli) const MOST_JOBS: usize = 40;
/// What to do where there are more.
const HINT: &str = "To see jobs: --run NAME, --stage NAME, --param KEY=VALUE, or --format ndjson.";
/// The same where there are more than can be listed at all.
const HINT_BEYOND: &str = "More than can be listed. To see some: --run NAME, --stage NAME, and
--param KEY=VALUE for parameters with many values, until few jobs remain.";
/// No more jobs than this can be listed.
const MOST_LISTED: u128 = crate::cli::eval::MOST_LISTED as u128;
/// Characters of an id shown.
pub(in crate::cli) const SHORT_ID: usize = 8;
/// No column is cut below this many characters.
const NARROWEST: usize = 8;

/// Pages as wide as this cut nothing.
const UNCUT: usize = 1000;
/// How the page looks.
#[derive(Clone, Copy)]
pub(crate) struct TableStyle {
    /// Columns.
    pub(crate) width: usize,
    /// With the terminal's colours.
    pub(crate) color: bool,
}

/// How a text stands out.
#[derive(Clone, Copy)]
pub(crate) enum Paint {
    /// Not at all.
    Plain,
    /// Bold.
    Strong,
    /// Dim.
    Faint,
    /// Green.
    Good,
    /// Red.
    Bad,
}

impl Status {
    /// How its name stands out.
    pub(in crate::cli) fn paint(self) -> Paint {
        match self {
            Status::Done => Paint::Good,
            Status::Failed => Paint::Bad,
            Status::Pending => Paint::Faint,
        }
    }
}

impl TableStyle {
    /// The page that a terminal is. What isn't read by people as it comes is not cut.
    pub(in crate::cli) fn of(terminal: &Terminal) -> TableStyle {
        TableStyle { width: terminal.page, color: terminal.color }
    }

    /// Is what is too wide cut?
    pub(in crate::cli) fn is_narrow(self) -> bool {
        self.width < UNCUT
    }

    /// The text as it is to be printed.
    pub(crate) fn paint(self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Plain => return text.to_owned(),
            Paint::Strong => "1",
            Paint::Faint => "2",
            Paint::Good => "32",
            Paint::Bad => "31",
        };
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Writes the table.
pub(crate) fn write_table(
    out: &mut impl Write,
    (view, tally): (&View<'_>, &Tally<'_>),
    statuses: &Statuses,
    style: TableStyle,
) -> io::Result<()> {
    let shown = view.count();
    write_counts(out, tally, style)?;
    if shown == 0 {
        return Ok(());
    }
    writeln!(out)?;
    if shown > MOST_JOBS {
        return many(out, view, statuses, style);
    }
    jobs(out, view, statuses, style)
}

/// Writes the lab in a line, and its runs.
pub(crate) fn write_counts(
    out: &mut impl Write,
    tally: &Tally<'_>,
    style: TableStyle,
) -> io::Result<()> {
    writeln!(out, "{}", style.paint(Paint::Strong, &headline(tally)))?;
    for row in &tally.runs {
        let name = style.paint(Paint::Strong, &clean(&row.run.name));
        writeln!(out, "\n{name} · {}{}", counted(row.jobs, "job"), after(row.run))?;
        let stages = row.stages.iter();
        let stages = stages.map(|(name, jobs)| format!("{} {}", clean(name), grouped(*jobs)));
        wrapped(out, stages, style)?;
    }
    if tally.total == Count::NONE && tally.all != Count::NONE {
        writeln!(out, "\n{}", none_fits(tally.all))?;
    }
    if let [first, rest @ ..] = tally.reasons.as_slice() {
        writeln!(out, "\nat most: {first}")?;
        match rest.len() {
            0 => {}
            1..=MOST_REASONS => rest.iter().try_for_each(|why| writeln!(out, "  and {why}"))?,
            more => writeln!(out, "  and {more} reasons like this")?,
        }
    }
    Ok(())
}

/// More reasons than these are not worth reading.
const MOST_REASONS: usize = 4;

/// Writes the table of a lab whose jobs are too many to be made only to be counted.
pub(crate) fn write_too_many(
    out: &mut impl Write,
    tally: &Tally<'_>,
    statuses: &Statuses,
    style: TableStyle,
) -> io::Result<()> {
    write_counts(out, tally, style)?;
    if tally.total == Count::NONE {
        return Ok(());
    }
    writeln!(out)?;
    if statuses.is_empty() && tally.total.is_exact() {
        writeln!(out, "{} pending", grouped(tally.total))?;
    }
    let hint = match tally.total {
        Count::Exactly(number) | Count::AtMost(number) if number <= MOST_LISTED => HINT,
        Count::Exactly(_) | Count::AtMost(_) | Count::Beyond => HINT_BEYOND,
    };
    writeln!(out, "{}", style.paint(Paint::Faint, hint))
}

/// What a filter has left of so many jobs.
pub(in crate::cli) fn none_fits(all: Count) -> String {
    format!("No job fits, of {}.", counted(all, "job"))
}

fn headline(tally: &Tally<'_>) -> String {
    let lab = &tally.listing.lab;
    let jobs = match tally.total == tally.all {
        true => counted(tally.all, "job"),
        false => format!("{} of {}", grouped(tally.total), counted(tally.all, "job")),
    };
    let version = if lab.version.is_empty() {
        "lab".to_owned()
    } else {
        format!("lab {}", clean(&lab.version))
    };
    let runs = counted(Count::Exactly(tally.runs.len() as u128), "run");
    format!("{version} · {} · {runs} · {jobs}", clean(&lab.entry))
}

/// "1 job", "2,401 jobs".
pub(in crate::cli) fn counted(count: Count, what: &str) -> String {
    let plural = if count == Count::Exactly(1) { "" } else { "s" };
    format!("{} {what}{plural}", grouped(count))
}

/// A number with commas between thousands.
pub(in crate::cli) fn grouped(count: Count) -> String {
    match count {
        Count::Exactly(number) => sweep::grouped(number),
        Count::AtMost(number) => format!("at most {}", sweep::grouped(number)),
        Count::Beyond => "more than 10^38".to_owned(),
    }
}

fn after(run: &RunInfo) -> String {
    let mut text = String::new();
    for (i, (name, need)) in run.depends_on.iter().enumerate() {
        let begin = if i == 0 { " · after" } else { "," };
        // Writing to a string can't fail.
        let _ = write!(text, "{begin} {} ({})", clean(name), need.word());
    }
    text
}

/// Items in indented lines, ` · ` between them.
fn wrapped(
    out: &mut impl Write,
    items: impl Iterator<Item = String>,
    style: TableStyle,
) -> io::Result<()> {
    let mut line = String::new();
    for item in items {
        if line.is_empty() {
            line = item;
        } else if 2 + line.width() + 3 + item.width() <= style.width {
            line.push_str(" · ");
            line.push_str(&item);
        } else {
            writeln!(out, "  {line}")?;
            line = item;
        }
    }
    if line.is_empty() { Ok(()) } else { writeln!(out, "  {line}") }
}

/// How many jobs are how far, and how to see them.
fn many(
    out: &mut impl Write,
    view: &View<'_>,
    statuses: &Statuses,
    style: TableStyle,
) -> io::Result<()> {
    let mut numbers = [(Status::Done, 0), (Status::Failed, 0), (Status::Pending, 0)];
    if statuses.is_empty() {
        numbers = [(Status::Done, 0), (Status::Failed, 0), (Status::Pending, view.count())];
    }
    for job in view.shown_jobs().take_while(|_| !statuses.is_empty()) {
        let status = statuses.of(&job);
        numbers.iter_mut().filter(|(s, _)| *s == status).for_each(|(_, n)| *n += 1);
    }
    let numbers = numbers.iter().filter(|(_, number)| *number > 0);
    let numbers: Vec<String> = numbers
        .map(|(s, n)| format!("{} {}", grouped(Count::Exactly(*n as u128)), s.name()))
        .collect();
    writeln!(out, "{}", numbers.join(" · "))?;
    writeln!(out, "{}", style.paint(Paint::Faint, HINT))
}

/// The columns of the table of jobs.
const COLUMNS: usize = 5;
const HEADS: [&str; COLUMNS] = ["ID", "RUN", "STAGE", "PARAMS", "STATUS"];

fn jobs(
    out: &mut impl Write,
    view: &View<'_>,
    statuses: &Statuses,
    style: TableStyle,
) -> io::Result<()> {
    let rows: Vec<([String; COLUMNS], Status)> = view
        .shown_jobs()
        .map(|job| {
            let status = statuses.of(&job);
            (row(view, &job, status, style), status)
        })
        .collect();
    // One run needs no column to say which.
    let several = view.shown_runs().count() > 1;
    let shown = [true, several, true, true, true];
    let mut widths = HEADS.map(UnicodeWidthStr::width);
    for (cells, _) in &rows {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.width().max(*width);
        }
    }
    // Ids and states stay whole.
    fit(&mut widths, shown, 1..COLUMNS - 1, style.width);
    let heads = HEADS.map(str::to_owned);
    line(out, &heads, shown, widths, [Paint::Faint; COLUMNS], style)?;
    for (cells, status) in &rows {
        let paints = [Paint::Plain, Paint::Plain, Paint::Plain, Paint::Plain, status.paint()];
        line(out, cells, shown, widths, paints, style)?;
    }
    Ok(())
}

fn row(view: &View<'_>, job: &JobView<'_>, status: Status, style: TableStyle) -> [String; COLUMNS] {
    let id = job.id().to_string();
    let shown = |run: &u32| view.runs.get(*run as usize).copied().unwrap_or(false);
    let runs = job.runs().filter(shown);
    let runs = runs.filter_map(|run| view.listing.runs.get(run as usize));
    let runs: Vec<String> = runs.map(|run| clean(&run.name)).collect();
    [
        id.get(..SHORT_ID).unwrap_or(&id).to_owned(),
        runs.join(","),
        clean(&job.stage().name),
        params_of(view.listing, job).words(|_| true, style.is_narrow()),
        status.name().to_owned(),
    ]
}

/// A value as one would give it to `--param`: words without quotes, unless they read as something else than text.
pub(crate) fn bare(json: &str) -> String {
    let word = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let plain = |word: &&str| {
        !word.is_empty()
            && word.chars().all(|c| !c.is_whitespace() && !"\\\"=,".contains(c))
            && serde_json::from_str::<serde_json::Value>(word).is_err()
    };
    clean(word.filter(plain).unwrap_or(json))
}

/// Text from labs, without what would move the cursor.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(printable).collect()
}

/// Makes the widest of some columns narrower until all fit on the page.
pub(in crate::cli) fn fit<const N: usize>(
    widths: &mut [usize; N],
    shown: [bool; N],
    may_shrink: Range<usize>,
    page: usize,
) {
    let gaps = 2 * (shown.iter().filter(|shown| **shown).count() - 1);
    loop {
        let total: usize = widths.iter().zip(shown).filter(|(_, s)| *s).map(|(w, _)| *w).sum();
        let Some(excess) = (total + gaps).checked_sub(page).filter(|excess| *excess > 0) else {
            return;
        };
        let some = widths.iter_mut().zip(shown).skip(may_shrink.start).take(may_shrink.len());
        let widest = some.filter(|(_, shown)| *shown).map(|(width, _)| width).max();
        match widest {
            Some(width) if *width > NARROWEST => {
                *width = width.saturating_sub(excess.min(4)).max(NARROWEST);
            }
            Some(_) | None => return,
        }
    }
}

/// Writes a row of those columns that are shown.
pub(in crate::cli) fn line<const N: usize>(
    out: &mut impl Write,
    cells: &[String; N],
    shown: [bool; N],
    widths: [usize; N],
    paints: [Paint; N],
    style: TableStyle,
) -> io::Result<()> {
    let columns = cells.iter().zip(shown).zip(widths).zip(paints);
    let mut space = 0;
    for (((cell, shown), width), paint) in columns {
        if !shown {
            continue;
        }
        let text = cut(cell, width);
        // Written before the next text only: no line ends in spaces.
        if text.is_empty() {
            space += width + 2;
            continue;
        }
        write!(out, "{:space$}{}", "", style.paint(paint, &text))?;
        space = width.saturating_sub(text.width()) + 2;
    }
    writeln!(out)
}

/// Characters that two texts begin with alike.
pub(crate) fn shared(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

/// The text from shortly before one of its characters on; `…` says that there is more before.
pub(crate) fn begun_at(text: &str, character: usize) -> String {
    /// Characters before it that are shown.
    const BEFORE: usize = 6;
    match character.checked_sub(BEFORE + 1) {
        None | Some(0) => text.to_owned(),
        Some(left) => format!("…{}", text.chars().skip(left + 1).collect::<String>()),
    }
}

/// The text, cut to a width; `…` says that it was.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::sweep::Listing;

    fn page(listing: &Listing, width: usize, color: bool) -> String {
        let view = View::all(listing);
        let states =
            [(sample::name(listing, 0), Status::Done), (sample::name(listing, 1), Status::Failed)];
        let mut out = Vec::new();
        let tally = Tally::of(&view);
        write_table(
            &mut out,
            (&view, &tally),
            &Statuses::with(states),
            TableStyle { width, color },
        )
        .expect("a vector takes everything");
        String::from_utf8(out).expect("tables are UTF-8")
    }

    #[test]
    fn few_jobs_are_listed() {
        insta::assert_snapshot!(page(&sample::listing(), 80, false), @r"
        lab 1.0.0 · nix/lab.nix · 2 runs · 5 jobs

        simulation · 4 jobs
          generate 2 · train 2

        analysis · 2 jobs · after simulation (hard)
          generate 1 · report 1

        ID        RUN                  STAGE     PARAMS            STATUS
        040h2081  simulation,analysis  generate  seed=1            done
        081040h2  simulation           generate  seed=2            failed
        0c1h60q3  simulation           train     mode=fast seed=1  pending
        0h208104  simulation           train     mode=slow seed=2  pending
        0l2ha185  analysis             report                      pending
        ");
    }

    #[test]
    fn many_jobs_are_counted() {
        insta::assert_snapshot!(page(&sample::large(2401), 80, false), @r"
        lab 1.0.0 · nix/lab.nix · 1 run · 2,401 jobs

        simulation · 2,401 jobs
          generate 2,401 · train 0

        1 done · 1 failed · 2,399 pending
        To see jobs: --run NAME, --stage NAME, --param KEY=VALUE, or --format ndjson.
        ");
    }

    #[test]
    fn nothing_is_wider_than_the_page() {
        let page = page(&sample::listing(), 48, false);
        let jobs: Vec<&str> = page.lines().skip_while(|line| !line.starts_with("ID")).collect();
        assert_eq!(jobs.len(), 6);
        assert!(jobs.iter().all(|line| line.width() <= 48), "{page}");
        assert!(page.contains('…'));
    }

    #[test]
    fn colours_change_no_text() {
        let colored = page(&sample::listing(), 80, true);
        assert!(colored.contains("\x1b[32mdone\x1b[0m"));
        let mut plain = colored;
        for code in ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m"] {
            plain = plain.replace(code, "");
        }
        assert_eq!(plain, page(&sample::listing(), 80, false));
    }

    #[test]
    fn numbers_and_words() {
        assert_eq!(grouped(Count::Exactly(960_001)), "960,001");
        assert_eq!(grouped(Count::Exactly(1)), "1");
        assert_eq!(grouped(Count::AtMost(1_000)), "at most 1,000");
        assert_eq!(counted(Count::Exactly(1), "job"), "1 job");
        assert_eq!(bare("\"fast\""), "fast");
        assert_eq!(bare("\"two words\""), "\"two words\"");
        assert_eq!(bare("\"\""), "\"\"");
        assert_eq!(bare("[1,2]"), "[1,2]");
        for text in ["null", "true", "1.5", "1e9", "-0", "[]", "{}"] {
            assert_eq!(bare(text), text);
            assert_eq!(bare(&format!("\"{text}\"")), format!("\"{text}\""));
        }
        assert_eq!(bare("\"01\""), "01");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abcd", 4), "abcd");
    }
}
