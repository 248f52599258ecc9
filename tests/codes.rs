//! The pages of codes (`docs/codes`): none is missing, and their examples do what they say.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use repx::check::codes::{Example, Page, page, pages};
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

/// What is found in the small lab with these files in it, or in an expression.
fn findings(examples: &[Example], directory: &Path) -> (Vec<Diagnostic>, SourceMap) {
    let sources = SourceMap::new();
    let mut found = Findings::default();
    let never = AtomicBool::new(false);
    let config = Config { tolerant: true, ..support::config(&sources, &never, true) };
    let write = |example: &Example| {
        let path = directory.join(example.file);
        std::fs::create_dir_all(path.parent().expect("it is in one")).expect("it can be made");
        std::fs::write(&path, example.text).expect("it can be written");
    };
    let lab = !examples.iter().any(|example| example.file == "expr.nix");
    if lab {
        support::program::copy(&support::repository("docs/codes/lab"), directory);
    }
    examples.iter().for_each(write);
    let met = session::run(&config, |session, evaluator| {
        if lab {
            let (entry, root) = sweep::find_entry(directory).expect("the lab has an entry");
            let request = Request { threads: 1, ..Request::new(entry, root) };
            return check_lab(session, evaluator, &LabRequest { request, shellcheck: None });
        }
        let import = format!("import {}", directory.join("expr.nix").display());
        let value = session.expression(evaluator, &import, directory);
        let value = value.and_then(|v| evaluator.force_deep(repx::value::Slot::Value(v)));
        let error = value.err().map(|error| error.diagnostic());
        session.take_findings().into_iter().chain(error).collect()
    });
    let hole = |d: &Diagnostic| d.code == "repx::syntax::broken" || d.code == "repx::eval::hole";
    let met = met.expect("a thread can be had");
    found.add(met.into_iter().filter(|d| !hole(d)), &sources);
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

fn try_examples(page: &Page, failures: &mut Vec<String>) {
    let code = page.code;
    let (bad, good): (Vec<Example>, Vec<Example>) =
        page.examples().into_iter().partition(|example| example.bad);
    if bad.is_empty() && good.is_empty() {
        if !page.text.contains("No example") {
            failures.push(format!("{code}: no example, and no reason why not"));
        }
        return;
    }
    if bad.is_empty() || good.is_empty() {
        failures.push(format!("{code}: one kind of example is missing"));
    }
    let directory = tempfile::tempdir().expect("a directory can be had");
    let directory = directory.path().canonicalize().expect("it is there");
    let (found, sources) = findings(&bad, &directory.join("bad"));
    if told(&found, code) != BTreeSet::from([code]) {
        failures.push(format!("{code}: the bad example gives {:?}", told(&found, code)));
    }
    let options = RenderOptions { base: Some(directory.join("bad")), ..RenderOptions::default() };
    let shown: Vec<Diagnostic> = found.into_iter().filter(|d| d.code == code).collect();
    let text = render_all(&shown, &sources, &options);
    let wide = text.lines().find(|line| line.chars().count() > 80);
    failures.extend(wide.map(|line| format!("{code}: wider than the page: {line}")));
    let name = format!("{}.txt", code.trim_start_matches("repx::").replace("::", "-"));
    let golden = support::repository("corpus/codes");
    failures.extend(support::golden::compare(&golden, &name, text.as_bytes()).err());
    let (found, sources) = findings(&good, &directory.join("good"));
    if !told(&found, code).is_empty() {
        let text = render_all(&found, &sources, &options);
        failures.push(format!("{code}: the good example gives {:?}\n{text}", told(&found, code)));
    }
}

/// Each bad example has its code and no other, and reads as it was read and found good
/// (`corpus/codes`); of the good ones there is nothing to say.
#[test]
fn examples_do_what_they_say() {
    let pages = pages();
    let mut failures = Vec::new();
    for page in &pages {
        try_examples(page, &mut failures);
    }
    support::conclude(pages.len(), &failures);
}
