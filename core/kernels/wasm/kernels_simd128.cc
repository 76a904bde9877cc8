// What a module built for SIMD128 alone has: a browser refuses a module with an
// instruction it doesn't know, so the page chooses the module, and the module
// its table.
#include "core/kernels/kernels.h"
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {

const KernelTable* FindVectorKernels(Isa isa) {
  return isa == Isa::kSimd128 ? &kSimd128Kernels : nullptr;
}

}  // namespace edge_int8::core
