// The AVX2 kernels; they need fma as well. Tested by kernels_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_AVX2_KERNELS_H_
#define EDGE_INT8_CORE_KERNELS_X86_AVX2_KERNELS_H_

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

extern const GeneralKernels kGeneralAvx2;

void GemmSharedAvx2(const GemmArgs& args);
void GemmS16Avx2(const GemmArgs& args);
void WidenU8Avx2(const uint8_t* in, int32_t count, int16_t* out);
void WinogradInputAvx2(const WinogradInputArgs& args);
void WinogradOutputAvx2(const WinogradOutputArgs& args);
void RequantizeAvx2(const RequantizeArgs& args);
void SumS16Avx2(const SumArgs& args);
void NarrowU8Avx2(const int16_t* in, int32_t count, uint8_t* out);
void LookupU8Avx2(const uint8_t* table, const int16_t* in, int32_t count,
                  uint8_t* out);
void LookupS16Avx2(const uint8_t* planes, const int16_t* in, int32_t count,
                   int16_t* out);
void InterpolateAvx2(const int16_t* table, const int16_t* in, int32_t count,
                     int16_t* out);
void QuantizeU8Avx2(const float* in, float factor, int32_t zero, int32_t count,
                    uint8_t* out);
void MapU8Avx2(const uint8_t* table, const uint8_t* in, int32_t count,
               uint8_t* out);
void MapU8S16Avx2(const uint8_t* planes, const uint8_t* in, int32_t count,
                  int16_t* out);
void TurnU8Avx2(const uint8_t* in, int64_t in_pitch, int32_t rows,
                int32_t columns, uint8_t* out, int64_t out_pitch);
void TurnU16Avx2(const uint16_t* in, int64_t in_pitch, int32_t rows,
                 int32_t columns, uint16_t* out, int64_t out_pitch);
void TransposeU8Avx2(const uint8_t* in, int32_t channels, int32_t places,
                     uint8_t* out, int64_t pitch);
void AttentionAvx2(const AttentionArgs& args);
int64_t AttentionScratchAvx2(int32_t length, int32_t lines, int32_t per_head,
                             int32_t heads);
int64_t PeakAvx2(int64_t rounds, int32_t* sink);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_AVX2_KERNELS_H_
