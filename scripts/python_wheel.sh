#!/usr/bin/env bash
# Builds the wheel of the Python module by `pip wheel .`, installs it in a clean
# environment and runs the module's tests and example there. Needs PyPI, and
# minutes for the compiler the first time.
#
#   scripts/python_wheel.sh [PYTHON]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

python=${1:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

say "building the wheel with $("$python" --version)"
"$python" -m venv "$folder/build"
"$folder/build/bin/python" -m pip wheel --quiet --no-deps --wheel-dir \
  "$folder/wheel" .
wheel=$(echo "$folder"/wheel/*.whl)
say "made $(basename "$wheel"), $(stat -c %s "$wheel") bytes"

"$python" -m venv "$folder/clean"
"$folder/clean/bin/python" -m pip install --quiet "$wheel"
program=$PWD/build-test/bin/edge-int8
[ -x "$program" ] || program=
for test in "$PWD"/tests/python/test_*.py; do
  say "$(basename "$test") on the wheel"
  (cd "$folder" && EDGE_INT8_PROGRAM=$program PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=$(dirname "$test") clean/bin/python "$test")
done
say "the wheel works in a clean environment"
