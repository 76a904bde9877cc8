#!/usr/bin/env bash
# Makes Debian's packages in build-deb and says what is in them.
#
#   scripts/packages.sh [--install]
#
# --install also installs them with apt-get (as root), runs what they bring and
# builds docs/embedding.md's program in C against the installed library.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

install=no
case ${1:-} in
  --install) install=yes ;;
  '') ;;
  *) echo "packages.sh: there is no $1 (--install)" >&2; exit 2 ;;
esac

install_missing needed_packages packaging_packages
# Below /usr, libraries lie in the folder of the machine's architecture.
configure build-deb -DCMAKE_INSTALL_PREFIX=/usr \
  -DEDGE_INT8_BENCH=OFF -DEDGE_INT8_TESTS=OFF
build build-deb
say "packing"
rm -f build-deb/*.deb
(cd build-deb && cpack -G DEB >cpack.log 2>&1) || {
  cat build-deb/cpack.log >&2
  say "cpack failed; its output is above"
  exit 1
}
for file in build-deb/*.deb; do
  printf '%s: %s bytes\n' "$file" "$(stat -c %s "$file")"
  dpkg-deb -f "$file" Package Version Depends
done
[ "$install" = yes ] || exit 0

say "installing"
as_root apt-get update >/dev/null
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y \
  --no-install-recommends ./build-deb/*.deb >build-deb/install.log 2>&1 || {
  cat build-deb/install.log >&2
  say "the packages could not be installed; the output is above"
  exit 1
}

# From elsewhere, so that nothing of this tree is found.
try=$(mktemp -d)
trap 'rm -rf "$try"' EXIT
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' docs/embedding.md \
  >"$try/app.c"
cd "$try"
run() {
  say "$*"
  "$@" >log 2>&1 && return 0
  cat log >&2
  say "this failed with what the packages installed"
  exit 1
}
run edge-int8 version
run edge-int8 dataset synth --files 20 --windows 20 --out data
run edge-int8 quantize --checkpoint /usr/share/edge-int8/half.pth --data data \
  --calib-batches 2 --out half.ei8
run edge-int8 verify --model half.ei8
run cc -std=c99 app.c -o app $(pkg-config --cflags --libs edge_int8)
run ./app half.ei8
run sh -c 'readelf -d app | grep "NEEDED.*libedge_int8.so"'
run edge-int8 train --variant tiny --data data --out tiny.pth --epochs 1
say "the installed packages work"
