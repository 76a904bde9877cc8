// Attention with Helium. The keys and values of a line are turned once for all
// its queries, so that neighbouring places lie side by side: logits of four
// places at a time, values mixed eight places at a time.
#include "ei8_vector_m55.h"

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

// One channel of all places, `last` repeated behind them or zeros.
static void turn_channel(const ei8_attention* a, const workspace* w,
                         const int8_t* from, int32_t step, int repeats,
                         int8_t* to) {
  uint32x4_t places = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)step);
  int32_t j = 0;
  for (; j + 4 <= a->length; j += 4) {
    vstrbq_s32(to + j, vldrbq_gather_offset_s32(from, places));
    places = vaddq_n_u32(places, 4 * (uint32_t)step);
  }
  for (; j < a->length; ++j) to[j] = from[j * step];
  const int8_t last = repeats ? to[a->length - 1] : 0;
  for (; j < w->padded; ++j) to[j] = last;
}

// first: the line's first key; the values are `apart` further on.
static void turn_line(const ei8_attention* a, const workspace* w,
                      const int8_t* first, int32_t apart, int32_t step) {
  for (int32_t c = 0; c < w->per_head; ++c) {
    turn_channel(a, w, first + c, step, 1, w->keys + c * w->padded);
    turn_channel(a, w, first + c + apart, step, 0, w->values + c * w->padded);
  }
}

// Logits of all keys; returns the largest.
static __attribute__((noinline)) int32_t score(const ei8_attention* a,
                                               const workspace* w,
                                               const int8_t* q) {
  const int32_t apart = w->padded;
  int32x4_t most = vdupq_n_s32(INT32_MIN);
  for (int32_t j = 0; j < a->length; j += 4) {
    const int8_t* k = w->keys + j;
    int32x4_t sum = vdupq_n_s32(0);
    int32_t c = 0;
    for (; c + 4 <= w->per_head; c += 4, k += 4 * apart) {
      sum = vmlaq_n_s32(sum, vldrbq_s32(k), q[c]);
      sum = vmlaq_n_s32(sum, vldrbq_s32(k + apart), q[c + 1]);
      sum = vmlaq_n_s32(sum, vldrbq_s32(k + 2 * apart), q[c + 2]);
      sum = vmlaq_n_s32(sum, vldrbq_s32(k + 3 * apart), q[c + 3]);
    }
    for (; c < w->per_head; ++c, k += apart) {
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
  const int32x4_t mantissa = vdupq_n_s32(a->logit_mantissa[head]);
  const ei8_shifts shifts = ei8_shifts_of(a->logit_shift[head]);
  const int32x4_t most = vdupq_n_s32(max);
  const uint32x4_t top = vdupq_n_u32(65535), fraction = vdupq_n_u32(255);
  const uint16_t *coarse = a->coarse, *fine = a->fine;
  uint32_t sum = 0;
  for (int32_t j = 0; j < a->length; j += 4) {
    const int32x4_t below = vsubq_s32(most, vld1q_s32(w->acc + j));
    const uint32x4_t u =
        vminq_u32((uint32x4_t)ei8_scale_4(below, mantissa, shifts), top);
    const uint32x4_t e = vmulq_u32(
        vldrhq_gather_shifted_offset_u32(coarse, vshrq_n_u32(u, 8)),
        vldrhq_gather_shifted_offset_u32(fine, vandq_u32(u, fraction)));
    const uint32x4_t rounded = vrshrq_n_u32(e, 15);
    vst1q_u32((uint32_t*)w->acc + j, rounded);
    sum = vaddvaq_p_u32(sum, rounded, vctp32q((uint32_t)(a->length - j)));
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

static inline int32_t mix_channel(const ei8_attention* a, const workspace* w,
                                  int32_t c, const int8_t* v) {
  int32_t sum = a->scales.bias[c];
  for (int32_t j = 0; j < w->padded; j += BLOCK) {
    sum = vmladavaq_s16(sum, vld1q_s16(w->p + j), vldrbq_s16(v + j));
  }
  return sum;
}

// Four channels at once: as ei8_scale_4(), each with its own scale.
static __attribute__((noinline)) void mix(const ei8_attention* a,
                                          const workspace* w,
                                          const ei8_end* end, int32_t channel,
                                          void* out, int32_t place) {
  const int32_t last = channel + w->per_head;
  const int32_t at = place * a->out->channels;
  const int8_t* v = w->values;
  for (; channel + 4 <= last && end->ending != EI8_OTHER; channel += 4) {
    int32_t sum[4];
#pragma GCC unroll 4
    for (int32_t i = 0; i < 4; ++i, v += w->padded) {
      sum[i] = mix_channel(a, w, channel + i, v);
    }
    const int32x4_t shift = (int32x4_t)vldrbq_u32(a->scales.shift + channel);
    const int32x4_t left =
        vmaxq_s32(vsubq_s32(vdupq_n_s32(33), shift), vdupq_n_s32(0));
    const int32x4_t right =
        vminq_s32(vsubq_s32(vdupq_n_s32(32), shift), vdupq_n_s32(-1));
    const int32x4_t y = vmulhq_s32(vqshlq_s32(vld1q_s32(sum), left),
                                   vld1q_s32(a->scales.mantissa + channel));
    ei8_store_4(end, ei8_activate_4(end, vrshlq_s32(y, right)), out,
                at + channel);
  }
  for (; channel < last; ++channel, v += w->padded) {
    const int32_t y =
        ei8_scale(mix_channel(a, w, channel, v), a->scales.mantissa[channel],
                  a->scales.shift[channel]);
    ei8_store(out, a->out->type, at + channel, ei8_activate(&a->activation, y));
  }
}

void ei8_run_attention_m55(const void* op, const ei8_memory* memory) {
  const ei8_attention* a = (const ei8_attention*)op;
  const int8_t* in = (const int8_t*)ei8_at(a->in, memory);
  void* out = ei8_at(a->out, memory);
  const workspace w = place_workspace(a, memory->arena + a->scratch);
  const ei8_end end = ei8_end_of(&a->activation, a->out);
  const int32_t channels = a->out->channels;
  const int32_t step = a->place_step * 3 * channels;
  for (int32_t head = 0; head < a->heads; ++head) {
    for (int32_t line = 0; line < a->lines; ++line) {
      const int32_t place = line * a->line_step;
      const int8_t* first = in + place * 3 * channels + head * w.per_head;
      turn_line(a, &w, first + channels, channels, step);
      for (int32_t i = 0; i < a->length; ++i) {
        softmax(a, head, score(a, &w, first + i * step), &w);
        mix(a, &w, &end, head * w.per_head, out, place + i * a->place_step);
      }
    }
  }
}
