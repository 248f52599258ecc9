#!/usr/bin/env python3
"""Hold repx against what Nix 2.34.8 answers: Nix's own language suite, and recorded expressions.

    tests/oracle/conformance.py [--suite DIR] [--shared DIR] [--repx PROGRAM] [-v]

--suite   tests/functional/lang of Nix's source: github.com/NixOS/nix at tag 2.34.8
          (or the environment variable NIX_LANG_SUITE)
--shared  a folder with exprs.txt, exprs-multi.txt, exprs-store.txt, fix/, golden-2.34.8.json,
          golden-store-2.34.8.json and skip.txt: expressions and what Nix said to them
          (or NIX_CONFORMANCE). Without it the suite is run whole.
--repx    the program (default: target/release/repx, else target/debug/repx)

Nothing of either folder is part of this repository. Prints two lines of counts, and with -v
what differs. Exit status: 0 all agree (the texts of messages are counted only), 1 something
differs, 2 there was nothing to compare with.
"""
import argparse
import concurrent.futures
import fnmatch
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLOR = re.compile(r"\x1b\[[0-9;]*m")
# What follows a message: its place, the lines of code, the next frame, a suggestion.
AFTER_MESSAGE = re.compile(r"\s*(at |\d+\||\||…|Did you mean)")
# Links of the shared folder that some ways of copying turn into files.
LINKS = {"link.nix": "a.nix", "linkdir": "sub", "dangling": "nowhere"}


def run(words, cwd, env, stdin=None, limit=60):
    """Exit status (None: out of time), standard output, standard error."""
    with open(stdin or os.devnull, "rb") as source:
        try:
            done = subprocess.run(words, cwd=cwd, env=env, stdin=source, timeout=limit,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except subprocess.TimeoutExpired:
            return None, "", "out of time"
    return done.returncode, decode(done.stdout), decode(done.stderr)


def decode(data):
    return data.decode("utf-8", "surrogateescape")


def clean_environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NIX_", "REPX_", "XDG_"))}
    return {**kept, "NO_COLOR": "1", **more}


def message(stderr):
    """The last message of a report, on one line."""
    text = COLOR.sub("", stderr)
    _, found, rest = text.rpartition("error:")
    if not found:
        return None
    lines = []
    for line in rest.split("\n"):
        if lines and (not line.strip() or AFTER_MESSAGE.match(line)):
            break
        lines.append(line.strip())
    return " ".join(filter(None, lines))


class Suite:
    """Nix's cases: NAME.nix with NAME.exp, NAME.exp.xml or NAME.err.exp beside it."""

    def __init__(self, folder, skip, repx):
        self.folder = pathlib.Path(folder).resolve()
        self.repx = repx
        names = sorted(path.stem for path in self.folder.glob("*.nix"))
        kinds = ("eval-okay-", "eval-fail-", "parse-okay-", "parse-fail-")
        names = [name for name in names if name.startswith(kinds)]
        self.names = [name for name in names
                      if not any(fnmatch.fnmatchcase(name, glob) for glob in skip)
                      and not (self.folder / (name + ".exp-disabled")).exists()]

    def expected(self, name, extension):
        path = self.folder / (name + extension)
        return decode(path.read_bytes()) if path.exists() else None

    def words(self, name):
        if name.startswith("parse"):
            return [self.repx, "instantiate", "--parse", "-"]
        words = [self.repx, "instantiate", "--eval", "--strict"]
        if self.expected(name, ".exp.xml") is not None:
            return words + ["--xml", "--no-location", f"lang/{name}.nix"]
        flags = self.expected(name, ".flags") or ""
        if name.startswith("eval-okay"):
            flags = flags.split("\n", 1)[0]
        flags = shlex.split(flags, comments=True)
        own = {"--eval", "--strict", "--show-trace", "--no-show-trace"}
        return words + [flag for flag in flags if flag not in own] + [f"lang/{name}.nix"]

    def environment(self, name, home):
        given = {"TEST_VAR": "foo", "IMPURE_VAR1": "foo", "IMPURE_VAR2": "bar", "HOME": home}
        if name.startswith("eval-okay"):
            given.update(NIX_PATH="lang/dir3:lang/dir4", HOME="/fake-home")
        return clean_environment(**given)

    def judge(self, name, home):
        """Why the case fails (None: it passes), and whether its message is Nix's (None: none)."""
        stdin = self.folder / (name + ".nix") if name.startswith("parse") else None
        status, out, err = run(self.words(name), self.folder.parent,
                               self.environment(name, home), stdin)
        out, err = (text.replace(str(self.folder.parent), "/pwd") for text in (out, err))
        if status not in (0, 1, 2):
            return f"ends with {status}", None
        if "-okay-" in name:
            wanted = self.expected(name, ".exp.xml") or self.expected(name, ".exp")
            if status != 0:
                return f"fails: {message(err)}", None
            same = wanted is None or wanted.rstrip("\n") == out.rstrip("\n")
            return (None if same else "prints something else"), None
        if status == 0:
            return "is accepted", None
        wanted = self.expected(name, ".err.exp")
        return None, wanted is None or message(err) == message(wanted)

    def run(self, verbose):
        with tempfile.TemporaryDirectory() as home, \
                concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda name: self.judge(name, home), self.names))
        passed = sum(reason is None for reason, _ in results)
        kinds = {}
        for name, (reason, same) in zip(self.names, results):
            if same is not None:
                counts = kinds.setdefault(name.rsplit("-fail-")[0] + "-fail", [0, 0])
                counts[0] += same
                counts[1] += 1
            if verbose and reason:
                print(f"  {name} {reason}")
            elif verbose and same is False:
                print(f"  {name} says something else")
        equal = ", ".join(f"{a} of {b} in {kind}" for kind, (a, b) in sorted(kinds.items()))
        print(f"suite: {passed} of {len(results)} pass; messages equal: {equal}")
        return passed == len(results)


def expressions(path):
    """One a line, or what stands between lines of `---`."""
    lines = [line for line in path.read_text(encoding="utf-8").split("\n")]
    if "---" in lines:
        blocks = "\n".join(lines).split("\n---\n")
        # What stands before the first line of dashes is a comment.
        return [block.strip("\n") for block in blocks[1:] if block.strip()]
    kept = (line for line in lines if line.strip() and not line.startswith("#"))
    return [line.removeprefix("!! ") for line in kept]


def as_recorded(text):
    """JSON with its numbers as they are written."""
    number = lambda digits: {"\0": digits}
    try:
        return json.loads(text, parse_int=number, parse_float=number)
    except ValueError:
        return text


def judge_expression(repx, folder, expression, recorded):
    """Why repx disagrees (None: it agrees), and whether its message is Nix's (None: none)."""
    with tempfile.NamedTemporaryFile("w", suffix=".nix", dir=folder, delete=False,
                                     encoding="utf-8") as file:
        # As it was when the answers were recorded: that shows in places and syntax errors.
        file.write(f"[\n(\n{expression}\n)\n]\n")
    try:
        words = [repx, "instantiate", "--eval", "--strict", "--json", file.name]
        status, out, err = run(words, folder, clean_environment(HOME="/root"))
        out, err = (text.replace(file.name, "/pwd/expr.nix").replace(folder, "/pwd")
                    for text in (out, err))
    finally:
        os.unlink(file.name)
    if "error" in recorded:
        if status in (1, 2):
            return None, message(err) == recorded["error"]
        return f"evaluates to {out.strip()}", None
    if status != 0:
        return f"fails: {message(err)}", None
    agrees = as_recorded(out) == [recorded["value"]]
    return (None if agrees else f"gives {out.strip()}"), None


def compare_expressions(repx, shared, verbose):
    agree = total = same = failing = 0
    sets = [("golden-2.34.8.json", ["exprs.txt", "exprs-multi.txt"]),
            ("golden-store-2.34.8.json", ["exprs-store.txt"])]
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(2) as pool:
        fix = pathlib.Path(work) / "fix"
        shutil.copytree(shared / "fix", fix, symlinks=True)
        fix.chmod(0o755)
        for name, target in LINKS.items():
            (fix / name).unlink(missing_ok=True)
            (fix / name).symlink_to(target)
        for golden, files in sets:
            golden = json.loads((shared / golden).read_text(encoding="utf-8"))["results"]
            known = [text for file in files for text in expressions(shared / file)]
            jobs = [(repx, work, text, golden[text]) for text in known if text in golden]
            missing = len(known) - len(jobs)
            if missing:
                print(f"  {missing} expressions of {', '.join(files)} have no recorded answer")
            for (_, _, text, _), (reason, equal) in zip(jobs, pool.map(lambda job: judge_expression(*job), jobs)):
                total += 1
                agree += reason is None
                if equal is not None:
                    failing += 1
                    same += equal
                if verbose and (reason or equal is False):
                    print(f"  {text}\n    {reason or 'says something else'}")
    print(f"expressions: {agree} of {total} agree; messages equal: {same} of {failing} that fail")
    return agree == total


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default=os.environ.get("NIX_LANG_SUITE"))
    parser.add_argument("--shared", default=os.environ.get("NIX_CONFORMANCE"))
    parser.add_argument("--repx")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    built = (ROOT / "target" / profile / "repx" for profile in ("release", "debug"))
    repx = options.repx or next((str(path) for path in built if path.exists()), None)
    if not repx or not (options.suite or options.shared):
        print("conformance.py: nothing to compare: build repx, and name --suite or --shared\n"
              "  git clone --depth 1 --branch 2.34.8 https://github.com/NixOS/nix\n"
              "  tests/oracle/conformance.py --suite nix/tests/functional/lang", file=sys.stderr)
        return 2
    repx = os.path.abspath(repx)
    fine, skip = True, []
    if options.shared:
        shared = pathlib.Path(options.shared)
        lines = (line.split("#", 1)[0].split() for line in open(shared / "skip.txt"))
        skip = [words[0] for words in lines if words]
    if options.suite:
        fine &= Suite(options.suite, skip, repx).run(options.verbose)
    if options.shared:
        fine &= compare_expressions(repx, shared, options.verbose)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
