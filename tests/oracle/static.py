#!/usr/bin/env python3
"""Compares `repx check --static` with `nix-instantiate --parse` over all files below a directory.

Nix refuses a file for its syntax, an undefined variable or an attribute bound twice; repx must
find an error in exactly those. Usage: tests/oracle/static.py DIRECTORY [REPX]
"""

import json
import subprocess
import sys
import time
from pathlib import Path

BATCH = 200


def refused(files):
    """Files that Nix refuses, found by halving the batches in which there is one."""
    if not files:
        return []
    call = ["nix-instantiate", "--parse", *map(str, files)]
    ran = subprocess.run(call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if ran.returncode == 0:
        return []
    if len(files) == 1:
        last = ran.stderr.decode(errors="replace").strip().splitlines()
        return [(files[0], last[0] if last else "")]
    half = len(files) // 2
    return refused(files[:half]) + refused(files[half:])


def main():
    directory = Path(sys.argv[1]).resolve()
    repx = sys.argv[2] if len(sys.argv) > 2 else "target/release/repx"
    files = sorted(
        path
        for path in directory.rglob("*.nix")
        if path.is_file() and not path.is_symlink()
        and not any(part.startswith(".") for part in path.relative_to(directory).parts)
    )
    begin = time.monotonic()
    call = [repx, "check", "--static", str(directory), "--format", "json"]
    found = json.loads(subprocess.run(call, stdout=subprocess.PIPE, check=False, cwd="/").stdout)
    seconds = time.monotonic() - begin
    ours = {}
    for finding in found["findings"]:
        if finding["severity"] == "error":
            place = finding["labels"][0]
            ours.setdefault("/" + place["file"].lstrip("/"), finding["message"])
    theirs = {}
    for start in range(0, len(files), BATCH):
        theirs.update((str(path), why) for path, why in refused(files[start : start + BATCH]))
    print(f"{len(files)} files; repx took {seconds:.1f} s")
    print(f"refused: {len(ours)} by repx, {len(theirs)} by Nix")
    only = [("repx", path, ours[path]) for path in sorted(ours.keys() - theirs.keys())]
    only += [("Nix", path, theirs[path]) for path in sorted(theirs.keys() - ours.keys())]
    for who, path, why in only:
        print(f"only {who} refuses {path}: {why}")
    sys.exit(1 if only else 0)


if __name__ == "__main__":
    main()
