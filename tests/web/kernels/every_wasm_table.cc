// All tables of WebAssembly at once, whatever this machine would choose: the
// one by pairs goes by the name of AVX2, whose way of multiplying it is.
#include "core/kernels/kernels.h"
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {

const KernelTable* FindVectorKernels(Isa isa) {
  if (isa == Isa::kAvx2) return &RelaxedPairsKernels();
  if (isa == Isa::kRelaxedSimd) return &RelaxedDotKernels();
  return isa == Isa::kSimd128 ? &kSimd128Kernels : nullptr;
}

}  // namespace edge_int8::core
