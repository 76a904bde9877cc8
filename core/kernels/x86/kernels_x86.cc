// The tables of x86 machines, and the question which of them this one can run.
#include <cpuid.h>

#include "core/kernels/kernels.h"
#include "core/kernels/scalar/scalar_kernels.h"
#include "core/kernels/x86/avx2_kernels.h"
#include "core/kernels/x86/avx512_kernels.h"
#include "core/kernels/x86/vnni_kernels.h"

namespace edge_int8::core {
namespace {

constexpr KernelTable kAvx2Kernels = {
    .weight_form = WeightForm::kShared,
    .flips_bytes = false,
    .gemm_u8 = GemmSharedAvx2,
    .gemm_s16 = GemmS16Avx2,
    .widen_u8 = WidenU8Avx2,
    .gemm_fused = nullptr,
    .winograd_input = WinogradInputAvx2,
    .winograd_output = WinogradOutputAvx2,
    .requantize = RequantizeAvx2,
    .sum_s16 = SumS16Avx2,
    .narrow_u8 = NarrowU8Avx2,
    .lookup_u8 = LookupU8Avx2,
    .lookup_s16 = LookupS16Avx2,
    .lookup_wide = LookupWideScalar,
    .interpolate = InterpolateAvx2,
    .quantize_u8 = QuantizeU8Avx2,
    .transpose_u8 = TransposeU8Avx2,
    .attention = AttentionAvx2,
    .attention_scratch = AttentionScratchAvx2,
    .attention_stores = false,
    .general = &kGeneralAvx2,
    .peak = PeakAvx2,
};

constexpr KernelTable kAvxVnniKernels = [] {
  KernelTable table = kAvx2Kernels;
  table.weight_form = WeightForm::kBytes;
  table.gemm_u8 = GemmU8AvxVnni;
  table.gemm_s16 = GemmS16AvxVnni;
  table.widen_u8 = nullptr;
  table.attention = AttentionAvxVnni;
  table.peak = PeakAvxVnni;
  return table;
}();

constexpr KernelTable kAvx512VlKernels = [] {
  KernelTable table = kAvxVnniKernels;
  table.gemm_u8 = GemmU8Avx512Vl;
  table.gemm_s16 = GemmS16Avx512Vl;
  table.attention = AttentionAvx512Vl;
  table.peak = PeakAvx512Vl;
  return table;
}();

// Machines with VNNI but without VBMI (Cascade Lake) look tables up as AVX2.
constexpr KernelTable kAvx512Kernels = {
    .weight_form = WeightForm::kBytes,
    .flips_bytes = false,
    .gemm_u8 = GemmU8Avx512,
    .gemm_s16 = GemmS16Avx512,
    .widen_u8 = nullptr,
    .gemm_fused = nullptr,
    .winograd_input = WinogradInputAvx512,
    .winograd_output = WinogradOutputAvx512,
    .requantize = RequantizeAvx512,
    .sum_s16 = SumS16Avx512,
    .narrow_u8 = NarrowU8Avx512,
    .lookup_u8 = LookupU8Avx2,
    .lookup_s16 = LookupS16Avx2,
    .lookup_wide = LookupWideScalar,
    .interpolate = InterpolateAvx512,
    .quantize_u8 = QuantizeU8Avx512,
    .transpose_u8 = TransposeU8Avx2,
    .attention = AttentionAvx2,
    .attention_scratch = AttentionScratchAvx2,
    .attention_stores = false,
    .general = &kGeneralAvx512,
    .peak = PeakAvx512,
};

constexpr KernelTable kAvx512VbmiKernels = [] {
  KernelTable table = kAvx512Kernels;
  table.gemm_fused = GemmFusedVbmi;
  table.lookup_u8 = LookupU8Vbmi;
  table.lookup_s16 = LookupS16Vbmi;
  table.transpose_u8 = TransposeU8Vbmi;
  table.general = &kGeneralVbmi;
  table.attention = AttentionVbmi;
  table.attention_scratch = AttentionScratchVbmi;
  table.attention_stores = true;
  return table;
}();

// The files of both are compiled with fused products, and those of AVX-512
// borrow from AVX2.
bool HasAvx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool HasAvx512Vnni() {
  return HasAvx2() && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}

// CPUID leaf 7.1; not every compiler knows the feature by a name.
bool HasAvxVnni() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return HasAvx2() && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 &&
         (eax >> 4 & 1) != 0;
}

const KernelTable* FindVnni256() {
  if (HasAvxVnni()) return &kAvxVnniKernels;
  return HasAvx512Vnni() ? &kAvx512VlKernels : nullptr;
}

const KernelTable* FindAvx512() {
  if (!HasAvx512Vnni()) return nullptr;
  return __builtin_cpu_supports("avx512vbmi") ? &kAvx512VbmiKernels
                                              : &kAvx512Kernels;
}

}  // namespace

const KernelTable* FindVectorKernels(Isa isa) {
  switch (isa) {
    case Isa::kAvx2:
      return HasAvx2() ? &kAvx2Kernels : nullptr;
    case Isa::kAvxVnni:
      return FindVnni256();
    case Isa::kAvx512VnniBase:
      return HasAvx512Vnni() ? &kAvx512Kernels : nullptr;
    case Isa::kAvx512Vnni:
      return FindAvx512();
    case Isa::kScalar:
    case Isa::kNeon:
    case Isa::kNeonDot:
    case Isa::kSimd128:
    case Isa::kRelaxedSimd:
      return nullptr;
  }
  return nullptr;
}

}  // namespace edge_int8::core
