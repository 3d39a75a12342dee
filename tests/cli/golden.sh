#!/usr/bin/env bash
# Golden outputs of the programs' command lines.
#   golden.sh BIN            compares; a difference is shown and fails
#   golden.sh --update BIN   rewrites the expected outputs; review the diff
# Names behind BIN limit it to these programs and cases.
# golden/STEP.help is `cohort-STEP --help`; golden/NAME.txt is the transcript of cases/NAME.sh, where every line
# `try COMMAND …` becomes the command, its output (stderr marked "! ") and its exit code.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
update=0
if [ "${1:-}" = --update ]; then update=1; shift; fi
bin="$(cd "${1:?usage: golden.sh [--update] BIN}" && pwd)"
shift
only=" $* "
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
export PATH="$bin:$PATH" NO_COLOR=1 LC_ALL=C
failed=0

# judge ACTUAL EXPECTED: compare or rewrite
judge() {
    if [ "$update" = 1 ]; then cp "$1" "$2"; return; fi
    if ! diff -u --label "expected: ${2#"$here/"}" --label actual "$2" "$1"; then failed=1; fi
}

# For cases: runs a command in the scratch folder and writes what it did; times and places are made the same everywhere.
try() {
    local rc=0
    printf '$'; printf ' %s' "$@"; printf '\n'
    "$@" >"$scratch/stdout" 2>"$scratch/stderr" || rc=$?
    sed -E "s|$scratch/work|WORK|g; s|$bin|BIN|g; s|sha256:[0-9a-f]{64}|sha256:…|g" "$scratch/stdout"
    sed "s|^|! |; s|$scratch/work|WORK|g; s|$bin|BIN|g" "$scratch/stderr"
    printf '[%d]\n\n' "$rc"
}

# wanted NAME: no names were given, or this one was
wanted() { [ "$only" = "  " ] || [[ "$only" == *" $1 "* ]]; }

# Programs of an app that has been written; one that this build leaves out is said, not passed over.
for app in "$here"/../../apps/*/CMakeLists.txt; do
    name="$(basename "$(dirname "$app")")"
    wanted "$name" || continue
    program="cohort-$name"
    [ "$name" = cohort ] && program=cohort
    if [ ! -x "$bin/$program" ]; then echo "skipped: $program is not in this build"; continue; fi
    "$program" --help >"$scratch/help" || { echo "$program --help ended with $?"; failed=1; }
    judge "$scratch/help" "$here/golden/$name.help"
done

for case in "$here"/cases/*.sh; do
    [ -e "$case" ] || continue
    name="$(basename "$case" .sh)"
    wanted "$name" || continue
    needs="$(sed -n 's/^# needs: //p' "$case")"
    missing=""
    for program in $needs; do [ -x "$bin/$program" ] || missing="$program"; done
    if [ -n "$missing" ]; then echo "skipped: cases/$name.sh needs $missing, which is not in this build"; continue; fi
    rm -rf "$scratch/work"; mkdir "$scratch/work"
    (cd "$scratch/work" && source "$case") >"$scratch/transcript"
    judge "$scratch/transcript" "$here/golden/$name.txt"
done

if [ "$failed" = 1 ]; then echo "If this is meant: scripts/test --update-golden, then review the diff."; fi
exit "$failed"
