#!/usr/bin/env python3
"""Do all attributes of a nixpkgs give the same derivations in repx as in Nix?

    tests/oracle/nixpkgs/attrs.py NIXPKGS [--match REGEX] [--what drv|meta] [--config EXPR] …

Each top-level attribute is evaluated by both; where one of them fails for good, the other must
fail too, and the messages are compared. Since a derivation's path is a digest of its file, with
the paths of the derivations it needs within, equal paths stand for equal closures; `--texts N`
compares the files of the closures of every N-th attribute as well, and `--stores` has both write
all of them, with the sources they need, to a store each, and compares these.

`--nix` and `--repx` are command lines (`--nix 'chroot /sid nix-instantiate'`); both must see
NIXPKGS and the working directory (`--scratch`) under the same names.
"""

import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHUNK = 700  # attributes a process: keeps Nix, which never gives memory back, below 3 GB


class Evaluator:
    """A command line that takes nix-instantiate's flags."""

    def __init__(self, name, command, options, scratch):
        self.name, self.command, self.options, self.scratch = name, command, options, scratch

    def names(self):
        """The top-level attributes."""
        expression = f"builtins.attrNames (import {self.options.nixpkgs} {{ config = {self.options.config}; overlays = [ ]; }})"
        run = subprocess.run(
            [*self.command, "--eval", "--strict", "--json", "-E", expression],
            capture_output=True, text=True, check=False,
        )
        if run.returncode:
            sys.exit(f"{self.name} can't list the attributes:\n{run.stderr[-2000:]}")
        return json.loads(run.stdout)

    def walk(self, paths, what):
        """What each attribute path is: an answer of walk.nix, or `fails: ` and a message."""
        answers, begin = {}, time.monotonic()
        while len(answers) < len(paths):
            part = paths[len(answers) : len(answers) + CHUNK]
            got, failure = self.part(part, what)
            answers.update(got)
            if failure is not None and len(got) < len(part):
                answers[".".join(part[len(got)])] = f"fails: {failure}"
            elif len(got) < len(part):
                sys.exit(f"{self.name} ended well, but left out {part[len(got)]}")
            print(
                f"\r{self.name}: {len(answers)} of {len(paths)}, {time.monotonic() - begin:.0f} s ",
                end="", file=sys.stderr, flush=True,
            )
        print(file=sys.stderr)
        return answers

    def part(self, paths, what):
        """Answers up to the first failure, and the failure."""
        return self.trace("walk.nix", {"names": paths}, "--argstr", "what", what)

    def run(self, expression, data, *flags):
        """What came of evaluating an expression."""
        arguments = ["--argstr", "nixpkgs", self.options.nixpkgs, "--arg", "config", self.options.config]
        for name, value in data.items():
            file = Path(self.scratch, f"{self.name}-{name}.json")
            file.write_text(json.dumps(value))
            arguments += ["--argstr", name, str(file)]
        return subprocess.run(
            [*self.command, str(Path(self.scratch, expression)), *arguments, *flags],
            capture_output=True, text=True, errors="replace", check=False,
        )

    def make(self, paths):
        """Writes the derivations at these attribute paths to the store."""
        begin = time.monotonic()
        for done in range(0, len(paths), CHUNK):
            run = self.run("make.nix", {"names": paths[done : done + CHUNK]})
            if run.returncode:
                sys.exit(f"{self.name} doesn't write the derivations:\n{run.stderr[-2000:]}")
            print(
                f"\r{self.name}: {min(done + CHUNK, len(paths))} of {len(paths)} written, "
                f"{time.monotonic() - begin:.0f} s ",
                end="", file=sys.stderr, flush=True,
            )
        print(file=sys.stderr)

    def trace(self, expression, data, *flags):
        """The answers that an expression traces, and how it failed."""
        run = self.run(expression, data, "--eval", *flags)
        answers, rest = {}, []
        for line in run.stderr.splitlines():
            if line.startswith("trace: @ "):
                name, _, answer = line[len("trace: @ ") :].partition(" ")
                answers[name] = answer
                rest = []
            else:
                rest.append(line)
        return answers, (message("\n".join(rest)) if run.returncode else None)


def message(text):
    """The message within what an evaluator prints on failure, without blanks."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    if found := re.findall(r"^(?: *)error: ((?:.|\n)*?)(?:\n *\n|\n *at |\Z)", text, re.M):
        text = found[-1]
    return re.sub(r"\s", "", text)


def sets_within(evaluator, answers):
    """Paths within the sets that ask to be looked into."""
    return [[*name.split("."), inner]
            for name, answer in answers.items() if answer.startswith("[")
            for inner in json.loads(answer)]


def compare(nix, repx):
    """Prints every difference; gives how many there are."""
    kinds, differences = Counter(), 0
    for name, expected in nix.items():
        got = repx.get(name, "nothing")
        kind = "derivations" if expected[:1] in "/{" else expected.split(":")[0]
        if got == expected:
            kinds[kind] += 1
            continue
        both_fail = got.startswith("fails: ") and expected.startswith("fails: ")
        kinds["fails, with other words" if both_fail else "DIFFERS"] += 1
        differences += not both_fail
        print(f"{name}\n  nix:  {expected[:600]}\n  repx: {got[:600]}")
    print(f"{len(nix)} attributes:", ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    return differences


def compare_texts(nix, repx, expected, options):
    """Compares the derivations' files themselves; gives how many differ."""
    made = [name for name, answer in expected.items() if answer.startswith("/")][:: options.texts]
    paths, closure = [name.split(".") for name in made], {}
    for begin in range(0, len(paths), CHUNK):
        part = paths[begin : begin + CHUNK]
        _, failure = nix.trace("walk.nix", {"names": part}, "--read-write-mode")
        roots = [expected[".".join(path)] for path in part]
        store = [word.replace("nix-instantiate", "nix-store") for word in nix.command]
        query = subprocess.run([*store, "-qR", *roots], capture_output=True, text=True, check=False)
        if failure or query.returncode:
            sys.exit(f"nix doesn't write the derivations: {failure or query.stderr}")
        files = [file for file in query.stdout.split() if file.endswith(".drv")]
        digests, failure = repx.trace("texts.nix", {"names": part, "files": files})
        for file in files:
            text = Path(options.root + file).read_bytes()
            closure[file] = digests.get(file, failure) == hashlib.sha256(text).hexdigest()
    wrong = sorted(file for file, same in closure.items() if not same)
    print(f"{len(closure)} files of derivations, {len(wrong)} differ", *wrong[:20], sep="\n  ")
    return len(wrong)


def compare_stores(nix, repx, expected, options):
    """Has both write all derivations; gives how many objects of the stores differ."""
    paths = [name.split(".") for name, answer in expected.items() if answer.startswith("/")]
    stores = [Path(root, "nix/store") for root in options.stores]
    for evaluator, store in zip((nix, repx), stores):
        if store.exists() and any(store.iterdir()):
            sys.exit(f"{store} isn't empty")
        evaluator.make(paths)
    # `.links` are those of a store that shares equal files, locks those of a store at work.
    objects = [{entry.name for entry in store.iterdir() if entry.name[0] != "." and entry.suffix != ".lock"}
               for store in stores]
    only = objects[0] ^ objects[1]
    both = sorted(objects[0] & objects[1])
    wrong = [name for name in both if not same_tree(stores[0] / name, stores[1] / name)]
    made = Counter("derivations" if name.endswith(".drv") else "others" for name in both)
    print(f"{len(both)} objects in both stores ({dict(made)}), {len(wrong)} differ, {len(only)} are in one only",
          *wrong[:20], *sorted(only)[:20], sep="\n  ")
    return len(wrong) + len(only)


def same_tree(one, other):
    """Are two files, links or directories the same, but for owners and times?"""
    diff = ["diff", "--recursive", "--brief", "--no-dereference", str(one), str(other)]
    if one.is_symlink() or one.is_dir():
        return not other.is_file() and subprocess.run(diff, capture_output=True, check=False).returncode == 0
    executable = [file.stat().st_mode & 0o100 for file in (one, other)]
    return executable[0] == executable[1] and one.read_bytes() == other.read_bytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("nixpkgs", help="the package set's directory")
    parser.add_argument("--match", default="", help="only attributes whose names contain this regular expression")
    parser.add_argument("--what", default="drv", choices=["drv", "meta"])
    parser.add_argument("--within", action="store_true", help="the sets within that ask to be looked into, too")
    parser.add_argument("--config", default="{ }", help="nixpkgs' configuration, a Nix expression")
    parser.add_argument("--nix", default="nix-instantiate", help="command line of real Nix")
    parser.add_argument("--repx", default="target/release/repx instantiate")
    parser.add_argument("--scratch", help="a directory that both see (default: a temporary one)")
    parser.add_argument("--texts", type=int, metavar="N", help="compare the .drv files of every N-th attribute's closure")
    parser.add_argument("--stores", nargs=2, metavar=("NIX", "REPX"), help="compare what both write to their stores: empty "
                        "directories, which --nix and --repx name as NIX_REMOTE='local?root=…'")
    parser.add_argument("--root", default="", help="where Nix's /nix/store is seen from here (/sid for a chroot)")
    parser.add_argument("--record", help="write Nix's answers to this file")
    parser.add_argument("--recorded", help="take Nix's answers from this file")
    options = parser.parse_args()
    options.nixpkgs = os.path.abspath(options.nixpkgs)

    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        os.chmod(scratch, 0o755)
        for expression in ("walk.nix", "texts.nix", "make.nix"):
            shutil.copy(HERE / expression, scratch)
        nix = Evaluator("nix", shlex.split(options.nix), options, scratch)
        repx = Evaluator("repx", shlex.split(options.repx), options, scratch)
        matches = re.compile(options.match).search
        if options.recorded:
            expected = json.loads(Path(options.recorded).read_text())
            expected = {name: answer for name, answer in expected.items() if matches(name)}
            paths = [name.split(".") for name in expected]
        else:
            names = nix.names()
            if (ours := repx.names()) != names:
                print("the names differ:", sorted(set(names) ^ set(ours)))
                return 1
            paths = [[name] for name in names if matches(name)]
            if options.within:
                paths = sets_within(nix, nix.walk(paths, "sets"))
            expected = nix.walk(paths, options.what)
        if options.record:
            Path(options.record).write_text(json.dumps(expected, indent=0))
        differences = compare(expected, repx.walk(paths, options.what))
        if options.texts:
            differences += compare_texts(nix, repx, expected, options)
        if options.stores:
            differences += compare_stores(nix, repx, expected, options)
        return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
