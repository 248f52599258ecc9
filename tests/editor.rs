//! What an editor is answered: questions about labs, with their answers, in `corpus/editor/`.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // what was skipped, and what took how long

mod support;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use repx::editor::{self, LabFacts, Place, Symbol};
use repx::session::on_large_stack;
use support::desk::{Desk, facts};
use support::{golden, repository};

/// A lab that questions are asked about.
struct Asked {
    root: PathBuf,
    desk: Desk,
    facts: LabFacts,
}

impl Asked {
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// A place as people say it, with its line.
    fn place(&self, desk: &Desk, place: &Place) -> String {
        let shown = self.shown(&place.path);
        let Some(text) = desk.texts.get(&place.path) else { return format!("{shown} (not open)") };
        let text = text.text();
        let head = &text[..place.start as usize];
        let line = head.matches('\n').count() + 1;
        let begin = head.rfind('\n').map_or(0, |at| at + 1);
        let end =
            text[place.end as usize..].find('\n').map_or(text.len(), |at| at + place.end as usize);
        format!(
            "{shown}:{line}: {}«{}»{}",
            text[begin..place.start as usize].trim_start(),
            &text[place.start as usize..place.end as usize],
            text[place.end as usize..end].trim_end()
        )
    }

    /// `file: before|after`, perhaps with `=>` and what stands there instead: the desk and the cursor.
    fn cursor(&self, question: &str) -> (Desk, PathBuf, u32) {
        let (file, snippet) = question.split_once(": ").expect("a file and a snippet");
        let path = self.root.join(file);
        let mut desk = self.desk.clone();
        let snippet = &snippet.replace("\\n", "\n");
        let (old, new) = match snippet.split_once(" => ") {
            Some((old, new)) => (old.to_owned(), new.to_owned()),
            None => (snippet.replacen('|', "", 1), snippet.to_owned()),
        };
        let text = desk.texts.get(&path).unwrap_or_else(|| panic!("no {file}")).text().to_owned();
        let start = text.find(&old).unwrap_or_else(|| panic!("no {old:?} in {file}"));
        let mark = new.find('|').expect("a cursor");
        let new = new.replacen('|', "", 1);
        if old != new {
            let mut changed = text;
            changed.replace_range(start..start + old.len(), &new);
            desk.put(&path, &changed);
        }
        (desk, path, (start + mark) as u32)
    }

    fn answer(&self, verb: &str, rest: &str) -> String {
        let mut out = String::new();
        match verb {
            "symbols" => {
                let text = &self.desk.texts[&self.root.join(rest)];
                show_symbols(&editor::symbols(text), 0, &mut out);
            }
            "workspace" => {
                for symbol in editor::workspace_symbols(&self.desk.known(Some(&self.facts)), rest) {
                    let container = symbol.container.map(|c| format!(" ({c})")).unwrap_or_default();
                    let place = self.place(&self.desk, &symbol.place);
                    let _ = writeln!(out, "{:?} {}{container}: {place}", symbol.kind, symbol.name);
                }
            }
            "hints" => self.hints(rest, &mut out),
            "folds" => self.folds(rest, &mut out),
            "tokens" => self.tokens(rest, &mut out),
            "rename" => {
                let (question, name) = rest.rsplit_once(" -> ").expect("a new name");
                self.rename(question, name, &mut out);
            }
            _ => self.at_cursor(verb, rest, &mut out),
        }
        out
    }

    fn at_cursor(&self, verb: &str, question: &str, out: &mut String) {
        let (desk, path, at) = self.cursor(question);
        let known = desk.known(Some(&self.facts));
        match verb {
            "hover" => {
                if let Some(hover) = editor::hover(&known, &path, at) {
                    let _ = writeln!(out, "{}", hover.markdown.replace("\n\n", "\n"));
                }
            }
            "definition" => {
                for place in editor::definition(&known, &path, at) {
                    let _ = writeln!(out, "{}", self.place(&desk, &place));
                }
            }
            "references" => {
                for place in editor::references(&known, &path, at, true) {
                    let _ = writeln!(out, "{}", self.place(&desk, &place));
                }
            }
            "complete" => {
                let all = editor::complete(&known, &path, at);
                for item in all.iter().take(16) {
                    let detail =
                        item.detail.as_ref().map(|d| format!(" — {d}")).unwrap_or_default();
                    let insert = match item.insert == item.label {
                        true => String::new(),
                        false => format!(" writes {:?}", item.insert),
                    };
                    let _ = writeln!(out, "{:?} {}{detail}{insert}", item.kind, item.label);
                }
                if all.len() > 16 {
                    let _ = writeln!(out, "… and {} more", all.len() - 16);
                }
            }
            other => panic!("what is {other}?"),
        }
    }

    fn hints(&self, file: &str, out: &mut String) {
        let path = self.root.join(file);
        let text = self.desk.texts[&path].text();
        let known = self.desk.known(Some(&self.facts));
        for hint in editor::hints(&known, &path, 0..u32::MAX) {
            let head = &text[..hint.at as usize];
            let line = head.lines().next_back().unwrap_or_default();
            let _ = writeln!(out, "{} {}", line.trim(), hint.text);
        }
    }

    fn folds(&self, file: &str, out: &mut String) {
        let text = &self.desk.texts[&self.root.join(file)];
        let line = |at: u32| text.file.line_at(at).0 + 1;
        for fold in editor::folds(text) {
            let _ = writeln!(out, "{:?} {}-{}", fold.kind, line(fold.start), line(fold.end));
        }
    }

    fn tokens(&self, file: &str, out: &mut String) {
        let text = &self.desk.texts[&self.root.join(file)];
        for token in editor::tokens(text) {
            let word = &text.text()[token.start as usize..token.end as usize];
            let word = word.lines().next().unwrap_or_default();
            let flags = [
                (token.modifiers.definition, " definition"),
                (token.modifiers.unused, " unused"),
                (token.modifiers.builtin, " builtin"),
            ];
            let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
            let _ = writeln!(out, "{:?}{flags} {word}", token.kind);
        }
    }

    fn rename(&self, question: &str, name: &str, out: &mut String) {
        let (desk, path, at) = self.cursor(question);
        let known = desk.known(Some(&self.facts));
        match editor::rename(&known, &path, at, name) {
            Err(refusal) => {
                let _ = writeln!(out, "no: {refusal}");
            }
            Ok(edits) => {
                let after = desk.edited(&edits);
                for (path, text) in &desk.texts {
                    let other = &after.texts[path];
                    let changed = text.text().lines().zip(other.text().lines()).enumerate();
                    for (line, (old, new)) in changed.filter(|(_, (old, new))| old != new) {
                        let (old, new) = (old.trim(), new.trim());
                        let _ = writeln!(out, "{}:{}: {old} → {new}", self.shown(path), line + 1);
                    }
                }
            }
        }
    }
}

fn show_symbols(symbols: &[Symbol], depth: usize, out: &mut String) {
    for symbol in symbols {
        let indent = "  ".repeat(depth);
        let _ = writeln!(out, "{indent}{:?} {}", symbol.kind, symbol.name);
        show_symbols(&symbol.children, depth + 1, out);
    }
}

/// Answers the questions of a file: lines with `? `. `lab DIRECTORY` says which lab is meant.
fn answered(questions: &str) -> String {
    let mut asked: Option<Asked> = None;
    let mut out = String::new();
    for line in questions.lines() {
        if let Some(lab) = line.strip_prefix("lab ") {
            let root = repository(lab);
            asked = Some(Asked { desk: Desk::open(&root), facts: facts(&root), root });
            let _ = writeln!(out, "{line}");
        } else if let Some(question) = line.strip_prefix("? ") {
            let (verb, rest) = question.split_once(' ').unwrap_or((question, ""));
            let answer = asked.as_ref().expect("a lab first").answer(verb, rest);
            let answer = if answer.is_empty() { "nothing\n".to_owned() } else { answer };
            let _ = write!(out, "\n{line}\n");
            for line in answer.lines() {
                let _ = writeln!(out, "    {line}");
            }
        } else if line.starts_with('#') {
            let _ = write!(out, "\n{line}\n");
        }
    }
    out
}

#[test]
fn questions_are_answered_as_they_were() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(repository("corpus/editor"))
        .expect("the questions are there")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    assert!(files.len() > 3, "where are the questions?");
    files.sort();
    for file in files {
        let questions = std::fs::read_to_string(&file).expect("it can be read");
        let answers = on_large_stack(|| answered(&questions)).expect("a thread can be had");
        let name = support::name(&file);
        let same = golden::compare(&repository("corpus/editor"), &name, answers.as_bytes());
        same.unwrap_or_else(|differs| panic!("{differs}"));
    }
}

/// All questions about a place; none may fail, and all places must lie in their texts.
fn ask_everything(desk: &Desk, lab: Option<&LabFacts>, path: &Path, at: u32) {
    let known = desk.known(lab);
    let mut places = Vec::new();
    places.extend(editor::hover(&known, path, at).map(|hover| hover.place));
    places.extend(editor::references(&known, path, at, true));
    if let Ok(renamed) = editor::renamable(&known, path, at) {
        places.push(renamed.place);
    }
    let edits = editor::rename(&known, path, at, "zz9").unwrap_or_default();
    places.extend(edits.into_iter().map(|edit| edit.place));
    for place in places.iter().chain(&editor::definition(&known, path, at)) {
        // A file that isn't open can be gone to as a whole.
        let Some(text) = desk.texts.get(&place.path) else {
            assert_eq!((place.start, place.end), (0, 0));
            continue;
        };
        let range = place.start as usize..place.end as usize;
        assert!(text.text().get(range).is_some(), "{place:?}");
    }
    let text = desk.texts[path].text();
    for item in editor::complete(&known, path, at) {
        let range = item.replace.start as usize..item.replace.end as usize;
        assert!(text.get(range).is_some(), "{item:?}");
    }
}

/// The questions about a whole text.
fn ask_about_file(desk: &Desk, path: &Path) {
    let text = &desk.texts[path];
    let length = text.text().len() as u32;
    let mut end = 0;
    for token in editor::tokens(text) {
        assert!(end <= token.start && token.start < token.end && token.end <= length, "{token:?}");
        end = token.end;
    }
    for fold in editor::folds(text) {
        assert!(fold.start < fold.end && fold.end <= length, "{fold:?}");
    }
    fn nested(symbols: &[Symbol], (start, end): (u32, u32)) {
        for symbol in symbols {
            let (whole, named) = (&symbol.whole, &symbol.named);
            assert!(start <= whole.start && whole.end <= end, "{symbol:?}");
            assert!(whole.start <= named.start && named.end <= whole.end, "{symbol:?}");
            nested(&symbol.children, (whole.start, whole.end));
        }
    }
    nested(&editor::symbols(text), (0, length));
    editor::hints(&desk.known(None), path, 0..length);
}

/// Our own files and what they say, but for longer ones.
fn corpus(most: usize) -> impl Iterator<Item = (PathBuf, String)> {
    let roots = [repository("corpus"), repository("examples")];
    let files = repx::check::nix_files(&repx::world::Disk, &roots).expect("it can be read");
    let texts = files.into_iter().map(|path| {
        let bytes = std::fs::read(&path).expect("it can be read");
        let text = repx::source::text_of_bytes(&bytes);
        (path, text)
    });
    texts.filter(move |(_, text)| text.len() <= most)
}

/// Runs on a thread with a large stack.
fn on_large_stack_or_fail(work: impl FnOnce() + Send) {
    on_large_stack(work).expect("a thread can be had");
}

#[test]
fn no_place_of_any_text_is_too_much() {
    on_large_stack_or_fail(|| {
        for (path, text) in corpus(20_000) {
            let mut desk = Desk::default();
            desk.put(&path, &text);
            ask_about_file(&desk, &path);
            // Large texts are looked at here and there.
            let step = (text.len() / 60).max(1);
            for at in (0..=text.len() + 1).step_by(step) {
                ask_everything(&desk, None, &path, at as u32);
            }
        }
    });
}

#[test]
fn texts_that_end_anywhere_are_answered() {
    on_large_stack_or_fail(|| {
        for (path, text) in corpus(6_000) {
            let step = (text.len() / 16).max(1);
            for end in (0..text.len()).step_by(step).filter(|end| text.is_char_boundary(*end)) {
                let mut desk = Desk::default();
                desk.put(&path, &text[..end]);
                ask_about_file(&desk, &path);
                for at in [0, end / 2, end.saturating_sub(1), end] {
                    ask_everything(&desk, None, &path, at as u32);
                }
            }
        }
    });
}

/// The labs of the corpus and the examples.
fn labs() -> Vec<PathBuf> {
    let roots = ["examples", "corpus/labs", "corpus/seeds"];
    roots.iter().flat_map(|root| support::directories(&repository(root))).collect()
}

/// What is left of names when what they are called is forgotten.
fn graph(desk: &Desk) -> Vec<(usize, Vec<usize>, usize)> {
    let names = desk.texts.values().map(|text| &text.checked().names);
    names
        .map(|names| {
            let uses = names.definitions.iter().map(|definition| definition.uses.len()).collect();
            (names.definitions.len(), uses, names.unresolved.len())
        })
        .collect()
}

/// Where a place is once edits have been made.
fn moved(place: &Place, edits: &[editor::Edit]) -> u32 {
    let before = edits.iter().filter(|edit| {
        edit.place.path == place.path && edit.place.end <= place.start && edit.place != *place
    });
    let shift: i64 = before
        .map(|edit| edit.text.len() as i64 - i64::from(edit.place.end - edit.place.start))
        .sum();
    (i64::from(place.start) + shift) as u32
}

/// Every name of a lab that can be changed, with where it stands first and its edits.
fn renames(desk: &Desk, name: &str) -> Vec<(editor::Renamed, Vec<editor::Edit>)> {
    let known = desk.known(None);
    let mut all: Vec<(editor::Renamed, Vec<editor::Edit>)> = Vec::new();
    for (path, text) in &desk.texts {
        for token in editor::tokens(text) {
            let Ok(renamed) = editor::renamable(&known, path, token.start) else { continue };
            if let Ok(edits) = editor::rename(&known, path, token.start, name)
                && !all.iter().any(|(_, known)| *known == edits)
            {
                all.push((renamed, edits));
            }
        }
    }
    all
}

#[test]
fn names_mean_the_same_when_they_are_changed_and_changed_back() {
    on_large_stack_or_fail(|| {
        let mut count = 0;
        for root in labs() {
            let desk = Desk::open(&root);
            for (renamed, edits) in renames(&desk, "zz-9") {
                count += 1;
                let after = desk.edited(&edits);
                assert_eq!(graph(&desk), graph(&after), "{renamed:?} {edits:?}");
                // An `inherit` that was taken apart stays so.
                if edits.iter().any(|edit| edit.text != "zz-9") {
                    continue;
                }
                let known = after.known(None);
                let at = moved(&renamed.place, &edits);
                let back = editor::rename(&known, &renamed.place.path, at, &renamed.name);
                let back = back.unwrap_or_else(|no| panic!("{renamed:?}: {no}"));
                let again = after.edited(&back);
                for (path, text) in &desk.texts {
                    assert_eq!(text.text(), again.texts[path].text(), "{renamed:?}");
                }
            }
        }
        assert!(count > 150, "only {count} names can be changed");
    });
}

#[test]
fn a_lab_has_the_same_jobs_whatever_its_parts_are_called() {
    let jobs = |facts: &LabFacts| -> Vec<_> {
        let runs = facts.runs.iter().map(|run| (run.name.to_string(), run.jobs));
        runs.chain(facts.stages.iter().map(|stage| (stage.run.to_string(), stage.jobs))).collect()
    };
    for root in labs() {
        let desk = Desk::open(&root);
        let before = facts(&root);
        assert!(before.runs.iter().all(|run| run.jobs.is_some()), "{}", root.display());
        let all = on_large_stack(|| renames(&desk, "zz-9")).expect("a thread can be had");
        for (renamed, edits) in all {
            let after = on_large_stack(|| desk.edited(&edits)).expect("a thread can be had");
            let place = tempfile::tempdir().expect("a temporary directory");
            let copy = place.path().join(support::name(&root));
            copy_other_files(&root, &copy);
            after.write(&root, &copy);
            let mut found = jobs(&facts(&copy));
            let mut expected = jobs(&before);
            // Stages and axes are listed by their names.
            found.sort_by_key(|run| format!("{run:?}"));
            expected.sort_by_key(|run| format!("{run:?}"));
            assert_eq!(found, expected, "{renamed:?} {edits:?}");
        }
    }
}

/// Copies what a lab has beside its Nix files.
fn copy_other_files(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().map(|entry| entry.expect("readable")) {
        let target = to.join(entry.path().strip_prefix(from).expect("below"));
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).expect("it can be made");
        } else if entry.file_type().is_file() {
            std::fs::copy(entry.path(), target).expect("it can be copied");
        }
    }
}

/// A lab of one file with so many stages, each reading from the one before.
fn large(stages: usize) -> (PathBuf, String) {
    let mut text = String::from("{ pkgs, repx-lib, gitHash, ... }:\nlet\n");
    for at in 0..stages {
        let (before, input) = match at.checked_sub(1) {
            Some(before) => (format!("stage{before} "), format!("data{before} = \"\";")),
            None => (String::new(), String::new()),
        };
        let _ = write!(
            text,
            "  stage{at} = repx-lib.callStage ({{ pkgs }}: {{\n    pname = \"stage{at}\";\n    params = {{ seed = {at}; }};\n    inputs = {{ {input} }};\n    outputs = {{ data{at} = \"$out/data.txt\"; }};\n    runDependencies = [ pkgs.gawk ];\n    run = {{ inputs, outputs, params, ... }}: ''\n      echo ${{toString params.seed}} > \"${{outputs.data{at}}}\"\n    '';\n  }}) [ {before}];\n"
        );
    }
    let names: Vec<String> = (0..stages).map(|at| format!("stage{at}")).collect();
    let _ = write!(
        text,
        "  main = repx-lib.callRun ({{ ... }}: {{\n    name = \"main\";\n    pipelines = [ (_: repx-lib.mkPipe {{ inherit {}; }}) ];\n    params = {{ seed = [ 1 2 ]; }};\n  }}) [ ];\nin\nrepx-lib.mkLab {{\n  inherit pkgs repx-lib gitHash;\n  runs = {{ inherit main; }};\n}}\n",
        names.join(" ")
    );
    (PathBuf::from("/lab/nix/lab.nix"), text)
}

#[test]
fn a_large_lab_in_one_file_is_known_throughout() {
    on_large_stack_or_fail(|| {
        let (path, text) = large(200);
        assert!(text.lines().count() > 2_000);
        let mut desk = Desk::default();
        desk.put(&path, &text);
        let known = desk.known(None);
        let find = |words: &str| (text.find(words).expect("it is there") + 2) as u32;
        let timed = |what: &str, started: std::time::Instant| {
            println!("{what}: {:?}", started.elapsed());
        };

        let started = std::time::Instant::now();
        let hover = editor::hover(&known, &path, find("data150 = \"\"")).expect("it is known");
        timed("hover", started);
        assert!(hover.markdown.contains("reads output `data150` of stage `stage150`"), "{hover:?}");

        let started = std::time::Instant::now();
        let places = editor::definition(&known, &path, find("data150 = \"\""));
        timed("definition", started);
        let begin = find("data150 = \"$out") - 2;
        assert_eq!(places.iter().map(|place| place.start).collect::<Vec<_>>(), [begin]);

        let started = std::time::Instant::now();
        let places = editor::references(&known, &path, find("seed = [ 1"), true);
        timed("references", started);
        // The key, and in each stage the declaration and the use.
        assert_eq!(places.len(), 401);

        let started = std::time::Instant::now();
        let edits = editor::rename(&known, &path, find("data150 = \"\""), "zz9").expect("it can");
        timed("rename", started);
        assert_eq!(edits.len(), 3, "{edits:?}");

        let started = std::time::Instant::now();
        let offers =
            editor::complete(&known, &path, find("params.seed} > \"${outputs.data120") + 5);
        timed("complete", started);
        assert_eq!(offers.len(), 1, "{offers:?}");

        let text = &desk.texts[&path];
        let started = std::time::Instant::now();
        assert!(editor::symbols(text).len() > 200);
        timed("symbols", started);
        let started = std::time::Instant::now();
        assert!(editor::tokens(text).len() > 2_000);
        timed("tokens", started);
        let started = std::time::Instant::now();
        assert!(editor::folds(text).len() > 200);
        timed("folds", started);
        let started = std::time::Instant::now();
        assert_eq!(editor::workspace_symbols(&known, "stage199")[0].name, "stage199");
        timed("workspace", started);
    });
}

/// A text with a cursor, alone on the desk.
fn alone(marked: &str) -> (Desk, PathBuf, u32) {
    let path = PathBuf::from("/lab/a.nix");
    let mut desk = Desk::default();
    desk.put(&path, &marked.replacen('|', "", 1));
    (desk, path, marked.find('|').expect("a cursor") as u32)
}

#[test]
fn names_are_followed_through_sets_and_files() {
    on_large_stack_or_fail(|| {
        let cases = [
            ("let u = import ./u.nix; in u.g.|h", "/lab/u.nix", "h = 1"),
            ("let u = import ./u.nix; in u.|g", "/lab/u.nix", "g = "),
            ("let inherit (import ./u.nix) f; in |f 1", "/lab/u.nix", "f = "),
            ("let s = { x.y = 1; }; t = s; in t.x.|y", "/lab/a.nix", "y = 1"),
            ("let s = { x = 1; } // { z = 2; }; in s.|z", "/lab/a.nix", "z = 2"),
            ("rec { a = 1; b = |a; }", "/lab/a.nix", "a = 1"),
            ("x: let y = x; in { inherit |y; }", "/lab/a.nix", "y = x"),
            ("args@{ z, ... }: |args", "/lab/a.nix", "args@"),
        ];
        for (marked, file, place) in cases {
            let (mut desk, path, at) = alone(marked);
            desk.put(Path::new("/lab/u.nix"), "{ f = x: x; g = { h = 1; }; }");
            let found = editor::definition(&desk.known(None), &path, at);
            let text = desk.texts[Path::new(file)].text();
            let start = text.find(place).expect("it is there") as u32;
            let found: Vec<_> = found.iter().map(|p| (p.path.to_str().unwrap(), p.start)).collect();
            assert_eq!(found, [(file, start)], "{marked}");
        }
    });
}

#[test]
fn a_name_is_refused_where_it_would_mean_something_else() {
    on_large_stack_or_fail(|| {
        let cases: [(&str, Result<&str, &str>); 14] = [
            ("let |x = 1; in x + 1", Ok("let n = 1; in n + 1")),
            ("|x: y: x + y", Ok("n: y: n + y")),
            ("|x: n: x + n", Err("would hide it where it is used")),
            ("|x: n: n", Ok("n: n: n")),
            ("n: |x: x + n", Err("means something else that would be hidden")),
            ("n: |x: x", Ok("n: n: n")),
            ("let |x = 1; n = 2; in x", Err("is bound here already")),
            ("{ x, ... }@|y: y.x", Ok("{ x, ... }@n: n.x")),
            ("{ |x }: x", Err("gives it `x` by this name")),
            ("rec { |x = 1; }", Err("is an attribute")),
            ("let |x = 1; in { inherit x; }", Ok("let n = 1; in { x = n; }")),
            ("let inherit (s) |x y; s = 1; in x", Ok("let inherit (s) y; n = s.x; s = 1; in n")),
            ("let inherit (s) x y; s = 1; in |x", Ok("let inherit (s) y; n = s.x; s = 1; in n")),
            ("with { n = 1; }; |x: x + n", Err("means something else")),
        ];
        for (marked, expected) in cases {
            let (desk, path, at) = alone(marked);
            let found = editor::rename(&desk.known(None), &path, at, "n");
            match (found, expected) {
                (Ok(edits), Ok(expected)) => {
                    assert_eq!(desk.edited(&edits).texts[&path].text(), expected, "{marked}");
                }
                (Err(no), Err(why)) => assert!(no.to_string().contains(why), "{marked}: {no}"),
                (found, _) => panic!("{marked}: {found:?}"),
            }
        }
    });
}
