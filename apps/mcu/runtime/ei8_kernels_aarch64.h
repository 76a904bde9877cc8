// Kernels for 64-bit Arm with Neon; an export for aarch64 has them instead of
// the plain ones. The same bits.
#ifndef EI8_KERNELS_AARCH64_H_
#define EI8_KERNELS_AARCH64_H_

#include "ei8_conv_rows.h"

// The bias expects unsigned bytes 128 lower: products are of signed ones. 16
// bytes that do not matter follow the last row of weights.
typedef ei8_conv_rows ei8_conv_aarch64;
typedef ei8_add ei8_add_aarch64;

// As the plain one, with more scratch.
typedef ei8_attention ei8_attention_aarch64;

void ei8_run_add_aarch64(const void* op, const ei8_memory* memory);
void ei8_run_attention_aarch64(const void* op, const ei8_memory* memory);
void ei8_run_conv_aarch64(const void* op, const ei8_memory* memory);

#endif  // EI8_KERNELS_AARCH64_H_
