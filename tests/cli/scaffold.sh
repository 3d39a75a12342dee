#!/usr/bin/env bash
# scripts/new in a copy of the tree: what it writes is complete, listed, holds to the layers, and compiles without warning.
#   scaffold.sh COMPILER [INCLUDE …]      further folders for third parties' headers
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
compiler="${1:?usage: scaffold.sh COMPILER [INCLUDE …]}"
shift
flags=(-std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -ffp-contract=off '-DCOHORT_VERSION="0"')
for folder in "$@"; do flags+=(-isystem "$folder"); done
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
copy="$scratch/tree"
mkdir "$copy"
for part in libpipeline apps tests schemas scripts CMakeLists.txt; do cp -r "$root/$part" "$copy/"; done
failed=0
fail() { echo "$*"; failed=1; }

begun() { (cd "$copy" && find . -type f | sort); }
begun >"$scratch/before"
for kind in step format metric network transform; do
    "$copy/scripts/new" "$kind" "newcomer$kind" --no-build >/dev/null || fail "scripts/new $kind failed"
done
begun >"$scratch/after"
comm -13 "$scratch/before" "$scratch/after" >"$scratch/new"

# The layers hold as they did before: nothing is unlisted, nothing is listed twice, nobody includes too much.
if ! "$copy/scripts/check-layers" >"$scratch/layers"; then
    "$root/scripts/check-layers" >"$scratch/layers-before" || true
    fresh="$(grep -vxFf "$scratch/layers-before" "$scratch/layers" || true)"
    [ -z "$fresh" ] || fail "the layers no longer hold: $fresh"
fi
while read -r file; do
    if grep -q '@name@\|@Name@' "$copy/$file"; then fail "$file: a placeholder is left"; fi
    case "$file" in
        # Torch's headers take half a minute each and are not everywhere; a network is compiled where train is.
        */learn/*.cpp) ;;
        *.cpp) (cd "$copy" && "$compiler" "${flags[@]}" -Ilibpipeline -I. -fsyntax-only "$file") || fail "$file does not compile" ;;
    esac
done <"$scratch/new"

# A second one of the same name is refused and changes nothing.
if "$copy/scripts/new" metric newcomermetric --no-build 2>"$scratch/said"; then fail "a name was given twice"; fi
grep -q "exists already" "$scratch/said" || fail "the refusal does not say why: $(cat "$scratch/said")"
if "$copy/scripts/new" metric 'Bad-Name' --no-build 2>/dev/null; then fail "a bad name was taken"; fi
exit "$failed"
