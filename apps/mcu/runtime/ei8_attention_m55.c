// Attention with Helium. The keys and values of a line are turned once for all
// its queries, so that neighbouring places lie side by side: logits of four
// places at a time, values mixed eight places at a time.
#include "ei8_cortex_m55.h"

#if !defined(__ARM_FEATURE_MVE) || !(__ARM_FEATURE_MVE & 1)
#error "this export is for Cortex-M55 and others with Helium"
#endif
#include <arm_mve.h>

// What one head works in on one line. Lines are padded to whole blocks: keys
// repeat the last one, so that the largest logit stays what it is; values are
// followed by zeros.
enum { BLOCK = 8 };
typedef struct {
  int32_t* acc;    // [padded]
  int16_t* p;      // [padded]
  int8_t* keys;    // [channels of a head][padded]
  int8_t* values;  // the same
  int32_t per_head;
  int32_t padded;
} workspace;

static workspace place_workspace(const ei8_attention* a, uint8_t* scratch) {
  workspace w;
  w.per_head = a->out->channels / a->heads;
  w.padded = (a->length + BLOCK - 1) / BLOCK * BLOCK;
  w.acc = (int32_t*)(void*)scratch;
  w.p = (int16_t*)(void*)(w.acc + w.padded);
  w.keys = (int8_t*)(w.p + w.padded);
  w.values = w.keys + w.padded * w.per_head;
  return w;
}

// first: the line's first key; the values are `apart` further on.
static void turn_line(const ei8_attention* a, const workspace* w,
                      const int8_t* first, int32_t apart, int32_t step) {
  for (int32_t j = 0; j < w->padded; ++j) {
    const int past = j >= a->length;
    const int8_t* k = first + (past ? a->length - 1 : j) * step;
    for (int32_t c = 0; c < w->per_head; ++c) {
      w->keys[c * w->padded + j] = k[c];
      w->values[c * w->padded + j] = past ? 0 : k[c + apart];
    }
  }
}

// Logits of all keys; returns the largest.
static __attribute__((noinline)) int32_t score(const workspace* w,
                                               const int8_t* q) {
  int32x4_t most = vdupq_n_s32(INT32_MIN);
  for (int32_t j = 0; j < w->padded; j += 4) {
    const int8_t* k = w->keys + j;
    int32x4_t sum = vdupq_n_s32(0);
    for (int32_t c = 0; c < w->per_head; ++c, k += w->padded) {
      sum = vmlaq_n_s32(sum, vldrbq_s32(k), q[c]);
    }
    vst1q_s32(w->acc + j, sum);
    most = vmaxq_s32(most, sum);
  }
  return vmaxvq_s32(INT32_MIN, most);
}

// Logits to exponentials of 2^-15; returns their sum. u counts 2^-12 nats and
// is never negative. Shifts above 32: as ei8_scale().
static __attribute__((noinline)) uint32_t exponentials(const ei8_attention* a,
                                                       int32_t head,
                                                       int32_t max,
                                                       const workspace* w) {
  const int32_t mantissa = a->logit_mantissa[head];
  const int32_t shift = a->logit_shift[head];
  const uint32x4_t top = vdupq_n_u32(65535);
  uint32_t sum = 0;
  for (int32_t j = 0; j < w->padded; j += 4) {
    int32x4_t u = vsubq_s32(vdupq_n_s32(max), vld1q_s32(w->acc + j));
    if (shift > 32) {
      u = vmulhq_s32(u, vdupq_n_s32(mantissa));
      u = vrshlq_n_s32(u, 32 - shift);
    } else {
      int32_t one[4];
      vst1q_s32(one, u);
      for (int32_t i = 0; i < 4; ++i)
        one[i] = ei8_scale(one[i], mantissa, shift);
      u = vld1q_s32(one);
    }
    const uint32x4_t near = vminq_u32((uint32x4_t)u, top);
    const uint32x4_t high =
        vldrhq_gather_shifted_offset_u32(a->coarse, vshrq_n_u32(near, 8));
    const uint32x4_t low = vldrhq_gather_shifted_offset_u32(
        a->fine, vandq_u32(near, vdupq_n_u32(255)));
    const uint32x4_t e = vrshrq_n_u32(vmulq_u32(high, low), 15);
    vst1q_u32((uint32_t*)w->acc + j, e);
    sum = vaddvaq_p_u32(sum, e, vctp32q((uint32_t)(a->length - j)));
  }
  return sum;
}

static void softmax(const ei8_attention* a, int32_t head, int32_t max,
                    const workspace* w) {
  const uint32_t sum = exponentials(a, head, max, w);
  const uint32_t r = (((uint32_t)32767 << 16) + sum / 2) / sum;
  for (int32_t j = 0; j < w->padded; j += 4) {
    const uint32x4_t e = vld1q_u32((const uint32_t*)w->acc + j);
    const uint32x4_t p = vrshrq_n_u32(vmulq_n_u32(e, r), 16);
    vstrhq_s32(w->p + j, (int32x4_t)p);
  }
}

static __attribute__((noinline)) void mix(const ei8_attention* a,
                                          const workspace* w, int32_t channel,
                                          void* out, int32_t place) {
  const int8_t* v = w->values;
  for (int32_t c = channel; c < channel + w->per_head; ++c) {
    int32_t sum = a->scales.bias[c];
    for (int32_t j = 0; j < w->padded; j += BLOCK, v += BLOCK) {
      sum = vmladavaq_s16(sum, vld1q_s16(w->p + j), vldrbq_s16(v));
    }
    const int32_t y = ei8_scale(sum, a->scales.mantissa[c], a->scales.shift[c]);
    ei8_store(out, a->out->type, place * a->out->channels + c,
              ei8_activate(&a->activation, y));
  }
}

void ei8_run_attention_m55(const void* op, const ei8_memory* memory) {
  const ei8_attention* a = (const ei8_attention*)op;
  const int8_t* in = (const int8_t*)ei8_at(a->in, memory);
  void* out = ei8_at(a->out, memory);
  const workspace w = place_workspace(a, memory->arena + a->scratch);
  const int32_t channels = a->out->channels;
  const int32_t step = a->place_step * 3 * channels;
  for (int32_t head = 0; head < a->heads; ++head) {
    for (int32_t line = 0; line < a->lines; ++line) {
      const int32_t place = line * a->line_step;
      const int8_t* first = in + place * 3 * channels + head * w.per_head;
      turn_line(a, &w, first + channels, channels, step);
      for (int32_t i = 0; i < a->length; ++i) {
        softmax(a, head, score(&w, first + i * step), &w);
        mix(a, &w, head * w.per_head, out, place + i * a->place_step);
      }
    }
  }
}
