// Softmax along one axis: exponentials from two tables, one reciprocal a row.
#include "ei8_operators.h"

// Turns a row of logits into exponentials of 2^-15; returns their sum, in
// [2^15, 2^31].
static uint32_t exponentials(const ei8_softmax* s, int32_t* x) {
  int32_t max = x[0];
  uint32_t sum = 0;
  for (int32_t j = 1; j < s->length; ++j) max = x[j] > max ? x[j] : max;
  for (int32_t j = 0; j < s->length; ++j) {
    const int32_t u =
        ei8_clamp(ei8_scale(max - x[j], s->mantissa, s->shift), 0, 65535);
    const uint32_t e = (uint32_t)s->coarse[u >> 8] * s->fine[u & 255];
    x[j] = (int32_t)((e + ((uint32_t)1 << 14)) >> 15);
    sum += (uint32_t)x[j];
  }
  return sum;
}

static uint32_t reciprocal(uint32_t sum, int32_t extra_bits) {
  const uint64_t one = (uint64_t)32767 << (16 + extra_bits);
  const uint64_t quotient = (one + sum / 2) / sum;
  return quotient < 65534 ? (uint32_t)quotient : 65534;
}

void ei8_run_softmax(const void* op, const ei8_memory* memory) {
  const ei8_softmax* s = (const ei8_softmax*)op;
  const void* in = ei8_at(s->in, memory);
  int16_t* out = (int16_t*)ei8_at(s->out, memory);
  int32_t* x = (int32_t*)(void*)(memory->arena + s->scratch);
  for (int32_t row = 0; row < s->rows; ++row) {
    const int32_t first = row / s->inner * s->outer_step + row % s->inner;
    for (int32_t j = 0; j < s->length; ++j) {
      x[j] = ei8_load(in, s->in->type, first + j * s->step);
    }
    const uint32_t r = reciprocal(exponentials(s, x), s->extra_bits);
    for (int32_t j = 0; j < s->length; ++j) {
      const uint32_t p = ((uint32_t)x[j] * r + ((uint32_t)1 << 15)) >> 16;
      out[first + j * s->step] = (int16_t)p;
    }
  }
}
