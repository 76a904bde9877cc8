#!/usr/bin/env bash
# Other runtimes beside this project's, on one checkpoint and the same windows:
# sets up its own Python environments from PyPI, exports, quantizes, scores, then
# times everything in turns. Prints a table; writes peers.json (README.md here).
# What was prepared stays in the work folder; a second run only times.
#
#   bench/peers/run.sh --data FOLDER [--checkpoint F.pth] [--threads 1]
#       [--batches "1 64"] [--rounds 7] [--work build/peers] [--out peers.json]
#       [--program build/bin/edge-int8] [--prepare-only]
#
#   bench/peers/run.sh --networks FOLDER [--rounds 7] [--work ...] [--out ...]
#       [--prepare-only]
#
# with NAME.onnx and NAME_calib.npy in FOLDER: each network beside ONNX Runtime.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
command="bench/peers/run.sh $*"
data='' checkpoint=$root/assets/half.pth threads=1 batches='1 64' rounds=7
work=$root/build/peers out='' program=$root/build/bin/edge-int8 only=''
networks=''
while [ $# -gt 0 ]; do
  case $1 in
    --prepare-only) only=--prepare-only; shift; continue ;;
    --data | --checkpoint | --threads | --batches | --rounds | --work | \
      --out | --program | --networks) [ $# -ge 2 ] || { echo "$1 needs a value" >&2; exit 2; }
      declare "${1#--}=$2"; shift 2 ;;
    *) echo "unknown argument $1" >&2; exit 2 ;;
  esac
done
[ -n "$data$networks" ] ||
  { echo "--data FOLDER or --networks FOLDER is needed" >&2; exit 2; }
[ -n "$out" ] || out=$work/${networks:+networks_}peers.json

# environment NAME PACKAGE-GROUP...: a group that can't be had is left out; its
# runtimes then say so in the table.
environment() {
  local folder=$work/venv-$1 group
  shift
  [ -x "$folder/bin/python" ] || python3 -m venv "$folder"
  for group in "$@"; do
    local mark=$folder/have-${group// /_}
    [ -e "$mark" ] && continue
    echo "peers: installing $group" >&2
    # shellcheck disable=SC2086  # a group is several packages
    if "$folder/bin/pip" install --quiet --disable-pip-version-check \
        --only-binary :all: $group >"$folder/log" 2>&1; then
      touch "$mark"
    else
      echo "peers: $group can't be had: $(tail -n 1 "$folder/log")" >&2
    fi
  done
}

mkdir -p "$work"
work=$(cd "$work" && pwd)
# Some machines pin OpenBLAS to an old processor; NumPy's calibration shouldn't
# suffer, and the runtimes here don't use it.
for name in ${!OPENBLAS_*}; do unset "$name"; done
commit=$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null || true)

if [ -n "$networks" ]; then
  environment runtimes 'numpy onnx' 'onnxruntime sympy'
  mkdir -p "$work/networks"
  exec "$work/venv-runtimes/bin/python" "$root/bench/peers/speed/networks.py" \
    --program "$program" --networks "$networks" --work "$work/networks" \
    --out "$out" --command "$command" --commit "$commit" --rounds "$rounds" \
    $only
fi

data=$(cd "$data" && pwd)
environment runtimes 'numpy onnx' 'onnxruntime sympy' 'openvino nncf' ai-edge-litert
environment tensorflow 'numpy onnx tensorflow'
[ -e "$work/venv-runtimes/have-numpy_onnx" ] || {
  echo 'peers: nothing works without NumPy and onnx' >&2
  exit 1
}

# Another network is quantized again by every peer, another program by itself.
"$program" export onnx --model "$checkpoint" --out "$work/new.onnx" --force >&2
if ! cmp -s "$work/new.onnx" "$work/model.onnx"; then
  rm -rf "$work"/{ort_,openvino_,prepared}* "$work/litert"
  mv "$work/new.onnx" "$work/model.onnx"
fi
made_from=$(cat "$checkpoint" "$program" | sha256sum)
if [ "$(cat "$work/made_from" 2>/dev/null)" != "$made_from" ]; then
  rm -f "$work/model.ei8"
  cp "$checkpoint" "$work/model.pth"
  echo "$made_from" >"$work/made_from"
fi

# shellcheck disable=SC2086  # several batch sizes
exec "$work/venv-runtimes/bin/python" "$root/bench/peers/speed/measure.py" \
  --program "$program" --work "$work" --data "$data" --out "$out" \
  --command "$command" --threads "$threads" --batches $batches \
  --rounds "$rounds" --converter "$work/venv-tensorflow/bin/python" \
  --commit "$commit" \
  $only
