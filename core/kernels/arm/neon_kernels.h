// The NEON kernels, with and without dot-product instructions. Tested by
// kernels_test.cc, under qemu-user where the machine is not Arm (tests/arm64).
#ifndef EDGE_INT8_CORE_KERNELS_ARM_NEON_KERNELS_H_
#define EDGE_INT8_CORE_KERNELS_ARM_NEON_KERNELS_H_

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

extern const GeneralKernels kGeneralNeon;

// Multiply x - 128 (KernelTable::flips_bytes): NEON multiplies bytes of one
// sign only.
void GemmU8Neon(const GemmArgs& args);
void GemmS16Neon(const GemmArgs& args);
void WinogradInputNeon(const WinogradInputArgs& args);
void WinogradOutputNeon(const WinogradOutputArgs& args);
void RequantizeNeon(const RequantizeArgs& args);
void SumS16Neon(const SumArgs& args);
void NarrowU8Neon(const int16_t* in, int32_t count, uint8_t* out);
void LookupU8Neon(const uint8_t* table, const int16_t* in, int32_t count,
                  uint8_t* out);
void LookupS16Neon(const uint8_t* planes, const int16_t* in, int32_t count,
                   int16_t* out);
void QuantizeU8Neon(const float* in, float factor, int32_t zero, int32_t count,
                    uint8_t* out);
int64_t PeakNeon(int64_t rounds, int32_t* sink);

// Need the dot-product extension (Armv8.2).
void GemmU8NeonDot(const GemmArgs& args);
int64_t PeakNeonDot(int64_t rounds, int32_t* sink);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_ARM_NEON_KERNELS_H_
