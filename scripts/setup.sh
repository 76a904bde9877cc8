# Sourced by ./run and ./test: installs what is missing from Debian's packages
# and configures a build folder. Says what it does; quiet when nothing changed.

# package  what it is for (docs/dependencies.md says why this one). Of packages
# joined by | any one does: the first that the system has is installed.
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
libboost-dev live sources and the server, headers only
LIST
}

# program package  what it is for. Wanted, not needed: without these the build
# goes on and says what is left out. Looked for by program, since Node.js has
# packages of its own that Debian's conflict with.
mpi_programs() {
  cat <<'LIST'
mpicxx libopenmpi-dev jobs of several processes (docs/scaling.md)
mpirun openmpi-bin jobs of several processes (docs/scaling.md)
LIST
}

browser_programs() {
  cat <<'LIST'
node nodejs the browser test
npm npm the browser test
chromium chromium the browser test
LIST
}

# More, for `cpack -G DEB` (docs/packages.md).
packaging_packages() {
  cat <<'LIST'
dpkg-dev finds what a program links
file tells programs from data
LIST
}

# Wanted by .ci/run. One version of clang-format judges (scripts/format_check.sh).
ci_programs() {
  cat <<'LIST'
clang-format-16 clang-format-16 the format check
debootstrap debootstrap the build in a bare Debian 13
LIST
}

# More, for the sanitized suite and the fuzzers.
sanitizer_packages() {
  cat <<'LIST'
clang-16|clang-17|clang-18|clang-19|clang-20|clang-21 the sanitized suite, libFuzzer; 14 lacks std::source_location
libclang-rt-16-dev|libclang-rt-17-dev|libclang-rt-18-dev|libclang-rt-19-dev|libclang-rt-20-dev|libclang-rt-21-dev libFuzzer's runtime
LIST
}

# More, for the peers and the emulated targets (docs/targets.md).
target_packages() {
  # Where it is the machine's own compiler, it has another name.
  [ "$(uname -m)" = aarch64 ] ||
    echo g++-aarch64-linux-gnu compiles the engine and C exports for 64-bit Arm
  cat <<'LIST'
python3-venv other runtimes judge the exporters
python3-dev compiles the Python module
gcc-arm-none-eabi compiles C exports for Cortex-M
picolibc-arm-none-eabi a C library for their main.c
gcc-riscv64-unknown-elf compiles C exports for RISC-V
picolibc-riscv64-unknown-elf a C library for their main.c
qemu-system-arm emulates Cortex-M and 64-bit Arm boards
qemu-system-riscv|qemu-system-misc emulates RISC-V boards
qemu-user runs programs for 64-bit Arm
LIST
}

# More, for the engine in WebAssembly and its page (docs/live.md). Each of the same
# version as the sanitizers' clang.
web_packages() {
  cat <<'LIST'
clang-16|clang-17|clang-18|clang-19|clang-20|clang-21 compiles the engine for WebAssembly
lld-16|lld-17|lld-18|lld-19|lld-20|lld-21 links it
libc++-16-dev-wasm32|libc++-17-dev-wasm32|libc++-18-dev-wasm32|libc++-19-dev-wasm32|libc++-20-dev-wasm32|libc++-21-dev-wasm32 its C++ library
libc++abi-16-dev-wasm32|libc++abi-17-dev-wasm32|libc++abi-18-dev-wasm32|libc++abi-19-dev-wasm32|libc++abi-20-dev-wasm32|libc++abi-21-dev-wasm32 under it
libclang-rt-16-dev-wasm32|libclang-rt-17-dev-wasm32|libclang-rt-18-dev-wasm32|libclang-rt-19-dev-wasm32|libclang-rt-20-dev-wasm32|libclang-rt-21-dev-wasm32 under it
wasi-libc its C library
LIST
}

say() { printf 'edge-int8: %s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

installed() {
  dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'
}

# one_installed A|B|C: whether one of them is.
one_installed() {
  local name
  for name in ${1//|/ }; do
    installed "$name" && return 0
  done
  return 1
}

# first_known A|B|C: the first that apt knows, A where it knows none.
first_known() {
  local name
  for name in ${1//|/ }; do
    apt-cache show "$name" >/dev/null 2>&1 && break
    name=${1%%|*}
  done
  printf '%s' "$name"
}

# What other systems call needed_packages, in its order, by their maintainers'
# names; - where a compiler or another line brings it, ? where there is none.
# Debian  Fedora  Arch  Alpine  Homebrew
names_elsewhere() {
  cat <<'LIST'
g++ gcc-c++ gcc g++ -
cmake cmake cmake cmake cmake
ninja-build ninja-build ninja samurai ninja
pkg-config pkgconf-pkg-config pkgconf pkgconf pkgconf
libeigen3-dev eigen3-devel eigen eigen-dev eigen
libzip-dev libzip-devel libzip libzip-dev libzip
zlib1g-dev zlib-devel zlib zlib-dev -
nlohmann-json3-dev json-devel nlohmann-json nlohmann-json nlohmann-json
libcli11-dev cli11-devel cli11 cli11-dev cli11
libfmt-dev fmt-devel fmt fmt-dev fmt
libflatbuffers-dev flatbuffers-devel flatbuffers flatbuffers-dev flatbuffers
flatbuffers-compiler flatbuffers-compiler - - -
libonnx-dev onnx-devel onnx onnx-dev onnx
libprotobuf-dev protobuf-devel protobuf protobuf-dev protobuf
protobuf-compiler protobuf-compiler - protoc -
libssl-dev openssl-devel openssl openssl-dev openssl
libtbb-dev tbb-devel onetbb onetbb-dev tbb
libgtest-dev gtest-devel gtest gtest-dev googletest
libgmock-dev gmock-devel - - -
libbenchmark-dev google-benchmark-devel benchmark benchmark-dev google-benchmark
libtorch-dev python3-torch-devel python-pytorch ? pytorch
libdnnl-dev onednn-devel onednn ? onednn
libmatio-dev matio-devel libmatio matio-dev libmatio
libhdf5-dev hdf5-devel hdf5 hdf5-dev hdf5
libpcap-dev libpcap-devel libpcap libpcap-dev libpcap
libpng-dev libpng-devel libpng libpng-dev libpng
libboost-dev boost-devel boost boost-dev boost
LIST
}

# Where the system says what it is; tests name another file.
os_release=/etc/os-release

# The system's family: debian, fedora, arch, alpine, macos or unknown.
system_family() {
  [ "$(uname -s)" != Darwin ] || { echo macos; return 0; }
  local ids='' id
  [ ! -r "$os_release" ] || ids=$(. "$os_release" && echo "$ID ${ID_LIKE:-}")
  for id in $ids; do
    case $id in
      debian | fedora | arch | alpine) echo "$id"; return 0 ;;
    esac
  done
  echo unknown
}

# has_elsewhere FAMILY PACKAGE: whether that system's own manager knows it here.
has_elsewhere() {
  case $1 in
    fedora) rpm -q --whatprovides "$2" ;;
    arch) pacman -Qq "$2" ;;
    alpine) apk info -e "$2" ;;
    macos) brew list --versions "$2" ;;
  esac >/dev/null 2>&1
}

# What is missing on a system that isn't Debian's, by that system's names: said,
# never installed, and the build goes on, since a library may be here otherwise.
say_what_to_install() {
  local family column install missing=() unavailable=() names name
  family=$(system_family)
  case $family in
    fedora) column=1 install='dnf install' ;;
    arch) column=2 install='pacman -S --needed' ;;
    alpine) column=3 install='apk add' ;;
    macos) column=4 install='brew install' ;;
    *)
      say "no apt-get here, and this system's names of packages aren't known." \
        "It needs a C++20 compiler, CMake 3.25, Ninja, pkg-config, Eigen 3," \
        "libzip, zlib, nlohmann-json, CLI11, fmt, FlatBuffers with flatc, ONNX" \
        "with protobuf, OpenSSL, oneTBB, GoogleTest, Google Benchmark, matio," \
        "HDF5, libpcap, libpng, Boost, and to train LibTorch and oneDNN"
      say "docs/dependencies.md says what each is for"
      return 0 ;;
  esac
  while read -r -a names; do
    name=${names[$column]}
    case $name in
      -) ;;
      \?) unavailable+=("${names[0]}") ;;
      *) has_elsewhere "$family" "$name" || missing+=("$name") ;;
    esac
  done < <(names_elsewhere)
  [ ${#missing[@]} = 0 ] ||
    say "missing here; ask root for: $install ${missing[*]}"
  [ ${#unavailable[@]} = 0 ] ||
    say "no packages here are known for ${unavailable[*]} (Debian's names):" \
      "without LibTorch there is no training, without oneDNN it is slow"
  [ "$family" != macos ] ||
    say "the program needs Linux (/proc); on macOS the runtime builds:" \
      "-DEDGE_INT8_CORE_ONLY=ON (docs/embedding.md)"
}

# install_missing LIST-FUNCTION...: installs the packages dpkg doesn't know.
install_missing() {
  if ! command -v apt-get >/dev/null; then
    [ -n "${said_elsewhere:-}" ] || say_what_to_install
    said_elsewhere=yes
    return 0
  fi
  local missing=() list name why
  for list in "$@"; do
    while read -r name why; do
      if ! one_installed "$name"; then
        say "missing ${name//|/ or } ($why)"
        missing+=("$name")
      fi
    done < <("$list")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    say "neither root nor sudo here"
    say_what_to_ask "${missing[@]}"
    return 1
  fi
  say "installing ${#missing[@]} Debian packages with apt-get"
  local log names=()
  log=$(mktemp)
  if ! as_root apt-get update >"$log" 2>&1; then
    cat "$log" >&2
    say "apt-get update failed; its output is above"
    say_what_to_ask "${missing[@]}"
    return 1
  fi
  # What a release or an architecture lacks: CMake says whether it was needed.
  for list in "${missing[@]}"; do
    name=$(first_known "$list")
    if apt-cache show "$name" >/dev/null 2>&1; then
      names+=("$name")
    else
      say "apt knows no ${list//|/ or } here: going on without"
    fi
  done
  [ ${#names[@]} -gt 0 ] || return 0
  if ! as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "${names[@]}" \
      >"$log" 2>&1; then
    cat "$log" >&2
    say "apt-get failed; its output is above"
    say_what_to_ask "${missing[@]}"
    return 1
  fi
  rm -f "$log"
}

# say_what_to_ask PACKAGE...: the command for whoever may install.
say_what_to_ask() {
  local names=() name
  for name in "$@"; do
    names+=("$(first_known "$name")")
  done
  say "ask whoever may install packages for:" \
    "apt-get install --no-install-recommends ${names[*]}"
}

# install_wanted LIST-FUNCTION...: tries to install what is not here.
install_wanted() {
  command -v apt-get >/dev/null || return 0
  local list program package why missing=() updated=yes
  for list in "$@"; do
    while read -r program package why; do
      command -v "$program" >/dev/null ||
        missing+=("$program $package $why")
    done < <("$list")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  as_root apt-get update >/dev/null 2>&1 </dev/null || updated=no
  for list in "${missing[@]}"; do
    read -r program package why <<<"$list"
    say "missing $program ($why): installing $package"
    { [ "$updated" = yes ] && as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "$package"; } \
      >/dev/null 2>&1 </dev/null ||
      say "$package could not be installed: going on without $why"
  done
}

# configure FOLDER ARGS...: runs CMake when the folder is new or its arguments
# changed; ninja itself notices changed lists. Each target is compiled as one
# source: most of a compiler's time goes to headers and their templates
# (docs/architecture.md). EDGE_INT8_CMAKE_ARGUMENTS adds some, as CI does.
configure() {
  local folder=$1
  shift
  set -- -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 "$@" \
    ${EDGE_INT8_CMAKE_ARGUMENTS:-}
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

# The clang that is here, of those that know C++20 well enough. Only Debian's
# names have a version in them.
clang_compiler() {
  local version
  for version in 16 17 18 19 20 21; do
    command -v "clang++-$version" && return 0
  done
  version=$(clang++ -dumpversion 2>/dev/null || echo 0)
  [ "${version%%.*}" -lt 16 ] || { command -v clang++ && return 0; }
  say "no clang++-16 or newer: scripts/setup.sh installs one on Debian"
  return 1
}

# One build serves the suite under ASan and UBSan and the libFuzzer targets. The
# trainer stays out: LibTorch is not instrumented.
# -fno-sanitize: accesses to nothing or past an object, which ASan finds too, and
# casts down a hierarchy of classes, of which there are none here.
configure_sanitized() {
  local compiler
  compiler=$(clang_compiler)
  configure build-asan "-DCMAKE_CXX_COMPILER=$compiler" \
    -DEDGE_INT8_SANITIZE=ON -DEDGE_INT8_FUZZ=ON -DEDGE_INT8_TRAIN=OFF \
    -DEDGE_INT8_BENCH=OFF -DCMAKE_BUILD_TYPE=Sanitize \
    "-DCMAKE_CXX_FLAGS=-O2 -fno-sanitize=null,object-size,vptr"
}

# build FOLDER [TARGET...]: with ninja's own progress line; at most one job per
# 2 GiB of memory, since the trainer's files need that much.
build() {
  local folder=$1
  shift
  local memory_kib jobs cores
  cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
  memory_kib=$(awk '/MemAvailable/ {print $2}' /proc/meminfo 2>/dev/null ||
    echo 4194304)
  jobs=$((memory_kib / 2097152))
  [ "$jobs" -ge 1 ] || jobs=1
  [ "$jobs" -le "$cores" ] || jobs=$cores
  ninja -C "$folder" -j "$jobs" "$@" >&2
}
