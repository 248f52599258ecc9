#!/usr/bin/env python3
"""Writes docs/errors.md: what repx and what Nix with upstream's library say of the same mistakes.

Usage: tests/oracle/messages.py LIB PKGS NIXLIB [--nix COMMAND] [--repx REPX]

What the labs don't need of PKGS, and LIB asks for in a newer one, is replaced by `hello`.
LIB is upstream's nix/lib, PKGS a nixpkgs, NIXLIB a library that has what LIB asks of it; the
command must see all of them, and the labs, under the same names.
"""

import argparse
import json
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent.parent
EXPRESSION = """
let
  set = import PKGS { };
  static = set // { rsync = set.rsync // { override = _: set.rsync; }; };
  tools = set.dockerTools // { streamLayeredImage = _: set.hello; buildLayeredImage = _: set.hello; buildImage = _: set.hello; };
  pkgs = set // { lib = import NIXLIB; dockerTools = tools; pkgsStatic = static; shellcheck = set.hello; oils-for-unix = set.hello; rsync = static.rsync; };
  repx-lib = import LIB/main.nix;
  lab = import LAB { inherit pkgs repx-lib; gitHash = "unknown"; };
in
builtins.attrValues (builtins.mapAttrs (_: value: value.drvPath or null) lab)
"""


def entry(lab):
    inner = lab / "nix/lab.nix"
    return inner if inner.exists() else lab / "lab.nix"


def nix_says(command, lab, options):
    """The last error of Nix's message, and the place it names."""
    text = EXPRESSION.replace("NIXLIB", options.nixlib).replace("PKGS", options.pkgs)
    text = text.replace("LIB", options.lib).replace("LAB", str(entry(lab)))
    call = [*command, "--eval", "--strict", "--read-write-mode", "-E", text]
    ran = subprocess.run(call, capture_output=True, text=True, check=False, timeout=300)
    if ran.returncode == 0:
        return "(no error)", ""
    error = re.sub(r"\x1b\[[0-9;]*m", "", ran.stderr).split("error:")[-1].strip()
    message = " ".join(error.split("\n")[0].split())
    place = re.search(r"at (\S+?):(\d+):(\d+)", error)
    where = ""
    if place:
        path = Path(place[1])
        if path.is_relative_to(lab):
            where = f"{path.relative_to(lab)}:{place[2]}:{place[3]}"
        else:
            where = f"({path.name}, not the lab's)"
    return message.replace(str(lab) + "/", ""), where


def repx_says(repx, lab):
    """The first finding that is an error, else the first."""
    call = [repx, "check", "--format", "json", "--no-shellcheck", "."]
    ran = subprocess.run(call, cwd=lab, capture_output=True, text=True, check=False)
    found = [f for f in json.loads(ran.stdout)["findings"] if f["severity"] != "advice"]
    found.sort(key=lambda finding: finding["severity"])
    first = found[0]
    label = first["labels"][0]
    message = " ".join(first["message"].split()).replace(f"{lab}/", "")
    return first["code"], message, f"{label['file']}:{label['line']}:{label['column']}"


def cell(text):
    return text.replace("|", "\\|").replace("`", "'").replace("<", "&lt;")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("lib")
    parser.add_argument("pkgs")
    parser.add_argument("nixlib")
    parser.add_argument("--nix", default="nix-instantiate")
    parser.add_argument("--repx", default=str(HERE / "target/release/repx"))
    options = parser.parse_args()
    command = options.nix.split()
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    lines = [
        "# Forty mistakes, and what is said of them",
        "",
        "Each is a small lab in `corpus/errors/` with one mistake in it. The first line is repx's message",
        f"with its place, the second that of Nix {version.stdout.split()[-1]} with RepX 0.2.2's library: its last",
        'error, and the place of that, unless it lies in the library. "(no error)": the lab evaluates, to',
        "something else than was meant. `tests/oracle/messages.py` writes this table.",
        "",
        "| mistake | | message | place |",
        "|---|---|---|---|",
    ]
    for lab in sorted(path for path in (HERE / "corpus/errors").iterdir() if path.is_dir()):
        code, message, place = repx_says(options.repx, lab)
        theirs, there = nix_says(command, lab, options)
        lines.append(f"| {lab.name} | repx | {cell(message)} (`{code}`) | {place} |")
        lines.append(f"| | Nix | {cell(theirs)} | {there} |")
    (HERE / "docs/errors.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
