// Attention with SMLAD. The keys and values of a line are expanded once for all
// its queries: keys to pairs of channels, as a query is; values to pairs of
// places, as probabilities lie.
#include "ei8_cortex_m4.h"

#ifndef __ARM_FEATURE_DSP
#error "this export is for Cortex-M4 and others with the DSP extension"
#endif
#include <arm_acle.h>

// What one head works in on one line.
typedef struct {
  int32_t* acc;      // [length]
  int16_t* p;        // [length], even
  uint32_t* query;   // [words]
  uint32_t* keys;    // [length][words]
  uint32_t* values;  // [length / 2][channels of a head]
  int32_t words;     // a pair of channels each, whole groups of four
  int32_t per_head;
} workspace;

static workspace place_workspace(const ei8_attention* a, uint8_t* scratch) {
  const int32_t even = (a->length + 1) & ~1;
  workspace w;
  w.per_head = a->out->channels / a->heads;
  w.words = (w.per_head + 3) / 4 * 2;
  w.acc = (int32_t*)(void*)scratch;
  w.query = (uint32_t*)(w.acc + a->length);
  w.keys = w.query + w.words;
  w.values = w.keys + a->length * w.words;
  w.p = (int16_t*)(void*)(w.values + even / 2 * w.per_head);
  return w;
}

// n signed bytes as pairs (0, 2), (1, 3), (4, 6), ...; zeros behind them.
static void expand_channels(const int8_t* from, int32_t n, uint32_t* to) {
  for (int32_t c = 0; c < n; c += 4) {
    uint32_t word = 0;
    if (n - c >= 4) {
      __builtin_memcpy(&word, from + c, sizeof word);
    } else {
      for (int32_t i = c; i < n; ++i) {
        word |= (uint32_t)(uint8_t)from[i] << (8 * (i - c));
      }
    }
    const uint32_t turned = word >> 8 | word << 24;
    *to++ = (uint32_t)__sxtb16((int8x4_t)word);
    *to++ = (uint32_t)__sxtb16((int8x4_t)turned);
  }
}

// first: the line's first key; the values are `apart` further on.
static void expand_line(const ei8_attention* a, const workspace* w,
                        const int8_t* first, int32_t apart, int32_t step) {
  const int8_t* v = first + apart;
  uint32_t* to = w->values;
  for (int32_t j = 0; j < a->length; ++j) {
    expand_channels(first + j * step, w->per_head, w->keys + j * w->words);
  }
  for (int32_t j = 0; j < a->length; j += 2, v += 2 * step) {
    const int one_left = j + 1 == a->length;
    for (int32_t c = 0; c < w->per_head; ++c) {
      const uint32_t next = one_left ? 0 : (uint32_t)(int32_t)v[c + step];
      *to++ = ((uint32_t)(int32_t)v[c] & 0xffff) | next << 16;
    }
  }
}

static int32_t multiply_pairs(uint32_t a, uint32_t b, int32_t sum) {
  return __smlad((int16x2_t)a, (int16x2_t)b, sum);
}

// Logits of all keys; returns the largest.
static __attribute__((noinline)) int32_t score(const workspace* w,
                                               int32_t length) {
  const uint32_t *q = w->query, *k = w->keys;
  int32_t max = INT32_MIN;
  if (w->words == 4) {
    const uint32_t q0 = q[0], q1 = q[1], q2 = q[2], q3 = q[3];
    for (int32_t j = 0; j < length; ++j, k += 4) {
      int32_t sum = multiply_pairs(q0, k[0], 0);
      sum = multiply_pairs(q1, k[1], sum);
      sum = multiply_pairs(q2, k[2], sum);
      sum = multiply_pairs(q3, k[3], sum);
      w->acc[j] = sum;
      max = sum > max ? sum : max;
    }
    return max;
  }
  for (int32_t j = 0; j < length; ++j) {
    int32_t sum = 0;
    for (int32_t i = 0; i < w->words; i += 2, k += 2) {
      sum = multiply_pairs(q[i], k[0], sum);
      sum = multiply_pairs(q[i + 1], k[1], sum);
    }
    w->acc[j] = sum;
    max = sum > max ? sum : max;
  }
  return max;
}

// Logits to exponentials of 2^-15; returns their sum. u counts 2^-12 nats and
// is never negative.
static __attribute__((noinline)) uint32_t exponentials(const ei8_attention* a,
                                                       int32_t head,
                                                       int32_t max,
                                                       int32_t* acc) {
  const int32_t mantissa = a->logit_mantissa[head];
  const int32_t shift = a->logit_shift[head];
  const int32_t* end = acc + a->length;
  const uint16_t *coarse = a->coarse, *fine = a->fine;
  uint32_t sum = 0;
  for (; acc != end; ++acc) {
    const int32_t u = ei8_scale(max - *acc, mantissa, shift);
    const uint32_t near = __usat(u, 16);
    const uint32_t e = (uint32_t)coarse[near >> 8] * fine[near & 255];
    *acc = (int32_t)((e + ((uint32_t)1 << 14)) >> 15);
    sum += (uint32_t)*acc;
  }
  return sum;
}

static void softmax(const ei8_attention* a, int32_t head, int32_t max,
                    const workspace* w) {
  const uint32_t sum = exponentials(a, head, max, w->acc);
  const uint32_t r = (((uint32_t)32767 << 16) + sum / 2) / sum;
  for (int32_t j = 0; j < a->length; ++j) {
    w->p[j] = (int16_t)(((uint32_t)w->acc[j] * r + ((uint32_t)1 << 15)) >> 16);
  }
  if (a->length & 1) w->p[a->length] = 0;
}

static void store(const ei8_attention* a, int32_t sum, int32_t channel,
                  void* out, int32_t place) {
  const int32_t y =
      ei8_scale(sum, a->scales.mantissa[channel], a->scales.shift[channel]);
  ei8_store(out, a->out->type, place * a->out->channels + channel,
            ei8_activate(&a->activation, y));
}

static __attribute__((noinline)) void mix(const ei8_attention* a,
                                          const workspace* w, int32_t channel,
                                          void* out, int32_t place) {
  const int32_t pairs = (a->length + 1) / 2, per_head = w->per_head;
  const int32_t* bias = a->scales.bias + channel;
  int32_t c = 0;
  for (; c + 4 <= per_head; c += 4) {
    int32_t s0 = bias[c], s1 = bias[c + 1], s2 = bias[c + 2], s3 = bias[c + 3];
    const uint32_t* v = w->values + c;
    const int16_t* p = w->p;
    for (int32_t j = 0; j < pairs; ++j, p += 2, v += per_head) {
      uint32_t both;
      __builtin_memcpy(&both, p, sizeof both);
      s0 = multiply_pairs(both, v[0], s0);
      s1 = multiply_pairs(both, v[1], s1);
      s2 = multiply_pairs(both, v[2], s2);
      s3 = multiply_pairs(both, v[3], s3);
    }
    store(a, s0, channel + c, out, place);
    store(a, s1, channel + c + 1, out, place);
    store(a, s2, channel + c + 2, out, place);
    store(a, s3, channel + c + 3, out, place);
  }
  for (; c < per_head; ++c) {
    int32_t sum = bias[c];
    for (int32_t j = 0; j < pairs; ++j) {
      uint32_t both;
      __builtin_memcpy(&both, w->p + 2 * j, sizeof both);
      sum = multiply_pairs(both, w->values[j * per_head + c], sum);
    }
    store(a, sum, channel + c, out, place);
  }
}

void ei8_run_attention_m4(const void* op, const ei8_memory* memory) {
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
      expand_line(a, &w, first + channels, channels, step);
      for (int32_t i = 0; i < a->length; ++i) {
        expand_channels(first + i * step, w.per_head, w.query);
        softmax(a, head, score(&w, a->length), &w);
        mix(a, &w, head * w.per_head, out, place + i * a->place_step);
      }
    }
  }
}
