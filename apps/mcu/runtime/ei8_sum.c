// A sum whose terms may be subtracted and repeated: every term in the sum's
// units, added, rounded once, activated.
#include "ei8_operators.h"

static int32_t term_at(const ei8_sum_term* term, const ei8_memory* memory,
                       int32_t h, int32_t w, int32_t c) {
  const ei8_strides* s = &term->strides;
  int32_t x = ei8_value(term->tensor, ei8_at(term->tensor, memory),
                        h * s->row + w * s->column + c * s->channel);
  if (term->rescale) x = (int32_t)ei8_round(x, term->mantissa, term->shift);
  return term->negate ? -x : x;
}

void ei8_run_sum(const void* op, const ei8_memory* memory) {
  const ei8_sum* s = (const ei8_sum*)op;
  void* out = ei8_at(s->out, memory);
  int32_t at = 0;
  for (int32_t h = 0; h < s->out->height; ++h) {
    for (int32_t w = 0; w < s->out->width; ++w) {
      for (int32_t c = 0; c < s->out->channels; ++c) {
        int32_t sum = 0;
        for (int32_t t = 0; t < s->term_count; ++t) {
          sum += term_at(&s->terms[t], memory, h, w, c);
        }
        // floor(sum / 2^bits + 1/2) without leaving 32 bits.
        sum = ((sum >> (s->fraction_bits - 1)) + 1) >> 1;
        ei8_store(out, s->out->type, at++, ei8_activate(&s->activation, sum));
      }
    }
  }
}
