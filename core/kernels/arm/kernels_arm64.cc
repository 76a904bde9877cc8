// The tables of 64-bit Arm machines; every one of those has NEON.
#include <sys/auxv.h>

#include "core/kernels/arm/neon_kernels.h"
#include "core/kernels/kernels.h"
#include "core/kernels/scalar/scalar_kernels.h"

namespace edge_int8::core {
namespace {

constexpr KernelTable kNeonKernels = {
    .weight_form = WeightForm::kBytes,
    .flips_bytes = true,
    .gemm_u8 = GemmU8Neon,
    .gemm_s16 = GemmS16Neon,
    .widen_u8 = nullptr,
    .gemm_fused = nullptr,
    .winograd_input = WinogradInputNeon,
    .winograd_output = WinogradOutputNeon,
    .requantize = RequantizeNeon,
    .sum_s16 = SumS16Neon,
    .narrow_u8 = NarrowU8Neon,
    .lookup_u8 = LookupU8Neon,
    .lookup_s16 = LookupS16Neon,
    .lookup_wide = LookupWideScalar,
    .interpolate = InterpolateScalar,
    .quantize_u8 = QuantizeU8Neon,
    .transpose_u8 = TransposeU8Scalar,
    .attention = AttentionScalar,
    .attention_scratch = AttentionScratchScalar,
    .attention_stores = false,
    .general = &kGeneralNeon,
    .peak = PeakNeon,
};

constexpr KernelTable kNeonDotKernels = [] {
  KernelTable table = kNeonKernels;
  table.gemm_u8 = GemmU8NeonDot;
  table.peak = PeakNeonDot;
  return table;
}();

constexpr unsigned long kHwcapAsimdDp = 1ul << 20;  // Linux: HWCAP_ASIMDDP

}  // namespace

const KernelTable* FindVectorKernels(Isa isa) {
  if (isa == Isa::kNeon) return &kNeonKernels;
  const bool dot = (getauxval(AT_HWCAP) & kHwcapAsimdDp) != 0;
  return isa == Isa::kNeonDot && dot ? &kNeonDotKernels : nullptr;
}

}  // namespace edge_int8::core
