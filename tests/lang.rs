//! The language's corpus (`corpus/lang`, `corpus/nixlib`), evaluated in this process.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use repx::diagnostic::Diagnostic;
use repx::eval::Evaluator;
use repx::session::{Session, on_large_stack};
use repx::source::{Name, SourceMap, Span};
use repx::value::{Attr, Attrs, Error, Slot, Value};

/// The cases of a folder, in order.
fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = support::repository(folder);
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "nix"))
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} holds no cases", folder.display());
    cases
}

/// What `nix-instantiate --eval --strict` would print, without the line's end.
fn print<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    file: &Path,
) -> Result<String, Diagnostic> {
    let value = session.file(evaluator, file);
    value.and_then(|value| evaluator.print(value, true)).map_err(Error::diagnostic)
}

fn okay(case: &Path, printed: Result<String, Diagnostic>) -> Result<(), String> {
    let expected = std::fs::read_to_string(case.with_extension("exp"))
        .map_err(|error| format!("{}: {error}", case.with_extension("exp").display()))?;
    match printed {
        Ok(text) if text == expected.trim_end_matches('\n') => Ok(()),
        Ok(text) => Err(format!(
            "okay/{}\n{}",
            support::name(case),
            support::golden::first_difference(&expected, &text)
        )),
        Err(diagnostic) => {
            Err(format!("okay/{}\n  fails: {}", support::name(case), diagnostic.message))
        }
    }
}

/// All that a diagnostic says.
fn said(diagnostic: &Diagnostic) -> String {
    let trace = diagnostic.trace.iter().map(|frame| frame.text.as_str());
    let mut said = vec![diagnostic.message.as_str()];
    said.extend(diagnostic.primary.iter().map(|label| label.text.as_str()));
    said.extend(trace);
    said.extend(diagnostic.help.as_deref());
    said.join("\n")
}

fn fail(case: &Path, printed: Result<String, Diagnostic>) -> Result<(), String> {
    let expected = std::fs::read_to_string(case.with_extension("err"))
        .map_err(|error| format!("{}: {error}", case.with_extension("err").display()))?;
    let expected = expected.trim_end_matches('\n');
    if expected.is_empty() {
        return Err(format!("fail/{}\n  its .err is empty", support::name(case)));
    }
    match printed {
        Ok(text) => Err(format!("fail/{}\n  evaluates to {text}", support::name(case))),
        Err(diagnostic) if said(&diagnostic).contains(expected) => Ok(()),
        Err(diagnostic) => Err(format!(
            "fail/{}\n  expected: {expected}\n  says:     {}",
            support::name(case),
            diagnostic.message
        )),
    }
}

/// Each case in a session of its own: nothing can hide behind what an earlier one did.
#[test]
fn what_evaluates_prints_what_nix_prints() {
    let cases = cases("corpus/lang/okay");
    let check = |case: &PathBuf| {
        let sources = SourceMap::new();
        let printed =
            support::in_session(&sources, |session, evaluator| print(session, evaluator, case));
        okay(case, printed).err()
    };
    let failures: Vec<String> = cases.iter().filter_map(check).collect();
    support::conclude(cases.len(), &failures);
}

#[test]
fn what_fails_says_why() {
    let cases = cases("corpus/lang/fail");
    let check = |case: &PathBuf| {
        let sources = SourceMap::new();
        let printed =
            support::in_session(&sources, |session, evaluator| print(session, evaluator, case));
        fail(case, printed).err()
    };
    let failures: Vec<String> = cases.iter().filter_map(check).collect();
    support::conclude(cases.len(), &failures);
}

/// The names of the list are there, and no others.
#[test]
fn builtins_are_those_of_nix() {
    let list = support::repository("corpus/lang/builtins.txt");
    let list = std::fs::read_to_string(list).expect("the list can be read");
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let listed: Vec<(&str, &str)> =
        lines.map(|line| line.split_once("  ").unwrap_or((line, ""))).collect();
    let sources = SourceMap::new();
    let names = support::in_session(&sources, |session, evaluator| {
        let text = "builtins.concatStringsSep \" \" (builtins.attrNames builtins)";
        let value = session.expression(evaluator, text, Path::new("/"));
        let text = value.and_then(|value| evaluator.string(Slot::Value(value)));
        text.map(|text| text.lossy().into_owned()).map_err(|error| said(&error.diagnostic()))
    });
    let names = names.expect("the names can be listed");
    let names: Vec<&str> = names.split(' ').collect();
    let missing = listed.iter().filter(|(name, _)| !names.contains(name));
    let extra = names.iter().filter(|name| !listed.iter().any(|(listed, _)| listed == *name));
    let failures: Vec<String> = missing
        .map(|(name, _)| format!("builtins.{name} is missing"))
        .chain(extra.map(|name| format!("builtins.{name} is not in Nix")))
        .collect();
    support::conclude(listed.len(), &failures);
}

/// All cases in one session, four evaluators at once, each case by two of them: files, thunks
/// and the library are shared, and the answers are the same.
#[test]
fn threads_share_a_session() {
    let (good, bad) = (cases("corpus/lang/okay"), cases("corpus/lang/fail"));
    let total = good.len() + bad.len();
    let sources = SourceMap::new();
    let next = AtomicUsize::new(0);
    let failures = support::in_session(&sources, |session, _| {
        let work = || {
            let mut failures = Vec::new();
            let mut evaluator = session.evaluator();
            loop {
                // Neighbours in this order are taken by different threads at about one time.
                let at = next.fetch_add(1, Ordering::Relaxed) / 2;
                let result = match (good.get(at), bad.get(at.wrapping_sub(good.len()))) {
                    (Some(case), _) => okay(case, print(session, &mut evaluator, case)),
                    (None, Some(case)) => fail(case, print(session, &mut evaluator, case)),
                    (None, None) => return failures,
                };
                failures.extend(result.err());
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| on_large_stack(work).expect("a thread can be had")))
                .collect();
            let results = threads.into_iter().map(|thread| thread.join());
            results.flat_map(|result| result.expect("no thread panics")).collect::<Vec<String>>()
        })
    });
    support::conclude(total * 2, &failures);
}

/// Of each case its name and both texts; a case is a list that is forced on its own.
const AS_TEXTS: &str = "cases: builtins.map
  (case: [ case.name (builtins.toJSON case.expr) (builtins.toJSON case.expected) ]) cases";

/// Compares `expr` with `expected` in each case of a file of `corpus/nixlib`.
fn library_cases<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    file: &str,
    arguments: Value<'h>,
) -> Result<(usize, Vec<String>), Error<'h>> {
    let directory = support::repository("corpus/nixlib");
    let function = session.file(evaluator, &directory.join(file))?;
    let cases = evaluator.call(function, &[Slot::Value(arguments)], Span::NONE)?;
    let as_texts = session.expression(evaluator, AS_TEXTS, &directory)?;
    let cases = evaluator.call(as_texts, &[Slot::Value(cases)], Span::NONE)?;
    let cases = evaluator.items(Slot::Value(cases))?;
    let mut failures = Vec::new();
    for case in cases.items() {
        let texts: Vec<Slot<'h>> = evaluator.items(*case)?.items().to_vec();
        let texts: Result<Vec<String>, Error<'h>> = texts
            .into_iter()
            .map(|text| evaluator.string(text).map(|text| text.lossy().to_string()))
            .collect();
        match texts {
            Ok(texts) if texts[1] == texts[2] => {}
            Ok(texts) => failures.push(format!(
                "{file}: {}\n  expected: {}\n  found:    {}",
                texts[0], texts[2], texts[1]
            )),
            Err(error) => failures.push(format!("{file}: {}", said(&error.diagnostic()))),
        }
    }
    Ok((cases.items().len(), failures))
}

fn arguments<'h>(evaluator: &Evaluator<'h>, given: &[(&str, Value<'h>)]) -> Value<'h> {
    let attrs = given.iter().map(|(name, value)| Attr::new(Name::new(*name), Span::NONE, *value));
    Value::Attrs(Attrs::new(evaluator.local, attrs.collect()))
}

#[test]
fn the_library_answers_as_recorded() {
    let sources = SourceMap::new();
    let (cases, failures) = support::in_session(&sources, |session, evaluator| {
        let result = session.lib(evaluator).and_then(|lib| {
            let given = arguments(evaluator, &[("lib", lib)]);
            library_cases(session, evaluator, "lib.nix", given)
        });
        result.unwrap_or_else(|error| panic!("{}", said(&error.diagnostic())))
    });
    support::conclude(cases, &failures);
}

#[test]
fn the_package_set_answers_as_recorded() {
    let sources = SourceMap::new();
    let (cases, failures) = support::in_session(&sources, |session, evaluator| {
        let result = (|| {
            let lib = session.lib(evaluator)?;
            let pkgs = session.host_packages(evaluator)?;
            let repx_lib = session.repx_lib(evaluator)?;
            let given = [("lib", lib), ("pkgs", pkgs), ("repx-lib", repx_lib)];
            let given = arguments(evaluator, &given);
            library_cases(session, evaluator, "host.nix", given)
        })();
        result.unwrap_or_else(|error| panic!("{}", said(&error.diagnostic())))
    });
    support::conclude(cases, &failures);
}
