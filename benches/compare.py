#!/usr/bin/env python3
"""Compares evaluators on the programs beside this script.

Each evaluator is NAME=COMMAND; in the command, {file} is the program and {lib} the library given
with --lib. The evaluators take turns on each program (A B A B ...), so that whatever else the
machine does meets all of them alike. The figures are the system's own: user and system seconds,
elapsed seconds and peak memory of the process. A ratio is the median of the ratios of the rounds,
each evaluator to the one named first.

    benches/compare.py --rounds 5 \\
        'nix=nix-instantiate --eval --strict {file}' \\
        'repx=target/release/repx instantiate --eval --strict {file}'

A program that imports <nixpkgs-lib> needs --lib DIR, the `lib` directory of nixpkgs, and is left
out without; `-I nixpkgs-lib=DIR` is then added to every command. --command compares arbitrary
commands instead of programs: {file} is not replaced.
"""

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass
class Measure:
    """What one process took, and the last line it printed."""

    cpu: float
    wall: float
    memory: float
    answer: str


class Failure(Exception):
    """A process that ended badly."""


def measure(command, timeout):
    """Runs a command. Raises Failure when it fails or takes too long."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        usage = wait(process, timeout)
        wall = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            said = err.read().decode(errors="replace").strip().splitlines() or ["no message"]
            raise Failure(f"status {process.returncode}: {said[0][:100]}")
        lines = out.read().decode(errors="replace").strip().splitlines() or [""]
    cpu = usage.ru_utime + usage.ru_stime
    return Measure(cpu, wall, usage.ru_maxrss / 1024, lines[-1])


def wait(process, timeout):
    """Waits for one process and gives what it used, which `subprocess` itself doesn't tell."""
    expired = threading.Event()

    def stop():
        expired.set()
        process.kill()

    timer = threading.Timer(timeout, stop)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if expired.is_set():
        raise Failure(f"more than {timeout:.0f} s")
    return usage


def compare(commands, rounds, timeout):
    """Measures of each command, round by round; a Failure for one that failed."""
    measures = {name: [] for name in commands}
    failures = {}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            if name in failures:
                continue
            try:
                one = measure(command, timeout)
            except (Failure, OSError) as failure:
                failures[name] = failure
                continue
            # The first round only warms the caches.
            if turn > 0:
                measures[name].append(one)
    return measures, failures


def ratio(ones, firsts, what):
    """Median of the rounds' ratios."""
    pairs = [(getattr(a, what), getattr(b, what)) for a, b in zip(ones, firsts)]
    return statistics.median(a / b for a, b in pairs if b) if any(b for _, b in pairs) else 1.0


def row(name, ones, firsts):
    """A line of the table."""
    median = {w: statistics.median(getattr(o, w) for o in ones) for w in ("cpu", "wall", "memory")}
    line = f"  {name:12} cpu {median['cpu']:7.3f} s  wall {median['wall']:7.3f} s  {median['memory']:6.0f} MiB"
    if firsts:
        ratios = {w: ratio(ones, firsts, w) for w in ("cpu", "wall", "memory")}
        line += f"   ratios: cpu {ratios['cpu']:.2f}  wall {ratios['wall']:.2f}  memory {ratios['memory']:.2f}"
    return line


def report(title, commands, rounds, timeout):
    """Compares and prints. False when evaluators disagree or one failed."""
    measures, failures = compare(commands, rounds, timeout)
    print(f"{title}   (load {os.getloadavg()[0]:.1f})")
    first = next(iter(commands))
    answers = {}
    for name in commands:
        if name in failures:
            print(f"  {name:12} failed: {failures[name]}")
            continue
        firsts = [] if first in failures else measures[first]
        print(row(name, measures[name], firsts))
        answers[name] = {one.answer for one in measures[name]}
    different = len(set().union(*answers.values())) > 1 if answers else False
    if different:
        print(f"  THEY DISAGREE: {answers}")
    sys.stdout.flush()
    return not different and not failures


def programs(names, folder, library):
    """The programs to run, by name."""
    for path in sorted(folder.glob("*.nix")):
        needs_library = "<nixpkgs-lib>" in path.read_text()
        if names and path.stem not in names:
            continue
        if needs_library and not library:
            print(f"{path.stem}   left out: it needs --lib")
            continue
        yield path, needs_library


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("evaluators", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one process")
    parser.add_argument("--only", action="append", default=[], metavar="PROGRAM")
    parser.add_argument("--lib", metavar="DIR", help="the `lib` directory of nixpkgs")
    parser.add_argument("--programs", type=Path, default=HERE / "programs", metavar="DIR")
    parser.add_argument("--command", metavar="TITLE", help="compare the commands as they are")
    options = parser.parse_args()
    evaluators = dict(e.split("=", 1) for e in options.evaluators)
    if options.command:
        commands = {name: shlex.split(command) for name, command in evaluators.items()}
        return 0 if report(options.command, commands, options.rounds, options.timeout) else 1
    fine = True
    for path, needs_library in programs(options.only, options.programs, options.lib):
        search = ["-I", f"nixpkgs-lib={options.lib}"] if needs_library else []
        commands = {
            name: [word.replace("{file}", str(path)) for word in shlex.split(command)] + search
            for name, command in evaluators.items()
        }
        fine &= report(path.stem, commands, options.rounds, options.timeout)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
