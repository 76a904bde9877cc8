// The two tables of relaxed SIMD.
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {
namespace {

KernelTable OfDotProducts() {
  KernelTable table = kSimd128Kernels;
  table.weight_form = WeightForm::kBytes;
  table.widen_u8 = nullptr;
  table.gemm_u8 = GemmU8RelaxedSimd;
  table.peak = PeakRelaxedSimd;
  return table;
}

KernelTable OfPairs() {
  KernelTable table = kSimd128Kernels;
  table.weight_form = WeightForm::kShared;
  table.gemm_u8 = GemmPairsRelaxedSimd;
  table.peak = PeakRelaxedSimd;
  return table;
}

}  // namespace

const KernelTable& RelaxedDotKernels() {
  static const KernelTable table = OfDotProducts();
  return table;
}

const KernelTable& RelaxedPairsKernels() {
  static const KernelTable table = OfPairs();
  return table;
}

}  // namespace edge_int8::core
