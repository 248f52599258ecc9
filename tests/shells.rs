//! What shells make of `repx completions`: the scripts are run by the shells themselves, with words as they are typed.
//!
//! A shell that isn't installed is left out, and the tests say so; `REPX_TEST_SHELLS=required` (as in `.ci/run`) makes that
//! a failure.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::program::{copy, installed, repx, run, text};
use support::repository;

/// An example's lab in `my lab`, and another one in the user's own directory.
fn place() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let nix = repository("examples").join("simple/nix");
    copy(&nix, &directory.path().join("my lab/nix"));
    copy(&nix, &directory.path().join("nix"));
    copy(&repository("examples").join("sweep/nix"), &directory.path().join("home/own/nix"));
    directory
}

/// What a shell prints that is given a script behind the one that it completes with.
fn printed(place: &Path, shell: &[&str], script: &str) -> String {
    let name = shell.first().expect("a shell");
    let given = text(place, &["completions", name]);
    fs::write(place.join("repx.script"), given).expect("a file");
    let program = env!("CARGO_BIN_EXE_repx");
    let script = script.replace("PROGRAM", program);
    let mut command = Command::new(name);
    command.args(&shell[1..]).args(["-c", &script]).current_dir(place);
    for (name, value) in repx(place).get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let ran = run(command.env("HOME", place.join("home")));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{script}");
    String::from_utf8(ran.stdout).expect("UTF-8").trim_end().to_owned()
}

/// Bash takes a line apart at `=`, `:` and `@` too, and puts what it is told in the place of the last part.
#[test]
fn bash_completes_words_that_it_takes_apart() {
    let place = place();
    // The line, the words as bash makes them, and the part that is completed.
    let completed = |line: &str, words: &[&str], part: &str| -> String {
        let quote = |word: &str| format!("'{}'", word.replace('\'', "'\\''"));
        let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
        let script = format!(
            "source ./repx.script\nrepx() {{ PROGRAM \"$@\"; }}\ncompopt() {{ :; }}\n\
             COMP_LINE={} COMP_POINT={} COMP_WORDS=({}) COMP_CWORD={}\n\
             _repx repx {} ''\necho \"${{COMPREPLY[*]}}\"",
            quote(line),
            line.len(),
            quoted.join(" "),
            words.len() - 1,
            quote(part),
        );
        printed(place.path(), &["bash", "--norc"], &script)
    };
    for (line, words, part, expected) in [
        ("repx run sim", &["repx", "run", "sim"][..], "sim", "simulation"),
        ("repx run @ev", &["repx", "run", "@ev"], "@ev", "@everything"),
        ("repx run @ev", &["repx", "run", "@", "ev"], "ev", "everything"),
        ("repx  eval --param se", &["repx", "eval", "--param", "se"], "se", "seed="),
        ("repx eval --param n=", &["repx", "eval", "--param", "n", "="], "", "10 100"),
        ("repx eval --param n=100", &["repx", "eval", "--param", "n", "=", "100"], "100", "100"),
        ("repx eval --stage=su", &["repx", "eval", "--stage", "=", "su"], "su", "summarise"),
        (
            "repx explain repx::lint::url",
            &["repx", "explain", "repx", "::", "lint", "::", "url"],
            "url",
            "url-literal",
        ),
        ("repx run ", &["repx", "run", ""], "", "simulation analysis @everything"),
        ("repx run nothing", &["repx", "run", "nothing"], "nothing", ""),
        // Quotes are the shell's.
        ("repx run \"my lab\" sim", &["repx", "run", "\"my lab\"", "sim"], "sim", "simulation"),
        ("repx run 'my lab' @", &["repx", "run", "'my lab'", "@"], "@", "@everything"),
        ("repx run my\\ lab sim", &["repx", "run", "my\\ lab", "sim"], "sim", "simulation"),
        ("repx run \"sim", &["repx", "run", "\"sim"], "sim", "simulation"),
        ("repx eval --lab \"my l", &["repx", "eval", "--lab", "\"my l"], "my l", "my lab/"),
        ("repx eval --lab my\\ l", &["repx", "eval", "--lab", "my\\ l"], "my\\ l", "my\\ lab/"),
        ("repx run ~/own sw", &["repx", "run", "~/own", "sw"], "sw", "sweep"),
        // As is the user's own directory.
        ("repx run --lab ~/ow", &["repx", "run", "--lab", "~/ow"], "~/ow", "~/own/"),
        ("repx init ~/ow", &["repx", "init", "~/ow"], "~/ow", "~/own/"),
        ("repx init ~/own/n", &["repx", "init", "~/own/n"], "~/own/n", "~/own/nix/"),
    ] {
        let found = completed(line, words, part);
        let found =
            if line == "repx run " { found.split_inclusive(' ').take(3).collect() } else { found };
        assert_eq!(found.trim_end(), expected, "{line}");
    }
}

/// What zsh offers: what stays as it is, of each list that it is given the words, with what is said of them, and the options.
const ZSH: &str = r#"
compdef() { : }
_files() { print -r -- files }
_describe() { print -rl -- $IPREFIX "${(@P)3}" "${@:4}" }
repx() { PROGRAM "$@" }
source ./repx.script
"#;

#[test]
fn zsh_completes_words() {
    if !installed("zsh", "REPX_TEST_SHELLS") {
        return;
    }
    let place = place();
    let completed = |words: &str, now: &str| -> String {
        let script =
            format!("{ZSH}words=(repx {words} {now})\nCURRENT=$#words PREFIX={now}\n_repx");
        printed(place.path(), &["zsh", "-f"], &script)
    };
    let run = "simulation:run of 12 jobs";
    assert_eq!(completed("run", "sim"), run);
    for lab in ["'\"my lab\"'", "\"'my lab'\"", "'my\\ lab'", "--lab '\"my lab\"'"] {
        assert_eq!(completed(&format!("run {lab}"), "sim"), run, "{lab}");
    }
    assert_eq!(completed("run '~/own'", "sw"), "sweep:run of 75 jobs");
    assert_eq!(completed("eval --param", "se"), "seed=:parameter\n-S");
    assert_eq!(completed("eval --lab", "'my\\ l'"), "my lab/\n-S");
    assert_eq!(completed("eval --lab", "'~/ow'"), "~/\nown/\n-S");
    assert_eq!(completed("run", "nothing"), "files");
    let codes = completed("explain", "repx::lint::url");
    assert!(codes.starts_with("repx\\:\\:lint\\:\\:url-literal:"), "{codes}");
    // As a file of `fpath` it completes the first time already.
    let script = format!(
        "{}functions -c _describe kept\nmkdir f; cp repx.script f/_repx; fpath=($PWD/f)\nunfunction _repx\n\
         autoload -Uz _repx\nwords=(repx run sim) CURRENT=3 PREFIX=sim\n_repx",
        ZSH
    );
    assert_eq!(printed(place.path(), &["zsh", "-f"], &script), run);
}

#[test]
fn fish_completes_words() {
    if !installed("fish", "REPX_TEST_SHELLS") {
        return;
    }
    let place = place();
    let completed = |line: &str| -> String {
        let line = line.replace('\\', "\\\\").replace('\'', "\\'");
        let script = format!(
            "function repx; PROGRAM $argv; end\nsource ./repx.script\ncomplete --do-complete '{line}'"
        );
        printed(place.path(), &["fish", "--no-config"], &script)
    };
    for line in ["repx run sim", "repx run \"my lab\" sim", "repx run 'my lab' sim"] {
        assert_eq!(completed(line), "simulation\trun of 12 jobs", "{line}");
    }
    assert_eq!(completed("repx run my\\ lab \"sim"), "simulation\trun of 12 jobs");
    assert_eq!(completed("repx run ~/own sw"), "sweep\trun of 75 jobs");
    assert_eq!(completed("repx eval --param n="), "n=10\nn=100");
    assert_eq!(completed("repx run my"), "my lab/");
    assert_eq!(completed("repx run ~/ow"), "~/own/");
}
