#!/usr/bin/env bash
# A stranger's first hour: makes a bare Debian system in a folder, copies this
# tree's committed files into it and runs commands there, as root, from nothing.
#
#   scripts/bare_system.sh [--release trixie] [--arch amd64] [--folder DIR]
#                          [--keep] [COMMAND...]
#
# COMMAND is one shell command each; without any: './run --mode ptq' and
# './test --quick'. Needs root, debootstrap (Debian's package) and a network.
# The folder is made and removed, or with --keep made once and used again. For
# another machine's packages (--arch arm64) qemu-user-static has to be there.
# Environment: EDGE_INT8_MIRROR, another mirror than Debian's own.
set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)

release=trixie arch=$(dpkg --print-architecture 2>/dev/null || echo amd64)
folder='' keep=no
while [ $# -gt 0 ]; do
  case $1 in
    --release) release=$2; shift 2 ;;
    --arch) arch=$2; shift 2 ;;
    --folder) folder=$2; shift 2 ;;
    --keep) keep=yes; shift ;;
    --help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "bare_system.sh: there is no flag $1 (--help)" >&2; exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || set -- './run --mode ptq' './test --quick'

say() { printf 'bare %s: %s\n' "$release" "$*" >&2; }
[ "$(id -u)" = 0 ] || { say "this needs root (debootstrap, chroot)"; exit 2; }
command -v debootstrap >/dev/null ||
  { say "debootstrap is not here: apt-get install debootstrap"; exit 2; }

[ -n "$folder" ] || folder=$(mktemp -d "${TMPDIR:-/tmp}/bare-$release.XXXXXX")
mkdir -p "$folder"
mounted=()

# What is mounted goes first: removing a folder must not reach through it.
clean_up() {
  local at
  for at in "${mounted[@]}"; do
    umount -l "$at"
  done
  mounted=()
  [ "$keep" = yes ] || rm -rf --one-file-system "$folder"
}
trap clean_up EXIT

mount_on() {  # ARGUMENTS... TARGET, which says when it can't
  mount "$@" && mounted=("${!#}" "${mounted[@]}")
}

if [ ! -e "$folder/etc/debian_version" ]; then
  say "making the system in $folder"
  log=$(mktemp)
  if ! debootstrap --variant=minbase --arch="$arch" "$release" "$folder" \
      "${EDGE_INT8_MIRROR:-http://deb.debian.org/debian}" >"$log" 2>&1; then
    tail -20 "$log" >&2
    rm -f "$log"
    say "debootstrap failed; its last lines are above"
    exit 1
  fi
  rm -f "$log"
fi
mount_on -t proc proc "$folder/proc"
mount_on --bind /dev "$folder/dev"
for file in /etc/resolv.conf /etc/hosts; do
  [ ! -e "$file" ] || cp -L "$file" "$folder/etc/"
done

say "copying the tree"
mkdir -p "$folder/srv/edge-int8"
git -C "$tree" archive HEAD | tar -x -C "$folder/srv/edge-int8"

for command in "$@"; do
  say "$command"
  # The variables of a shell that has nothing set, and whatever reaches the net.
  env -i HOME=/srv PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
    $(env | grep -iE '^(https?|no)_proxy=|^npm_config_registry=' || true) \
    chroot "$folder" bash -c "cd /srv/edge-int8 && $command"
done
say "done"
