// Pooling: the sum over each bin of rows and the whole width; a smaller bin is
// brought to the largest one's scale.
#include "ei8_arithmetic.h"

static int32_t bin_sum(const ei8_pool* pool, const void* in, int32_t channel,
                       int32_t bin) {
  const ei8_tensor* t = pool->in;
  const int32_t begin = bin * t->height / pool->bins;
  const int32_t end = ((bin + 1) * t->height + pool->bins - 1) / pool->bins;
  int32_t sum = 0;
  for (int32_t n = begin * t->width; n < end * t->width; ++n) {
    sum += ei8_load(in, t->type, n * t->channels + channel);
  }
  return sum;
}

void ei8_run_pool(const void* op, const ei8_memory* memory) {
  const ei8_pool* pool = (const ei8_pool*)op;
  const void* in = ei8_at(pool->in, memory);
  int32_t* out = (int32_t*)ei8_at(pool->out, memory);
  for (int32_t bin = 0; bin < pool->bins; ++bin) {
    for (int32_t channel = 0; channel < pool->out->channels; ++channel) {
      int32_t sum = bin_sum(pool, in, channel, bin);
      if (pool->mantissa) {
        sum = (int32_t)ei8_round(sum, pool->mantissa[bin], pool->shift[bin]);
      }
      *out++ = sum;
    }
  }
}
