# Debian's clang with wasi-libc and LLVM's C++ library for wasm32. Nothing of
# WASI stays in the modules: they import one function of ours (apps/web/engine).
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
# EDGE_INT8_WASM_COMPILER: clang++-N (apps/web).
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES EDGE_INT8_WASM_COMPILER)
set(CMAKE_CXX_COMPILER ${EDGE_INT8_WASM_COMPILER})
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_EXECUTABLE_SUFFIX .wasm)
string(REGEX MATCH "[0-9]+$" version "${EDGE_INT8_WASM_COMPILER}")
set(CMAKE_CXX_FLAGS_INIT
  "-isystem /usr/lib/llvm-${version}/include/wasm32-wasi/c++/v1")
set(CMAKE_EXE_LINKER_FLAGS_INIT
  "-L/usr/lib/llvm-${version}/lib/wasm32-wasi")
