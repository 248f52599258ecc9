#!/usr/bin/env python3
"""Random small programs, evaluated by repx and by real Nix: do both give the same?

    tests/oracle/programs.py [--count N] [--seed S] [--repx "PROGRAM ..."] [--nix "PROGRAM ..."]

Both are command prefixes that take nix-instantiate's flags. The programs are typed enough that
most have a value; a small part of each is wrong on purpose, and then both must fail. What differs
is printed with its program; the exit status says whether anything did. The same seed gives the
same programs. `--messages` also compares what is said of failures.
"""

import argparse
import random
import re
import resource
import shlex
import subprocess
import sys

NAMES = ["a", "b", "c", "x", "y", "if'", "a-b", "_z"]
KEYS = ["a", "b", "c", "x y", "", "if", "outPath", "1", "\\n", "name", "value", "z"]
WORDS = ["", "a", "b", "ab", "foo", "a b", "\\n", "1", "1.5", "-3", "foo-1.2.3", "é", "${'$'}{", "\\\\",
         "a/b", "/x/y.z", "//", "true", "[1,{\\\"a\\\":null}]", "a\\tb", "''", "x.y", "2.0pre1", "%", "<&>"]
REGEXES = ["a", "a*", "(a)|(b)", "[a-c]+", "(.)(.)", ".*", "([0-9]+)\\\\.?", "^a", "a$", "(a|ab)(c|bcd)*", "[[:alpha:]]*", "x?", "()"]
INTS = ["0", "1", "2", "3", "(-1)", "7", "10", "255", "100", "65536", "4611686018427387904", "9223372036854775807", "(-9223372036854775807 - 1)"]
FLOATS = ["0.0", "1.0", "0.5", "(-2.5)", "1.0e10", "1.0e-7", "123456.789", "1.0e300", "3.0", "0.1"]


class Programs:
    """A grammar with types: int, float, num, bool, str, null, any, ('list', t), ('set',), ('fun', t, u)."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, items):
        return self.rng.choice(items)

    def chance(self, p):
        return self.rng.random() < p

    def type_(self, depth=2):
        simple = ["int", "int", "float", "bool", "str", "str", "null", "set"]
        if depth > 0 and self.chance(0.35):
            if self.chance(0.7):
                return ("list", self.type_(depth - 1))
            return ("fun", self.type_(0), self.type_(depth - 1))
        return self.pick(simple)

    def gen(self, t, env, d):
        """An expression of type t with the variables env (name -> type), d levels deep at most."""
        if self.chance(0.003):
            t = self.type_()  # wrong on purpose, mostly
        if self.chance(0.003):
            return self.pick(['(throw "t")', '(abort "x")', "(assert false; 1)", "null"])
        if t == "any":
            t = self.type_(1)
        if t == "num":
            t = self.pick(["int", "int", "float"])
        fitting = [name for name, has in env.items() if has == t]
        if fitting and self.chance(0.35):
            return self.pick(fitting)
        if d <= 0:
            return self.leaf(t, env)
        if self.chance(0.28):
            return self.general(t, env, d)
        kind = t if isinstance(t, str) else t[0]
        return getattr(self, "gen_" + kind)(t, env, d)

    def leaf(self, t, env):
        t = {"any": self.type_(0), "num": self.pick(["int", "float"])}.get(t, t) if isinstance(t, str) else t
        if t == "int":
            return self.pick(INTS) if self.chance(0.2) else str(self.rng.randint(0, 12))
        if t == "float":
            return self.pick(FLOATS)
        if t == "bool":
            return self.pick(["true", "false"])
        if t == "null":
            return "null"
        if t == "str":
            return self.string()
        if t == "set":
            return self.pick(["{ }", "{ a = 1; }", "{ a = \"s\"; b = [ 1 2 ]; }", "{ a.b = 1; c = null; }", "{ x = 1.5; y = { z = true; }; }"])
        if t[0] == "list":
            return "[ ]" if self.chance(0.3) else "[ " + " ".join(self.atom(t[1], env, 0) for _ in range(self.rng.randint(1, 3))) + " ]"
        return f"(_: {self.leaf(t[2], env)})"

    def string(self):
        word = self.pick(WORDS).replace("${'$'}{", "\\${")
        if self.chance(0.15) and "\\" not in word and "'" not in word:
            return f"''\n  {word}\n    {word}\n''"
        return f'"{word}"'

    def atom(self, t, env, d):
        return "(" + self.gen(t, env, d) + ")"

    def name(self, env):
        return self.pick(NAMES)

    def general(self, t, env, d):
        """Forms that any type can take."""
        form = self.rng.randint(0, 13)
        sub = d - 1
        if form == 0:
            return f"if {self.gen('bool', env, sub)} then {self.gen(t, env, sub)} else {self.gen(t, env, sub)}"
        if form in (1, 2):
            inner, binds = dict(env), []
            for name in self.rng.sample(NAMES, self.rng.randint(1, 3)):
                bound = self.type_(1)
                binds.append((name, self.gen(bound, inner if self.chance(0.8) else env, sub)))
                inner[name] = bound
            self.rng.shuffle(binds)
            return "let " + " ".join(f"{n} = {e};" for n, e in binds) + f" in {self.gen(t, inner, sub)}"
        if form == 3:
            arg, name = self.type_(1), self.name(env)
            return f"({name}: {self.gen(t, {**env, name: arg}, sub)}) {self.atom(arg, env, sub)}"
        if form == 4:
            name = self.name(env)
            return f"with {{ {name} = {self.gen(t, env, sub)}; q = 1; }}; {self.gen(t, {**env, name: t} if name not in env else env, sub)}"
        if form == 5:
            key = self.pick(KEYS)
            return f'({{ "{key}" = {self.gen(t, env, sub)}; zz = 1; }})."{key}"'
        if form == 6:
            return f"({self.gen('set', env, sub)}).{self.pick(['a', 'b.c', 'zz', 'a.b'])} or {self.atom(t, env, sub)}"
        if form == 7:
            names = self.rng.sample(NAMES, 2)
            bound = [self.type_(1), self.type_(1)]
            inner = {**env, names[0]: bound[0], names[1]: bound[1]}
            default = self.gen(bound[1], {**env, names[0]: bound[0]}, sub)
            rest = self.pick(["", ", ..."])
            whole = self.pick(["", "args@", "args@"])
            given = f"{names[0]} = {self.gen(bound[0], env, sub)};"
            if self.chance(0.5):
                given += f" {names[1]} = {self.gen(bound[1], env, sub)};"
            if self.chance(0.02):
                given += " extra = 1;"
            return f"({whole}{{ {names[0]}, {names[1]} ? {default}{rest} }}: {self.gen(t, inner, sub)}) {{ {given} }}"
        if form == 8:
            return f"builtins.elemAt [ {self.atom(t, env, sub)} {self.atom(t, env, sub)} ] {self.pick(['0', '1', '1', '1', '0', '0', '0', '2'])}"
        if form == 9:
            return f"builtins.head ({self.atom(('list', t), env, sub)} ++ [ {self.atom(t, env, sub)} ])"
        if form == 10:
            return f"assert {self.gen('bool', env, sub)} || true; {self.gen(t, env, sub)}"
        if form == 11:
            return f"builtins.{self.pick(['seq', 'deepSeq'])} {self.atom('any', env, sub)} {self.atom(t, env, sub)}"
        if form == 12:
            e = self.atom(t, env, sub)
            return f"(let r = builtins.tryEval {e}; in if r.success then r.value else {self.atom(t, env, sub)})"
        name = self.pick(["f", "g"])
        return f"(rec {{ {name} = n: if n <= 0 then {self.gen(t, env, sub)} else {name} (n - 1); r = {name} {self.rng.randint(0, 4)}; }}).r"

    def gen_int(self, t, env, d):
        s = d - 1
        g = lambda t: self.atom(t, env, s)
        return self.pick([
            lambda: f"{g('int')} {self.pick('+-*+-*/')} {g('int')}",
            lambda: f"-{g('int')}",
            lambda: f"builtins.length {g(('list', 'any'))}",
            lambda: f"builtins.stringLength {g('str')}",
            lambda: f"builtins.{self.pick(['floor', 'ceil'])} {g('num')}",
            lambda: f"builtins.{self.pick(['bitAnd', 'bitOr', 'bitXor', 'add', 'sub', 'mul', 'div'])} {g('int')} {g('int')}",
            lambda: f"builtins.foldl' (p: q: p {self.pick('+-*')} q) {g('int')} {g(('list', 'int'))}",
            lambda: f"builtins.compareVersions {g('str')} {g('str')}",
            lambda: f"builtins.fromJSON (builtins.toJSON {g('int')})",
            lambda: f"builtins.length (builtins.attrNames {g('set')})",
        ])()

    def gen_float(self, t, env, d):
        g = lambda t: self.atom(t, env, d - 1)
        return self.pick([
            lambda: f"{g('float')} {self.pick('+-*/')} {g('num')}",
            lambda: f"{g('num')} {self.pick('+-*/')} {g('float')}",
            lambda: f"-{g('float')}",
            lambda: f"builtins.fromJSON (builtins.toJSON {g('float')})",
        ])()

    def gen_bool(self, t, env, d):
        g = lambda t: self.atom(t, env, d - 1)
        any_ = self.type_(1)
        order = self.pick(["int", "float", "num", "str", ("list", "int"), ("list", "str")])
        return self.pick([
            lambda: f"{g(any_)} {self.pick(['==', '!='])} {g(any_)}",
            lambda: f"{g(order)} {self.pick(['<', '<=', '>', '>='])} {g(order)}",
            lambda: f"{g('bool')} {self.pick(['&&', '||', '->'])} {g('bool')}",
            lambda: f"!{g('bool')}",
            lambda: f"{g('set')} ? {self.pick(['a', 'a.b', 'zz', 'x'])}",
            lambda: f"builtins.{self.pick(['isInt', 'isFloat', 'isString', 'isList', 'isAttrs', 'isFunction', 'isNull', 'isBool', 'isPath'])} {g('any')}",
            lambda: f"builtins.elem {g(any_)} {g(('list', any_))}",
            lambda: f"builtins.{self.pick(['any', 'all'])} {g(('fun', any_, 'bool'))} {g(('list', any_))}",
            lambda: f"builtins.hasAttr {g('str')} {g('set')}",
            lambda: f"(builtins.tryEval {g('any')}).success",
            lambda: f"builtins.lessThan {g('num')} {g('num')}",
        ])()

    def gen_null(self, t, env, d):
        return "null"

    def gen_str(self, t, env, d):
        g = lambda t: self.atom(t, env, d - 1)
        return self.pick([
            lambda: f"{g('str')} + {g('str')}",
            lambda: f'"{self.pick(["", "a", " "])}${{{self.gen("str", env, d - 1)}}}b${{{self.gen("str", env, d - 1)}}}"',
            lambda: "''\n  " + f"x ${{{self.gen('str', env, d - 1)}}}\n y\n''",
            lambda: f"toString {g(self.pick(['int', 'float', 'bool', 'str', ('list', 'int'), ('list', 'str'), 'null']))}",
            lambda: f"builtins.toJSON {g(self.pick(['set', 'str', 'float', 'int', ('list', 'float')]))}",
            lambda: f"builtins.toXML {g('any')}",
            lambda: f"builtins.typeOf {g('any')}",
            lambda: f"builtins.substring {self.rng.randint(0, 4)} {g('int')} {g('str')}",
            lambda: f"builtins.concatStringsSep {g('str')} {g(('list', 'str'))}",
            lambda: f"builtins.replaceStrings [ {g('str')} {g('str')} ] [ {g('str')} {g('str')} ] {g('str')}",
            lambda: f"builtins.hashString \"{self.pick(['md5', 'sha1', 'sha256', 'sha512'])}\" {g('str')}",
            lambda: f"{self.pick(['baseNameOf', 'dirOf'])} {g('str')}",
            lambda: f"(builtins.parseDrvName {g('str')}).{self.pick(['name', 'version'])}",
            lambda: f"builtins.head (builtins.split \"{self.pick(REGEXES)}\" {g('str')})",
            lambda: f"builtins.concatStringsSep \",\" (builtins.attrNames {g('set')})",
        ])()

    def gen_list(self, t, env, d):
        of = t[1]
        s = d - 1
        g = lambda t: self.atom(t, env, s)
        some = self.type_(1)
        options = [
            lambda: "[ " + " ".join(self.atom(of, env, s) for _ in range(self.rng.randint(0, 4))) + " ]",
            lambda: f"{g(t)} ++ {g(t)}",
            lambda: f"map {g(('fun', some, of))} {g(('list', some))}",
            lambda: f"builtins.filter {g(('fun', of, 'bool'))} {g(t)}",
            lambda: f"builtins.genList {g(('fun', 'int', of))} {self.rng.randint(0, 4)}",
            lambda: f"builtins.tail ({g(t)} ++ [ {self.atom(of, env, s)} ])",
            lambda: f"builtins.concatLists [ {g(t)} {g(t)} ]",
            lambda: f"builtins.concatMap {g(('fun', some, t))} {g(('list', some))}",
            lambda: f"(builtins.partition {g(('fun', of, 'bool'))} {g(t)}).{self.pick(['right', 'wrong'])}",
            lambda: f"builtins.{self.pick(['attrValues', 'attrNames'])} (builtins.mapAttrs (n: v: {self.gen(of, env, s)}) {g('set')})",
        ]
        if of in ("int", "float", "str"):
            options.append(lambda: f"builtins.sort (p: q: p {self.pick('<>')} q) {g(t)}")
        if of == "str":
            options += [
                lambda: f"builtins.attrNames {g('set')}",
                lambda: f"builtins.splitVersion {g('str')}",
                lambda: f"builtins.filter builtins.isString (builtins.split \"{self.pick(REGEXES)}\" {g('str')})",
                lambda: f"builtins.concatMap (p: if builtins.isList p then p else [ p ]) (builtins.split \"{self.pick(REGEXES)}\" {g('str')})",
                lambda: f"(let m = builtins.match \"{self.pick(REGEXES)}\" {g('str')}; in if m == null then [ ] else m)",
            ]
        if of == "set":
            options += [
                lambda: f"builtins.genericClosure {{ startSet = [ {{ key = {self.rng.randint(0, 5)}; }} ]; operator = i: if i.key > 3 then [ ] else [ {{ key = i.key + 1; }} ]; }}",
                lambda: f"builtins.catAttrs \"{self.pick(['a', 'b'])}\" {g(t)}",
            ]
        return self.pick(options)()

    def gen_set(self, t, env, d):
        s = d - 1
        g = lambda t: self.atom(t, env, s)
        return self.pick([
            lambda: self.attrs(env, s),
            lambda: self.attrs(env, s),
            lambda: f"{g('set')} // {g('set')}",
            lambda: f"builtins.listToAttrs [ {{ name = {self.gen('str', env, s)}; value = {self.gen('any', env, s)}; }} {{ name = {self.gen('str', env, s)}; value = 1; }} ]",
            lambda: f"builtins.mapAttrs (n: v: {self.pick(['n', 'v', '[ n v ]', 'builtins.typeOf v'])}) {g('set')}",
            lambda: f"removeAttrs {g('set')} {g(('list', 'str'))}",
            lambda: f"builtins.intersectAttrs {g('set')} {g('set')}",
            lambda: f"builtins.groupBy (p: {self.pick(['toString p', 'builtins.typeOf p'])}) {g(('list', 'any'))}",
            lambda: f"builtins.zipAttrsWith (n: vs: {self.pick(['vs', 'n', 'builtins.length vs'])}) [ {g('set')} {g('set')} ]",
            lambda: f"builtins.functionArgs ({{ a, b ? 1, {self.pick(['c', '...'])} }}: a)",
            lambda: f"builtins.fromJSON (builtins.toJSON {g('set')})",
            lambda: f"builtins.tryEval {g('any')}",
            lambda: f"builtins.partition {g(('fun', 'int', 'bool'))} {g(('list', 'int'))}",
            lambda: f"builtins.parseDrvName {g('str')}",
        ])()

    def attrs(self, env, d):
        recursive = self.chance(0.3)
        keys = self.rng.sample(KEYS, self.rng.randint(0, 4))
        parts, inner = [], dict(env)
        for key in keys:
            t = self.type_(1)
            form = self.rng.random()
            value = self.gen(t, inner if recursive else env, d)
            plain = re.fullmatch(r"[a-z]+", key) and key != "if"
            if key == "outPath" and self.chance(0.7):
                value = self.gen("str", env, d)
            if form < 0.1:
                parts.append(f'${{{self.gen("str", env, 0)}}} = {value};')
            elif form < 0.25 and plain:
                parts.append(f"{key}.{self.pick(['p', 'q'])}{self.pick(['', '.r'])} = {value};")
            elif plain:
                parts.append(f"{key} = {value};")
                if recursive:
                    inner[key] = t
            else:
                parts.append(f'"{key}" = {value};')
        usable = [name for name in env if name not in keys]
        if usable and self.chance(0.2):
            parts.append(f"inherit {self.pick(usable)};")
        if self.chance(0.06):
            parts.append(f"__toString = self: {self.gen('str', env, d)};")
        if self.chance(0.04):
            parts.append(f"__functor = self: v: {self.gen('any', env, d)};")
        self.rng.shuffle(parts)
        return ("rec " if recursive else "") + "{ " + " ".join(parts) + " }"

    def gen_fun(self, t, env, d):
        name = self.pick(["p", "v", "w"])
        if t[1] == "int" and t[2] == "int" and self.chance(0.2):
            return f"builtins.{self.pick(['add', 'sub', 'mul'])} {self.atom('int', env, 0)}"
        return f"({name}: {self.gen(t[2], {**env, name: t[1]}, d - 1)})"

    def program(self):
        # In parentheses, for what begins with `-` would be taken for an option.
        return "(" + self.gen(self.type_(), {}, self.rng.randint(2, 5)) + ")"


def limit():
    """What a program may take: one that runs away must not take the machine with it."""
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))


def evaluate(command, programs, patience):
    """What each program prints, or (None, message). One process does as many as don't fail."""
    results, at = [], 0
    while at < len(programs):
        try:
            ran = subprocess.run(command + ["--eval", "--strict", "-E", *programs[at:]], capture_output=True,
                                 stdin=subprocess.DEVNULL, timeout=patience, check=False, preexec_fn=limit)
        except subprocess.TimeoutExpired:
            # Which of them it was can't be told from what is printed: one by one, then.
            if at + 1 < len(programs):
                for program in programs[at:]:
                    results += evaluate(command, [program], min(patience, 5))
                return results
            return [*results, (None, "takes too long")]
        printed = ran.stdout.decode(errors="replace").splitlines()
        results += printed
        at += len(printed)
        if at < len(programs):
            if ran.returncode < 0 or ran.returncode == 101:
                results.append((None, f"CRASH {ran.returncode}"))
            else:
                results.append((None, message(ran.stderr.decode(errors="replace"))))
            at += 1
    return results[:len(programs)]


def message(stderr):
    text = re.sub(r"\x1b\[[0-9;]*m", "", stderr)
    nix = re.findall(r"^ *error: (.*)$", text, re.M)
    ours = re.search(r"×\s((?:.*\n(?:\s*│.*\n)*))", text)
    said = nix[-1] if nix else ours.group(1).replace("│", " ") if ours else text[-200:]
    return " ".join(said.split())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repx", default="target/release/repx instantiate")
    parser.add_argument("--nix", default="nix-instantiate")
    parser.add_argument("--batch", type=int, default=60)
    parser.add_argument("--messages", action="store_true", help="also compare messages")
    options = parser.parse_args()
    repx, nix = shlex.split(options.repx), shlex.split(options.nix)
    done = different = failing = 0
    while done < options.count:
        batch = [Programs(random.Random(f"{options.seed}.{done + i}")).program() for i in range(min(options.batch, options.count - done))]
        for program, ours, theirs in zip(batch, evaluate(repx, batch, 60), evaluate(nix, batch, 60)):
            done += 1
            failing += isinstance(theirs, tuple)
            same = isinstance(theirs, tuple) if isinstance(ours, tuple) else ours == theirs
            if isinstance(ours, tuple) and "CRASH" in ours[1]:
                same = False
            if same and options.messages and isinstance(ours, tuple):
                same = theirs[1][:60] in ours[1] or ours[1][:60] in theirs[1]
            if not same:
                different += 1
                print(f"--- {options.seed}.{done - 1}\n{program}\n  repx: {ours}\n  nix:  {theirs}", flush=True)
    print(f"{done} programs, {failing} of them wrong; {different} differ")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
