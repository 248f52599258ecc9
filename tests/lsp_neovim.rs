//! A real editor and `repx lsp`: Neovim opens a broken lab, is told what is wrong, asks about it and
//! mends it.
//!
//! Without Neovim nothing of this is run, and the test says so; `REPX_TEST_NEOVIM=required` (as in `.ci/run`)
//! makes that a failure.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // a test that isn't run says so

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use support::program::{CACHE, copy, installed, run_within};

/// A stage with a mistake that its text alone tells, and one that only the lab tells.
const STAGE: &str = r#"{ pkgs }:
let
  source = http://example.org/numbers;
in
{
  pname = "summarise";

  params = {
    scale = 2;
  };

  inputs = {
    numbers = "";
  };

  outputs = {
    summary = "$out/summary.txt";
  };

  runDependencies = [ pkgs.gawk ];

  run = { inputs, outputs, params, ... }: ''
    echo "é 😀 ${source}" "${inputs.nothing}"
    awk '{ sum += $1 * ${toString params.scale} } END { print sum }' \
      "${inputs.numbers}" > "${outputs.summary}"
  '';
}
"#;

const RUN: &str = r#"{ repx-lib, ... }:
{
  name = "simulation";
  pipelines = [ ../pipelines/simulation.nix ];
  params = {
    seed = repx-lib.utils.range 1 3;
    scale = [ 1 10 ];
  };
}
"#;

/// What Neovim has told of each step.
fn told(lab: &Path) -> BTreeMap<String, Value> {
    let driver = support::repository("tests/editors/driver.lua");
    let mut neovim = Command::new("nvim");
    // Nothing of this machine's user: no configuration, no plugins, no state.
    neovim.args(["--headless", "-n", "-i", "NONE", "-u", "NONE", "--noplugin", "-c"]);
    neovim.arg(format!("luafile {}", driver.display())).current_dir(lab);
    neovim.env("REPX_PROGRAM", env!("CARGO_BIN_EXE_repx")).env("REPX_LAB", lab);
    neovim.env("REPX_CACHE_DIR", CACHE).env_remove("NIX_PATH");
    for home in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        neovim.env(home, lab.join(".home"));
    }
    let ran = run_within(&mut neovim, Duration::from_secs(120));
    let lines = String::from_utf8(ran.stdout).expect("text");
    assert_eq!((ran.code, ran.hung), (Some(0), false), "{lines}\n{}", ran.stderr);
    let steps = lines.lines().map(|line| {
        let mut step: Value = serde_json::from_str(line).expect("a line of JSON");
        (step["step"].as_str().expect("a name").to_owned(), step["told"].take())
    });
    steps.collect()
}

#[test]
fn neovim_mends_a_broken_lab() {
    if !installed("nvim", "REPX_TEST_NEOVIM") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let lab = root.path().canonicalize().unwrap();
    copy(&support::repository("examples/simple"), &lab);
    std::fs::write(lab.join("nix/stages/summarise.nix"), STAGE).unwrap();
    std::fs::write(lab.join("nix/runs/simulation.nix"), RUN).unwrap();
    let told = told(&lab);
    let stage = "nix/stages/summarise.nix";
    assert_eq!(
        told["diagnostics"],
        json!([
            ["repx::eval::missing-attribute", 23, "nothing"],
            ["repx::lint::url-literal", 3, "http://example.org/numbers"],
        ])
    );
    let hover = told["hover"].as_str().expect("a text");
    assert!(hover.contains("scale") && hover.contains("10"), "its values over all runs: {hover}");
    assert_eq!(told["definition"], json!([[stage, 9]]));
    assert_eq!(
        told["references"],
        json!([["nix/runs/simulation.nix", 7], [stage, 24], [stage, 9]])
    );
    let labels = told["completion"].as_array().expect("a list");
    assert!(labels.contains(&json!("scale")), "{labels:?}");
    let renamed: Vec<&str> = told["rename"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    assert_eq!(renamed[8], "    factor = 2;");
    assert!(renamed[23].contains("params.factor"), "{}", renamed[23]);
    assert!(!told["action"].as_str().expect("a title").is_empty());
    assert_eq!(told["clean"], json!([]));
    assert_eq!(told["exit"], 0);
}

/// What the README tells people to use.
#[test]
fn the_configuration_for_neovim_works() {
    if !installed("nvim", "REPX_TEST_NEOVIM") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("a.nix");
    std::fs::write(&file, "{ x = undefined-here; }\n").unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_repx"));
    let path = std::env::var("PATH").unwrap_or_default();
    let mut neovim = Command::new("nvim");
    neovim.args(["--headless", "-n", "-i", "NONE", "-u"]);
    neovim.arg(support::repository("editors/neovim.lua")).arg(&file).arg("-c");
    neovim.arg(
        "lua vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 5) \
         io.stdout:write(vim.diagnostic.get(0)[1].message) \
         vim.lsp.stop_client(vim.lsp.get_active_clients()) vim.cmd('qall!')",
    );
    neovim.env("PATH", format!("{}:{path}", binary.parent().unwrap().display()));
    neovim.env("REPX_CACHE_DIR", CACHE).env_remove("NIX_PATH");
    for home in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        neovim.env(home, root.path().join(".home"));
    }
    let ran = run_within(&mut neovim, Duration::from_secs(60));
    let said = String::from_utf8(ran.stdout).expect("text");
    assert!(said.contains("undefined-here"), "{said}\n{}", ran.stderr);
}
