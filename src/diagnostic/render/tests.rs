//! What people and programs get to see.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop")]

use std::sync::Arc;

use super::*;
use crate::diagnostic::{Label, Severity};
use crate::source::{SourceFile, Span};

fn options() -> RenderOptions {
    RenderOptions { base: Some("/lab".into()), ..RenderOptions::default() }
}

fn at(file: &SourceFile, text: &str) -> Span {
    let start = file.start() + file.text().find(text).unwrap() as u32;
    Span::new(start, start + text.len() as u32)
}

fn lab() -> (SourceMap, [Arc<SourceFile>; 2]) {
    let map = SourceMap::new();
    let lab = "let\n  stages = import ./nix/stages.nix;\nin {\n  runs = stages.trian;\n}\n";
    let lab = map.add("/lab/lab.nix", lab).unwrap();
    let stages = map.add("/lab/nix/stages.nix", "{\n  train = 1;\n}").unwrap();
    (map, [lab, stages])
}

fn missing(map: &SourceMap) -> Diagnostic {
    let lab = map.file(Span::new(1, 1)).unwrap();
    let stages = map.file(Span::new(lab.span().end + 1, lab.span().end + 1)).unwrap();
    Diagnostic::error("repx::eval::missing-attribute", "attribute 'trian' missing")
        .at(at(&lab, "trian"), "no such stage")
        .also(at(&stages, "train"), "this is near")
        .also(at(&lab, "import ./nix/stages.nix"), "the set comes from here")
        .help("did you mean `train`?")
        .fix("Write `train`", at(&lab, "trian"), "train")
        .within(Span::NONE, "while evaluating the lab")
}

#[test]
fn a_report_labels_several_files() {
    let (map, _) = lab();
    let text = render(&missing(&map), &map, &options());
    insta::assert_snapshot!(text, @r"
    repx::eval::missing-attribute

      × attribute 'trian' missing
       ╭─[lab.nix:4:17]
     1 │ let
     2 │   stages = import ./nix/stages.nix;
       ·            ───────────┬───────────
       ·                       ╰── the set comes from here
     3 │ in {
     4 │   runs = stages.trian;
       ·                 ──┬──
       ·                   ╰── no such stage
     5 │ }
       ╰────
       ╭─[nix/stages.nix:2:3]
     1 │ {
     2 │   train = 1;
       ·   ──┬──
       ·     ╰── this is near
     3 │ }
       ╰────
      help: did you mean `train`?
      while evaluating the lab
    ");
}

#[test]
fn without_colour_or_unicode_it_is_ascii() {
    let (map, _) = lab();
    let ascii = RenderOptions { unicode: false, ..options() };
    let text = render(&missing(&map), &map, &ascii);
    insta::assert_snapshot!(text, @r"
    repx::eval::missing-attribute

      x attribute 'trian' missing
       ,-[lab.nix:4:17]
     1 | let
     2 |   stages = import ./nix/stages.nix;
       :            ^^^^^^^^^^^|^^^^^^^^^^^
       :                       `-- the set comes from here
     3 | in {
     4 |   runs = stages.trian;
       :                 ^^|^^
       :                   `-- no such stage
     5 | }
       `----
       ,-[nix/stages.nix:2:3]
     1 | {
     2 |   train = 1;
       :   ^^|^^
       :     `-- this is near
     3 | }
       `----
      help: did you mean `train`?
      while evaluating the lab
    ");
}

#[test]
fn a_long_trace_is_folded() {
    let (map, files) = lab();
    let mut diagnostic = Diagnostic::error("repx::eval::throw", "no data");
    for index in 0..9 {
        let text = format!("in stage `train{index}`, params {{ model = \"large\"; }}");
        let place = at(&files[1], if index % 2 == 0 { "train" } else { "1" });
        diagnostic = diagnostic.within(place, text);
    }
    let long = "while evaluating the attribute `something.with.a.very.long.name.indeed`";
    diagnostic.trace.insert(1, Label { span: at(&files[0], "runs"), text: long.into() });
    diagnostic.trace.insert(2, Label { span: Span::NONE, text: "while calling `map`".into() });
    diagnostic.frames_of_nix = diagnostic.trace.len();
    let text = render(&diagnostic, &map, &options());
    insta::assert_snapshot!(text, @r#"
    repx::eval::throw

      × no data
      in stage `train0`, params { model = "large"; }  at nix/stages.nix:2:3
      while evaluating the attribute `something.with.a.very.long.name.indeed`
          at lab.nix:4:3
      while calling `map`
      in stage `train1`, params { model = "large"; }  at nix/stages.nix:2:11
      in stage `train2`, params { model = "large"; }  at nix/stages.nix:2:3
      in stage `train3`, params { model = "large"; }  at nix/stages.nix:2:11
      … 5 more frames; --show-trace shows all
    "#);
}

#[test]
fn long_lines_are_cut_around_their_places() {
    let map = SourceMap::new();
    let text = format!("{{\n  x = [ {}y ] {};\n}}", "a ".repeat(2500), "b ".repeat(500));
    let file = map.add("/lab/long.nix", text).unwrap();
    let diagnostic = Diagnostic::warning("repx::test", "here").at(at(&file, "y ]"), "this one");
    let text = render(&diagnostic, &map, &options());
    insta::assert_snapshot!(text, @r"
    repx::test

      ⚠ here
       ╭─[long.nix:2:5009]
     1 │ {
     2 │ …a a a a a a a a a a a a y ] b b b b b b b b b b b b b b b b b b b b b …
       ·                          ─┬─
       ·                           ╰── this one
     3 │ }
       ╰────
    ");
}

#[test]
fn the_words_of_the_lab_stand_for_those_of_nix() {
    let (map, files) = lab();
    let (inner, outer) = (at(&files[1], "train"), at(&files[0], "runs"));
    let diagnostic = Diagnostic::error("repx::test", "no")
        .within(inner, "while calling 'pname'")
        .within(inner, "in `pname`")
        .within(outer, "in stage `train`");
    let text = render(&diagnostic, &map, &options());
    assert!(!text.contains("while calling") && text.contains("in `pname`  at nix/stages.nix:2:3"));
    let full = RenderOptions { full_trace: true, ..options() };
    assert!(render(&diagnostic, &map, &full).contains("while calling 'pname'"));
}

/// A diagnostic whose label stands at a column and says this many words.
fn labelled(map: &SourceMap, column: usize, words: usize) -> Diagnostic {
    let file = map.add("/lab/wide.nix", format!("{{\n{}x = 1;\n}}", " ".repeat(column))).unwrap();
    let words: Vec<String> = (0..words).map(|n| format!("word{n}")).collect();
    Diagnostic::error("repx::test", words.join(" "))
        .at(at(&file, "x"), words.join(" "))
        .help(words.join("-") + " " + &words.join(" "))
        .within(at(&file, "x"), words.join(" "))
}

#[test]
fn nothing_is_wider_than_the_page() {
    for width in [40, 80, 120] {
        for column in (0..70).step_by(7) {
            for words in [1, 4, 12, 60] {
                let map = SourceMap::new();
                let page = RenderOptions { width, ..options() };
                let diagnostic = Diagnostic { help: None, ..labelled(&map, column, words) };
                let text = render(&diagnostic, &map, &page);
                let widest = text.lines().map(|line| line.chars().count()).max();
                assert!(widest <= Some(width), "{width} {column} {words}: {widest:?}\n{text}");
                let last = format!("word{}", words - 1);
                assert_eq!(text.matches(&last).count(), 3, "{width} {column} {words}:\n{text}");
            }
        }
    }
}

#[test]
fn long_labels_are_wrapped_or_stand_below() {
    let map = SourceMap::new();
    let mut text = String::new();
    for column in [10, 66] {
        let diagnostic = Diagnostic { help: None, trace: Vec::new(), ..labelled(&map, column, 12) };
        text.push_str(&render(&diagnostic, &map, &options()));
    }
    insta::assert_snapshot!(text, @r"
    repx::test

      × word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 word10 word11
       ╭─[wide.nix:2:11]
     1 │ {
     2 │           x = 1;
       ·           ┬
       ·           ╰─┤ word0 word1 word2 word3 word4 word5 word6 word7 word8 word9
       ·             │ word10 word11
     3 │ }
       ╰────
    repx::test

      × word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 word10 word11
       ╭─[wide.nix:2:67]
     1 │ {
     2 │                                                                   x = 1;
       ·                                                                   ┬
       ·                                                                   ╰── (1)
     3 │ }
       ╰────
      (1) word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 word10 word11
    ");
}

#[test]
fn help_is_broken_at_spaces_outside_of_code() {
    let map = SourceMap::new();
    let help = "a time such as 1-12:00:00, or begin the file with the arguments: `{ pkgs, ... }:` \
                and so on, until 2-12:00:00";
    let text = render(&Diagnostic::error("repx::test", "no").help(help), &map, &options());
    insta::assert_snapshot!(text, @r"
    repx::test

      × no
      help: a time such as 1-12:00:00, or begin the file with the arguments:
            `{ pkgs, ... }:` and so on, until 2-12:00:00
    ");
}

#[test]
fn marks_of_what_is_left_out_are_ascii_too() {
    let map = SourceMap::new();
    let text = format!("{{\n  x = [ {}y ] {};\n}}", "a ".repeat(2500), "b ".repeat(500));
    let file = map.add("/lab/long.nix", text).unwrap();
    let mut diagnostic = Diagnostic::error("repx::test", "m".repeat(3000)).at(at(&file, "y ]"), "");
    for index in 0..9 {
        diagnostic = diagnostic.within(Span::NONE, format!("frame {index}"));
    }
    diagnostic.frames_of_nix = diagnostic.trace.len();
    let ascii = RenderOptions { unicode: false, ..options() };
    let text = render(&diagnostic, &map, &ascii);
    assert!(text.is_ascii(), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80 || line.contains("mmm")), "{text}");
    assert_eq!(text.matches("...").count(), 4, "{text}");
}

#[test]
fn tabs_wide_and_control_characters() {
    let map = SourceMap::new();
    let file = map.add("/elsewhere/t.nix", "{\r\n\tt = \"漢字\u{1b}[31m\" y;\r\n}").unwrap();
    let diagnostic = Diagnostic::error("repx::test", "\u{1b}[1;31mbad\u{1b}[0m \u{1b}[2J")
        .at(at(&file, "y"), "here");
    let text = render(&diagnostic, &map, &options());
    insta::assert_snapshot!(text, @r#"
    repx::test

      × bad ␛[2J
       ╭─[/elsewhere/t.nix:2:16]
     1 │ {
     2 │     t = "漢字␛[31m" y;
       ·                     ┬
       ·                     ╰── here
     3 │ }
       ╰────
    "#);
}

#[test]
fn ends_of_files_and_empty_files() {
    let mut all = Vec::new();
    let map = SourceMap::new();
    for text in ["{ a = 1", "(1\n", ""] {
        let file = map.add("/lab/end.nix", text).unwrap();
        let end = Span::new(file.span().end, file.span().end);
        all.push(Diagnostic::error("repx::test", "unexpected end of file").at(end, "here"));
    }
    let text = render_all(&all, &map, &options());
    insta::assert_snapshot!(text, @r"
    repx::test

      × unexpected end of file
       ╭─[end.nix:1:8]
     1 │ { a = 1
       ·        ▲
       ·        ╰── here
       ╰────

    repx::test

      × unexpected end of file
       ╭─[end.nix:2:1]
     1 │ (1
     2 │
       · ▲
       · ╰── here
       ╰────

    repx::test

      × unexpected end of file
       ╭─[end.nix:1:1]
     1 │
       · ▲
       · ╰── here
       ╰────
    ");
}

#[test]
fn places_of_many_lines() {
    let map = SourceMap::new();
    let few = map.add("/lab/few.nix", "[\n  1\n]\n").unwrap();
    let many = map.add("/lab/many.nix", format!("{{\n{}}}", "  a = 1;\n".repeat(30))).unwrap();
    let diagnostic = Diagnostic::error("repx::test", "two sizes")
        .at(at(&few, "[\n  1\n]"), "a list")
        .also(many.span(), "a set");
    let text = render(&diagnostic, &map, &options());
    insta::assert_snapshot!(text, @r"
    repx::test

      × two sizes
       ╭─[few.nix:1:1]
     1 │ ╭─▶ [
     2 │ │     1
     3 │ ├─▶ ]
       · ╰──── a list
       ╰────
       ╭─[many.nix:1:1]
     1 │ {
       · ┬
       · ╰── a set
     2 │   a = 1;
       ╰────
    ");
}

#[test]
fn no_place_and_a_long_message() {
    let message = "this message has no place in any file and needs more than one line to be told";
    let mut diagnostic = Diagnostic::error("repx::test", message).help("there is none");
    diagnostic.severity = Severity::Advice;
    let text = render(&diagnostic, &SourceMap::new(), &options());
    insta::assert_snapshot!(text, @r"
    repx::test

      ☞ this message has no place in any file and needs more than one line to be
      │ told
      help: there is none
    ");
}

#[test]
fn programs_get_resolved_places() {
    let (map, _) = lab();
    let record = json::Record::new(&missing(&map), &map, options().base.as_deref());
    let text = serde_json::to_string_pretty(&record).unwrap();
    insta::assert_snapshot!(text, @r#"
    {
      "code": "repx::eval::missing-attribute",
      "severity": "error",
      "message": "attribute 'trian' missing",
      "help": "did you mean `train`?",
      "labels": [
        {
          "file": "lab.nix",
          "line": 4,
          "column": 17,
          "end_line": 4,
          "end_column": 22,
          "text": "no such stage",
          "primary": true
        },
        {
          "file": "nix/stages.nix",
          "line": 2,
          "column": 3,
          "end_line": 2,
          "end_column": 8,
          "text": "this is near",
          "primary": false
        },
        {
          "file": "lab.nix",
          "line": 2,
          "column": 12,
          "end_line": 2,
          "end_column": 35,
          "text": "the set comes from here",
          "primary": false
        }
      ],
      "trace": [
        {
          "text": "while evaluating the lab",
          "primary": false
        }
      ],
      "fixes": [
        {
          "title": "Write `train`",
          "edits": [
            {
              "file": "lab.nix",
              "line": 4,
              "column": 17,
              "end_line": 4,
              "end_column": 22,
              "text": "train"
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn a_full_trace_is_not_folded() {
    let (map, files) = lab();
    let mut diagnostic = Diagnostic::error("repx::test", "deep");
    for index in 0..20 {
        let place = at(&files[0], if index % 2 == 0 { "runs" } else { "let" });
        diagnostic = diagnostic.within(place, format!("in frame {index}"));
    }
    diagnostic.frames_of_nix = diagnostic.trace.len();
    let full = RenderOptions { full_trace: true, ..options() };
    let frames = |text: String| text.matches("in frame").count();
    assert_eq!(frames(render(&diagnostic, &map, &full)), 20);
    assert_eq!(frames(render(&diagnostic, &map, &options())), 6);
}

#[test]
fn colour_is_added_and_nothing_else() {
    let (map, _) = lab();
    let color = RenderOptions { color: true, ..options() };
    let colored = render(&missing(&map), &map, &color);
    assert!(colored.contains("\u{1b}["));
    let plain = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let stripped = plain.replace_all(&colored, "");
    let trimmed: Vec<&str> = stripped.lines().map(str::trim_end).collect();
    assert_eq!(trimmed.join("\n") + "\n", render(&missing(&map), &map, &options()));
}

#[test]
fn who_listens_hears_sentences() {
    let (map, _) = lab();
    let narrated = RenderOptions { narrated: true, ..options() };
    let text = render(&missing(&map), &map, &narrated);
    insta::assert_snapshot!(text, @r"
    error: attribute 'trian' missing
      code repx::eval::missing-attribute
      at lab.nix, line 4, column 17: no such stage
        the line is: runs = stages.trian;
      see also nix/stages.nix, line 2, column 3: this is near
        the line is: train = 1;
      see also lab.nix, line 2, column 12: the set comes from here
        the line is: stages = import ./nix/stages.nix;
      help: did you mean `train`?
      while evaluating the lab
    ");
}

#[test]
fn rounds_of_a_recursion_are_told_once() {
    let (map, files) = lab();
    let mut diagnostic = Diagnostic::error("repx::test", "deep");
    for index in 0..20 {
        let (place, text) = if index % 2 == 0 { ("runs", "in even") } else { ("let", "in odd") };
        diagnostic = diagnostic.within(at(&files[0], place), text);
    }
    for _ in 0..3 {
        diagnostic = diagnostic.within(at(&files[1], "train"), "calling itself");
        diagnostic = diagnostic.within(Span::NONE, "calling itself");
    }
    diagnostic.frames_of_nix = diagnostic.trace.len();
    diagnostic = diagnostic.within(at(&files[1], "1"), "in `pname`");
    diagnostic = diagnostic.within(at(&files[0], "in {"), "in run `main`, stage `gen`");
    let text = render(&diagnostic, &map, &options());
    insta::assert_snapshot!(text, @r"
    repx::test

      × deep
      in run `main`, stage `gen`  at lab.nix:3:1
      in `pname`  at nix/stages.nix:2:11
      in even  at lab.nix:4:3
      in odd  at lab.nix:1:1
        (these 2 frames 10 times)
      calling itself  at nix/stages.nix:2:3
      calling itself
        (these 2 frames 3 times)
    ");
}

#[test]
fn github_gets_one_line() {
    let (map, _) = lab();
    let text = github::render(&missing(&map), &map, Some("/lab".as_ref()));
    assert_eq!(
        text,
        "::error file=lab.nix,line=4,endLine=4,col=17,endColumn=22,\
         title=repx%3A%3Aeval%3A%3Amissing-attribute::\
         attribute 'trian' missing%0Ahelp: did you mean `train`?"
    );
    let nowhere = Diagnostic::warning("repx::test::a", "100 %\nof it");
    let text = github::render(&nowhere, &map, None);
    assert_eq!(text, "::warning title=repx%3A%3Atest%3A%3Aa::100 %25%0Aof it");
}

#[test]
fn a_sarif_log_has_places_and_fixes() {
    let (map, _) = lab();
    let log = sarif::log(&[missing(&map)], &map, Some("/lab".as_ref()));
    let log = serde_json::to_value(log).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "repx::eval::missing-attribute");
    let finding = &run["results"][0];
    assert_eq!(finding["ruleId"], "repx::eval::missing-attribute");
    assert_eq!(finding["ruleIndex"], 0);
    assert_eq!(finding["level"], "error");
    assert_eq!(finding["message"]["text"], "attribute 'trian' missing\ndid you mean `train`?");
    let region = serde_json::json!({
        "startLine": 4, "startColumn": 17, "endLine": 4, "endColumn": 22
    });
    let place = &finding["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "lab.nix");
    assert_eq!(place["region"], region);
    let related = &finding["relatedLocations"][0]["physicalLocation"];
    assert_eq!(related["artifactLocation"]["uri"], "nix/stages.nix");
    let change = &finding["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "lab.nix");
    assert_eq!(change["replacements"][0]["deletedRegion"], region);
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], "train");
}
