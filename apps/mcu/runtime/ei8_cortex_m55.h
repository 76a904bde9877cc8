// Kernels for Cortex-M55 and others with Arm's Helium (MVE, integers); an
// export for cortex-m55 has them instead of the plain ones. The same bits.
#ifndef EI8_CORTEX_M55_H_
#define EI8_CORTEX_M55_H_

#include "ei8_conv_rows.h"

// The bias expects unsigned bytes 128 lower: VMLADAV takes two signed ones.
typedef ei8_conv_rows ei8_conv_m55;

// As the plain one, with more scratch.
typedef ei8_attention ei8_attention_m55;

typedef ei8_add ei8_add_m55;

void ei8_run_add_m55(const void* op, const ei8_memory* memory);
void ei8_run_attention_m55(const void* op, const ei8_memory* memory);
void ei8_run_conv_m55(const void* op, const ei8_memory* memory);

#endif  // EI8_CORTEX_M55_H_
