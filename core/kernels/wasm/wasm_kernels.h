// The WebAssembly kernels: SIMD128, and the products of relaxed SIMD. Tested by
// kernels_test.cc, its neighbours and engine_test.cc, which tests/web runs in
// Chromium with every table.
#ifndef EDGE_INT8_CORE_KERNELS_WASM_WASM_KERNELS_H_
#define EDGE_INT8_CORE_KERNELS_WASM_WASM_KERNELS_H_

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

extern const KernelTable kSimd128Kernels;
extern const GeneralKernels kGeneralSimd128;

void GemmS16Simd128(const GemmArgs& args);
void WidenU8Simd128(const uint8_t* in, int32_t count, int16_t* out);
void WinogradInputSimd128(const WinogradInputArgs& args);
void WinogradOutputSimd128(const WinogradOutputArgs& args);
void RequantizeSimd128(const RequantizeArgs& args);
void SumS16Simd128(const SumArgs& args);
void NarrowU8Simd128(const int16_t* in, int32_t count, uint8_t* out);
void LookupU8Simd128(const uint8_t* table, const int16_t* in, int32_t count,
                     uint8_t* out);
void QuantizeU8Simd128(const float* in, float factor, int32_t zero,
                       int32_t count, uint8_t* out);
void AttentionSimd128(const AttentionArgs& args);
int64_t AttentionScratchSimd128(int32_t length, int32_t lines, int32_t per_head,
                                int32_t heads);
int64_t PeakSimd128(int64_t rounds, int32_t* sink);

// Need relaxed SIMD.
void GemmU8RelaxedSimd(const GemmArgs& args);
void GemmPairsRelaxedSimd(const GemmArgs& args);
// Whether a sum of four products is one instruction on this machine.
bool AddsFourAtOnce();
// For machines that do, and for those that don't.
const KernelTable& RelaxedDotKernels();
const KernelTable& RelaxedPairsKernels();
int64_t PeakRelaxedSimd(int64_t rounds, int32_t* sink);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_WASM_WASM_KERNELS_H_
