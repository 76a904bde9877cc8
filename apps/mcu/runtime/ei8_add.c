// Residual sum: every term in the sum's units, added, rounded once, activated.
#include "ei8_arithmetic.h"

void ei8_run_add(const void* op, const ei8_memory* memory) {
  const ei8_add* s = (const ei8_add*)op;
  const int32_t size = s->out->height * s->out->width * s->out->channels;
  void* out = ei8_at(s->out, memory);
  for (int32_t i = 0; i < size; ++i) {
    int32_t sum = 0;
    for (int32_t t = 0; t < s->term_count; ++t) {
      const ei8_term* term = &s->terms[t];
      int32_t x = ei8_load(ei8_at(term->tensor, memory), term->tensor->type, i);
      if (term->rescale) {
        x = (int32_t)ei8_round(x - term->tensor->zero, term->mantissa,
                               term->shift);
      }
      sum += x;
    }
    // floor(sum / 2^bits + 1/2) without leaving 32 bits.
    sum = ((sum >> (s->fraction_bits - 1)) + 1) >> 1;
    ei8_store(out, s->out->type, i, ei8_activate(&s->activation, sum));
  }
}
