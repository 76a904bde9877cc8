// Linear interpolation between two rows and two columns.
#include "ei8_operators.h"

static int32_t across(const ei8_resize* s, const void* in, int32_t row,
                      const int32_t* column, int32_t c) {
  const int32_t first = row * s->in->width + column[0];
  const int32_t second = row * s->in->width + column[1];
  return (256 - column[2]) * ei8_value(s->in, in, first * s->in->channels + c) +
         column[2] * ei8_value(s->in, in, second * s->in->channels + c);
}

void ei8_run_resize(const void* op, const ei8_memory* memory) {
  const ei8_resize* s = (const ei8_resize*)op;
  const void* in = ei8_at(s->in, memory);
  void* out = ei8_at(s->out, memory);
  const int32_t channels = s->out->channels;
  for (int32_t place = 0; place < ei8_places(s->out); ++place) {
    const int32_t* row = s->rows + place / s->out->width * 3;
    const int32_t* column = s->columns + place % s->out->width * 3;
    for (int32_t c = 0; c < channels; ++c) {
      // Four weights that sum to 2^16: never outside 32 bits.
      const int32_t sum = (256 - row[2]) * across(s, in, row[0], column, c) +
                          row[2] * across(s, in, row[1], column, c);
      ei8_store(
          out, s->out->type, place * channels + c,
          ei8_activate(&s->activation, ei8_scale(sum, s->mantissa, s->shift)));
    }
  }
}
