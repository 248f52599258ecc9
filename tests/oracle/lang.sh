#!/usr/bin/env bash
# Compare corpus/lang with real Nix: every okay case prints its .exp exactly, every fail case
# fails with its .err in the message.
#
#   tests/oracle/lang.sh [NAME-GLOB]
#
# NIX_INSTANTIATE names another evaluator with the same flags (default: nix-instantiate).
set -uo pipefail

corpus=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../corpus/lang" && pwd) || exit 2
only=${1:-*}
read -r -a evaluator <<<"${NIX_INSTANTIATE:-nix-instantiate}"

if ! command -v "${evaluator[0]}" >/dev/null; then
    echo "lang.sh: ${evaluator[0]} is not installed: nothing was compared" >&2
    echo "lang.sh: install Nix (on Debian: apt-get install nix-bin), or set NIX_INSTANTIATE" >&2
    exit 2
fi

declare -A differs=()
version=$("${evaluator[@]}" --version 2>/dev/null | sed -n 's/^nix-instantiate (Nix) //p')
if [[ $version == 2.8.* ]]; then
    while read -r name what _; do
        [[ -z $name || $name == \#* ]] || differs[$name]=$what
    done <"$corpus/differs-in-2.8.txt"
fi

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

evaluate() { # FILE: run it where it lies
    (cd "$(dirname "$1")" && "${evaluator[@]}" --eval --strict "$(basename "$1")") \
        >"$work/out" 2>"$work/err" </dev/null
}

report() { # NAME WHAT
    failed=$((failed + 1))
    printf 'FAIL %s: %s\n' "$1" "$2"
}

# The message without colours, and without the source lines it quotes: these would match anything.
message() {
    sed $'s/\x1b\\[[0-9;]*m//g' "$work/err" | grep -v '^ *[0-9]*|'
}

# The names that this version is to have in `builtins`.
listed() {
    awk -v version="$version" '
        /^#/ || NF == 0 { next }
        version ~ /^2\.8\./ && $2 == "new" { next }
        version == "2.34.8" && $2 == "feature" { next }
        { print $1 }' "$corpus/builtins.txt" | LC_ALL=C sort
}

# Other versions of Nix have other builtins, of which nothing is recorded.
if [[ $only == '*' && ($version == 2.8.* || $version == 2.34.8 || -z $version) ]]; then
    "${evaluator[@]}" --eval --strict --json -E 'builtins.attrNames builtins' 2>"$work/err" |
        tr -d '[]"\n' | tr , '\n' | LC_ALL=C sort >"$work/names"
    missing=$(listed | LC_ALL=C comm -23 - "$work/names" | paste -sd ' ')
    extra=$(listed | LC_ALL=C comm -13 - "$work/names" | paste -sd ' ')
    if [[ -n $missing$extra ]]; then
        report builtins "missing: ${missing:-none}; not in the list: ${extra:-none}"
    else
        passed=$((passed + 1))
    fi
fi

for file in "$corpus"/okay/$only.nix; do
    [[ -e $file ]] || continue
    name=okay/$(basename "$file" .nix)
    if [[ -n ${differs[$name]:-} ]]; then
        skipped=$((skipped + 1))
    elif [[ ! -f ${file%.nix}.exp ]]; then
        report "$name" "has no .exp"
    elif ! evaluate "$file"; then
        report "$name" "does not evaluate"
        message | tail -n 5
    elif ! diff -u "${file%.nix}.exp" "$work/out" >"$work/diff"; then
        report "$name" "prints something else"
        tail -n +3 "$work/diff"
    else
        passed=$((passed + 1))
    fi
done

for file in "$corpus"/fail/$only.nix; do
    [[ -e $file ]] || continue
    name=fail/$(basename "$file" .nix)
    if [[ ${differs[$name]:-} == result ]]; then
        skipped=$((skipped + 1))
    elif [[ ! -s ${file%.nix}.err ]]; then
        report "$name" "has no .err"
    elif evaluate "$file"; then
        report "$name" "evaluates to $(head -c 200 "$work/out")"
    elif [[ -z ${differs[$name]:-} ]] && ! message | tr -s ' │\n' ' ' | grep -qF -- "$(cat "${file%.nix}.err")"; then
        report "$name" "fails without saying: $(cat "${file%.nix}.err")"
        message | tail -n 5
    else
        passed=$((passed + 1))
    fi
done

if ((passed + failed == 0)); then
    echo "lang.sh: no case matches '$only'" >&2
    exit 2
fi
note=
((skipped == 0)) || note=" ($skipped skipped: they differ in this version of Nix)"
echo "$passed passed, $failed failed$note"
((failed == 0))
