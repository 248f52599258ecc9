#!/usr/bin/env python3
"""How long an editor waits for `repx lsp` behind a keystroke, and whether the server's memory stays
what it is over many of them.

    benches/lsp.py --repx target/release/repx --edits 10000

A lab in one file of 200 stages and 2,000 lines is edited as by somebody who types: each edit is one
character, sent when the diagnostics of the one before have come. From time to time nothing is typed
until the lab has been evaluated. Told are percentiles of the time from an edit to its diagnostics,
the same for those that only evaluating the lab tells, and the size of the process as edits add up. With
`--pkgs` the stages need packages of a Nix package set.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

STAGE = """    s{n} = repx.callStage ({{ pkgs }}: {{
      pname = "stage-{n}";
      params = {{ seed = 1; scale = {n}; }};
      inputs = {{ {input} }};
      outputs = {{ out = "$out/{n}.txt"; }};
{packages}      run = {{ inputs, outputs, params, ... }}: ''
        echo "seed ${{toString params.seed}} of {n}" {read} > "${{outputs.out}}"
        echo "scale ${{toString params.scale}}" >> "${{outputs.out}}"
      '';
    }}) [ {upstream} ];
"""


# What stages need of a Nix package set, in turn.
PACKAGES = ["gcc jq", "R coreutils", "firefox", "(python3.withPackages (ps: with ps; [ numpy scipy ]))"]


def lab(stages, with_packages):
    """A lab in one file: the stages are a chain in each ten."""
    text = [
        "{ pkgs, repx-lib, gitHash, ... }:\n",
        "let\n  pipeline = { repx }: repx.mkPipe rec {\n",
    ]
    for n in range(stages):
        first = n % 10 == 0
        packages = PACKAGES[n % len(PACKAGES)]
        packages = f"      runDependencies = with pkgs; [ {packages} ];\n"
        text.append(
            STAGE.format(
                n=n,
                packages=packages if with_packages else "",
                input="" if first else 'out = "";',
                read="" if first else '"${inputs.out}"',
                upstream="" if first else f"s{n - 1}",
            )
        )
    text.append("  };\nin\nrepx-lib.mkLab {\n  inherit pkgs repx-lib gitHash;\n")
    text.append('  lab_version = "1.0.0";\n')
    text.append(
        "  runs.main = repx-lib.callRun ({ repx-lib, ... }: {\n"
        '    name = "main";\n    pipelines = [ pipeline ];\n'
        "    params.seed = repx-lib.utils.range 1 3;\n  }) [ ];\n}\n"
    )
    return "".join(text)


class Client:
    def __init__(self, repx, directory, arguments):
        self.child = subprocess.Popen(
            [repx, "lsp", *arguments],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "REPX_CACHE_DIR": str(directory / ".cache")},
        )
        self.id = 0

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.child.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.child.stdin.flush()

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def hear(self):
        length = 0
        while (line := self.child.stdout.readline().strip()) != b"":
            name, value = line.split(b": ")
            if name == b"Content-Length":
                length = int(value)
        return json.loads(self.child.stdout.read(length))

    def ask(self, method, params):
        self.id += 1
        self.send({"id": self.id, "method": method, "params": params})
        while (answer := self.hear()).get("id") != self.id:
            pass
        return answer["result"]

    def diagnostics(self, wanted):
        """Waits for what is told of the lab, until it is what is wanted."""
        while True:
            message = self.hear()
            if message.get("method") == "textDocument/publishDiagnostics":
                if wanted(message["params"]):
                    return message["params"]["diagnostics"]

    def size(self):
        for line in open(f"/proc/{self.child.pid}/status", encoding="ascii"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0


def percentiles(times):
    times = sorted(times)
    at = lambda share: times[min(len(times) - 1, int(share * len(times)))] * 1000
    return f"p50 {at(0.5):6.1f} ms   p95 {at(0.95):6.1f} ms   most {times[-1] * 1000:6.1f} ms"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--repx", default="target/release/repx")
    arguments.add_argument("--edits", type=int, default=10_000)
    arguments.add_argument("--stages", type=int, default=200)
    arguments.add_argument("--pkgs", help="a Nix package set that stages need packages of")
    arguments.add_argument("--every", type=int, default=50, help="edits between evaluations")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        directory = pathlib.Path(scratch)
        measure(options, directory)


def measure(options, directory):
    text = lab(options.stages, options.pkgs is not None)
    path = directory / "lab.nix"
    path.write_text(text)
    uri = path.as_uri()
    arguments = ["--pkgs", os.path.abspath(options.pkgs)] if options.pkgs else []
    client = Client(str(pathlib.Path(options.repx).resolve()), directory, arguments)
    client.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    client.tell("initialized", {})
    document = {"uri": uri, "languageId": "nix", "version": 0, "text": text}
    client.tell("textDocument/didOpen", {"textDocument": document})
    lines = text.split("\n")
    print(f"{len(lines)} lines, {options.stages} stages, load {os.getloadavg()[0]:.1f}")
    # What is typed: the name of an input in the middle, which the script then asks for in vain.
    line = next(n for n, l in enumerate(lines) if 'out = "";' in l and n > len(lines) // 2)
    column = lines[line].index("out")
    version = 0
    quick, whole, sizes = [], [], []

    def edit(start, end, new):
        nonlocal version
        version += 1
        place = {
            "start": {"line": line, "character": start},
            "end": {"line": line, "character": end},
        }
        changes = [{"range": place, "text": new}]
        named = {"uri": uri, "version": version}
        begin = time.perf_counter()
        client.tell(
            "textDocument/didChange", {"textDocument": named, "contentChanges": changes}
        )
        client.diagnostics(lambda told: told.get("version") == version)
        quick.append(time.perf_counter() - begin)
        return begin

    # Whatever it is called: the text alone has no errors.
    has = lambda told: any(d["severity"] == 1 for d in told["diagnostics"])
    client.diagnostics(lambda told: told["uri"] == uri)
    broken = False
    while version < options.edits:
        for _ in range((options.every - 1) // 2):
            # A letter in a comment's place, and back: what somebody types and deletes.
            edit(0, 0, " ")
            edit(0, 1, "")
        begin = edit(column, column + 1, "o" if broken else "x")
        broken = not broken
        client.diagnostics(lambda told: has(told) == broken)
        whole.append(time.perf_counter() - begin)
        if len(whole) in (1, 2, 5, 10, 20, 50, 100, 150) or version >= options.edits:
            sizes.append((version, client.size()))
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"the text alone   {percentiles(quick)}   ({len(quick)} edits)")
    print(f"the lab as well  {percentiles(whole)}   ({len(whole)} edits)")
    for edits, size in sizes:
        print(f"after {edits:6} edits {size / 1e6:7.1f} MB")
    client.ask("shutdown", None)
    client.tell("exit", None)
    assert client.child.wait(10) == 0


if __name__ == "__main__":
    main()
