//! The pages of codes (`docs/codes`): none is missing, and their examples do what they say.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use repx::check::codes::{Example, Kind, Page, Verdict, page, pages};
use repx::check::{Around, Findings, LabRequest, Levels, check_all, check_lab, nix_files};
use repx::diagnostic::render::{RenderOptions, render_all};
use repx::diagnostic::{Diagnostic, Severity};
use repx::session::{self, Config};
use repx::source::SourceMap;
use repx::sweep::{self, Request};
use repx::world::Disk;

/// Words in quotes that look like codes in the sources, tests aside.
fn codes_in_sources() -> BTreeSet<String> {
    let code = regex::Regex::new(r#""(repx::[a-z]+(?:::[a-z-]+)?)""#).expect("it is one");
    let src = support::repository("src");
    let mut codes = BTreeSet::new();
    for entry in walkdir::WalkDir::new(src) {
        let path = entry.expect("src can be read").into_path();
        let name = path.to_string_lossy().into_owned();
        if !name.ends_with(".rs") || name.contains("test") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source file can be read");
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        codes.extend(code.captures_iter(text).map(|found| found[1].to_owned()));
    }
    codes
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let codes = codes_in_sources();
    assert!(codes.len() > 100, "the sources are looked at");
    let pages: Vec<&str> = pages().iter().map(|page| page.code).collect();
    let missing: Vec<&String> = codes.iter().filter(|c| !pages.contains(&c.as_str())).collect();
    assert!(missing.is_empty(), "codes without a page in docs/codes: {missing:?}");
    let idle: Vec<&&str> = pages.iter().filter(|page| !codes.contains(**page)).collect();
    assert!(idle.is_empty(), "pages of codes that there aren't: {idle:?}");
    let once: BTreeSet<&&str> = pages.iter().collect();
    assert_eq!(once.len(), pages.len(), "a code has two pages");
}

#[test]
fn a_page_is_found_by_its_code() {
    let whole = page("repx::lint::url-literal").expect("it is there");
    assert_eq!(page("lint::url-literal"), Some(whole));
    assert_eq!(page("lint"), None);
    assert!(whole.summary().starts_with("A URL"));
}

#[test]
fn a_page_ends_where_another_area_begins() {
    for page in pages() {
        let last = page.text.lines().last().expect("a page says something");
        assert!(!last.starts_with('#'), "{}: {last}", page.code);
    }
}

/// What is found in the small lab with these files in it, or in an expression.
fn findings(examples: &[(&str, &str)], directory: &Path) -> (Vec<Diagnostic>, SourceMap) {
    let sources = SourceMap::new();
    let mut found = Findings::default();
    let never = AtomicBool::new(false);
    let config = Config { tolerant: true, ..support::config(&sources, &never, true) };
    let write = |(file, text): &(&str, &str)| {
        let path = directory.join(file);
        std::fs::create_dir_all(path.parent().expect("it is in one")).expect("it can be made");
        std::fs::write(&path, text).expect("it can be written");
    };
    let lab = !examples.iter().any(|(file, _)| *file == "expr.nix");
    if lab {
        support::program::copy(&support::repository("docs/codes/lab"), directory);
    }
    examples.iter().for_each(write);
    let met = session::run(&config, |session, evaluator| {
        if lab {
            let (entry, root) = sweep::find_entry(directory).expect("the lab has an entry");
            let request = Request { threads: 1, ..Request::new(entry, root) };
            return check_lab(
                session,
                evaluator,
                &LabRequest { request, shellcheck: None, scripts: Default::default(), path: None },
            );
        }
        let import = format!("import {}", directory.join("expr.nix").display());
        let value = session.expression(evaluator, &import, directory);
        let value = value.and_then(|v| evaluator.force_deep(repx::value::Slot::Value(v)));
        let error = value.err().map(|error| error.diagnostic());
        session.take_findings().into_iter().chain(error).collect()
    });
    let met = met.expect("a thread can be had");
    found.add(met.into_iter().filter(|d| d.code != repx::eval::HOLE), &sources);
    let files = nix_files(&Disk, &[directory.to_owned()]).expect("they can be read");
    let around = Around::new(&Disk, &sources);
    found.add(check_all(&around, &files, 1, &never).expect("threads can be had"), &sources);
    (found.into_sorted(&Levels::default(), &sources), sources)
}

/// What is told of an example without -v, and the code in question whatever it is.
fn told(found: &[Diagnostic], code: &str) -> BTreeSet<&'static str> {
    let shown = |d: &&Diagnostic| d.severity > Severity::Advice || d.code == code;
    found.iter().filter(shown).map(|d| d.code).collect()
}

/// The file where a code's rendering is kept, as it was found good.
fn golden_name(code: &str) -> String {
    format!("{}.txt", code.trim_start_matches("repx::").replace("::", "-"))
}

fn too_wide(text: &str) -> Option<&str> {
    text.lines().find(|line| line.chars().count() > 80)
}

/// Texts as files of the lab: the bad ones have the code and no other, the good ones none.
fn try_files(code: &str, bad: &[(&str, &str)], good: &[(&str, &str)], failures: &mut Vec<String>) {
    let directory = tempfile::tempdir().expect("a directory can be had");
    let directory = directory.path().canonicalize().expect("it is there");
    let (found, sources) = findings(bad, &directory.join("bad"));
    if told(&found, code) != BTreeSet::from([code]) {
        failures.push(format!("{code}: the bad example gives {:?}", told(&found, code)));
    }
    let options = RenderOptions { base: Some(directory.join("bad")), ..RenderOptions::default() };
    let shown: Vec<Diagnostic> = found.into_iter().filter(|d| d.code == code).collect();
    let text = render_all(&shown, &sources, &options);
    failures.extend(too_wide(&text).map(|line| format!("{code}: wider than the page: {line}")));
    let golden = support::repository("corpus/codes");
    failures.extend(support::golden::compare(&golden, &golden_name(code), text.as_bytes()).err());
    let (found, sources) = findings(good, &directory.join("good"));
    if !told(&found, code).is_empty() {
        let text = render_all(&found, &sources, &options);
        failures.push(format!("{code}: the good example gives {:?}\n{text}", told(&found, code)));
    }
}

/// What a console shows: all that was printed, and how the last command ended.
fn on_console(example: &Example) -> (String, Option<i32>) {
    let scratch = tempfile::tempdir().expect("a directory can be had");
    let scratch = scratch.path().canonicalize().expect("it is there");
    let (here, home, bin) = (scratch.join("here"), scratch.join("home"), scratch.join("bin"));
    for directory in [&here, &home, &bin] {
        std::fs::create_dir(directory).expect("it can be made");
    }
    support::program::copy(&support::repository("docs/codes/lab"), &here.join("lab"));
    let program = bin.join("repx");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_repx"), program).expect("a link can be made");
    let path = std::env::var("PATH").expect("there is a PATH");
    let script = format!("exec 2>&1\n{}", example.script());
    let mut command = Command::new("sh");
    command.args(["-e", "-c", &script]).current_dir(&here).env_clear();
    command.env("PATH", format!("{}:{path}", bin.display())).env("HOME", &home);
    for (name, place) in [("CACHE", ".cache"), ("CONFIG", ".config"), ("DATA", ".local/share")] {
        command.env(format!("XDG_{name}_HOME"), home.join(place));
    }
    command.envs([("NO_COLOR", "1"), ("COLUMNS", "80"), ("LC_ALL", "C")]);
    // So that a commit has the same hash everywhere.
    for role in ["AUTHOR", "COMMITTER"] {
        for (what, value) in [("NAME", "me"), ("EMAIL", "me@example.org"), ("DATE", "@0 +0000")] {
            command.env(format!("GIT_{role}_{what}"), value);
        }
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let ran = support::program::run(&mut command);
    assert!(!ran.hung, "{}", example.text);
    (String::from_utf8(ran.stdout).expect("text is printed"), ran.code)
}

/// The codes that a text tells: each stands in a line of its own.
fn codes_told(text: &str) -> BTreeSet<&str> {
    text.lines().filter(|line| page(line).is_some_and(|page| page.code == *line)).collect()
}

/// Does a console's last command speak as Nix does, which has no codes? Then the code's rendering
/// is a golden file of its own.
fn is_as_nix(example: &Example) -> bool {
    example.script().lines().any(|line| line.contains("repx instantiate"))
}

/// Calls: the bad one has the code and no other, and prints what the page says; the good one does
/// what it is to do.
fn try_console(code: &str, example: &Example, failures: &mut Vec<String>) {
    // Git makes the commits of some; all else that is called is there, or made by the example.
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if example.script().contains("git ") && !has("git") {
        println!("{code}: not run: Git is not installed");
        return;
    }
    let (printed, status) = on_console(example);
    let codes = codes_told(&printed);
    if example.verdict == Verdict::Good {
        if codes.contains(code) && !example.script().contains("repx explain") || status != Some(0) {
            failures.push(format!("{code}: the good call ends with {status:?}\n{printed}"));
        }
        return;
    }
    let expected = if is_as_nix(example) { BTreeSet::new() } else { BTreeSet::from([code]) };
    if codes != expected {
        failures.push(format!("{code}: the bad call tells {codes:?}\n{printed}"));
    }
    let only_warned = ["⚠", "☞"].iter().any(|mark| printed.contains(mark));
    if status == Some(0) && !only_warned {
        failures.push(format!("{code}: the bad call ends well"));
    }
    let wide = too_wide(example.text).or(too_wide(&printed));
    failures.extend(wide.map(|line| format!("{code}: wider than the page: {line}")));
    if printed == example.printed() {
        return;
    }
    if std::env::var_os("REPX_BLESS").is_none() {
        let difference = support::golden::first_difference(&example.printed(), &printed);
        failures.push(format!("{code}: the page differs (REPX_BLESS=1 accepts):\n{difference}"));
        return;
    }
    let typed = example.text.strip_suffix(&example.printed()).expect("what is typed comes first");
    write_page(example.text, &format!("{typed}{printed}"));
}

/// Writes an example of a page anew.
fn write_page(old: &str, new: &str) {
    for entry in std::fs::read_dir(support::repository("docs/codes")).expect("it can be read") {
        let path = entry.expect("an entry").path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if text.contains(old) {
            std::fs::write(&path, text.replacen(old, new, 1)).expect("it can be written");
        }
    }
}

fn try_examples(page: &Page, failures: &mut Vec<String>) {
    let code = page.code;
    let examples = page.examples();
    let is_kept = support::repository("corpus/codes").join(golden_name(code)).is_file();
    if examples.is_empty() {
        if !page.text.contains("No example: ") {
            failures.push(format!("{code}: no example, and no reason why not"));
        }
        if !is_kept {
            failures.push(format!("{code}: neither an example nor a rendering in corpus/codes"));
        }
        return;
    }
    if [Verdict::Bad, Verdict::Good].iter().any(|v| !examples.iter().any(|e| e.verdict == *v)) {
        failures.push(format!("{code}: one kind of example is missing"));
    }
    let files = |verdict: Verdict| -> Vec<(&str, &str)> {
        let file = |example: &Example| match example.kind {
            Kind::File(file) if example.verdict == verdict => Some((file, example.text)),
            Kind::File(_) | Kind::Console => None,
        };
        examples.iter().filter_map(file).collect()
    };
    let (bad, good) = (files(Verdict::Bad), files(Verdict::Good));
    if !bad.is_empty() || !good.is_empty() {
        try_files(code, &bad, &good, failures);
    }
    for example in examples.iter().filter(|example| example.kind == Kind::Console) {
        if example.verdict == Verdict::Bad && is_as_nix(example) && !is_kept {
            failures.push(format!("{code}: no rendering in corpus/codes"));
        }
        try_console(code, example, failures);
    }
}

/// Each bad example has its code and no other, and reads as it was read and found good
/// (`corpus/codes`, or the page itself); of the good ones there is nothing to say. What has no
/// example has a rendering all the same: none is left out.
#[test]
fn examples_do_what_they_say() {
    let pages = pages();
    let mut failures = Vec::new();
    for page in &pages {
        try_examples(page, &mut failures);
    }
    support::conclude(pages.len(), &failures);
}

/// Each file of `corpus/codes` is the rendering of a code that there is.
#[test]
fn no_rendering_is_left_over() {
    let names: BTreeSet<String> = pages().iter().map(|page| golden_name(page.code)).collect();
    for entry in std::fs::read_dir(support::repository("corpus/codes")).expect("it can be read") {
        let name = entry.expect("an entry").file_name().into_string().expect("a plain name");
        assert!(names.contains(&name), "{name} belongs to no code");
    }
}
