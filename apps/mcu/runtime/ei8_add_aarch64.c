// Residual sum with Neon, four values at a time.
#include "ei8_vector_aarch64.h"

// x, a value less a zero point, has 17 bits: from this shift on, moving it left
// instead of shifting less never saturates.
enum { LEAST_SHIFT = 19 };

static int in_range(const ei8_add* s) {
  for (int32_t t = 0; t < s->term_count; ++t) {
    if (s->terms[t].rescale && s->terms[t].shift < LEAST_SHIFT) return 0;
  }
  return 1;
}

static inline int32x4_t load_4(const void* from, uint8_t type, int32_t i) {
  if (type == EI8_S16) return vmovl_s16(vld1_s16((const int16_t*)from + i));
  uint32_t word;
  __builtin_memcpy(&word, (const uint8_t*)from + i, 4);
  const uint8x8_t bytes = vcreate_u8(word);
  if (type == EI8_S8) {
    return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(bytes))));
  }
  return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
}

// Adds the term to `n` sums, whole fours.
static void add_term(const ei8_term* term, const void* from, int32_t first,
                     int32_t n, int32_t* sums) {
  const ei8_scale_of_4 scale =
      ei8_scale_from(vdupq_n_s32(term->mantissa), vdupq_n_s32(term->shift));
  const int32x4_t zero = vdupq_n_s32(term->tensor->zero);
  for (int32_t i = 0; i < n; i += 4) {
    int32x4_t x = load_4(from, term->tensor->type, first + i);
    if (term->rescale) x = ei8_scale_4(vsubq_s32(x, zero), &scale);
    vst1q_s32(sums + i, vaddq_s32(vld1q_s32(sums + i), x));
  }
}

enum { RUN = 64 };  // values that are added up at a time

void ei8_run_add_aarch64(const void* op, const ei8_memory* memory) {
  const ei8_add* s = (const ei8_add*)op;
  const int32_t size = s->out->height * s->out->width * s->out->channels;
  const ei8_end e = ei8_end_of(&s->activation, s->out);
  const int32x4_t right = vdupq_n_s32(-s->fraction_bits);
  void* out = ei8_at(s->out, memory);
  if (size % 4 != 0 || !in_range(s)) {
    ei8_run_add(op, memory);
    return;
  }
  for (int32_t first = 0; first < size; first += RUN) {
    const int32_t n = size - first < RUN ? size - first : RUN;
    int32_t sums[RUN] = {0};
    for (int32_t t = 0; t < s->term_count; ++t) {
      add_term(&s->terms[t], ei8_at(s->terms[t].tensor, memory), first, n,
               sums);
    }
    for (int32_t i = 0; i < n; i += 4) {
      const int32x4_t y = vrshlq_s32(vld1q_s32(sums + i), right);
      ei8_finish_4(&e, y, 4, s->out, out, first + i);
    }
  }
  ei8_look_up_all(&e, s->out, out);
}
