# Sourced by quickstart.sh and test.sh, from the repo root: configuring and building.
# AMBER_JOBS: compilers at a time. Default: one per core, but no more than memory has room for.

# Object files are then shared between checkouts, wherever they are.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=1

parallel_jobs() {
    # The largest files take about 1.5 GB.
    local room
    room=$(awk '/^MemAvailable:/ { n = int($2 / 1500000); print (n < 1 ? 1 : n) }' /proc/meminfo)
    local cores
    cores=$(nproc)
    echo "${AMBER_JOBS:-$((cores < room ? cores : room))}"
}

# configure PRESET DIR [CMAKE OPTIONS...]: quiet unless it fails.
configure() {
    local preset=$1 dir=$2 text
    shift 2
    text=$(cmake --preset "$preset" -B "$dir" "$@" 2>&1) || { printf '%s\n' "$text" >&2; return 1; }
}

# compile DIR [TARGETS...]: all, if none is named.
compile() {
    local dir=$1
    shift
    cmake --build "$dir" --parallel "$(parallel_jobs)" ${1:+--target "$@"}
}
