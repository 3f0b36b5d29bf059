#!/bin/bash
# Installs the Debian 12 packages Amber needs. Takes no time when they are there already.
#
#   contrib/install-deps.sh [build|test|all]
#
# build (the default): compiler, CMake and libraries; Python for what quickstart.sh shows.
# test: build, and what the test suite adds: GoogleTest, benchmark, clang for the fuzz targets,
#       Debian's Electrum and npm, and the proxies of contrib/proxy. The full node comes from contrib/install-bitcoind.sh.
# Uses sudo when not root.
set -euo pipefail

build=(
    g++ cmake ninja-build pkg-config ccache
    libboost1.81-dev libboost-json1.81-dev libboost-system1.81-dev
    librocksdb-dev libssl-dev libspdlog-dev libcli11-dev libtomlplusplus-dev cppzmq-dev libzmq3-dev
    python3 debian-archive-keyring
)
test=(
    libgtest-dev libbenchmark-dev clang libclang-rt-14-dev clang-format clang-tidy
    electrum xz-utils haproxy nginx libnginx-mod-stream stunnel4
)

case "${1:-build}" in
    build) wanted=("${build[@]}") ;;
    test | all) wanted=("${build[@]}" "${test[@]}") ;;
    *) echo "usage: $0 [build|test|all]" >&2; exit 2 ;;
esac
if [ "${1:-build}" != build ] && ! command -v npm >/dev/null; then
    wanted+=(nodejs npm)
fi

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "install-deps: everything is installed"
    exit 0
fi

root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "install-deps: to install packages, run this as root: su -c '$0 ${1:-build}'" >&2
        exit 1
    }
    root=(sudo)
fi
echo "install-deps: installing ${missing[*]}"
"${root[@]}" apt-get -qq update
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq --yes install --no-install-recommends "${missing[@]}" >/dev/null
echo "install-deps: done"
