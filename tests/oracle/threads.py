#!/usr/bin/env python3
"""Do any number of threads give what one thread gives, every time?

    tests/oracle/threads.py --nixpkgs DIR [--repx PROGRAM] [--runs N] [--threads N,N,..]
                           [--only NAME] [--names FILE]

--nixpkgs  a checkout of nixpkgs (20.09 is what this was written with)
--repx     the program (default: target/release/repx)
--runs     how often each program is run with each number of threads (default: 100)
--threads  numbers of threads (default: 1,2,8)
--only     hello, firefox, many or fail
--names    a JSON list of the packages that many and fail look at (default: every 30th)

Runs the derivations of hello and firefox, the derivation paths of many packages, and a
program that fails in the middle of these after some messages. Output, messages and exit status
must be those of the first run with one thread. Exit status: 0 always the same, 1 not so.
"""
import argparse
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What throws counts as "-".
PATHS = """
  let
    p = import <nixpkgs> { };
    all = builtins.attrNames p;
    names = @names@;
    path = n:
      let t = builtins.tryEval (builtins.unsafeDiscardStringContext (p.${n}.drvPath or "-"));
      in if t.success then t.value else "-";
  in"""

PROGRAMS = {
    "hello": ["<nixpkgs>", "-A", "hello", "--dry-run"],
    "firefox": ["<nixpkgs>", "-A", "firefox", "--dry-run"],
    "many": ["--eval", "--strict", "-E",
             PATHS + ' builtins.concatStringsSep "\\n" (map path names)'],
    "fail": ["--eval", "--strict", "--show-trace", "-E",
             PATHS + ' map (n: if n == builtins.elemAt names 150 then throw "at ${n}"'
             ' else builtins.trace n (path n)) names'],
}


# Every 30th, from the first.
SOME_NAMES = "builtins.genList (n: builtins.elemAt all (n * 30)) (builtins.length all / 30)"


def once(words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
    return done.returncode, done.stdout, done.stderr


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--nixpkgs", required=True)
    parser.add_argument("--names")
    parser.add_argument("--repx", default=str(ROOT / "target/release/repx"))
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--threads", default="1,2,8")
    parser.add_argument("--only", choices=PROGRAMS)
    options = parser.parse_args()
    numbers = [int(number) for number in options.threads.split(",")]
    names = SOME_NAMES
    if options.names:
        names = f"builtins.fromJSON (builtins.readFile {pathlib.Path(options.names).resolve()})"
    differ = 0
    for name, words in PROGRAMS.items():
        if options.only not in (None, name):
            continue
        command = [options.repx, "instantiate", "-I", f"nixpkgs={options.nixpkgs}"]
        words = [word.replace("@names@", names) for word in words]
        expected = once([*command, "--threads", "1", *words])
        for number in numbers:
            begun = time.monotonic()
            wrong = 0
            for run in range(options.runs):
                outcome = once([*command, "--threads", str(number), *words])
                if outcome != expected:
                    wrong += 1
                    if wrong == 1:
                        sys.stderr.write(f"{name}, {number} threads, run {run}:\n"
                                         f"  expected {expected!r:.2000}\n  got      {outcome!r:.2000}\n")
            differ += wrong
            each = (time.monotonic() - begun) / max(options.runs, 1)
            print(f"{name}, {number} threads: {options.runs - wrong} of {options.runs} runs agree "
                  f"(exit status {expected[0]}, {len(expected[1])} + {len(expected[2])} bytes; "
                  f"{each:.3f} s each)", flush=True)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
