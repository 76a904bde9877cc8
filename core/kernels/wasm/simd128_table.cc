// The table of WebAssembly's SIMD128.
#include "core/kernels/scalar/scalar_kernels.h"
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {

const KernelTable kSimd128Kernels = {
    .weight_form = WeightForm::kWords,
    .flips_bytes = false,
    .gemm_u8 = nullptr,
    .gemm_s16 = GemmS16Simd128,
    .widen_u8 = WidenU8Simd128,
    .gemm_fused = nullptr,
    .winograd_input = WinogradInputSimd128,
    .winograd_output = WinogradOutputSimd128,
    .requantize = RequantizeSimd128,
    .sum_s16 = SumS16Simd128,
    .narrow_u8 = NarrowU8Simd128,
    .lookup_u8 = LookupU8Simd128,
    .lookup_s16 = LookupS16Scalar,
    .lookup_wide = LookupWideScalar,
    .interpolate = InterpolateScalar,
    .quantize_u8 = QuantizeU8Simd128,
    .transpose_u8 = TransposeU8Scalar,
    .attention = AttentionSimd128,
    .attention_scratch = AttentionScratchSimd128,
    .attention_stores = false,
    .general = &kGeneralSimd128,
    .peak = PeakSimd128,
};

}  // namespace edge_int8::core
