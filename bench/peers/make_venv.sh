#!/usr/bin/env bash
# Makes a Python environment with the peers of requirements.txt, once, and
# those of requirements-optional.txt where PyPI has them, and prints its interpreter. Several callers may start at once: one makes it, the
# others wait. Exits 1 when PyPI can't be reached or takes more than 4 minutes;
# a failure is remembered for 10 minutes, so that a test suite asks once.
#
#   python=$(bench/peers/make_venv.sh build/peers-venv)
set -euo pipefail
folder=${1:?usage: make_venv.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
python="$folder/venv/bin/python"
wanted=$(cat "$here"/requirements*.txt | sha256sum)

exec 9>"$folder/lock"
flock 9

if [ "$(cat "$folder/made" 2>/dev/null)" = "$wanted" ]; then
  echo "$python"
  exit 0
fi
if [ -n "$(find "$folder" -maxdepth 1 -name failed -mmin -10)" ]; then
  cat "$folder/failed" >&2
  exit 1
fi

install() {
  timeout "$1" "$python" -m pip install --quiet --disable-pip-version-check \
    --only-binary :all: --timeout 10 --retries 1 -r "$here/$2"
}
make() {
  python3 -m venv --clear "$folder/venv" && install 240 requirements.txt
}
optional() { install 60 requirements-optional.txt; }
if make >"$folder/log" 2>&1; then
  optional >>"$folder/log" 2>&1 || true
  rm -f "$folder/failed"
  echo "$wanted" >"$folder/made"
  echo "$python"
  exit 0
fi
{
  echo "no Python environment with the peers: $(tail -n 1 "$folder/log")"
} | tee "$folder/failed" >&2
exit 1
