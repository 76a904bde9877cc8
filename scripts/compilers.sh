#!/usr/bin/env bash
# Builds the runtime and all but the trainer with every C++ compiler that is here,
# warnings being errors: scripts/compilers.sh [COMPILER...]. Says for each whether
# that went well (docs/packages.md lists where it did).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

[ $# -gt 0 ] || set -- g++-{12,13,14,15} clang++-{16,17,18,19}
said=()
status=0
for compiler in "$@"; do
  if ! command -v "$compiler" >/dev/null; then
    said+=("$compiler: not here")
    continue
  fi
  folder=build-$compiler
  if configure "$folder" "-DCMAKE_CXX_COMPILER=$compiler" \
      -DCMAKE_COMPILE_WARNING_AS_ERROR=ON -DEDGE_INT8_TRAIN=OFF \
      -DEDGE_INT8_TESTS=OFF -DEDGE_INT8_BENCH=OFF && build "$folder"; then
    said+=("$compiler: builds without a warning ($("$compiler" -dumpfullversion \
      2>/dev/null || "$compiler" -dumpversion))")
  else
    said+=("$compiler: FAILED")
    status=1
  fi
done
printf '%s\n' "${said[@]}"
exit "$status"
