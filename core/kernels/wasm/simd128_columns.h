// Storing the columns of a product that there are. Internal linkage, for this
// folder alone. Tested by kernels_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_WASM_SIMD128_COLUMNS_H_
#define EDGE_INT8_CORE_KERNELS_WASM_SIMD128_COLUMNS_H_

#include <wasm_simd128.h>

#include <cstdint>

namespace edge_int8::core {
namespace {

// The first `columns` lanes: none of a number below 1, all of one above 3.
[[gnu::always_inline]] inline void StoreColumns(v128_t v, int columns,
                                                int32_t* out) {
  if (columns >= 4) {
    wasm_v128_store(out, v);
    return;
  }
  alignas(16) int32_t lanes[4];
  wasm_v128_store(lanes, v);
  for (int i = 0; i < columns; ++i) out[i] = lanes[i];
}

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_WASM_SIMD128_COLUMNS_H_
