#!/usr/bin/env bash
# The table of docs/targets.md, for any models:
#
#   apps/mcu/targets/table.sh PROGRAM MODEL.ei8...
#
# Exports each model as C with PROGRAM (build/bin/edge-int8), runs its 32 golden
# windows on every target of run.sh and prints one row for each. Exits 1 when a
# window was wrong, 77 when a tool is missing.
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

echo "| model | target | flash, bytes | RAM, bytes | instructions per window | windows | wrong |"
echo "|---|---|---|---|---|---|---|"
for model in "$@"; do
  name=$(basename "$model" .ei8)
  "$program" export c --model "$model" --out "$folder/$name" >/dev/null
  for target in cortex-m4 rv32imc aarch64; do
    line=$("$here/run.sh" "$target" "$folder/$name" 2>"$folder/log") || {
      code=$?
      cat "$folder/log" >&2
      exit "$code"
    }
    ram=$(($(value input "$line") + $(value arena "$line") +
      $(value stack "$line")))
    echo "| $name | $target | $(grouped "$(value flash "$line")") |" \
      "$(grouped "$ram") | $(grouped "$(value instructions "$line")") |" \
      "$(value windows "$line") | $(value wrong "$line") |"
  done
done
