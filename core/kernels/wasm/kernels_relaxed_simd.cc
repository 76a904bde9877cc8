// What a module built for relaxed SIMD has (see kernels_simd128.cc).
#include "core/kernels/kernels.h"
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {
namespace {

KernelTable OfRelaxedSimd() {
  KernelTable table = kSimd128Kernels;
  if (AddsFourAtOnce()) {
    table.weight_form = WeightForm::kBytes;
    table.widen_u8 = nullptr;
    table.gemm_u8 = GemmU8RelaxedSimd;
  } else {
    table.weight_form = WeightForm::kShared;
    table.gemm_u8 = GemmPairsRelaxedSimd;
  }
  table.peak = PeakRelaxedSimd;
  return table;
}

}  // namespace

const KernelTable* FindVectorKernels(Isa isa) {
  static const KernelTable relaxed = OfRelaxedSimd();
  if (isa == Isa::kRelaxedSimd) return &relaxed;
  return isa == Isa::kSimd128 ? &kSimd128Kernels : nullptr;
}

}  // namespace edge_int8::core
