// The plain C++ kernels: the table of machines without vectors, and where the
// tails of the others end. Tested by kernels_test.cc. No inline functions: see
// kernel_table.h.
#ifndef EDGE_INT8_CORE_KERNELS_SCALAR_SCALAR_KERNELS_H_
#define EDGE_INT8_CORE_KERNELS_SCALAR_SCALAR_KERNELS_H_

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

extern const KernelTable kScalarKernels;
extern const GeneralKernels kGeneralScalar;

void GemmU8Scalar(const GemmArgs& args);
void GemmS16Scalar(const GemmArgs& args);
void WinogradInputScalar(const WinogradInputArgs& args);
void WinogradOutputScalar(const WinogradOutputArgs& args);
void RequantizeScalar(const RequantizeArgs& args);
void SumS16Scalar(const SumArgs& args);
void NarrowU8Scalar(const int16_t* in, int32_t count, uint8_t* out);
void LookupU8Scalar(const uint8_t* table, const int16_t* in, int32_t count,
                    uint8_t* out);
void LookupS16Scalar(const uint8_t* planes, const int16_t* in, int32_t count,
                     int16_t* out);
void LookupWideScalar(const int16_t* table, int32_t low, const int16_t* in,
                      int32_t count, int16_t* out);
void InterpolateScalar(const int16_t* table, const int16_t* in, int32_t count,
                       int16_t* out);
void QuantizeU8Scalar(const float* in, float factor, int32_t zero,
                      int32_t count, uint8_t* out);
void TransposeU8Scalar(const uint8_t* in, int32_t channels, int32_t places,
                       uint8_t* out, int64_t pitch);
void AttentionScalar(const AttentionArgs& args);
int64_t AttentionScratchScalar(int32_t length, int32_t lines, int32_t per_head,
                               int32_t heads);
int64_t PeakScalar(int64_t rounds, int32_t* sink);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_SCALAR_SCALAR_KERNELS_H_
