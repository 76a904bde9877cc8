# Builds the tests of the kernels and of the engine for WebAssembly (kernels/) and
# runs them in Chromium. Node 20 has no relaxed SIMD.
set(program ${BUILD}/bin/core_wasm_test)
foreach(command
    "${CMAKE_COMMAND};-S;${SOURCE}/tests/web/kernels;-B;${BUILD};-G;${GENERATOR};-DCMAKE_BUILD_TYPE=Release;-DCMAKE_UNITY_BUILD=ON;-DCMAKE_TOOLCHAIN_FILE=${SOURCE}/cmake/wasm32-wasi.cmake;-DEDGE_INT8_WASM_COMPILER=${COMPILER};-DGOOGLETEST_SOURCE=${GOOGLETEST};-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
    "${CMAKE_COMMAND};--build;${BUILD};--target;core_wasm_test;-j;2"
    "${NODE};${SOURCE}/tests/web/run_in_chromium.mjs;${PLAYWRIGHT};${CHROMIUM};${program}")
  execute_process(COMMAND ${command} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "failed: ${command}")
  endif()
endforeach()
