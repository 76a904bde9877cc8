#!/usr/bin/env bash
# Whether it matters which of many equal checkpoints is quantized: changes one at
# random into others that compute the same (tests/testing/same_function.h), puts
# each through a recipe and scores them on the test split (docs/quantization.md).
# Needs jq.
#
#   bench/invariance.sh --data FOLDER --checkpoint F.pth [--seeds "1 2 3"]
#       [--options "--recipe mse"] [--work build/invariance]
#       [--program build/bin/edge-int8] [--changer build/bin/same_function]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
data='' checkpoint='' seeds='1 2 3' options=''
work=$root/build/invariance program=$root/build/bin/edge-int8
changer=$root/build/bin/same_function
while [ $# -gt 0 ]; do
  case $1 in
    --data | --checkpoint | --seeds | --options | --work | --program | --changer)
      [ $# -ge 2 ] || { echo "$1 needs a value" >&2; exit 2; }
      declare "${1#--}=$2"; shift 2 ;;
    *) echo "unknown argument $1" >&2; exit 2 ;;
  esac
done
[ -n "$data" ] && [ -n "$checkpoint" ] ||
  { echo "--data FOLDER and --checkpoint F.pth are needed" >&2; exit 2; }
mkdir -p "$work"

run() { "$@" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }; }

row() {  # NAME MODEL: its score, and that of what the recipe makes of it
  local line="| $1 |"
  # shellcheck disable=SC2086
  run "$program" quantize --checkpoint "$2" --data "$data" $options \
    --out "$work/model.ei8" --force
  for model in "$2" "$work/model.ei8"; do
    run "$program" evaluate --model "$model" --data "$data" --split test \
      --json "$work/score.json" --force
    line+=$(jq -r '.score | "\(.["pck@10"]) \(.["pck@20"])"' "$work/score.json" |
      awk '{printf " %.2f%% | %.2f%% |", 100 * $1, 100 * $2}')
  done
  echo "$line"
}

printf '%s\n' "$(basename "$checkpoint"), ${options:-default recipe}: test split" \
  '' '| checkpoint | fp32 @10 | fp32 @20 | integer @10 | integer @20 |' \
  '|---|---|---|---|---|'
row "as it is" "$checkpoint"
for seed in $seeds; do
  run "$changer" "$checkpoint" "$work/same.pth" "$seed"
  row "changed, seed $seed" "$work/same.pth"
done
