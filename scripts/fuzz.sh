#!/usr/bin/env bash
# Builds the libFuzzer targets and runs each for a few seconds from its corpus:
# scripts/fuzz.sh [SECONDS].
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

seconds=${1:-3}
configure build-fuzz -DCMAKE_CXX_COMPILER=clang++-16 -DEDGE_INT8_FUZZ=ON \
  -DEDGE_INT8_SANITIZE=ON -DEDGE_INT8_TRAIN=OFF -DEDGE_INT8_BENCH=OFF \
  -DCMAKE_CXX_FLAGS=-O1
build build-fuzz fuzzers
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
for target in build-fuzz/tests/fuzz/fuzz_*; do
  [ -x "$target" ] && [ -f "$target" ] || continue
  name=$(basename "$target")
  say "$name for $seconds s"
  mkdir -p "$found/$name"
  if ! "$target" -max_total_time="$seconds" -rss_limit_mb=1024 \
      -artifact_prefix="$found/" "$found/$name" "tests/fuzz/corpus/$name" \
      >"$found/log" 2>&1; then
    tail -n 60 "$found/log" >&2
    say "$name failed"
    exit 1
  fi
done
