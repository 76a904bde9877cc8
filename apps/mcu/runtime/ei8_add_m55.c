// Residual sum with Helium, four values at a time.
#include "ei8_vector_m55.h"

// x, a value less a zero point, has 17 bits: from this shift on, moving it left
// instead of shifting less never saturates.
enum { LEAST_SHIFT = 19 };

static int in_range(const ei8_add* s) {
  for (int32_t t = 0; t < s->term_count; ++t) {
    if (s->terms[t].rescale && s->terms[t].shift < LEAST_SHIFT) return 0;
  }
  return 1;
}

static inline int32x4_t term_at(const ei8_term* term, const void* from,
                                int32_t i) {
  int32x4_t x = ei8_load_4(from, term->tensor->type, i);
  if (!term->rescale) return x;
  x = vsubq_n_s32(x, term->tensor->zero);
  return ei8_scale_4(x, vdupq_n_s32(term->mantissa),
                     ei8_shifts_of(term->shift));
}

void ei8_run_add_m55(const void* op, const ei8_memory* memory) {
  const ei8_add* s = (const ei8_add*)op;
  const int32_t size = s->out->height * s->out->width * s->out->channels;
  const ei8_end end = ei8_end_of(&s->activation, s->out);
  void* out = ei8_at(s->out, memory);
  if (size < 4 || end.ending == EI8_OTHER || !in_range(s)) {
    ei8_run_add(op, memory);
    return;
  }
  for (int32_t i = 0; i < size; i += 4) {
    const int32_t at = i < size - 4 ? i : size - 4;  // The last four again.
    int32x4_t sum = vdupq_n_s32(0);
    for (int32_t t = 0; t < s->term_count; ++t) {
      const ei8_term* term = &s->terms[t];
      sum = vaddq_s32(sum, term_at(term, ei8_at(term->tensor, memory), at));
    }
    sum = vrshlq_n_s32(sum, -s->fraction_bits);
    ei8_store_4(&end, ei8_activate_4(&end, sum), out, at);
  }
}
