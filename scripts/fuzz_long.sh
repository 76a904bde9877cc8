#!/usr/bin/env bash
# Runs the libFuzzer targets for long: scripts/fuzz_long.sh [EXECUTIONS [SECONDS
# [TARGET...]]]. Each target goes on from the inputs that it found before
# (build-asan/fuzz-found), until it has executed EXECUTIONS inputs in all
# (100,000,000 by default) or ran SECONDS this time (a day). As many at a time as
# there are cores, at low priority. What was executed is added to
# build-asan/fuzz-totals, a line a run, and printed as a table at the end. An
# input that breaks a target is left in build-asan; its exit status is then 1.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

export wanted=${1:-100000000} most_seconds=${2:-86400}
shift $(($# < 2 ? $# : 2))
configure_sanitized
build build-asan fuzzers
export totals=build-asan/fuzz-totals
touch "$totals"
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
export commit

done_by() {
  awk -v name="$1" '$1 == name { n += $2 } END { printf "%d", n }' "$totals"
}

run_one() {
  local target=$1 name left log begun executed status=0
  name=$(basename "$target")
  left=$((wanted - $(done_by "$name")))
  [ "$left" -gt 0 ] || return 0
  log=build-asan/$name.log
  mkdir -p "build-asan/fuzz-found/$name"
  begun=$SECONDS
  nice -n 15 "$target" -runs="$left" -max_total_time="$most_seconds" \
    -rss_limit_mb=2048 -timeout=60 -print_final_stats=1 \
    -artifact_prefix="build-asan/$name-" "build-asan/fuzz-found/$name" \
    "tests/fuzz/corpus/$name" >"$log" 2>&1 || status=$?
  executed=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
  printf '%s %s %s %s\n' "$name" "${executed:-0}" $((SECONDS - begun)) \
    "$commit" >>"$totals"
  [ "$status" = 0 ] && return 0
  tail -n 40 "$log" >&2
  say "$name failed; its output is above and in $log"
  return 1
}
export -f run_one done_by say

targets=()
for target in build-asan/tests/fuzz/fuzz_*; do
  name=$(basename "$target")
  [ -x "$target" ] && [ -f "$target" ] || continue
  [ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
  targets+=("$target")
done
[ ${#targets[@]} -gt 0 ] || { say "there are no such fuzz targets"; exit 1; }
status=0
printf '%s\n' "${targets[@]}" |
  xargs -P "$(nproc)" -I{} bash -c 'run_one {}' || status=1
grep -m 1 'model name' /proc/cpuinfo | sed 's/.*: //' || true
awk '{ n[$1] += $2; s[$1] += $3 }
     END { for (t in n) printf "%-18s %14d executions %8d s\n", t, n[t], s[t] }' \
  "$totals" | sort
exit "$status"
