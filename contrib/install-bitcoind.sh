#!/bin/bash
# A real full node for the tests and for quickstart.sh, on Debian 12, without touching the system.
#
#   contrib/install-bitcoind.sh [DIR]
#
# DIR: where DIR/bin/bitcoind and DIR/bin/bitcoin-cli go. Default: /opt/bitcoind if a working node is
# there already, else ~/.cache/amber/bitcoind. A node already in DIR that runs is kept, so a second
# call takes no time. Prints the version, then the path of bitcoind as its last line.
#
# Debian 12 has no node package, so this takes bitcoin-knots (derived from Bitcoin Core) from Debian
# sid together with every library it needs, libc included, unpacks them under DIR and starts the
# programs through that libc's own loader. Packages are verified by apt against Debian's archive keys.
# Needs no root. Regtest use only: sid's packages get no security support from us.
set -euo pipefail

works() { "$1/bin/bitcoind" --version >/dev/null 2>&1 && "$1/bin/bitcoin-cli" --version >/dev/null 2>&1; }

report() {
    local version
    version=$("$1/bin/bitcoind" --version)
    echo "${version%%$'\n'*}"
    echo "$1/bin/bitcoind"
}

if [ $# -ge 1 ]; then
    dir=$(realpath -m "$1")
elif works /opt/bitcoind; then
    dir=/opt/bitcoind
else
    dir=${XDG_CACHE_HOME:-$HOME/.cache}/amber/bitcoind
fi
if works "$dir"; then
    report "$dir"
    exit 0
fi

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || { echo "install-bitcoind: $keyring is missing: apt-get install debian-archive-keyring" >&2; exit 1; }
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null | head -n 1 || true)
mirror=${mirror:-http://deb.debian.org/debian/}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/root"
: > "$work/status"
echo "deb [signed-by=$keyring] $mirror sid main" > "$work/sources.list"
# An apt of our own: it believes nothing is installed, so it fetches the node's whole closure.
apt_options=(
    -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State=$work/state" -o "Dir::State::Lists=$work/state/lists" -o "Dir::State::Status=$work/status"
    -o "Dir::Cache=$work/cache" -o APT::Install-Recommends=false -o APT::Sandbox::User=
    -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none
)
quiet() { "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; echo "install-bitcoind: failed: $1 $2" >&2; exit 1; }; }
echo "Fetching bitcoin-knots from $mirror (sid) ..." >&2
quiet apt-get update "${apt_options[@]}"
quiet apt-get install "${apt_options[@]}" --download-only --yes bitcoin-knots

for package in "$work"/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$work/root"
done
arch=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
# Only the programs and the libraries they load are kept.
new=$work/new
mkdir -p "$new/bin" "$new/programs" "$new/lib"
cp "$work/root/usr/bin/bitcoind" "$work/root/usr/bin/bitcoin-cli" "$new/programs/"
for folder in "$work/root/usr/lib/$arch" "$work/root/lib/$arch"; do
    [ -d "$folder" ] && find "$folder" -maxdepth 1 -name '*.so*' -exec cp -a -t "$new/lib/" {} +
done
loader=$(cd "$new/lib" && ls ld-linux*.so.* | head -n 1)
for program in bitcoind bitcoin-cli; do
    cat > "$new/bin/$program" <<END
#!/bin/sh
exec "$dir/lib/$loader" --argv0 $program --library-path "$dir/lib" "$dir/programs/$program" "\$@"
END
    chmod +x "$new/bin/$program"
done

mkdir -p "$dir"
rm -rf "$dir/bin" "$dir/programs" "$dir/lib"
mv "$new/programs" "$new/lib" "$new/bin" "$dir/"
works "$dir" || { echo "install-bitcoind: $dir/bin/bitcoind does not run:" >&2; "$dir/bin/bitcoind" --version >&2 || true; exit 1; }
report "$dir"
