#!/usr/bin/env bash
# Makes a demo checkpoint and its manifest again, from nothing but the program:
# assets/make_demo.sh FOLDER [VARIANT]. `half`, the default, takes about 20 minutes
# on two free cores; the bits of the weights depend on the processor and LibTorch,
# the data's do not.
set -euo pipefail
program=$(cd "$(dirname "$0")/.." && pwd)/build/bin/edge-int8
variant=${2:-half}
mkdir -p "$1"
cd "$1"

synth="edge-int8 dataset synth --out synthetic --files 500 --windows 40 --seed 42"
train="edge-int8 train --variant $variant --data synthetic --out $variant.pth --epochs 26 --lr 3e-3 --schedule onecycle --seed 42 --log $variant.train.json"
evaluate="edge-int8 evaluate --model $variant.pth --data synthetic --split test --subset clean --json $variant.score.json"

[ -e synthetic ] || "$program" ${synth#edge-int8 }
[ -e "$variant.pth" ] || "$program" ${train#edge-int8 }
"$program" ${evaluate#edge-int8 } --force

hash() { sha256sum "$1" | cut -d ' ' -f 1; }
{
  printf '{\n"kind": "synthetic",\n"commands": ["%s",\n"%s",\n"%s"],\n' \
    "$synth" "$train" "$evaluate"
  printf '"program": "%s",\n' "$("$program" --version)"
  printf '"machine": "%s",\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
  printf '"sha256": {"%s": "%s"' "$variant.pth" "$(hash "$variant.pth")"
  for file in csi_windows.npy all_keypoints.npy file_info.npz window_info.npz \
      config.npz file_mappings.pkl synthetic.json; do
    printf ',\n  "%s": "%s"' "$file" "$(hash "synthetic/$file")"
  done
  printf '},\n"training": '
  cat "$variant.train.json"
  printf ',\n"test": '
  cat "$variant.score.json"
  printf '}\n'
} >"$variant.json"
