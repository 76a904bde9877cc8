#!/usr/bin/env bash
# The table of docs/targets.md, for any models:
#
#   apps/mcu/targets/table.sh PROGRAM MODEL.ei8...
#
# Exports each model as C with PROGRAM (build/bin/edge-int8), as plain C and for
# each target of run.sh, runs its 32 golden windows there and prints one row for
# each. Exits 1 when a window was wrong, 77 when a tool is missing.
set -euo pipefail

program=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# value KEY LINE: what run.sh printed as KEY=value.
value() { sed "s/.*\b$1=\([^ ]*\).*/\1/" <<<"$2"; }
# 1234567 as 1,234,567, whatever the locale.
grouped() { sed ':again; s/\B[0-9]\{3\}\>/,&/; t again' <<<"$1"; }

# measure TARGET MODEL FOR: run.sh's line of the model exported for FOR.
measure() {
  local code=0
  "$program" export c --model "$2" --out "$folder/net" --target "$3" \
    --force >/dev/null
  "$here/run.sh" "$1" "$folder/net" 2>"$folder/log" || code=$?
  if [ "$code" != 0 ]; then cat "$folder/log" >&2; fi
  return "$code"
}

echo "| model | target | flash, bytes | RAM, bytes | instructions, \`generic\` |" \
  "instructions, its target | windows wrong |"
echo "|---|---|---|---|---|---|---|"
for model in "$@"; do
  name=$(basename "$model" .ei8)
  for target in cortex-m4 cortex-m33 cortex-m55 rv32imc aarch64; do
    plain=$(measure "$target" "$model" generic)
    line=$(measure "$target" "$model" "$target")
    ram=$(($(value input "$line") + $(value arena "$line") +
      $(value stack "$line")))
    echo "| $name | $target | $(grouped "$(value flash "$line")") |" \
      "$(grouped "$ram") | $(grouped "$(value instructions "$plain")") |" \
      "$(grouped "$(value instructions "$line")") |" \
      "$(value wrong "$line") of $(value windows "$line") |"
  done
done
