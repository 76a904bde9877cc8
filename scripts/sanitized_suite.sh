#!/usr/bin/env bash
# Runs every test program of build-asan once, the slowest first, as many at a time
# as there are cores. (ctest starts a process for each test, and what the tests of
# a program share is then made again each time: three times as long here.)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

configure_sanitized
build build-asan

# A third of the time goes to what is switched down here: call stacks kept for
# every allocation, memory that is kept back after it was freed (the fuzz targets
# keep more), and stacks on the heap, which find a use after return and which GCC
# leaves out, too.
export ASAN_OPTIONS=${ASAN_OPTIONS:-malloc_context_size=4:quarantine_size_mb=8:detect_stack_use_after_return=0}

run_one() {
  local program=$1 name status=0
  name=$(basename "$program")
  timeout 1800 "$program" --gtest_brief=1 >"build-asan/$name.log" 2>&1 ||
    status=$?
  [ "$status" = 0 ] && return 0
  grep -v '^\[  SKIPPED' "build-asan/$name.log" | tail -n 200 >&2
  say "$name failed under ASan and UBSan (exit status $status); its output is above"
  return 1
}
export -f run_one say

slowest=(run_test quantize_test parity_test export_test cli_test)
programs=("${slowest[@]/#/build-asan/bin/}")
for program in build-asan/bin/*_test; do
  name=$(basename "$program")
  [[ " ${slowest[*]} " = *" $name "* ]] || programs+=("$program")
done
say "the suite under ASan and UBSan"
printf '%s\n' "${programs[@]}" |
  xargs -P "$(nproc)" -I{} bash -c 'run_one {}'
say "all ${#programs[@]} test programs pass under ASan and UBSan"
