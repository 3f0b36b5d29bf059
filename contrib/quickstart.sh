#!/bin/bash
# From nothing to a running Amber, on Debian 12: installs what it needs, builds, fetches a real node,
# starts both on regtest (a chain of your own, on this machine only), and shows what a wallet sees:
# a payment, a block, a reorganisation. Each answer is compared with the node's own.
#
#   contrib/quickstart.sh            then stays up, for a wallet to connect, until Ctrl-C
#   contrib/quickstart.sh --check    ends after the comparison; exit code 0 only if everything matched
#
# AMBER_BUILD names another build directory than build/release, AMBER_BITCOIND another node.
# Needs root or sudo only where packages are missing. Leaves behind the packages, the build and the
# node's programs; the chain, the index and both processes are gone at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source contrib/build.sh

heading() { printf '\n== %s\n' "$*"; }
fail() {
    printf '\nquickstart: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '  What to do: %s\n' "$2" >&2
    exit 1
}

case "${1:-}" in
    "" | --check) [ $# -le 1 ] || fail "too many arguments" "contrib/quickstart.sh [--check]" ;;
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) fail "unknown option $1" "contrib/quickstart.sh [--check]" ;;
esac

system=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}" || true)
[ "$system" = "debian 12" ] ||
    echo "Note: written for Debian 12; this is ${system:-an unknown system}, where packages may be missing or differ."

heading "1 of 7: packages"
contrib/install-deps.sh build ||
    fail "the packages could not be installed" "see the message above; then run this again, it goes on where it stopped"

heading "2 of 7: build (minutes the first time, seconds later)"
build=${AMBER_BUILD:-build/release}
[ -f "$build/build.ninja" ] || configure release "$build" -DAMBER_TESTS=OFF ||
    fail "CMake could not configure the build" "see the message above; rm -r $build makes it start anew"
compile "$build" amberd amber-cli ||
    fail "the build failed" "see the first error above; with too little memory (\"Killed\"): AMBER_JOBS=1 $0"
"$build/amberd" --version

heading "3 of 7: a real node"
if [ -n "${AMBER_BITCOIND:-}" ]; then
    bitcoind=$AMBER_BITCOIND
else
    # Its last line is the path.
    bitcoind=$(contrib/install-bitcoind.sh | tail -n 1) ||
        fail "no node could be fetched" "check the network, or set AMBER_BITCOIND to a bitcoind of your own (22.0 or newer)"
fi
version=$("$bitcoind" --version) || fail "$bitcoind does not run" "set AMBER_BITCOIND to a bitcoind that does"
echo "${version%%$'\n'*}"
echo "$bitcoind"

exec python3 -B contrib/quickstart_demo.py --build "$build" --bitcoind "$bitcoind" "$@"
