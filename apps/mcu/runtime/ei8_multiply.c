// The product of two tensors, value by value; an extent of 1 is repeated.
#include "ei8_operators.h"

void ei8_run_multiply(const void* op, const ei8_memory* memory) {
  const ei8_multiply* m = (const ei8_multiply*)op;
  const ei8_strides *s = &m->a_strides, *t = &m->b_strides;
  const void *a = ei8_at(m->a, memory), *b = ei8_at(m->b, memory);
  void* out = ei8_at(m->out, memory);
  int32_t at = 0;
  for (int32_t h = 0; h < m->out->height; ++h) {
    for (int32_t w = 0; w < m->out->width; ++w) {
      for (int32_t c = 0; c < m->out->channels; ++c) {
        const int32_t x =
            ei8_value(m->a, a, h * s->row + w * s->column + c * s->channel);
        const int32_t y =
            ei8_value(m->b, b, h * t->row + w * t->column + c * t->channel);
        ei8_store(out, m->out->type, at++,
                  ei8_activate(&m->activation,
                               ei8_scale(x * y, m->mantissa, m->shift)));
      }
    }
  }
}
