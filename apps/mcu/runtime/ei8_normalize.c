// Layer, instance, group and RMS norms: one integer reciprocal square root for
// each set of values that are normalized together.
#include "ei8_operators.h"

static uint32_t square_root(uint64_t value) {
  uint64_t root = 0;
  for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1) {
    const uint64_t next = root | bit;
    if (next * next <= value) root = next;
  }
  return (uint32_t)root;
}

// 2^12 / sqrt(variance) = mantissa / 2^shift; variance in [1, 2^62).
static int32_t inverse_sqrt(int64_t variance, int32_t* shift) {
  uint64_t v = (uint64_t)variance;
  *shift = 34;
  for (; v >= (uint64_t)1 << 32; v >>= 2) ++*shift;
  for (; v < (uint64_t)1 << 30; v <<= 2) --*shift;
  return (int32_t)((((uint64_t)1 << 62) - 1) / square_root(v << 32));
}

// The set of values that begins at `first`, which is one of channel `channel`.
static void normalize_set(const ei8_normalize* s, const void* in, void* out,
                          int32_t first, int32_t channel) {
  const int32_t pitch = s->in->channels;
  const int32_t n = s->places * s->channels;
  int64_t sum = 0, squares = 0;
  int32_t shift;
  for (int32_t p = 0; p < s->places; ++p) {
    for (int32_t c = 0; c < s->channels; ++c) {
      const int32_t x = ei8_value(s->in, in, first + p * pitch + c);
      sum += s->centered ? x : 0;
      squares += (int64_t)x * x;
    }
  }
  const int32_t mantissa =
      inverse_sqrt(n * squares - sum * sum + s->epsilon, &shift);
  for (int32_t p = 0; p < s->places; ++p) {
    for (int32_t c = 0; c < s->channels; ++c) {
      const int32_t i = first + p * pitch + c;
      const int64_t distance = (int64_t)n * ei8_value(s->in, in, i) - sum;
      const int32_t t = (int32_t)ei8_round((int32_t)distance, mantissa, shift);
      const int32_t y = t * s->gain[channel + c] + s->bias[channel + c];
      ei8_store(
          out, s->out->type, i,
          ei8_activate(&s->activation, ei8_scale(y, s->mantissa, s->shift)));
    }
  }
}

void ei8_run_normalize(const void* op, const ei8_memory* memory) {
  const ei8_normalize* s = (const ei8_normalize*)op;
  const int32_t places = ei8_places(s->in);
  const int32_t channels = s->in->channels;
  for (int32_t p = 0; p < places; p += s->places) {
    for (int32_t c = 0; c < channels; c += s->channels) {
      normalize_set(s, ei8_at(s->in, memory), ei8_at(s->out, memory),
                    p * channels + c, c);
    }
  }
}
