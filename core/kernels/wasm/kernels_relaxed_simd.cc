// What a module built for relaxed SIMD has (see kernels_simd128.cc).
#include "core/kernels/kernels.h"
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {

const KernelTable* FindVectorKernels(Isa isa) {
  static const KernelTable& relaxed =
      AddsFourAtOnce() ? RelaxedDotKernels() : RelaxedPairsKernels();
  if (isa == Isa::kRelaxedSimd) return &relaxed;
  return isa == Isa::kSimd128 ? &kSimd128Kernels : nullptr;
}

}  // namespace edge_int8::core
