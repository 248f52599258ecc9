//! Expressions without an end, without a bottom or without measure: the right value or a clear
//! error, in bounded time and memory, and never a crash.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use support::program::{PATIENCE, Ran, repx, run};
use tempfile::TempDir;

/// Kilobytes of addresses that the program may take, its gigabyte of stack among them.
const ADDRESSES: &str = "8000000";

/// Evaluates a text as `nix-instantiate --eval --strict` does, in a directory.
fn eval_in(directory: &Path, text: &str) -> Ran {
    fs::write(directory.join("it.nix"), text).expect("a file can be written");
    let program = repx(directory).get_program().to_owned();
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v \"$0\" && exec \"$@\"", ADDRESSES]).arg(program);
    limited.args(["instantiate", "--eval", "--strict", "it.nix"]).current_dir(directory);
    limited.env_remove("NIX_PATH").env_remove("NO_COLOR");
    run(&mut limited)
}

fn eval(text: &str) -> Ran {
    let directory = tempfile::tempdir().expect("a temporary directory");
    eval_in(directory.path(), text)
}

fn start(text: &str) -> String {
    text.chars().take(300).collect()
}

#[track_caller]
fn refused(ran: &Ran, of: &str, because: &str) {
    let (of, said) = (start(of), start(&ran.stderr));
    assert!(!ran.hung, "still running after {PATIENCE:?}: {of}");
    assert_eq!(ran.code, Some(2), "{of}: {said}");
    assert!(ran.stdout.is_empty(), "{of}: something was printed beside the error");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = words(&ran.stderr.replace('│', " "));
    assert!(whole.contains(&words(because)), "{of}: no `{because}` in {said}");
    assert!(ran.stderr.len() < 20_000, "{of}: an error of {} bytes", ran.stderr.len());
}

#[track_caller]
fn gives(ran: &Ran, of: &str, value: &str) {
    let of = start(of);
    assert!(!ran.hung, "still running after {PATIENCE:?}: {of}");
    assert_eq!(ran.code, Some(0), "{of}: {}", start(&ran.stderr));
    assert_eq!(String::from_utf8_lossy(&ran.stdout).trim_end(), value, "{of}");
}

/// Each of these expressions is refused with a message that holds this.
#[track_caller]
fn all_refused(because: &str, texts: &[&str]) {
    texts.iter().for_each(|text| refused(&eval(text), text, because));
}

const DEEP: usize = 100_000;

#[test]
fn texts_nested_a_hundred_thousand_deep() {
    let around = |open: &str, middle: &str, close: &str| {
        [&open.repeat(DEEP), middle, &close.repeat(DEEP)].concat()
    };
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "", "]"),
        ("{a=", "1", ";}"),
        ("(x: x) (", "1", ")"),
        ("!", "true", ""),
        ("-", "1", ""),
        ("let a=1; in ", "a", ""),
        ("if true then ", "1", " else 2"),
        ("with {};", "1", ""),
        ("assert true;", "1", ""),
        ("\"${", "\"\"", "}\""),
        ("''${", "''a''", "}''"),
        ("({a?", "1", "}:a)"),
        ("[1]++", "[]", ""),
        ("{}//", "{}", ""),
    ] {
        let text = around(open, middle, close);
        refused(&eval(&text), &text, "nested too deeply");
    }
}

#[test]
fn unclosed_texts() {
    for open in ["(", "[", "{a=", "\"${", "''${", "let a="] {
        let ran = eval(&open.repeat(DEEP));
        assert!(!ran.hung && ran.code == Some(2), "{open}: {}", start(&ran.stderr));
    }
    refused(&eval(&")".repeat(DEEP)), "closers", "syntax error");
    refused(&eval(&("{ ".to_owned() + &"a = ; ".repeat(DEEP) + "}")), "holes", "syntax error");
}

#[test]
fn long_texts_that_are_not_deep() {
    let joined = |part: &str, by: &str| vec![part; DEEP].join(by);
    gives(&eval(&joined("1", "+")), "a sum", "100000");
    gives(&eval(&joined("true", "&&")), "a conjunction", "true");
    let letters = joined("\"a\"", "+");
    gives(&eval(&format!("builtins.stringLength ({letters})")), "a long string", "100000");
    let selection = format!("let a = {{ a = a; }}; in builtins.isAttrs a{}", ".a".repeat(DEEP));
    gives(&eval(&selection), "a selection", "true");
    let path = format!("builtins.attrNames {{ {} = 1; }}", joined("a", "."));
    gives(&eval(&path), "an attribute path", "[ \"a\" ]");
    let formals: String = (0..DEEP).map(|i| format!("a{i} ? {i}, ")).collect();
    gives(&eval(&format!("({{ {formals} ... }}: a99) {{ }}")), "formals", "99");
}

#[test]
fn recursion_without_an_end() {
    all_refused(
        "infinite recursion",
        &[
            "let a = a; in a",
            "rec { a = b; b = a; }.a",
            "let a = with a; b; in a",
            "let inherit (a) a; in a",
            "let l = [ 1 ] ++ l; in l",
            "let s = { a = 1; } // s; in s",
            "let s = { ${s.a} = 1; a = \"b\"; }; in s",
            "({ a ? b, b ? a }: a) { }",
            "let d = derivation { name = \"x\"; builder = d; system = \"x\"; }; in d.drvPath",
            "let d = derivation { name = \"x\"; builder = \"b\"; system = \"x\"; e = \"${d}\"; }; in d.outPath",
        ],
    );
    all_refused(
        "max-call-depth",
        &[
            "(x: x x) (x: x x)",
            "let f = x: f (x + 1); in f 0",
            "let f = x: 1 + f (x + 1); in f 0",
            "let s = { __functor = self: self; }; in s 1",
            "let s = { __functor = s; }; in s 1",
            "let s = { __toString = self: \"${self}\"; }; in toString s",
            "let s = { outPath = s; }; in \"${s}\"",
            "toString (let l = [ l ]; in l)",
            "builtins.toJSON (let s = { inherit s; }; in s)",
            "builtins.toXML (let s = { inherit s; }; in s)",
            "let a = { x = a; }; b = { x = b; }; in a == b",
            "let a = [ a ]; b = [ b ]; in a == b",
            "let a = [ a ]; b = [ b ]; in a < b",
        ],
    );
}

#[test]
fn values_that_hold_themselves() {
    for (text, value) in [
        ("let l = [ l ]; in l", "[ [ «repeated» ] ]"),
        ("let s = { inherit s; }; in s", "{ s = «repeated»; }"),
        ("let s = { inherit s; l = [ s ]; }; in builtins.deepSeq s 1", "1"),
        ("let s = { inherit s; }; in s == s", "true"),
    ] {
        gives(&eval(text), text, value);
    }
}

#[test]
fn values_deeper_than_calls_may_nest() {
    let deep = "(builtins.foldl' (a: _: [ a ]) [ ] (builtins.genList (x: x) 100000))";
    for text in [
        deep.to_owned(),
        format!("builtins.toJSON {deep}"),
        format!("builtins.toXML {deep}"),
        format!("toString {deep}"),
        format!("{deep} == {deep}"),
        format!("{deep} < {deep}"),
        format!("builtins.deepSeq {deep} 1"),
    ] {
        refused(&eval(&text), &text, "max-call-depth");
    }
}

/// Each addition waits for the one before: the stack must hold them all, or say that it can't.
#[test]
fn sums_that_are_put_off() {
    let sum = |n: usize| {
        format!(
            "(builtins.foldl' (a: x: {{ v = a.v + x; }}) {{ v = 0; }} (builtins.genList (x: x) {n})).v"
        )
    };
    gives(&eval(&sum(10_000)), "ten thousand", "49995000");
    let million = eval(&sum(1_000_000));
    if million.code == Some(0) {
        gives(&million, "a million", "499999500000");
    } else {
        refused(&million, "a million", "stack overflow");
    }
    let failing = sum(100_000).replace("v = 0", "v = throw \"at the bottom\"");
    refused(&eval(&failing), &failing, "at the bottom");
    let list = "let l = builtins.genList (i: if i == 0 then 0 else builtins.elemAt l (i - 1) + 1) 4000; in builtins.elemAt l 3999";
    gives(&eval(list), list, "3999");
}

#[test]
fn more_than_memory_holds() {
    all_refused(
        "out of memory",
        &[
            "builtins.length (builtins.genList (x: x) 1000000000)",
            "builtins.stringLength (builtins.foldl' (a: _: a + a) \"x\" (builtins.genList (x: x) 60))",
            // Written out they are larger than the values are.
            "let l = builtins.genList (_: \"0123456789\") 100000; in builtins.toJSON (builtins.genList (_: l) 100000)",
            "let l = builtins.genList (_: \"0123456789\") 100000; in builtins.toXML (builtins.genList (_: l) 100000)",
        ],
    );
    all_refused(
        "cannot create list of size",
        &["builtins.genList (x: x) 9223372036854775807", "builtins.genList (x: x) (-1)"],
    );
}

#[test]
fn more_than_the_system_gives() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let program = repx(directory.path());
    // What is kept alive grows until the system refuses; the stack alone reserves 1 GiB.
    let text = "let l = builtins.genList (x: x) 100000; in builtins.length (builtins.concatLists (map (x: map (y: x * y) l) l))";
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -v 2500000 && exec \"$0\" instantiate --no-cache --eval -E \"$1\""]);
    limited.arg(program.get_program()).arg(text).current_dir(directory.path());
    refused(&run(&mut limited), text, "out of memory");
}

#[test]
fn large_but_fine() {
    for (text, value) in [
        (
            "builtins.stringLength (builtins.concatStringsSep \"\" (builtins.genList (_: \"0123456789\") 10000000))",
            "100000000",
        ),
        (
            "builtins.length (builtins.attrNames (builtins.listToAttrs (builtins.genList (i: { name = \"k${toString i}\"; value = i; }) 100000)))",
            "100000",
        ),
        (
            "builtins.length (builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: if x.key > 50000 then [ ] else [ { key = x.key + 1; } ]; })",
            "50002",
        ),
        (
            "builtins.elemAt (builtins.sort builtins.lessThan (builtins.genList (x: 300000 - x) 300000)) 0",
            "1",
        ),
    ] {
        gives(&eval(text), text, value);
    }
    // What is printed is looked through for repetitions, but not again for each of its parts.
    let many = eval("builtins.genList (x: { a = x; }) 200000");
    assert!(!many.hung && many.code == Some(0), "{}", start(&many.stderr));
}

#[test]
fn numbers_at_their_ends() {
    all_refused(
        "integer overflow",
        &[
            "-9223372036854775807 - 2",
            "9223372036854775807 * 2",
            "(-9223372036854775807 - 1) / (-1)",
        ],
    );
    all_refused("invalid integer", &["99999999999999999999", "[ 9223372036854775808 ]"]);
    all_refused("invalid float", &["1.0e400"]);
    all_refused("not in the range", &["builtins.floor 1.0e300", "builtins.ceil (0.0 - 1.0e300)"]);
    gives(&eval("1.0e308 * 10"), "beyond floats", "inf");
}

#[test]
fn patterns_made_to_take_for_ever() {
    let a = "(builtins.concatStringsSep \"\" (builtins.genList (_: \"a\") 3000))";
    for (text, value) in [
        (format!("builtins.match \"(a|a?)+b\" {a}"), "null"),
        (format!("builtins.match \"((a*)*)*b\" {a}"), "null"),
        (format!("builtins.length (builtins.split \"(a+a+)+y\" {a})"), "1"),
        (format!("builtins.match \"{}x\" \"b\"", "a+".replace('+', &"+".repeat(40))), "null"),
    ] {
        gives(&eval(&text), &text, value);
    }
    let nested = format!("builtins.match \"{}a*{}b\" \"aaaaac\"", "(".repeat(20), ")*".repeat(20));
    refused(&eval(&nested), &nested, "memory limit exceeded");
}

#[test]
fn formats_nested_without_measure() {
    let many = |text: &str| {
        format!("(builtins.concatStringsSep \"\" (builtins.genList (_: \"{text}\") 100000))")
    };
    for (text, because) in [
        (format!("builtins.fromJSON {}", many("[")), "parse error"),
        (format!("builtins.fromJSON {}", many("{\\\"a\\\":")), "parse error"),
        (format!("builtins.fromTOML (\"a = \" + {})", many("[")), "TOML"),
        (format!("builtins.fromTOML ({} + \"a = 1\")", many("a.")), "TOML"),
    ] {
        refused(&eval(&text), &text, because);
    }
}

fn odd_places() -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path();
    let made = Command::new("mkfifo").arg(path.join("pipe")).status().expect("mkfifo runs");
    assert!(made.success(), "a pipe can be made");
    symlink("two", path.join("one")).expect("a link");
    symlink("one", path.join("two")).expect("a link");
    symlink("nowhere", path.join("dangling")).expect("a link");
    fs::create_dir_all(path.join("round")).expect("a directory");
    symlink("../round", path.join("round/default.nix")).expect("a link");
    for (name, text) in [("a.nix", "import ./b.nix"), ("b.nix", "import ./a.nix"), ("nul", "a\0b")]
    {
        fs::write(path.join(name), text).expect("a file");
    }
    fs::write(path.join("count.nix"), "n: if n == 0 then 0 else 1 + import ./count.nix (n - 1)")
        .expect("a file");
    directory
}

#[test]
fn files_that_are_none() {
    let directory = odd_places();
    for (text, because) in [
        ("builtins.readFile ./pipe", "is a pipe"),
        ("import ./pipe", "is a pipe"),
        ("\"${./pipe}\"", "unsupported type"),
        ("builtins.path { path = /dev/zero; name = \"x\"; }", "unsupported type"),
        ("import /dev/zero", "unexpected end of file"),
        ("builtins.readFile ./one", "symbolic links"),
        ("import ./one", "symbolic links"),
        ("import ./round", "symbolic links"),
        ("builtins.readDir ./one", "symbolic links"),
        ("builtins.readFile ./dangling", "dangling"),
        ("import ./dangling", "does not exist"),
        ("import ./a.nix", "infinite recursion"),
        ("import ./count.nix 100000", "max-call-depth"),
        ("builtins.readFile ./nul", "cannot be represented"),
        ("import ./nul", "syntax error"),
        ("builtins.readFile ./.", "irectory"),
    ] {
        refused(&eval_in(directory.path(), text), text, because);
    }
    for (text, value) in [
        // As Nix: as many bytes as the file is said to have.
        ("builtins.readFile /dev/zero", "\"\""),
        ("builtins.stringLength (builtins.readFile /dev/urandom)", "0"),
        ("builtins.readFileType ./pipe", "\"unknown\""),
        ("builtins.pathExists ./one", "true"),
        ("builtins.readFileType ./one", "\"symlink\""),
        ("builtins.isAttrs (builtins.readDir /proc/self/fd)", "true"),
    ] {
        gives(&eval_in(directory.path(), text), text, value);
    }
}
