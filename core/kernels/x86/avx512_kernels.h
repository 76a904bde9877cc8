// The AVX-512 kernels: VNNI for the products, VBMI (where the machine has it)
// for tables of 256 bytes in registers. Tested by kernels_test.cc,
// gemm_fused_test.cc and attention_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_AVX512_KERNELS_H_
#define EDGE_INT8_CORE_KERNELS_X86_AVX512_KERNELS_H_

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

extern const GeneralKernels kGeneralAvx512;
extern const GeneralKernels kGeneralVbmi;

// Need avx512f, bw, dq, vl and vnni.
void GemmU8Avx512(const GemmArgs& args);
void GemmS16Avx512(const GemmArgs& args);
void WinogradInputAvx512(const WinogradInputArgs& args);
void WinogradOutputAvx512(const WinogradOutputArgs& args);
void RequantizeAvx512(const RequantizeArgs& args);
void SumS16Avx512(const SumArgs& args);
void NarrowU8Avx512(const int16_t* in, int32_t count, uint8_t* out);
void InterpolateAvx512(const int16_t* table, const int16_t* in, int32_t count,
                       int16_t* out);
void QuantizeU8Avx512(const float* in, float factor, int32_t zero,
                      int32_t count, uint8_t* out);
int64_t PeakAvx512(int64_t rounds, int32_t* sink);

// Also need vbmi.
void GemmFusedVbmi(const GemmFusedArgs& args);
void LookupU8Vbmi(const uint8_t* table, const int16_t* in, int32_t count,
                  uint8_t* out);
void LookupS16Vbmi(const uint8_t* planes, const int16_t* in, int32_t count,
                   int16_t* out);
void MapU8Vbmi(const uint8_t* table, const uint8_t* in, int32_t count,
               uint8_t* out);
void MapU8S16Vbmi(const uint8_t* planes, const uint8_t* in, int32_t count,
                  int16_t* out);
void TransposeU8Vbmi(const uint8_t* in, int32_t channels, int32_t places,
                     uint8_t* out, int64_t pitch);
void AttentionVbmi(const AttentionArgs& args);
int64_t AttentionScratchVbmi(int32_t length, int32_t lines, int32_t per_head,
                             int32_t heads);
// Heads whose queries and values are packed together, of `heads` to compute.
int32_t AttentionHeadsPacked(int32_t per_head, int32_t heads);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_AVX512_KERNELS_H_
