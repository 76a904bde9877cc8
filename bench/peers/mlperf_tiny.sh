#!/usr/bin/env bash
# MLPerf Tiny's reference networks, read, quantized, scored and exported: a
# benchmark that nobody here made. Takes checkouts of two public repositories,
# mlcommons/tiny (the float .tflite files) and eembc/energyrunner (1,000 keyword
# samples with labels); nothing of theirs is kept here.
#
#   bench/peers/mlperf_tiny.sh --tiny FOLDER --energyrunner FOLDER
#       [--program build/bin/edge-int8] [--work build/mlperf_tiny]
#
# TensorFlow and tf2onnx, from PyPI, turn .tflite into ONNX. Prints a table.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tiny='' energyrunner='' program=$root/build/bin/edge-int8
work=$root/build/mlperf_tiny
while [ $# -gt 0 ]; do
  case $1 in
    --tiny | --energyrunner | --program | --work)
      [ $# -ge 2 ] || { echo "$1 needs a value" >&2; exit 2; }
      declare "${1#--}=$2"; shift 2 ;;
    *) echo "unknown argument $1" >&2; exit 2 ;;
  esac
done
[ -n "$tiny" ] && [ -n "$energyrunner" ] ||
  { echo "--tiny FOLDER and --energyrunner FOLDER are needed" >&2; exit 2; }
mkdir -p "$work"
if [ ! -e "$work/venv/have" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    --only-binary :all: numpy onnx tensorflow-cpu tf2onnx
  touch "$work/venv/have"
fi
exec "$work/venv/bin/python" "$root/bench/peers/mlperf_tiny.py" \
  --tiny "$tiny" --energyrunner "$energyrunner" --program "$program" \
  --work "$work" --targets "$root/apps/mcu/targets/run.sh"
