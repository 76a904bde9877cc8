#!/usr/bin/env bash
# Names every C++ file that clang-format would change. Only one version judges,
# since others break lines elsewhere: where it is not here, nothing is checked
# and this says so.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

formatter=clang-format-16
if ! command -v "$formatter" >/dev/null; then
  say "format not checked: there is no $formatter here"
  exit 0
fi
# Without git (an archive of the tree) whatever lies in the source folders.
list_sources() {
  git ls-files -z '*.cc' '*.h' 2>/dev/null ||
    find apps bench core include src tests train \
      \( -name '*.cc' -o -name '*.h' \) -print0
}
if ! said=$(list_sources | xargs -0 -P "$(nproc)" -n 40 \
    "$formatter" --dry-run -Werror --ferror-limit=1 2>&1); then
  # "src/base/crc.cc:12:3: error: code should be clang-formatted [...]"
  sed -nE 's/^([^: ]+):[0-9]+:[0-9]+: error: .*/  \1/p' <<<"$said" | sort -u >&2
  say "$formatter changes these, or failed: $formatter -i FILE mends it"
  exit 1
fi
say "every file is formatted"
