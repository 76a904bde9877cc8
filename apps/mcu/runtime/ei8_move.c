// Values that change places and nothing else.
#include "ei8_operators.h"

static void fill(const ei8_move* m, uint8_t* out) {
  const int32_t size = ei8_size(m->out);
  if (m->out->type == EI8_S32) {
    for (int32_t i = 0; i < size; ++i) ((int32_t*)(void*)out)[i] = m->fill;
  } else {
    for (int32_t i = 0; i < size; ++i) {
      ei8_store(out, m->out->type, i, m->fill);
    }
  }
}

static void copy_values(const ei8_copy* c, const uint8_t* from, uint8_t* to,
                        int32_t bytes) {
  for (int32_t i = 0; i < c->count[0]; ++i) {
    for (int32_t b = 0; b < bytes; ++b) to[b] = from[b];
    from += c->from_step[0];
    to += c->to_step[0];
  }
}

static void copy(const ei8_copy* c, const uint8_t* from, uint8_t* to,
                 int32_t bytes) {
  for (int32_t i = 0; i < c->count[3]; ++i) {
    for (int32_t j = 0; j < c->count[2]; ++j) {
      for (int32_t k = 0; k < c->count[1]; ++k) {
        copy_values(
            c,
            from + (i * c->from_step[3] + j * c->from_step[2] +
                    k * c->from_step[1]),
            to + (i * c->to_step[3] + j * c->to_step[2] + k * c->to_step[1]),
            bytes);
      }
    }
  }
}

void ei8_run_move(const void* op, const ei8_memory* memory) {
  const ei8_move* m = (const ei8_move*)op;
  uint8_t* out = (uint8_t*)ei8_at(m->out, memory);
  if (m->fills) fill(m, out);
  for (int32_t i = 0; i < m->copy_count; ++i) {
    const ei8_copy* c = &m->copies[i];
    const uint8_t* in = (const uint8_t*)ei8_at(c->in, memory);
    copy(c, in + c->from, out + c->to, m->out->bytes);
  }
}
