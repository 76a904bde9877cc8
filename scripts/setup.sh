# Sourced by ./run and ./test: installs what is missing from Debian's packages
# and configures a build folder. Says what it does; quiet when nothing changed.

# package  what it is for (docs/dependencies.md says why this one)
needed_packages() {
  cat <<'LIST'
g++ the compiler
cmake the build
ninja-build the build
pkg-config finds libzip
libeigen3-dev matrix products of the calibration
libzip-dev reads .pth and .npz
zlib1g-dev inflates .npz
nlohmann-json3-dev JSON in and out
libcli11-dev the command line
libfmt-dev messages
libflatbuffers-dev the .ei8 container
flatbuffers-compiler the .ei8 container
libonnx-dev ONNX messages and, in tests, its checker
libprotobuf-dev under ONNX
protobuf-compiler named by protobuf's CMake package
libssl-dev SHA-256
libtbb-dev parallel loops
libgtest-dev tests
libgmock-dev tests
libbenchmark-dev benchmarks
libtorch-dev training
libdnnl-dev fast matrix products in training
libmatio-dev imports MATLAB's files
libhdf5-dev imports HDF5, MATLAB 7.3 too
libpcap-dev imports nexmon's captures
libpng-dev CSI windows as pictures in the report
LIST
}

# program package  what it is for. Wanted, not needed: without these the build
# goes on and says what is left out. Looked for by program, since Node.js has
# packages of its own that Debian's conflict with.
report_programs() {
  cat <<'LIST'
npm npm the report's chart library
LIST
}

browser_programs() {
  cat <<'LIST'
node nodejs the browser test
chromium chromium the browser test
LIST
}

# More, for the sanitized suite and the fuzzers.
sanitizer_packages() {
  cat <<'LIST'
clang-16 the sanitized suite, libFuzzer; 14 lacks std::source_location
libclang-rt-16-dev libFuzzer's runtime
LIST
}

# More, for the peers and the emulated targets (docs/targets.md).
target_packages() {
  cat <<'LIST'
python3-venv other runtimes judge the exporters
gcc-arm-none-eabi compiles C exports for Cortex-M
picolibc-arm-none-eabi a C library for their main.c
gcc-riscv64-unknown-elf compiles C exports for RISC-V
picolibc-riscv64-unknown-elf a C library for their main.c
g++-aarch64-linux-gnu compiles the engine and C exports for 64-bit Arm
qemu-system-arm emulates Cortex-M and 64-bit Arm boards
qemu-system-misc emulates RISC-V boards
qemu-user runs programs for 64-bit Arm
LIST
}

say() { printf 'edge-int8: %s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install_missing LIST-FUNCTION...: installs the packages dpkg doesn't know.
install_missing() {
  if ! command -v apt-get >/dev/null; then
    say "no apt-get here: install what docs/dependencies.md lists yourself"
    return 0
  fi
  local missing=() list name why
  for list in "$@"; do
    while read -r name why; do
      if ! dpkg-query -W -f='${Status}' "$name" 2>/dev/null |
          grep -q 'install ok installed'; then
        say "missing $name ($why)"
        missing+=("$name")
      fi
    done < <("$list")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${#missing[@]} Debian packages with apt-get"
  local log
  log=$(mktemp)
  if ! { as_root apt-get update &&
      as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}"; } \
      >"$log" 2>&1; then
    cat "$log" >&2
    say "apt-get failed; its output is above"
    return 1
  fi
  rm -f "$log"
}

# install_wanted LIST-FUNCTION...: tries to install what is not here.
install_wanted() {
  command -v apt-get >/dev/null || return 0
  local list program package why
  for list in "$@"; do
    while read -r program package why; do
      command -v "$program" >/dev/null && continue
      say "missing $program ($why): installing $package"
      { as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive \
          apt-get install -y --no-install-recommends "$package"; } \
        >/dev/null 2>&1 </dev/null ||
        say "$package could not be installed: going on without $why"
    done < <("$list")
  done
}

# configure FOLDER ARGS...: runs CMake when the folder is new or its arguments
# changed; ninja itself notices changed lists. Each target is compiled as one
# source: most of a compiler's time goes to headers and their templates
# (docs/architecture.md).
configure() {
  local folder=$1
  shift
  set -- -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 "$@"
  local arguments="$*"
  if [ -f "$folder/build.ninja" ] &&
      [ "$(cat "$folder/.arguments" 2>/dev/null)" = "$arguments" ]; then
    return 0
  fi
  say "configuring $folder"
  mkdir -p "$folder"
  local log="$folder/configure.log"
  if ! cmake -S . -B "$folder" -G Ninja "$@" >"$log" 2>&1; then
    cat "$log" >&2
    say "cmake failed; its output is above"
    return 1
  fi
  printf '%s' "$arguments" >"$folder/.arguments"
}

# One build serves the suite under ASan and UBSan and the libFuzzer targets. The
# trainer stays out: LibTorch is not instrumented.
# -fno-sanitize: accesses to nothing or past an object, which ASan finds too, and
# casts down a hierarchy of classes, of which there are none here.
configure_sanitized() {
  configure build-asan -DCMAKE_CXX_COMPILER=clang++-16 \
    -DEDGE_INT8_SANITIZE=ON -DEDGE_INT8_FUZZ=ON -DEDGE_INT8_TRAIN=OFF \
    -DEDGE_INT8_BENCH=OFF -DCMAKE_BUILD_TYPE=Sanitize \
    "-DCMAKE_CXX_FLAGS=-O2 -fno-sanitize=null,object-size,vptr"
}

# build FOLDER [TARGET...]: with ninja's own progress line; at most one job per
# 2 GiB of memory, since the trainer's files need that much.
build() {
  local folder=$1
  shift
  local memory_kib jobs
  memory_kib=$(awk '/MemAvailable/ {print $2}' /proc/meminfo)
  jobs=$((memory_kib / 2097152))
  [ "$jobs" -ge 1 ] || jobs=1
  [ "$jobs" -le "$(nproc)" ] || jobs=$(nproc)
  ninja -C "$folder" -j "$jobs" "$@" >&2
}
