#!/bin/bash
# Checks sources with clang-tidy (LLVM 14) against .clang-tidy; warnings are errors.
#
#   contrib/tidy.sh [FILE.cpp...]      default: all of the program's
#
# Needs a configured build; BUILD names its folder (default: build/dev, then build/release).
set -euo pipefail
cd "$(dirname "$0")/.."

build=${BUILD:-}
for candidate in build/dev build/release; do
    if [ -z "$build" ] && [ -f "$candidate/compile_commands.json" ]; then build=$candidate; fi
done
if [ ! -f "$build/compile_commands.json" ]; then
    echo "tidy.sh: no configured build; first: cmake --preset dev" >&2
    exit 2
fi

if [ $# -eq 0 ]; then
    mapfile -t files < <(find config daemon_client index server -name '*.cpp' | sort)
else
    files=("$@")
fi
# gcc's flags that clang does not know are no fault of the sources.
printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 4 \
    clang-tidy-14 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option
echo "tidy.sh: ${#files[@]} files are clean"
