//! `repx lsp` with a client that says exactly what a test wants, good or bad.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::lsp::{Client, uri};
use support::program::{copy, executable};

/// A copy of an example.
fn lab(name: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary directory");
    copy(&support::repository(&format!("examples/{name}")), root.path());
    root
}

/// The codes of what is told, with where it begins.
fn codes(all: &[Value]) -> Vec<String> {
    let mut told: Vec<String> = all
        .iter()
        .map(|one| {
            let start = &one["range"]["start"];
            let code = one["code"].as_str().expect("a code").trim_start_matches("repx::");
            format!("{code} {}:{}", start["line"], start["character"])
        })
        .collect();
    told.sort();
    told
}

fn has(all: &[Value], code: &str) -> bool {
    all.iter().any(|one| one["code"] == format!("repx::{code}"))
}

fn change(from: (u32, u32), to: (u32, u32), text: &str) -> Value {
    let at = |(line, character): (u32, u32)| json!({ "line": line, "character": character });
    json!([{ "range": { "start": at(from), "end": at(to) }, "text": text }])
}

/// Nothing is wrong with the server: it answers.
#[track_caller]
fn alive(client: &mut Client) {
    let answer = client.asked("repx/nothing", Value::Null);
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
}

/// Where a text stands in another.
fn at(text: &str, what: &str) -> (u32, u32) {
    let offset = text.find(what).expect("it is there");
    let before = &text[..offset];
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() as u32, before[line..].encode_utf16().count() as u32)
}

#[test]
fn diagnostics_come_with_each_edit() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("a.nix");
    let mut client = Client::open(root.path());
    client.open_text(&file, "let a = 1; in {\n  x = bb;\n}\n");
    let told = client.diagnostics(&file, |_| true);
    assert_eq!(codes(&told), ["eval::undefined-variable 1:6", "lint::unused-binding 0:4"]);
    let unused = told.iter().find(|one| one["severity"] == 2).expect("a warning");
    assert_eq!(unused["tags"], json!([1]));
    assert_eq!(unused["source"], "repx");
    client.edit(&file, 2, change((1, 6), (1, 8), "a"));
    let message = client.wait(|message| message["params"]["version"] == 2);
    assert_eq!(message["params"]["diagnostics"], json!([]));
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_lab_is_told_of_in_all_its_files() {
    let root = lab("simple");
    let stage = root.path().join("nix/stages/summarise.nix");
    let pipelines = root.path().join("nix/pipelines/simulation.nix");
    let mut client = Client::open(root.path());
    let text = client.open_file(&stage);
    assert_eq!(client.diagnostics(&stage, |_| true), Vec::<Value>::new());
    // A pipeline that isn't open, seen broken by an edit of another text.
    let (line, column) = at(&text, "inputs = {");
    client.edit(
        &stage,
        2,
        change((line, column + 10), (line, column + 10), "\n    nothing = \"\";"),
    );
    let told = client.diagnostics(&stage, |all| !all.is_empty());
    assert!(has(&told, "stage::input-unmatched"), "{told:?}");
    // Mended.
    client.edit(&stage, 3, change((line + 1, 0), (line + 2, 0), ""));
    client.diagnostics(&stage, |all| all.is_empty());
    // A file of the lab that is not open is told of too.
    let old = std::fs::read_to_string(&pipelines).unwrap();
    std::fs::write(&pipelines, old.replacen('{', "{ unheard, ", 1)).unwrap();
    let changed = json!({ "changes": [{ "uri": uri(&pipelines), "type": 2 }] });
    client.tell("workspace/didChangeWatchedFiles", changed);
    let told = client.diagnostics(&pipelines, |all| !all.is_empty());
    assert!(has(&told, "lint::unused-argument"), "{told:?}");
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn findings_move_along_with_edits_and_fixes_apply() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("a.nix");
    let mut client = Client::open(root.path());
    let text = "{\n  a = http://example.org/x;\n  b = http://example.org/y;\n}\n";
    client.open_text(&file, text);
    let told = client.diagnostics(&file, |_| true);
    assert_eq!(codes(&told), ["lint::url-literal 1:6", "lint::url-literal 2:6"]);
    assert_eq!(told[0]["tags"], json!([2]));
    client.edit(&file, 2, change((0, 0), (0, 0), "# é😀\n"));
    let mut actions = |only: Option<&str>, line: u32| {
        let place = json!({ "line": line, "character": 8 });
        let mut context = json!({ "diagnostics": [] });
        if let Some(only) = only {
            context["only"] = json!([only]);
        }
        let range = json!({ "start": place, "end": place });
        let document = json!({ "uri": uri(&file) });
        let params = json!({ "textDocument": document, "range": range, "context": context });
        client.ask("textDocument/codeAction", params)
    };
    let quick = actions(None, 2);
    assert_eq!(quick.as_array().unwrap().len(), 1, "{quick}");
    let edit = &quick[0]["edit"]["changes"][uri(&file)][0];
    assert_eq!(edit["range"]["start"], json!({ "line": 2, "character": 6 }));
    assert_eq!(edit["newText"], "\"http://example.org/x\"");
    let all = actions(Some("source.fixAll"), 0);
    let edit = &all[0]["edit"]["changes"][uri(&file)][0]["newText"];
    assert_eq!(edit, "\"http://example.org/x\";\n  b = \"http://example.org/y\"");
    assert_eq!(actions(Some("refactor"), 2), json!([]));
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn malformed_messages_are_refused_and_the_conversation_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let mut client = Client::open(root.path());
    let large = format!("Content-Length: {}\r\n\r\n", (64 << 20) + 1);
    let large = [large.into_bytes(), vec![b' '; (64 << 20) + 1]].concat();
    let bad: [(&[u8], i32); 8] = [
        (b"Content-Length: 9\r\n\r\n{\"id\": 1,", -32700),
        (b"Content-Length: 4\r\n\r\n{\"method\": \"x\"}", -32700),
        (b"Content-Length: x\r\n\r\n{}", -32700),
        (b"complete nonsense\r\n\r\n", -32700),
        (b"Content-Length: 2\r\n\r\n[]", -32600),
        (b"Content-Length: 2\r\n\r\n\xff\xff", -32700),
        (b"Content-Length: 26\r\n\r\n{\"id\":{},\"method\":\"hover\"}", -32600),
        (&large, -32600),
    ];
    for (bytes, code) in bad {
        client.raw(bytes);
        let refusal = client.wait(|message| message.get("error").is_some());
        assert_eq!(refusal["error"]["code"], code, "{refusal}");
        assert_eq!(refusal["id"], Value::Null);
        alive(&mut client);
    }
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn parameters_that_make_no_sense_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let mut client = Client::open(root.path());
    let file = root.path().join("a.nix");
    for (method, params) in [
        ("textDocument/codeAction", json!(null)),
        ("textDocument/codeAction", json!({ "textDocument": { "uri": "no uri at all" } })),
        ("textDocument/codeAction", json!([1, 2])),
    ] {
        let answer = client.asked(method, params);
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
    for (method, params) in [
        ("textDocument/didOpen", json!(7)),
        ("textDocument/didChange", json!({})),
        ("textDocument/didClose", json!({ "textDocument": { "uri": uri(&file) } })),
        ("textDocument/didSave", json!({ "textDocument": { "uri": uri(&file) } })),
        ("$/setTrace", json!({ "value": "off" })),
        ("$/cancelRequest", json!({ "id": 99 })),
        ("$/cancelRequest", json!(null)),
        ("workspace/didChangeConfiguration", json!({ "settings": null })),
        ("workspace/didChangeWorkspaceFolders", json!({ "event": 1 })),
    ] {
        client.tell(method, params);
        alive(&mut client);
    }
    client.edit(&file, 3, change((0, 0), (0, 0), "x"));
    alive(&mut client);
    let answer = client.asked("initialize", json!({ "capabilities": {} }));
    assert_eq!(answer["error"]["code"], -32600);
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn nothing_is_answered_before_the_introduction_or_after_the_goodbye() {
    let root = tempfile::tempdir().unwrap();
    let mut client = Client::start(root.path());
    let answer = client.asked("textDocument/codeAction", json!({}));
    assert_eq!(answer["error"]["code"], -32002);
    client.open_text(&root.path().join("a.nix"), "x");
    client.introduce(json!({}));
    alive(&mut client);
    client.ask("shutdown", Value::Null);
    let answer = client.asked("textDocument/codeAction", json!({}));
    assert_eq!(answer["error"]["code"], -32600);
    client.tell("exit", Value::Null);
    assert_eq!(client.status(), Some(0));
}

#[test]
fn who_leaves_without_a_word_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    let client = |act: &dyn Fn(&mut Client)| {
        let mut client = Client::open(root.path());
        act(&mut client);
        client.status()
    };
    assert_eq!(client(&|client| client.tell("exit", Value::Null)), Some(1));
    assert_eq!(client(&|client| client.hang_up()), Some(1));
    let said_goodbye = client(&|client| {
        client.ask("shutdown", Value::Null);
        client.hang_up();
    });
    assert_eq!(said_goodbye, Some(0));
}

#[test]
fn places_count_what_was_agreed_on() {
    for (offered, expected, column) in [
        (json!(null), "utf-16", 10),
        (json!(["utf-8", "utf-16"]), "utf-8", 13),
        (json!(["utf-32"]), "utf-32", 9),
        (json!(["utf-7"]), "utf-16", 10),
    ] {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("a.nix");
        let mut client = Client::start(root.path());
        let answer = client.introduce(json!({ "general": { "positionEncodings": offered } }));
        assert_eq!(answer["capabilities"]["positionEncoding"], expected);
        client.open_text(&file, "\"é\";\r\n[ \"é😀\" 1 yy ]\r\n");
        // The first line is no expression: only the second is one.
        client.edit(&file, 2, change((0, 0), (1, 0), ""));
        let told = client.diagnostics(&file, |all| has(all, "eval::undefined-variable"));
        let start = &told[0]["range"]["start"];
        assert_eq!(*start, json!({ "line": 0, "character": column }), "{expected}");
        assert_eq!(client.leave(), Some(0));
    }
}

#[test]
fn places_out_of_range_do_no_harm() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("a.nix");
    let mut client = Client::open(root.path());
    client.open_text(&file, "1");
    client.edit(&file, 2, change((7, 7), (99, u32::MAX), " + zz"));
    let told = client.diagnostics(&file, |all| !all.is_empty());
    assert_eq!(codes(&told), ["eval::undefined-variable 0:4"]);
    client.edit(&file, 3, change((0, 5), (0, 4), ""));
    let message = client.wait(|message| message["params"]["version"] == 3);
    assert_eq!(
        codes(message["params"]["diagnostics"].as_array().unwrap()),
        ["eval::undefined-variable 0:4"]
    );
    let answer = client.asked("textDocument/didChange", json!({}));
    assert_eq!(answer["error"]["code"], -32601, "a notification is no request");
    assert_eq!(client.leave(), Some(0));
}

/// A lab whose evaluation takes until it is interrupted.
const ENDLESS: &str = "{ repx-lib, ... }: builtins.seq \
    (builtins.foldl' (a: b: builtins.foldl' (c: d: c + d) a (builtins.genList (x: x) 100000)) 0 \
        (builtins.genList (x: x) 100000000)) (repx-lib.mkLab { runs = { }; })\n";

#[test]
fn an_edit_interrupts_an_evaluation_and_questions_are_answered_meanwhile() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("lab.nix");
    std::fs::write(&file, ENDLESS).unwrap();
    let mut client = Client::open(root.path());
    client.open_file(&file);
    client.diagnostics(&file, |_| true);
    // Longer than the server waits for quiet.
    std::thread::sleep(std::time::Duration::from_millis(400));
    alive(&mut client);
    client.edit(&file, 2, json!([{ "text": "{ ... }: { runs = { a = 1; }; }\n" }]));
    let told = client.diagnostics(&file, |all| all.iter().any(|one| one["severity"] == 1));
    assert!(told.iter().all(|one| one["code"] != "repx::interrupted"), "{told:?}");
    // And one that is at work is no reason to stay.
    client.edit(&file, 3, json!([{ "text": ENDLESS }]));
    std::thread::sleep(std::time::Duration::from_millis(400));
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_request_that_is_taken_back_is_answered_once() {
    let root = tempfile::tempdir().unwrap();
    let mut client = Client::open(root.path());
    let mut bytes = Vec::new();
    for id in 1000..1050 {
        for message in [
            json!({ "id": id, "method": "repx/nothing" }),
            json!({ "method": "$/cancelRequest", "params": { "id": id } }),
        ] {
            let text = message.to_string();
            bytes.extend(format!("Content-Length: {}\r\n\r\n{text}", text.len()).into_bytes());
        }
    }
    client.raw(&bytes);
    for id in 1000..1050 {
        let code = client.answer(id)["error"]["code"].as_i64();
        assert!([Some(-32601), Some(-32800)].contains(&code), "{code:?}");
    }
    alive(&mut client);
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_text_that_cannot_be_read_keeps_what_is_known_of_others() {
    let root = lab("simple");
    let stage = root.path().join("nix/stages/summarise.nix");
    let pipeline: PathBuf = root.path().join("nix/pipelines/simulation.nix");
    let old = std::fs::read_to_string(&pipeline).unwrap();
    std::fs::write(&pipeline, old.replacen('{', "{ unheard, ", 1)).unwrap();
    let mut client = Client::open(root.path());
    let text = client.open_file(&stage);
    client.diagnostics(&pipeline, |all| has(all, "lint::unused-argument"));
    let (line, column) = at(&text, "inputs = {");
    client.edit(&stage, 2, change((line, column), (line, column), "( "));
    let told = client.diagnostics(&stage, |all| !all.is_empty());
    assert!(told.iter().any(|one| one["code"].as_str().unwrap().starts_with("repx::syntax::")));
    client.edit(&stage, 3, change((line, column), (line, column + 2), ""));
    client.diagnostics(&stage, |all| all.is_empty());
    let closed = json!({ "textDocument": { "uri": uri(&stage) } });
    client.tell("textDocument/didClose", closed);
    // The lab is not looked at any more.
    client.diagnostics(&pipeline, |all| all.is_empty());
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn bytes_that_are_no_text_and_paths_that_are_none() {
    let root = tempfile::tempdir().unwrap();
    let mut client = Client::open(root.path());
    let open = |client: &mut Client, uri: &str, text: &str| {
        let document = json!({ "uri": uri, "languageId": "nix", "version": 1, "text": text });
        client.tell("textDocument/didOpen", json!({ "textDocument": document }));
    };
    for name in
        ["untitled:Untitled-1", "file:///", "file://host", "http://x/y.nix", "file:///%00/x"]
    {
        open(&mut client, name, "{ a = b; }\u{0}\u{feff}");
        let told = client.wait(|message| message["params"]["uri"] == name);
        assert!(!told["params"]["diagnostics"].as_array().unwrap().is_empty(), "{told}");
    }
    let deep = "(".repeat(1_000_000);
    let file = Path::new("/nowhere/deep.nix");
    client.open_text(file, &deep);
    client.diagnostics(file, |all| !all.is_empty());
    alive(&mut client);
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_lab_behind_a_link_is_told_of_by_the_names_of_the_client() {
    let root = lab("simple");
    let links = tempfile::tempdir().unwrap();
    let link = links.path().join("lab");
    std::os::unix::fs::symlink(root.path(), &link).unwrap();
    let stage = link.join("nix/stages/summarise.nix");
    let mut client = Client::open(&link);
    let text = client.open_file(&stage);
    let (line, column) = at(&text, "inputs = {");
    client.edit(
        &stage,
        2,
        change((line, column + 10), (line, column + 10), "\n    nothing = \"\";"),
    );
    let told = client.diagnostics(&stage, |all| !all.is_empty());
    assert!(has(&told, "stage::input-unmatched"), "{told:?}");
    assert_eq!(client.leave(), Some(0));
}

/// A place in a file, as questions name it.
fn place(file: &Path, at: (u32, u32)) -> Value {
    json!({
        "textDocument": { "uri": uri(file) },
        "position": { "line": at.0, "character": at.1 },
    })
}

#[test]
fn what_is_known_of_a_text_is_answered() {
    let root = lab("sweep");
    let stage = root.path().join("nix/stages/train.nix");
    let run = root.path().join("nix/runs/sweep.nix");
    let mut client = Client::start(root.path());
    client.introduce(json!({
        "workspace": {
            "workspaceEdit": { "documentChanges": true },
            "inlayHint": { "refreshSupport": true },
        },
        "textDocument": { "documentSymbol": { "hierarchicalDocumentSymbolSupport": true } },
    }));
    let text = client.open_file(&stage);
    client.open_file(&run);
    // The lab was evaluated.
    client.wait(|message| message["method"] == "workspace/inlayHint/refresh");
    let document = json!({ "textDocument": { "uri": uri(&stage) } });
    let symbols = client.ask("textDocument/documentSymbol", document.clone());
    let nested = symbols
        .as_array()
        .unwrap()
        .iter()
        .any(|one| !one["children"].as_array().unwrap().is_empty());
    assert!(nested, "{symbols}");
    let folds = client.ask("textDocument/foldingRange", document.clone());
    assert!(!folds.as_array().unwrap().is_empty());
    let tokens = client.ask("textDocument/semanticTokens/full", document);
    let numbers = tokens["data"].as_array().unwrap();
    assert!(numbers.len() >= 5 && numbers.len().is_multiple_of(5), "{tokens}");
    let whole = json!({
        "textDocument": { "uri": uri(&run) },
        "range": {
            "start": { "line": 0, "character": 0 },
            "end": { "line": 999, "character": 0 },
        },
    });
    let hints = client.ask("textDocument/inlayHint", whole);
    let labels: Vec<&str> =
        hints.as_array().unwrap().iter().filter_map(|hint| hint["label"].as_str()).collect();
    assert!(labels.iter().any(|label| label.contains("jobs")), "{labels:?}");
    let found = client.ask("workspace/symbol", json!({ "query": "train" }));
    assert!(!found.as_array().unwrap().is_empty());
    // In a place where nothing has a name.
    let mut rename = place(&stage, (1, 0));
    rename["newName"] = json!("x");
    let refused = client.asked("textDocument/rename", rename);
    assert_eq!(refused["error"]["code"], -32803, "{refused}");
    // Edits are for the states of texts that are known.
    let (line, column) = at(&text, "warmup");
    let mut rename = place(&stage, (line, column));
    rename["newName"] = json!("heating");
    let edit = client.ask("textDocument/rename", rename);
    let changes = edit["documentChanges"].as_array().unwrap();
    assert_eq!(changes.len(), 2, "the stage and the run: {edit}");
    assert!(changes.iter().all(|change| change["textDocument"]["version"] == 1), "{edit}");
    // What a name is worked out to be, and what `with` gives.
    let old = "inherit (repx-lib) utils;";
    let new = "inherit (repx-lib) utils; folds = 2 * 3; more = with utils; range 1 folds;";
    let text = std::fs::read_to_string(&run).unwrap().replace(old, new);
    client.edit(&run, 2, json!([{ "text": text }]));
    let mut hover = |what: &str| {
        let hover = client.ask("textDocument/hover", place(&run, at(&text, what)));
        hover["contents"]["value"].as_str().unwrap_or_default().to_owned()
    };
    assert!(hover("folds;").contains("an integer: `6`"), "{}", hover("folds;"));
    assert!(hover("range 1 folds").contains("utils.range FIRST LAST"));
    for method in ["hover", "definition", "completion", "prepareRename"] {
        let answer = client.asked(&format!("textDocument/{method}"), place(&stage, (9999, 9999)));
        assert_ne!(answer["error"]["code"], -32603, "a bug: {answer}");
    }
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn texts_are_formatted_where_there_is_a_formatter() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("a.nix");
    let nowhere = root.path().join("nothing");
    let mut client = Client::start_with(root.path(), &[("PATH", nowhere.to_str().unwrap())]);
    let told = client.introduce(json!({}));
    assert_eq!(told["capabilities"]["documentFormattingProvider"], Value::Null);
    assert_eq!(client.leave(), Some(0));
    let program = root.path().join("nixfmt");
    let text = "#!/bin/sh\nread -r line\n[ \"$line\" = bad ] && exit 1\necho \"[ 1 ]\"\n";
    executable(&program, text);
    let path = format!("{}:/usr/bin:/bin", root.path().display());
    let mut client = Client::start_with(root.path(), &[("PATH", &path)]);
    let told = client.introduce(json!({}));
    assert_eq!(told["capabilities"]["documentFormattingProvider"], true);
    client.open_text(&file, "[  1  ]\n");
    let options = json!({ "tabSize": 2, "insertSpaces": true });
    let params = json!({ "textDocument": { "uri": uri(&file) }, "options": options });
    let edits = client.ask("textDocument/formatting", params.clone());
    let start = json!({ "line": 0, "character": 2 });
    assert_eq!(edits[0]["range"]["start"], start, "{edits}");
    client.edit(&file, 2, json!([{ "text": "bad\n" }]));
    let refused = client.asked("textDocument/formatting", params);
    assert_eq!(refused["error"]["code"], -32803, "{refused}");
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_lab_that_needs_too_much_memory_does_not_end_the_server() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("lab.nix");
    let lab = "{ ... }: { runs = builtins.genList (x: x) 100000000000; }\n";
    let mut client = Client::open(root.path());
    std::fs::write(&file, lab).unwrap();
    client.open_file(&file);
    client.diagnostics(&file, |_| true);
    std::thread::sleep(std::time::Duration::from_millis(400));
    alive(&mut client);
    client.edit(&file, 2, json!([{ "text": "{ ... }: { runs = { a = 1; }; }\n" }]));
    client.diagnostics(&file, |all| all.iter().any(|one| one["severity"] == 1));
    assert_eq!(client.leave(), Some(0));
}
