#!/usr/bin/env bash
# Builds the libFuzzer targets and runs each for a few seconds from its corpus, as
# many at a time as there are cores: scripts/fuzz.sh [SECONDS]. An input that
# breaks one is left in build-asan.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

export seconds=${1:-3}
configure_sanitized
build build-asan fuzzers
found=$(mktemp -d)
export found
trap 'rm -rf "$found"' EXIT

run_one() {
  local target=$1 name
  name=$(basename "$target")
  say "$name for $seconds s"
  mkdir -p "$found/$name"
  if ! "$target" -max_total_time="$seconds" -rss_limit_mb=1024 \
      -artifact_prefix="build-asan/$name-" "$found/$name" "tests/fuzz/corpus/$name" \
      >"$found/$name.log" 2>&1; then
    tail -n 60 "$found/$name.log" >&2
    say "$name failed"
    return 1
  fi
}
export -f run_one say

targets=()
for target in build-asan/tests/fuzz/fuzz_*; do
  if [ -x "$target" ] && [ -f "$target" ]; then targets+=("$target"); fi
done
[ ${#targets[@]} -gt 0 ] || { say "there are no fuzz targets"; exit 1; }
printf '%s\n' "${targets[@]}" |
  xargs -P "$(nproc)" -I{} bash -c 'run_one {}'
