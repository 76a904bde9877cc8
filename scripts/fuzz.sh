#!/usr/bin/env bash
# Builds the libFuzzer targets and runs each for a few seconds from its corpus:
# scripts/fuzz.sh [SECONDS].
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

seconds=${1:-3}
configure_sanitized
build build-asan fuzzers
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
for target in build-asan/tests/fuzz/fuzz_*; do
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
