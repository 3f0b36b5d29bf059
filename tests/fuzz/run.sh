#!/bin/sh
# tests/fuzz/run.sh SECONDS [TARGET...]: runs the fuzz targets (all, if none is named) for SECONDS
# each. AMBER_FUZZ_BUILD names the build directory, AMBER_FUZZ_SEED the seed.
set -eu
seconds=${1:?usage: run.sh SECONDS [TARGET...]}
shift
cd "$(dirname "$0")/../.."
build=${AMBER_FUZZ_BUILD:-build/fuzz}
seed=${AMBER_FUZZ_SEED:-20261121}

[ -f "$build/build.ninja" ] || cmake --preset fuzz -B "$build" >/dev/null
cmake --build "$build" --target fuzz_all

corpus=$build/corpus
findings=$build/findings
mkdir -p "$corpus" "$findings"
"$build/fuzz/make_corpus" "$corpus"

[ $# -gt 0 ] || set -- $(cd "$build/fuzz" && ls -d fuzz_*)
failed=
for target in "$@"; do
    mkdir -p "$corpus/$target"
    echo "== $target: $seconds s, seed $seed"
    log=$findings/$target.log
    if "$build/fuzz/$target" -max_total_time="$seconds" -seed="$seed" -max_len=20000 -timeout=10 \
        -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="$findings/$target-" "$corpus/$target" >"$log" 2>&1; then
        grep -e number_of_executed_units -e new_units_added "$log"
    else
        tail -n 40 "$log"
        failed="$failed $target"
    fi
done
[ -z "$failed" ] || { echo "findings in:$failed (inputs under $findings)"; exit 1; }
echo "no findings"
