// Pools over windows of places: the largest stored value, or the sum brought to
// the output's scale.
#include "ei8_operators.h"

static int32_t largest(const ei8_window_pool* s, const void* in,
                       const int32_t* rows, const int32_t* columns, int32_t c) {
  int32_t most = INT32_MIN;
  for (int32_t h = rows[0]; h < rows[1]; ++h) {
    for (int32_t w = columns[0]; w < columns[1]; ++w) {
      const int32_t x = ei8_load(in, s->in->type,
                                 (h * s->in->width + w) * s->in->channels + c);
      most = x > most ? x : most;
    }
  }
  return most;
}

static int32_t sum_over(const ei8_window_pool* s, const void* in,
                        const int32_t* rows, const int32_t* columns,
                        int32_t c) {
  int32_t sum = 0;
  for (int32_t h = rows[0]; h < rows[1]; ++h) {
    for (int32_t w = columns[0]; w < columns[1]; ++w) {
      sum += ei8_value(s->in, in, (h * s->in->width + w) * s->in->channels + c);
    }
  }
  return sum;
}

void ei8_run_window_pool(const void* op, const ei8_memory* memory) {
  const ei8_window_pool* s = (const ei8_window_pool*)op;
  const void* in = ei8_at(s->in, memory);
  void* out = ei8_at(s->out, memory);
  const int32_t channels = s->out->channels;
  for (int32_t place = 0; place < ei8_places(s->out); ++place) {
    const int32_t* rows = s->rows + place / s->out->width * 2;
    const int32_t* columns = s->columns + place % s->out->width * 2;
    for (int32_t c = 0; c < channels; ++c) {
      int32_t y;
      if (s->mantissa) {
        const int32_t i = place * s->scale_step;
        y = ei8_activate(&s->activation,
                         ei8_scale(sum_over(s, in, rows, columns, c),
                                   s->mantissa[i], s->shift[i]));
      } else {
        y = largest(s, in, rows, columns, c);
      }
      ei8_store(out, s->out->type, place * channels + c, y);
    }
  }
}
