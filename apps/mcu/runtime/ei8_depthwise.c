// Convolution with one channel per group: nothing is summed over channels, so
// channels run innermost and taps outside the input are left out.
#include "ei8_arithmetic.h"

// Adds one tap to the sums of all channels. x: the input at the tap's place.
static void add_tap(const ei8_depthwise* d, const uint8_t* weights,
                    const void* x, int32_t* sum) {
  const int32_t zero = d->in->zero;
  const uint8_t* bytes = (const uint8_t*)x;
  const int32_t channels = d->in->channels;
  if (d->in->type == EI8_U8 && d->weight_bits == 8) {
    const int8_t* w = (const int8_t*)weights;
    for (int32_t c = 0; c < channels; ++c) sum[c] += w[c] * (bytes[c] - zero);
    return;
  }
  for (int32_t c = 0; c < channels; ++c) {
    sum[c] += ei8_weight(weights, d->weight_bits, c) *
              (ei8_load(x, d->in->type, c) - zero);
  }
}

static void add_taps(const ei8_depthwise* d, const uint8_t* in, int32_t row,
                     int32_t column, int32_t* sum) {
  const uint8_t* weights = d->weights;
  for (int32_t kh = 0; kh < d->kernel_h; ++kh) {
    const int32_t h = row + kh * d->dilation_h;
    for (int32_t kw = 0; kw < d->kernel_w; ++kw) {
      const int32_t w = column + kw * d->dilation_w;
      if (h >= 0 && h < d->in->height && w >= 0 && w < d->in->width) {
        add_tap(d, weights,
                in + (h * d->in->width + w) * d->in->channels * d->in->bytes,
                sum);
      }
      weights += d->row_bytes;
    }
  }
}

void ei8_run_depthwise(const void* op, const ei8_memory* memory) {
  const ei8_depthwise* d = (const ei8_depthwise*)op;
  const uint8_t* in = (const uint8_t*)ei8_at(d->in, memory);
  void* out = ei8_at(d->out, memory);
  int32_t* sum = (int32_t*)(void*)(memory->arena + d->scratch);
  const int32_t channels = d->out->channels;
  int32_t at = 0;
  for (int32_t h = 0; h < d->out->height; ++h) {
    for (int32_t w = 0; w < d->out->width; ++w) {
      for (int32_t c = 0; c < channels; ++c) sum[c] = d->scales.bias[c];
      add_taps(d, in, h * d->stride_h - d->pad_top,
               w * d->stride_w - d->pad_left, sum);
      for (int32_t c = 0; c < channels; ++c) {
        const int32_t y =
            ei8_scale(sum[c], d->scales.mantissa[c], d->scales.shift[c]);
        ei8_store(out, d->out->type, at++, ei8_activate(&d->activation, y));
      }
    }
  }
}
