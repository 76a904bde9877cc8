// The kernels of 256-bit VNNI, once for each of its encodings; for what is not
// here AVX2's serve. Tested by kernels_test.cc and attention_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_VNNI_KERNELS_H_
#define EDGE_INT8_CORE_KERNELS_X86_VNNI_KERNELS_H_

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

void GemmU8AvxVnni(const GemmArgs& args);
void GemmS16AvxVnni(const GemmArgs& args);
void AttentionAvxVnni(const AttentionArgs& args);
int64_t PeakAvxVnni(int64_t rounds, int32_t* sink);

void GemmU8Avx512Vl(const GemmArgs& args);
void GemmS16Avx512Vl(const GemmArgs& args);
void AttentionAvx512Vl(const AttentionArgs& args);
int64_t PeakAvx512Vl(int64_t rounds, int32_t* sink);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_VNNI_KERNELS_H_
