#!/usr/bin/env bash
# What each repair is worth: quantizes a checkpoint with one list of repairs after
# the other, scores each on a split beside fp32, and prints a Markdown table
# (docs/quantization.md). All rows are closed: calibration, no training. Needs jq.
#
#   bench/repairs.sh --data FOLDER --checkpoint F.pth [--splits "val test"]
#       [--rows "mse:none lossless:rescue,bias"] [--work build/repairs]
#       [--program build/bin/edge-int8]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
data='' checkpoint='' splits='val test' rows=''
work=$root/build/repairs program=$root/build/bin/edge-int8
while [ $# -gt 0 ]; do
  case $1 in
    --data | --checkpoint | --splits | --rows | --work | --program)
      [ $# -ge 2 ] || { echo "$1 needs a value" >&2; exit 2; }
      declare "${1#--}=$2"; shift 2 ;;
    *) echo "unknown argument $1" >&2; exit 2 ;;
  esac
done
[ -n "$data" ] && [ -n "$checkpoint" ] ||
  { echo "--data FOLDER and --checkpoint F.pth are needed" >&2; exit 2; }
mkdir -p "$work"

# Recipe and repairs of each row: each repair alone, then together.
[ -n "$rows" ] || rows='minmax:none mse:none mse:equalize mse:bias mse:rounding
mse:adaround mse:rounding,bias mse:adaround,bias mse:compensation,bias
mse:rounding,compensation,bias mse:adaround,compensation,bias
mse:rounding,compensation,blocks,bias mse:rescue
mse:rescue,rounding,compensation,bias
mse:rescue,adaround,compensation,blocks,bias
mse:equalize,rescue,rounding,compensation,blocks,bias
lossless:rescue,rounding,compensation,blocks,bias'

score() {  # MODEL SPLIT: a JSON file's name
  local out="$work/$2.json"
  "$program" evaluate --model "$1" --data "$data" --split "$2" \
    --json "$out" --force >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
  echo "$out"
}

# "83.21 97.76" of a score and, for a model, its changes and ratios.
percent() { jq -r '.score | "\(.["pck@10"]) \(.["pck@20"])"' "$1"; }

header='| recipe | repairs | MiB |'
rule='|---|---|---|'
mean='| mean pose | - | - |'
float='| fp32 | - | - |'
declare -A fp32
for split in $splits; do
  file=$(score "$checkpoint" "$split")
  fp32[$split]=$(percent "$file")
  header+=" $split @10 | $split @20 | ratio @10, @20 |"
  rule+='---|---|---|'
  mean+=$(jq -r '.baseline_mean_pose | "\(.["pck@10"]) \(.["pck@20"])"' "$file" |
    awk '{printf " %.2f%% | %.2f%% | - |", 100 * $1, 100 * $2}')
  float+=$(awk '{printf " %.2f%% | %.2f%% | 1 |", 100 * $1, 100 * $2}' \
    <<<"${fp32[$split]}")
done
printf '%s\n' "$(basename "$checkpoint"), closed: PCK, and points against fp32" '' \
  "$header" "$rule" "$mean" "$float"

for row in $rows; do
  recipe=${row%%:*} repairs=${row#*:}
  artifact="$work/model.ei8"
  "$program" quantize --checkpoint "$checkpoint" --data "$data" \
    --recipe "$recipe" --repair "$repairs" --out "$artifact" --force \
    >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
  line=$(awk -v n="$(stat -c %s "$artifact")" \
    'BEGIN {printf "%.3f", n / 1048576}')
  line="| $recipe | $repairs | $line |"
  for split in $splits; do
    line+=$(echo "${fp32[$split]} $(percent "$(score "$artifact" "$split")")" |
      awk '{printf " %+.2f | %+.2f | %.2f%%, %.2f%% |", 100 * ($3 - $1),
        100 * ($4 - $2), 100 * $3 / $1, 100 * $4 / $2}')
  done
  echo "$line"
done
