#!/usr/bin/env bash
# scripts/check-layers finds what it promises to find: a copy of the tree gets one fault after another.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
copy="$scratch/tree"
mkdir "$copy"
for part in libpipeline apps tests schemas scripts; do cp -r "$root/$part" "$copy/"; done
failed=0

# must_say PATTERN: the checker fails on the copy with a line that matches
must_say() {
    if "$copy/scripts/check-layers" --root "$copy" >"$scratch/said"; then
        echo "the checker found nothing where it should say: $1"; failed=1
    elif ! grep -Eq -- "$1" "$scratch/said"; then
        echo "the checker does not say: $1"; cat "$scratch/said"; failed=1
    fi
}
# with_line FILE LINE PATTERN: a line is appended, judged, and taken back
with_line() {
    cp "$copy/$1" "$scratch/saved"
    printf '%s\n' "$2" >>"$copy/$1"
    must_say "$3"
    cp "$scratch/saved" "$copy/$1"
}
# with_file FILE PATTERN: a file is made, judged, and taken away
with_file() {
    mkdir -p "$(dirname "$copy/$1")"
    touch "$copy/$1"
    must_say "$2"
    rm "$copy/$1"
}

with_line libpipeline/core/error.cpp '#include "store/manifest.h"' \
    'core/error.cpp:[0-9]+ includes store/manifest.h: core may include nothing only — everything stands on it'
with_line libpipeline/cli/validator.cpp '#include "grid/orient.h"' 'cli may include core only'
with_line libpipeline/cli/validator.cpp '#include <torch/torch.h>' 'cli does not own torch, learn does — the only place'
with_line libpipeline/cli/validator.cpp '#include <opencv2/core.hpp>' 'no row of libpipeline/layers.txt owns it'
with_line libpipeline/cli/validator.cpp '#include "cli/nowhere.h"' 'there is no such file'
with_line libpipeline/store/manifest.cpp '#include <hdf5.h>' 'store does not own hdf5, shards does'
with_line apps/partition/split.cpp '#include "apps/train/train_step.h"' 'an app never includes another app'
with_line apps/partition/split.cpp '#include "learn/network.h"' 'apps/partition/CMakeLists.txt links .* only'
with_line apps/partition/split.cpp '#include <hdf5.h>' 'apps/partition does not own hdf5'
with_line libpipeline/layers.txt 'alone | alone | core | core | | ' "'alone' has no reason"
with_line libpipeline/layers.txt 'ring | core | cli | cli | | a ring' 'a cycle: '
with_line libpipeline/core/CMakeLists.txt 'file(GLOB all *.cpp)' 'globs for files'
with_line libpipeline/core/CMakeLists.txt 'target_link_libraries(cohort_core PUBLIC x)' 'links by itself'
with_line libpipeline/core/CMakeLists.txt 'cohort_layer(core gone.cpp)' 'lists gone.cpp, which does not exist'
with_file libpipeline/core/unlisted.cpp 'core/unlisted.cpp is listed in no CMakeLists.txt'
with_file libpipeline/core/string_utils.h "'utils' says nothing"
with_file libpipeline/helpers/x.h "'helpers' says nothing"
with_file apps/common/x.h "'common' says nothing"
exit "$failed"
