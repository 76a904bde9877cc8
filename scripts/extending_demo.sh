#!/usr/bin/env bash
# What docs/extending.md says, done: adds a function, a pool and a variant to a
# copy of this tree (tests/extending/one_of_each.patch), builds it, and takes a
# network that has both operators from ONNX to C.
#
#   scripts/extending_demo.sh        (./test --all runs it)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

folder=$(mktemp -d "${TMPDIR:-/tmp}/extending.XXXXXX")
trap 'rm -rf "$folder"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$folder"
cp -r tests/extending "$folder/tests/"
cd "$folder"

say "adding a function, a pool and a variant"
patch --batch --quiet --fuzz=0 -p1 -i tests/extending/one_of_each.patch
configure build -DEDGE_INT8_TESTS=OFF -DEDGE_INT8_TRAIN=OFF \
  -DEDGE_INT8_BENCH=OFF -DEDGE_INT8_WEB=OFF -DEDGE_INT8_QUICK_BUILD=-O1
cmake --build build -j "$(nproc)" --target edge-int8
program=build/bin/edge-int8 net=tests/extending

"$program" describe --variant least
"$program" verify --model "$net/net.onnx" --input "$net/windows.npy" \
  --against "$net/expected.npy" --tolerance 1e-5
"$program" quantize --checkpoint "$net/net.onnx" \
  --calibration "$net/windows.npy" --out net.ei8
"$program" verify --model net.ei8
"$program" verify --model net.ei8 --input "$net/windows.npy" \
  --against "$net/expected.npy" --tolerance 0.2
"$program" export c --model net.ei8 --out net_c --name net
"$program" export onnx --model "$net/net.onnx" --out net_folded.onnx
cc -std=c99 -O1 -Inet_c/include net_c/check/*.c net_c/src/*.c -o check
./check
say "one of each works"
