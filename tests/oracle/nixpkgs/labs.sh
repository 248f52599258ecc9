#!/usr/bin/env bash
# Labs written for upstream's own library: the same derivation from repx as from Nix?
#
#   tests/oracle/nixpkgs/labs.sh NIXPKGS UPSTREAM...
#
# NIXPKGS is nixpkgs 20.09, each UPSTREAM a checkout of upstream RepX (its library is read as it
# is). Labs of 151, 2,401 and 9,601 jobs are compared, or those that SIZES names by the lengths of
# their two axes ("5x5 20x20 40x40"). NIX and REPX are command lines (`NIX='chroot /sid
# nix-instantiate'`); both must see all directories, SCRATCH too, under the same names. Printed
# are seconds and peak memory.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 2
nixpkgs=$(cd "${1:?NIXPKGS}" && pwd) || exit 2
shift
read -r -a nix <<<"${NIX:-nix-instantiate}"
read -r -a repx <<<"${REPX:-$here/../../../target/release/repx instantiate}"

work=$(mktemp -d -p "${SCRATCH:-/tmp}") || exit 2
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cp "$here/packages.nix" "$here/sweep.nix" "$work/"

instantiate() { # SIZE UPSTREAM COMMAND...: the derivation's path, seconds, kilobytes
    local size=$1 upstream=$2
    shift 2
    /usr/bin/env time -f '%U s, %M kB' "$@" --readonly-mode "$work/sweep.nix" \
        --argstr nixpkgs "$nixpkgs" --argstr upstream "$upstream" \
        --arg n "${size%x*}" --arg m "${size#*x}" 2>&1 | grep -v '^warning: '
}

failed=0
for upstream; do
    for size in ${SIZES:-5x5 20x20 40x40}; do
        jobs=$((${size%x*} * ${size#*x} * 6 + 1))
        mapfile -t ours < <(instantiate "$size" "$upstream" "${repx[@]}")
        mapfile -t theirs < <(instantiate "$size" "$upstream" "${nix[@]}")
        if [[ ${ours[0]:-} == /nix/store/*.drv && ${ours[0]} == "${theirs[0]:-}" ]]; then
            echo "ok   $upstream, $jobs jobs: ${ours[0]}"
        else
            failed=$((failed + 1))
            echo "FAIL $upstream, $jobs jobs"
            printf '  %s\n' "repx: ${ours[*]}" "nix:  ${theirs[*]}"
        fi
        echo "     repx ${ours[-1]:-}; nix ${theirs[-1]:-}"
    done
done
((failed == 0))
