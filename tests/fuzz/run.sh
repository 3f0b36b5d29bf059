#!/bin/bash
# tests/fuzz/run.sh SECONDS [TARGET...]: runs the fuzz targets (all, if none is named) for SECONDS
# each, two at a time. AMBER_FUZZ_BUILD names the build directory, AMBER_FUZZ_SEED the seed.
set -euo pipefail
seconds=${1:?usage: run.sh SECONDS [TARGET...]}
shift
cd "$(dirname "$0")/../.."
source contrib/build.sh
build=${AMBER_FUZZ_BUILD:-build/asan}
seed=${AMBER_FUZZ_SEED:-20261121}

[ -f "$build/build.ninja" ] || configure asan "$build"
compile "$build" fuzz_all

corpus=$build/corpus
findings=$build/findings
mkdir -p "$corpus" "$findings"
"$build/fuzz/make_corpus" "$corpus"

# fuzz TARGET: says what came of it; 1 if there was a finding.
fuzz() {
    local target=$1 log=$findings/$1.log found=0
    mkdir -p "$corpus/$target"
    "$build/fuzz/$target" -max_total_time="$seconds" -seed="$seed" -max_len=20000 -timeout=10 \
        -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="$findings/$target-" "$corpus/$target" >"$log" 2>&1 || found=1
    echo "== $target: $seconds s, seed $seed"
    if [ $found = 0 ]; then
        grep -e number_of_executed_units -e new_units_added "$log"
    else
        tail -n 40 "$log"
    fi
    return $found
}
export -f fuzz
export build corpus findings seconds seed

[ $# -gt 0 ] || set -- $(cd "$build/fuzz" && ls -d fuzz_*)
printf '%s\n' "$@" | xargs -P 2 -I{} bash -c 'fuzz {}' ||
    { echo "findings (inputs under $findings)"; exit 1; }
echo "no findings"
