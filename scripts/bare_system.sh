#!/usr/bin/env bash
# A stranger's first hour: makes a bare Debian system in a folder, copies this
# tree's committed files into it and runs commands there, as root, from nothing.
#
#   scripts/bare_system.sh [--release trixie] [--arch amd64] [--folder DIR]
#                          [--keep] [--if-possible] [COMMAND...]
#
# COMMAND is one shell command each; without any: './run --mode ptq' and
# './test --quick'. Needs root, debootstrap (Debian's package) and a network.
# The folder is made and removed, or with --keep made once and used again. For
# another machine's packages (--arch arm64) qemu-user-static has to be there.
# With --if-possible a system that can't be made (no root, no debootstrap, no
# mirror) is said and is no failure; one in which a COMMAND fails is.
# Environment: EDGE_INT8_MIRROR, where Debian's packages come from; else where
# this machine's do, else Debian's own place.
set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)

release=trixie arch=$(dpkg --print-architecture 2>/dev/null || echo amd64)
folder='' keep=no if_possible=no
while [ $# -gt 0 ]; do
  case $1 in
    --release) release=$2; shift 2 ;;
    --arch) arch=$2; shift 2 ;;
    --folder) folder=$2; shift 2 ;;
    --keep) keep=yes; shift ;;
    --if-possible) if_possible=yes; shift ;;
    --help) sed -n '2,17s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "bare_system.sh: there is no flag $1 (--help)" >&2; exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || set -- './run --mode ptq' './test --quick'

say() { printf 'bare %s: %s\n' "$release" "$*" >&2; }

# The system can't be made: why, and the exit status otherwise.
impossible() {
  say "$1"
  [ "$if_possible" = no ] || { say "SKIPPED: nothing was tried in it"; exit 0; }
  exit "$2"
}

# Where packages come from; nothing where debootstrap knows better.
mirror() {
  if [ -n "${EDGE_INT8_MIRROR:-}" ]; then
    echo "$EDGE_INT8_MIRROR"
  elif command -v apt-get >/dev/null; then
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
      'Origin: Debian' 2>/dev/null | grep -v security | sort -u | head -n 1
  fi
}

[ "$(id -u)" = 0 ] || impossible "this needs root (debootstrap, chroot)" 2
command -v debootstrap >/dev/null ||
  impossible "debootstrap is not here: apt-get install debootstrap" 2

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

# mount_on ARGUMENTS... TARGET: not again where a kept system has it already.
mount_on() {
  if mountpoint -q "${!#}"; then return 0; fi
  mount "$@" && mounted=("${!#}" "${mounted[@]}")
}

# debootstrap removes its own folder there when it has succeeded.
if [ ! -e "$folder/etc/debian_version" ] || [ -e "$folder/debootstrap" ]; then
  say "making the system in $folder"
  log=$(mktemp)
  # Half an hour: a mirror that can't be reached is tried again for hours.
  if ! timeout 1800 debootstrap --variant=minbase --arch="$arch" "$release" \
      "$folder" $(mirror) >"$log" 2>&1; then
    tail -20 "$log" >&2
    rm -f "$log"
    impossible "debootstrap failed; its last lines are above" 1
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

# The variables of a shell that has nothing set, and whatever reaches the net or
# is meant for the build.
variables=(HOME=/srv PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb)
while IFS= read -r -d '' variable; do
  case ${variable%%=*} in
    [Hh][Tt][Tt][Pp]_[Pp]* | [Hh][Tt][Tt][Pp][Ss]_[Pp]* | [Nn][Oo]_[Pp]* | \
      npm_config_registry | EDGE_INT8_CMAKE_ARGUMENTS) variables+=("$variable") ;;
  esac
done < <(env -0)
for command in "$@"; do
  say "$command"
  env -i "${variables[@]}" \
    chroot "$folder" bash -c "cd /srv/edge-int8 && $command"
done
say "done"
