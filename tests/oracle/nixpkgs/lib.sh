#!/usr/bin/env bash
# nixpkgs' own tests of its library, run with repx in the place of Nix.
#
#   tests/oracle/nixpkgs/lib.sh NIXPKGS [SUITE...]
#
# The suites need git, jq and GNU awk. `release.nix`, `maintainers.nix`, `teams.nix` and `nix-unit.nix`
# are derivations around these suites and others: they need a whole nixpkgs, and building them its sources.
# NIXPKGS holds `lib/` with its tests, as nixpkgs and github:nix-community/nixpkgs.lib do. REPX
# names the binary (default: target/release/repx); with NIX_BIN=DIRECTORY real Nix's
# nix-instantiate from there is run instead, to compare.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 2
nixpkgs=$(cd "${1:?NIXPKGS}" && pwd) || exit 2
shift
export REPX=${REPX:-$here/../../../target/release/repx}

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
# Some tests write beside themselves.
mkdir "$work/bin" "$work/nixpkgs" "$work/home"
cp -r "$nixpkgs/lib" "$work/nixpkgs/"
cp "$here/nix-instantiate" "$work/bin/"
lib=$work/nixpkgs/lib
export PATH=${NIX_BIN:-$work/bin}:$PATH HOME=$work/home TEST_LIB=$lib NIX_PATH=nixpkgs=$work/nixpkgs

empty() { # FILE: a list of the tests that failed
    local failed
    failed=$(nix-instantiate --eval --strict "$1") && [[ $failed == '[ ]' ]] && return
    printf '%s\n' "$failed"
    return 1
}

suite() { # NAME
    case $1 in
    misc | systems | fetchers) empty "$lib/tests/$1.nix" ;;
    version) nix-instantiate --eval "$lib" -A version ;;
    modules | filesystem | sources | debug | network) bash "$lib/tests/$1.sh" ;;
    fileset) bash "$lib/fileset/tests.sh" ;;
    path-unit) nix-instantiate --eval --argstr libpath "$lib" "$lib/path/tests/unit.nix" ;;
    path-prop)
        # With another awk than GNU's the suite passes without a single path to look at.
        [[ $(awk 'BEGIN { printf "\x00" }' | wc -c) == 1 ]] || { echo "GNU awk is needed" && return 1; }
        bash "$lib/path/tests/prop.sh" 1
        ;;
    *) echo "there is no suite $1" && return 1 ;;
    esac
}

suites=("$@")
((${#suites[@]})) ||
    suites=(version misc systems fetchers path-unit path-prop debug network filesystem sources fileset modules)
passed=0
for name in "${suites[@]}"; do
    if (suite "$name") >"$work/$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $name: $(tail -n 1 "$work/$name.log" | cut -c 1-100)"
    else
        echo "FAIL $name"
        tail -n "${LINES_SHOWN:-40}" "$work/$name.log"
    fi
done
echo "$passed of ${#suites[@]} suites pass"
((passed == ${#suites[@]}))
