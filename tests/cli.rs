//! The binary as scripts see it: what goes to which stream, and the exit status.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned

use assert_cmd::Command;

/// Runs the binary in an empty directory: status, standard output, standard error.
fn repx(arguments: &[&str], stdin: &str) -> (Option<i32>, String, String) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let output = Command::cargo_bin("repx")
        .expect("the binary is built with its tests")
        .args(arguments)
        .env_remove("NIX_PATH")
        .current_dir(&directory)
        .write_stdin(stdin)
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn value(expression: &str) -> (Option<i32>, String) {
    let (status, out, _) = repx(&["instantiate", "--eval", "--strict", "-E", expression], "");
    (status, out)
}

#[test]
fn help_is_a_result() {
    for arguments in [&["--help"][..], &["eval", "--help"], &["instantiate", "--help"]] {
        let (status, out, err) = repx(arguments, "");
        assert_eq!((status, err.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(out.contains("Usage: repx") && out.ends_with("\n"), "{out}");
        let widest = out.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{widest:?} columns:\n{out}");
    }
}

#[test]
fn a_wrong_call_is_no_result() {
    for arguments in [&["evla"][..], &["eval", "--nope"], &["eval", "--param", "x"], &[]] {
        let (status, out, err) = repx(arguments, "");
        assert_eq!((status, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.contains("Usage") || err.contains("--help"), "{err}");
    }
}

#[test]
fn a_directory_without_a_lab_is_wrong() {
    let (status, out, err) = repx(&["eval"], "");
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(err.contains("there is no lab") && err.contains("1 error"), "{err}");
}

/// What can't be read twice is no lab, and is not waited for.
#[test]
fn a_lab_is_an_ordinary_file() {
    let directory = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(directory.path().join("lab.nix"))
        .status()
        .unwrap();
    assert!(made.success());
    let path = directory.path().display().to_string();
    for lab in [path.clone(), format!("{path}/lab.nix"), "/dev/null".to_owned()] {
        let (status, out, err) = repx(&["eval", &lab], "");
        assert_eq!((status, out.as_str()), (Some(2), ""), "{lab}");
        assert!(err.contains("is no ordinary"), "{lab}: {err}");
    }
    let lab = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/simple");
    let (status, _, err) = repx(&["eval", lab, "--diff", ""], "");
    assert!(status == Some(2) && err.contains("nothing to compare with"), "{err}");
}

/// A value that is swept over selects what is made from it too.
#[test]
fn values_select_what_follows_from_them() {
    let lab = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/simple");
    let shown = |seed: &str| {
        let (status, out, _) = repx(&["eval", lab, "--param", seed, "--format", "ndjson"], "");
        assert_eq!(status, Some(0));
        ["gen", "summarise", "report"]
            .map(|stage| out.matches(&format!("\"stage\": \"{stage}\"")).count())
    };
    assert_eq!(shown("seed=1"), [2, 2, 0]);
    assert_eq!(shown("seed=9"), [0, 0, 0]);
}

#[test]
fn values_are_printed_as_nix_prints_them() {
    assert_eq!(value("1 + 2"), (Some(0), "3\n".to_owned()));
    assert_eq!(value("{ a = [ 1 \"x\" ]; }"), (Some(0), "{ a = [ 1 \"x\" ]; }\n".to_owned()));
    let (status, out, _) = repx(&["instantiate", "--eval", "--raw", "-E", "\"a\""], "");
    assert_eq!((status, out.as_str()), (Some(0), "a"));
    let json = ["instantiate", "--eval", "--strict", "--json", "-"];
    let (status, out, _) = repx(&json, "{ b = null; a = 1.0; }");
    assert_eq!((status, out.as_str()), (Some(0), "{\"a\":1.0,\"b\":null}\n"));
}

#[test]
fn arguments_and_attributes() {
    let function = "{ x, y ? 2 }: { a.b = [ x y ]; }";
    let call = ["instantiate", "--eval", "-E", function, "--arg", "x", "5", "-A", "a.b.0"];
    assert_eq!(repx(&call, "").1, "5\n");
    let call = ["instantiate", "--eval", "-E", function, "-A", "a"];
    let (status, _, err) = repx(&call, "");
    assert_eq!(status, Some(2));
    assert!(err.contains("--argstr x"), "{err}");
    let call = ["instantiate", "--eval", "-E", "{ abc = 1; }", "-A", "abd"];
    assert!(repx(&call, "").2.contains("Did you mean abc?"));
}

#[test]
fn what_comes_before_an_error_is_printed() {
    let (status, out, err) = repx(&["instantiate", "--eval", "-E", "1", "throw \"no\""], "");
    assert_eq!((status, out.as_str()), (Some(2), "1\n"));
    assert!(err.contains("no"), "{err}");
}

#[test]
fn trees_need_no_evaluation() {
    let parse = |text: &str| repx(&["instantiate", "--parse", "-"], text);
    assert_eq!(parse("x: x - 1").1, "(x: (__sub x 1))\n");
    let (status, out, err) = parse("x: y");
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(err.contains("undefined variable 'y'"), "{err}");
}

#[test]
fn derivations_are_printed_by_path() {
    let derivation = "derivation { name = \"n\"; system = \"s\"; builder = \"/b\"; outputs = [ \"out\" \"dev\" ]; }";
    let (status, out, err) = repx(&["instantiate", "--dry-run", "-E", derivation, "-A", "dev"], "");
    assert_eq!(status, Some(0), "{err}");
    assert!(out.starts_with("/nix/store/") && out.ends_with("-n.drv!dev\n"), "{out}");
}

/// A disk that is full: no result, no panic, whatever is being printed.
#[test]
fn what_cannot_be_written_is_wrong() {
    let lab = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/simple");
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["eval", "--help"],
        &["eval", lab],
        &["eval", lab, "--format", "json"],
        &["instantiate", "--eval", "-E", "1"],
    ] {
        let full = std::fs::File::create("/dev/full").expect("Linux has it");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_repx"));
        let output = command.args(arguments).stdout(full).output().expect("the binary runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.starts_with("repx: cannot write the result: "), "{arguments:?}: {said}");
    }
    // Nobody can be told, and that is all.
    let full = || std::fs::File::create("/dev/full").expect("Linux has it");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_repx"));
    let status = command.arg("--help").stdout(full()).stderr(full()).status().expect("it runs");
    assert_eq!(status.code(), Some(2));
}

/// `-q` hides warnings. What the lab itself prints stays.
#[test]
fn quiet_hides_warnings_alone() {
    let lab = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/errors/bare-key-unused");
    let (status, _, err) = repx(&["eval", lab], "");
    assert_eq!(status, Some(0));
    assert!(err.contains("declares the parameter `sede`") && err.ends_with("1 warning\n"), "{err}");
    let (status, out, err) = repx(&["eval", "-q", lab], "");
    assert_eq!((status, err.as_str()), (Some(0), ""));
    assert!(out.contains("main"), "{out}");
    let wrong = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/errors/empty-axis");
    assert!(repx(&["eval", "-q", wrong], "").2.ends_with("1 error\n"));
    let trace = ["instantiate", "-q", "--eval", "-E", "builtins.trace \"mine\" 1"];
    assert_eq!(repx(&trace, ""), (Some(0), "1\n".into(), "trace: mine\n".into()));
    let (_, help, _) = repx(&["--help"], "");
    assert!(help.contains("builtins.trace"), "{help}");
}

/// What Nix 2.34.8 says to each with `--show-trace`.
#[test]
fn traces_are_those_of_nix() {
    let told = [
        (
            "builtins.map 1 [ 1 ]",
            "error:
       … while calling the 'map' builtin
         at «string»:1:1:
            1| builtins.map 1 [ 1 ]
             | ^

       … while evaluating the first argument passed to builtins.map

       error: expected a function but found an integer: 1
",
        ),
        (
            "let f = { a }: a; in f { b = 1; }",
            "error:
       … from call site
         at «string»:1:22:
            1| let f = { a }: a; in f { b = 1; }
             |                      ^

       error: function 'f' called without required argument 'a'
       at «string»:1:9:
            1| let f = { a }: a; in f { b = 1; }
             |         ^
",
        ),
        (
            "let p.a = {}; in p.a.b",
            "error:
       … while evaluating the attribute 'a.b'
         at «string»:1:5:
            1| let p.a = {}; in p.a.b
             |     ^

       error: attribute 'b' missing
       at «string»:1:18:
            1| let p.a = {}; in p.a.b
             |                  ^
",
        ),
        (
            "builtins.foldl' (a: b: throw \"x\") 0 [ 1 ]",
            "error:
       … while calling the 'foldl'' builtin
         at «string»:1:1:
            1| builtins.foldl' (a: b: throw \"x\") 0 [ 1 ]
             | ^

       … while calling anonymous lambda
         at «string»:1:21:
            1| builtins.foldl' (a: b: throw \"x\") 0 [ 1 ]
             |                     ^

       … while calling the 'throw' builtin
         at «string»:1:24:
            1| builtins.foldl' (a: b: throw \"x\") 0 [ 1 ]
             |                        ^

       error: x
",
        ),
    ];
    for (expression, expected) in told {
        let (code, out, err) =
            repx(&["instantiate", "--eval", "--strict", "--show-trace", "-E", expression], "");
        assert_eq!((code, &*out), (Some(2), ""), "{expression}");
        assert_eq!(err, expected, "{expression}");
    }
}

#[test]
fn nix_settings_are_heeded() {
    let warn = ["instantiate", "--eval", "-E", "builtins.warn \"w\" 1"];
    let (code, out, err) = repx(&warn, "");
    assert_eq!((code, &*out, &*err), (Some(0), "1\n", "evaluation warning: w\n"));
    let (code, out, err) = repx(&[&warn[..], &["--option", "abort-on-warn", "true"]].concat(), "");
    assert_eq!((code, &*out), (Some(2), ""));
    let why = "error: aborting to reveal stack trace of warning, as abort-on-warn is set";
    assert!(err.contains(why), "{err}");
    let (code, _, err) = repx(&[&warn[..], &["--option", "abort-on-warn", "2"]].concat(), "");
    assert_eq!(code, Some(2));
    assert!(err.contains("Boolean setting 'abort-on-warn' has invalid value '2'"), "{err}");
    let verbose = ["instantiate", "--eval", "-E", "builtins.traceVerbose \"t\" 1"];
    let (_, _, err) = repx(&verbose, "");
    assert_eq!(err, "");
    let (_, _, err) = repx(&[&verbose[..], &["--option", "trace-verbose", "true"]].concat(), "");
    assert_eq!(err, "trace: t\n");
}
