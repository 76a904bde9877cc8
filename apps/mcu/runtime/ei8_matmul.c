// The matrix product of two activations. What is summed over lies side by side
// in both: sum a' * b' = sum a' * b - zero_b * sum a', modulo 2^32 on the way.
#include "ei8_operators.h"

static uint32_t dot(const int16_t* a, const void* b, uint8_t type, int32_t n) {
  uint32_t sum = 0;
  if (type == EI8_U8) {
    const uint8_t* v = (const uint8_t*)b;
    for (int32_t i = 0; i < n; ++i) sum += (uint32_t)(a[i] * v[i]);
  } else if (type == EI8_S8) {
    const int8_t* v = (const int8_t*)b;
    for (int32_t i = 0; i < n; ++i) sum += (uint32_t)(a[i] * v[i]);
  } else {
    const int16_t* v = (const int16_t*)b;
    for (int32_t i = 0; i < n; ++i) sum += (uint32_t)(a[i] * v[i]);
  }
  return sum;
}

void ei8_run_matmul(const void* op, const ei8_memory* memory) {
  const ei8_matmul* m = (const ei8_matmul*)op;
  const int32_t length = m->a->channels;
  const void* a = ei8_at(m->a, memory);
  void* out = ei8_at(m->out, memory);
  int16_t* row = (int16_t*)(void*)(memory->arena + m->scratch);
  int32_t at = 0;
  for (int32_t i = 0; i < ei8_places(m->a); ++i) {
    const uint8_t* b = (const uint8_t*)ei8_at(m->b, memory);
    uint32_t total = 0;
    if (m->b->height > 1) {
      b += i / m->a->width * m->b->width * length * m->b->bytes;
    }
    for (int32_t k = 0; k < length; ++k) {
      const int32_t x = ei8_value(m->a, a, i * length + k);
      row[k] = (int16_t)x;
      total += (uint32_t)x;
    }
    for (int32_t n = 0; n < m->out->channels; ++n) {
      const uint32_t sum =
          dot(row, b, m->b->type, length) - (uint32_t)m->b->zero * total;
      ei8_store(out, m->out->type, at++,
                ei8_activate(&m->activation,
                             ei8_scale((int32_t)sum, m->mantissa, m->shift)));
      b += length * m->b->bytes;
    }
  }
}
