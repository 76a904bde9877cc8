// Another type, another scale, or a function of one number, value by value.
#include "ei8_operators.h"

void ei8_run_requantize(const void* op, const ei8_memory* memory) {
  const ei8_requantize* r = (const ei8_requantize*)op;
  const void* in = ei8_at(r->in, memory);
  void* out = ei8_at(r->out, memory);
  const int32_t size = ei8_size(r->out);
  for (int32_t i = 0; i < size; ++i) {
    const int32_t y = ei8_scale(ei8_value(r->in, in, i), r->mantissa, r->shift);
    ei8_store(out, r->out->type, i, ei8_activate(&r->activation, y));
  }
}
