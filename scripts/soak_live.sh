#!/usr/bin/env bash
# Replays a data set for a day of its own time, 100 times as fast, and watches the
# memory of `live`: scripts/soak_live.sh [HOURS [SPEED [PROGRAM]]], 24 hours at
# 100 are 864 seconds. Fails when the resident set grows after the first tenth, or
# when a window is missing. Prints what docs/live.md quotes.
set -euo pipefail
cd "$(dirname "$0")/.."
hours=${1:-24}
speed=${2:-100}
program=${3:-build/bin/edge-int8}
# Over the first tenth: what allocators and statistics may take.
slack_kib=2048

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$program" dataset synth --out "$folder/set" --files 4 --windows 100 --seed 1 >/dev/null
"$program" quantize --checkpoint assets/tiny.pth \
  --calibration "$folder/set/csi_windows.npy" --recipe mse \
  --out "$folder/tiny.ei8" >/dev/null 2>&1

"$program" live --model "$folder/tiny.ei8" --source "replay:$folder/set" \
  --speed "$speed" --loop --hop 20 --out "$folder/poses" \
  --json "$folder/summary.json" 2>"$folder/log" &
live=$!
seconds=$(awk "BEGIN { print int($hours * 3600 / $speed) }")
rss_kib() { awk '/^VmRSS/ {print $2}' "/proc/$live/status"; }

printf 'second rss_kib\n'
first=0 last=0 most=0
for ((second = 1; second <= seconds; ++second)); do
  sleep 1
  last=$(rss_kib)
  if ((second == (seconds + 9) / 10)); then first=$last; fi
  if ((first > 0 && last > most)); then most=$last; fi
  if ((second % 30 == 0 || second == seconds)); then
    printf '%d %d\n' "$second" "$last"
    # The lines are not what is watched: a disk has an end.
    : >"$folder/poses"
  fi
done
kill -INT "$live"
wait "$live"
cat "$folder/log"
printf 'resident: %d KiB after a tenth, %d at the end, %d at most\n' \
  "$first" "$last" "$most"
grep -q '"dropped": 0' "$folder/summary.json" || { echo "windows were dropped" >&2; exit 1; }
if ((most > first + slack_kib)); then
  echo "the memory grew" >&2
  exit 1
fi
