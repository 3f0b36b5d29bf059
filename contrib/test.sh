#!/bin/bash
# The whole test suite, with all it needs installed first (Debian 12; root or sudo where packages are
# missing). Stops at the first step that fails, names it, and ends with 1; always with a table of times.
#
#   contrib/test.sh [PHASE...]      all phases if none is named
#     release   optimised build; every test: C++, and functional ones with a real node and real wallets
#     asan      AddressSanitizer and UndefinedBehaviorSanitizer: C++ tests, some functional ones
#     tsan      ThreadSanitizer: the same
#     fuzz      every fuzz target for 60 s, in the build of asan
#
# AMBER_CHAIN_DATA names a folder of real blocks for tests that can use them; ../shared/chain-data
# beside the checkout is found by itself. AMBER_BITCOIND names another node. AMBER_JOBS: see build.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source contrib/build.sh

all_phases=(release asan tsan fuzz)
case "${1:-}" in
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
esac
phases=("$@")
[ $# -gt 0 ] || phases=("${all_phases[@]}")
for phase in "${phases[@]}"; do
    [[ " ${all_phases[*]} " == *" $phase "* ]] ||
        { echo "test.sh: no phase $phase; there are ${all_phases[*]}" >&2; exit 2; }
done

table=
summary() { printf '\n== Summary\n%s%-28s %s\n' "$table" "in all" "$(duration "$SECONDS")"; }
duration() { printf '%3d min %02d s' "$(($1 / 60))" "$(($1 % 60))"; }

# step NAME COMMAND...: COMMAND is one program, or a function whose parts are joined by &&.
step() {
    local name="$1" begin=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if "$@"; then
        table+=$(printf '%-28s %s' "$name" "$(duration $((SECONDS - begin)))")$'\n'
    else
        table+=$(printf '%-28s %s  FAILED' "$name" "$(duration $((SECONDS - begin)))")$'\n'
        summary
        echo "test.sh: FAILED: $name"
        exit 1
    fi
}

build() {
    configure "$1" "build/$1" -DAMBER_TESTS=ON && compile "build/$1"
}

# unit PRESET: the tests in C++ only.
unit() {
    ctest --test-dir "build/$1" --no-tests=error --output-on-failure --label-exclude functional --parallel "$(nproc)"
}

# Timing is what one of them measures: it runs alone, afterwards.
functional() {
    local alone='^functional\.test_notify_latency$'
    ctest --test-dir build/release --no-tests=error --output-on-failure --label-regex functional \
        --exclude-regex "$alone" --parallel "$(nproc)" &&
        ctest --test-dir build/release --no-tests=error --output-on-failure --tests-regex "$alone"
}

# sanitized_functional PRESET: those that find most in a short time. They know that they are sanitized.
sanitized_functional() {
    ctest --test-dir "build/$1" --no-tests=error --output-on-failure --parallel "$(nproc)" \
        --tests-regex '^functional\.test_(client_garbage|consistency|crash|node_trouble|reorg|sync|tls)$'
}

packages() { contrib/install-deps.sh test && contrib/install-bitcoind.sh; }

release() {
    step "release: build" build release
    step "release: C++ tests" unit release
    step "release: functional tests" functional
}

sanitized() {
    step "$1: build" build "$1"
    step "$1: C++ tests" unit "$1"
    step "$1: functional tests" sanitized_functional "$1"
}

if [ -z "${AMBER_CHAIN_DATA:-}" ] && [ -d ../shared/chain-data ]; then
    AMBER_CHAIN_DATA=$(realpath ../shared/chain-data)
    export AMBER_CHAIN_DATA
fi
echo "Real blocks: ${AMBER_CHAIN_DATA:-none (AMBER_CHAIN_DATA is not set); tests that want them are skipped}"
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

step "packages and node" packages
for phase in "${phases[@]}"; do
    case $phase in
        release) release ;;
        asan | tsan) sanitized "$phase" ;;
        fuzz) step "fuzz: 60 s each" tests/fuzz/run.sh 60 ;;
    esac
done
summary
echo "test.sh: all passed: ${phases[*]}"
