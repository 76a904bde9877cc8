// A convolution of a target whose weights lie as the plain kernel's do: rows of
// 8 or 4 bits, each of whole bytes.
#ifndef EI8_CONV_ROWS_H_
#define EI8_CONV_ROWS_H_

#include "ei8_patch.h"

typedef struct {
  const ei8_tensor *in, *out;
  const uint8_t* weights;  // [out][kernel_h][kernel_w][in / groups]
  ei8_scales scales;
  ei8_activation activation;
  int32_t scratch;    // offset: a tile, then a patch
  int32_t row_bytes;  // of one output channel's weights
  int32_t weight_bits;
  int32_t out_group;  // channels
  ei8_taps taps;
} ei8_conv_rows;

// Sums of one channel, bias included, to stored values: any activation, any
// shift. `at`: the index of the first one in the output.
static inline void ei8_finish_any(const ei8_conv_rows* c, const int32_t* sum,
                                  int32_t count, int32_t channel, void* out,
                                  int32_t at) {
  for (int32_t p = 0; p < count; ++p) {
    const int32_t y = ei8_scale(sum[p], c->scales.mantissa[channel],
                                c->scales.shift[channel]);
    ei8_store(out, c->out->type, at + p * c->out->channels,
              ei8_activate(&c->activation, y));
  }
}

#endif  // EI8_CONV_ROWS_H_
