// Attention with Neon. The keys and values of a line are turned once for all
// its queries and widened to 16 bits, so that neighbouring places lie side by
// side: logits and values of eight places at a time.
#include "ei8_vector_aarch64.h"

// What one head works in on one line. Lines are padded to whole blocks: keys
// repeat the last one, so that the largest logit stays what it is; values are
// followed by zeros.
enum { BLOCK = 8 };
typedef struct {
  int32_t* acc;     // [padded]
  int16_t* p;       // [padded]
  int16_t* keys;    // [channels of a head][padded]
  int16_t* values;  // the same
  int32_t per_head;
  int32_t padded;
} workspace;

static workspace place_workspace(const ei8_attention* a, uint8_t* scratch) {
  workspace w;
  w.per_head = a->out->channels / a->heads;
  w.padded = (a->length + BLOCK - 1) / BLOCK * BLOCK;
  w.acc = (int32_t*)(void*)scratch;
  w.p = (int16_t*)(void*)(w.acc + w.padded);
  w.keys = w.p + w.padded;
  w.values = w.keys + w.padded * w.per_head;
  return w;
}

// first: the line's first key; the values are `apart` further on.
static void turn_line(const ei8_attention* a, const workspace* w,
                      const int8_t* first, int32_t apart, int32_t step) {
  for (int32_t c = 0; c < w->per_head; ++c) {
    const int8_t* from = first + c;
    int16_t *k = w->keys + c * w->padded, *v = w->values + c * w->padded;
    int32_t j = 0;
#pragma GCC unroll 4
    for (; j < a->length; ++j, from += step) {
      k[j] = from[0];
      v[j] = from[apart];
    }
    for (; j < w->padded; ++j) {
      k[j] = k[a->length - 1];
      v[j] = 0;
    }
  }
}

// Logits of all keys; returns the largest.
static __attribute__((noinline)) int32_t score(const workspace* w,
                                               const int8_t* q) {
  int32x4_t most = vdupq_n_s32(INT32_MIN);
  for (int32_t j = 0; j < w->padded; j += BLOCK) {
    const int16_t* k = w->keys + j;
    int32x4_t low = vdupq_n_s32(0), high = vdupq_n_s32(0);
    for (int32_t c = 0; c < w->per_head; ++c, k += w->padded) {
      const int16x8_t eight = vld1q_s16(k);
      low = vmlal_n_s16(low, vget_low_s16(eight), q[c]);
      high = vmlal_high_n_s16(high, eight, q[c]);
    }
    vst1q_s32(w->acc + j, low);
    vst1q_s32(w->acc + j + 4, high);
    most = vmaxq_s32(most, vmaxq_s32(low, high));
  }
  return vmaxvq_s32(most);
}

// Logits to exponentials of 2^-15; returns their sum. u counts 2^-12 nats and
// is never negative.
static __attribute__((noinline)) uint32_t exponentials(const ei8_attention* a,
                                                       int32_t head,
                                                       int32_t max,
                                                       int32_t* acc) {
  const ei8_scale_of_4 scale = ei8_scale_from(
      vdupq_n_s32(a->logit_mantissa[head]), vdupq_n_s32(a->logit_shift[head]));
  const int32x4_t most = vdupq_n_s32(max), top = vdupq_n_s32(65535);
  const uint16_t *coarse = a->coarse, *fine = a->fine;
  uint32_t sum = 0;
  for (int32_t j = 0; j < a->length; j += 4) {
    const int32x4_t below = vsubq_s32(most, vld1q_s32(acc + j));
    vst1q_s32(acc + j, vminq_s32(ei8_scale_4(below, &scale), top));
  }
#pragma GCC unroll 4
  for (int32_t j = 0; j < a->length; ++j) {
    const uint32_t u = (uint32_t)acc[j];
    const uint32_t e = (uint32_t)coarse[u >> 8] * fine[u & 255];
    const uint32_t rounded = (e + ((uint32_t)1 << 14)) >> 15;
    acc[j] = (int32_t)rounded;
    sum += rounded;
  }
  return sum;
}

// Probabilities; those behind the line meet zeros.
static void softmax(const ei8_attention* a, int32_t head, int32_t max,
                    const workspace* w) {
  const uint32_t sum = exponentials(a, head, max, w->acc);
  const uint32_t r = (((uint32_t)32767 << 16) + sum / 2) / sum;
  for (int32_t j = 0; j < w->padded; j += 4) {
    const uint32x4_t e = vld1q_u32((const uint32_t*)w->acc + j);
    const uint32x4_t p = vrshrq_n_u32(vmulq_n_u32(e, r), 16);
    vst1_s16(w->p + j, vmovn_s32(vreinterpretq_s32_u32(p)));
  }
}

static inline int32x4_t mix_channel(const workspace* w, const int16_t* v) {
  int32x4_t sum = vdupq_n_s32(0);
  for (int32_t j = 0; j < w->padded; j += BLOCK) {
    const int16x8_t p = vld1q_s16(w->p + j), x = vld1q_s16(v + j);
    sum = vmlal_s16(sum, vget_low_s16(p), vget_low_s16(x));
    sum = vmlal_high_s16(sum, p, x);
  }
  return sum;
}

// Four channels at once, then the last ones.
static __attribute__((noinline)) void mix(const ei8_attention* a,
                                          const workspace* w, const ei8_end* e,
                                          int32_t channel, void* out,
                                          int32_t place) {
  const int32_t last = channel + w->per_head;
  const int32_t at = place * a->out->channels;
  const int16_t* v = w->values;
  for (; channel + 4 <= last; channel += 4, v += 4 * w->padded) {
    const int32x4_t s0 = mix_channel(w, v), s1 = mix_channel(w, v + w->padded);
    const int32x4_t s2 = mix_channel(w, v + 2 * w->padded);
    const int32x4_t s3 = mix_channel(w, v + 3 * w->padded);
    const int32x4_t sums = vpaddq_s32(vpaddq_s32(s0, s1), vpaddq_s32(s2, s3));
    const ei8_scale_of_4 scale =
        ei8_scale_from(vld1q_s32(a->scales.mantissa + channel),
                       ei8_load_shifts(a->scales.shift + channel));
    const int32x4_t y = ei8_scale_4(
        vaddq_s32(sums, vld1q_s32(a->scales.bias + channel)), &scale);
    ei8_finish_4(e, y, 4, a->out, out, at + channel);
  }
  for (; channel < last; ++channel, v += w->padded) {
    const int32_t sum = vaddvq_s32(mix_channel(w, v)) + a->scales.bias[channel];
    const int32_t y =
        ei8_scale(sum, a->scales.mantissa[channel], a->scales.shift[channel]);
    ei8_finish_4(e, vdupq_n_s32(y), 1, a->out, out, at + channel);
  }
}

void ei8_run_attention_aarch64(const void* op, const ei8_memory* memory) {
  const ei8_attention* a = (const ei8_attention*)op;
  const int8_t* in = (const int8_t*)ei8_at(a->in, memory);
  void* out = ei8_at(a->out, memory);
  const workspace w = place_workspace(a, memory->arena + a->scratch);
  const ei8_end e = ei8_end_of(&a->activation, a->out);
  const int32_t channels = a->out->channels;
  const int32_t step = a->place_step * 3 * channels;
  for (int32_t head = 0; head < a->heads; ++head) {
    for (int32_t line = 0; line < a->lines; ++line) {
      const int32_t place = line * a->line_step;
      const int8_t* first = in + place * 3 * channels + head * w.per_head;
      turn_line(a, &w, first + channels, channels, step);
      for (int32_t i = 0; i < a->length; ++i) {
        softmax(a, head, score(&w, first + i * step), &w);
        mix(a, &w, &e, head * w.per_head, out, place + i * a->place_step);
      }
    }
  }
  ei8_look_up_all(&e, a->out, out);
}
