// How every convolution finds its patches, whatever multiplies them. What lies
// outside the input reads the zero point, which the bias takes off again.
#ifndef EI8_PATCH_H_
#define EI8_PATCH_H_

#include "ei8_arithmetic.h"

// Where in the input an output position's patch starts; may lie outside.
typedef struct {
  int32_t row, column;
} ei8_place;

static inline ei8_place ei8_place_of(const ei8_taps* taps,
                                     const ei8_tensor* out, int32_t position) {
  ei8_place at;
  at.row = position / out->width * taps->stride_h - taps->pad_top;
  at.column = position % out->width * taps->stride_w - taps->pad_left;
  return at;
}

static inline int ei8_inside(const ei8_tensor* in, int32_t row,
                             int32_t column) {
  return row >= 0 && row < in->height && column >= 0 && column < in->width;
}

// values: where the input's values start.
static inline const uint8_t* ei8_value_at(const ei8_tensor* in,
                                          const uint8_t* values, ei8_place at,
                                          int32_t channel) {
  const int32_t n = (at.row * in->width + at.column) * in->channels + channel;
  return values + n * in->bytes;
}

// True when the patch is one run of memory inside the input.
static inline int ei8_is_run(const ei8_taps* taps, const ei8_tensor* in,
                             ei8_place at) {
  return taps->contiguous && ei8_inside(in, at.row, at.column) &&
         at.column + taps->kernel_w <= in->width;
}

// Together, tap by tap. channel: the group's first.
static inline void ei8_copy_patch(const ei8_taps* taps, const ei8_tensor* in,
                                  const uint8_t* values, ei8_place at,
                                  int32_t channel, uint8_t* to) {
  const int32_t run = taps->in_group * in->bytes;
  for (int32_t kh = 0; kh < taps->kernel_h; ++kh) {
    for (int32_t kw = 0; kw < taps->kernel_w; ++kw, to += run) {
      const ei8_place tap = {at.row + kh * taps->dilation_h,
                             at.column + kw * taps->dilation_w};
      if (ei8_inside(in, tap.row, tap.column)) {
        const uint8_t* from = ei8_value_at(in, values, tap, channel);
        for (int32_t i = 0; i < run; ++i) to[i] = from[i];
      } else {  // Two-byte values have zero point 0.
        for (int32_t i = 0; i < run; ++i) to[i] = (uint8_t)in->zero;
      }
    }
  }
}

#endif  // EI8_PATCH_H_
