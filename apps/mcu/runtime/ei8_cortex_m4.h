// Kernels for Cortex-M4 and others with Arm's DSP extension; an export for
// cortex-m4 has them instead of the plain ones, and tables laid out for them.
// The same bits.
#ifndef EI8_CORTEX_M4_H_
#define EI8_CORTEX_M4_H_

#include "ei8_patch.h"

// Rows of weights are whole words. Where tap_groups is not 0, each tap of the
// kernel is that many groups of four, the last one ending with zeros. In 8 bits
// a word holds four weights, the first lowest. In 4 bits it holds eight: byte i
// has weight i in its high half and weight 4 + i in its low half. Rows end with
// zeros.
typedef struct {
  const ei8_tensor *in, *out;
  const uint32_t* weights;
  ei8_scales scales;
  ei8_activation activation;
  int32_t scratch;    // offset: a tile, then a patch
  int32_t row_words;  // of one output channel's weights
  int32_t weight_bits;
  int32_t out_group;   // channels
  int32_t tap_groups;  // 0: a patch is one run
  ei8_taps taps;
} ei8_conv_m4;

// As the plain one, with more scratch.
typedef ei8_attention ei8_attention_m4;

void ei8_run_attention_m4(const void* op, const ei8_memory* memory);
void ei8_run_conv_m4(const void* op, const ei8_memory* memory);

#endif  // EI8_CORTEX_M4_H_
