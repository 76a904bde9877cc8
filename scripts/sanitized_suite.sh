#!/usr/bin/env bash
# Runs every test program of build-asan once, the slowest first, as many at a time
# as there are cores. (ctest starts a process for each test, and what the tests of
# a program share is then made again each time: three times as long here.)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

# What a third of the time goes to otherwise: long call stacks kept for every
# allocation, memory kept back for long, and stacks on the heap (GCC's default).
export ASAN_OPTIONS=${ASAN_OPTIONS:-malloc_context_size=4:quarantine_size_mb=8:detect_stack_use_after_return=0}

run_one() {
  local program=$1 name
  name=$(basename "$program")
  if ! "$program" --gtest_brief=1 >"build-asan/$name.log" 2>&1; then
    grep -v '^\[  SKIPPED' "build-asan/$name.log" | tail -n 200 >&2
    echo "edge-int8: $name failed under ASan and UBSan; its output is above" >&2
    return 1
  fi
}
export -f run_one

slowest=(pipeline_test quant_test parity_test export_test cli_test)
others=()
for program in build-asan/bin/*_test; do
  name=$(basename "$program")
  case " ${slowest[*]} " in
    *" $name "*) ;;
    *) others+=("$program") ;;
  esac
done
[ ${#others[@]} -gt 0 ] || { say "build-asan has no test programs"; exit 1; }
say "the suite under ASan and UBSan"
printf '%s\n' "${slowest[@]/#/build-asan/bin/}" "${others[@]}" |
  xargs -P "$(nproc)" -I{} bash -c 'run_one {}'
say "all $((${#slowest[@]} + ${#others[@]})) test programs pass under ASan and UBSan"
