#!/usr/bin/env python3
"""How long it takes to list a lab on a real package set: cold, edited, and with nothing changed,
beside Nix, which evaluates the same packages each time.

    benches/edited.py --pkgs nixpkgs --repx target/release/repx --nix nix-instantiate

All in turns, so that what else the machine does weighs on all alike; medians of processor time
(user and system) and of elapsed time, and their ratios to Nix.
"""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

LAB = {
    "lab.nix": """{ pkgs, repx-lib, gitHash, ... }:
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs.main = repx-lib.callRun ./run.nix [ ];
}
""",
    "run.nix": """{ repx-lib, ... }:
{
  name = "main";
  pipelines = [ ./pipeline.nix ];
  params.seed = repx-lib.utils.range 1 20;
}
""",
    "pipeline.nix": """{ repx }:
repx.mkPipe rec {
  gen = repx.callStage ./gen.nix [ ];
  train = repx.callStage ./train.nix [ gen ];
  report = repx.callStage ./report.nix [ train ];
}
""",
    "gen.nix": """{ pkgs }:
{
  pname = "gen";
  params.seed = 1;
  outputs.numbers = "$out/numbers";
  runDependencies = [ pkgs.gcc pkgs.jq ];
  run = { outputs, params, ... }: "${pkgs.jq}/bin/jq -n ${params.seed} > ${outputs.numbers}";
}
""",
    "train.nix": """{ pkgs }:
let
  python = pkgs.python3.withPackages (ps: with ps; [ numpy pandas scipy ]);
in
{
  pname = "train";
  inputs.numbers = "";
  outputs.model = "$out/model";
  runDependencies = [ python pkgs.R ];
  run = { inputs, outputs, ... }: "${python}/bin/python3 < ${inputs.numbers} > ${outputs.model}";
}
""",
    "report.nix": """{ pkgs }:
{
  pname = "report";
  inputs.model = "";
  outputs.table = "$out/table";
  runDependencies = [ pkgs.firefox pkgs.coreutils ];
  run = { inputs, outputs, ... }: "cat ${inputs.model} > ${outputs.table}";
}
""",
}
PACKAGES = """with import {pkgs} {{ }}; map (p: p.drvPath) [
  gcc jq R firefox coreutils bash (python3.withPackages (ps: with ps; [ numpy pandas scipy ]))
]"""


def timed(command, environment):
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True)
    elapsed = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"{command} failed: {done.stderr.decode()}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu, elapsed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pkgs", required=True)
    parser.add_argument("--repx", required=True)
    parser.add_argument("--nix", default="nix-instantiate")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    pkgs = os.path.abspath(options.pkgs)
    samples = {}
    with tempfile.TemporaryDirectory() as root:
        lab = pathlib.Path(root, "lab")
        lab.mkdir()
        for name, text in LAB.items():
            (lab / name).write_text(text)
        listing = [options.repx, "eval", str(lab), "--pkgs", pkgs, "--format", "ndjson"]
        nix = [*options.nix.split(), "--eval", "--strict", "-E", PACKAGES.format(pkgs=pkgs)]
        for turn in range(options.rounds):
            environment = {**os.environ, "REPX_CACHE_DIR": f"{root}/cache{turn}"}

            def sample(what, command):
                samples.setdefault(what, []).append(timed(command, environment))

            sample("nix", nix)
            sample("every file parsed", [*listing, "--no-cache"])
            sample("empty cache", listing)
            for _ in range(2):
                with open(lab / "report.nix", "a") as file:
                    file.write("# edited\n")
                sample("a stage edited", listing)
            sample("nothing changed", listing)
    base = [statistics.median(kind) for kind in zip(*samples["nix"])]
    print("| what | cpu time | elapsed | ms elapsed |\n|---|---|---|---|")
    for what, all_samples in samples.items():
        cpu, elapsed = (statistics.median(kind) for kind in zip(*all_samples))
        ratios = f"{cpu / base[0]:.3f} | {elapsed / base[1]:.3f}"
        print(f"| {what} | {ratios} | {elapsed * 1000:.0f} |")


if __name__ == "__main__":
    main()
