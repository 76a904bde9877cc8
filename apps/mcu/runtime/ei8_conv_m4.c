// Convolution with SMLAD, two products an instruction. The patches of four
// output positions are expanded to 16 bits once, for all output channels: a
// tile, of every four values x0..x3 the pairs (x0, x2) and (x1, x3), as SXTB16
// takes weights apart, position by position. What lies outside the input reads
// the zero point, which the bias takes off again.
#include "ei8_cortex_m4.h"

#ifndef __ARM_FEATURE_DSP
#error "this export is for Cortex-M4 and others with the DSP extension"
#endif
#include <arm_acle.h>

static uint32_t load_word(const uint8_t* from) {
  uint32_t word;
  __builtin_memcpy(&word, from, sizeof word);
  return word;
}

// Bytes 1 and 3 of a word: the second pair of the four.
static inline uint32_t odd_bytes(uint32_t word) {
  uint32_t pair;
  __asm("uxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
  return pair;
}
static inline uint32_t odd_signed_bytes(uint32_t word) {
  uint32_t pair;
  __asm("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
  return pair;
}

// Four values, or the last ones: what follows them meets weights of 0. No byte
// outside the n is read.
static uint32_t last_word(const uint8_t* from, int32_t n) {
  uint32_t word = 0;
  if (n >= 4) return load_word(from);
  for (int32_t i = 0; i < n; ++i) word |= (uint32_t)from[i] << (8 * i);
  return word;
}

enum { STEP = 2 * EI8_POSITIONS };  // words from one group of four to the next

// n values; returns where the next group goes.
static uint32_t* expand_bytes(const uint8_t* from, int32_t n, int is_signed,
                              uint32_t* to) {
  const uint8_t* end = from + (n & ~3);
  if (is_signed) {
    for (; from != end; from += 4, to += STEP) {
      const uint32_t word = load_word(from);
      to[0] = (uint32_t)__sxtb16((int8x4_t)word);
      to[1] = odd_signed_bytes(word);
    }
  } else {
    for (; from != end; from += 4, to += STEP) {
      const uint32_t word = load_word(from);
      to[0] = __uxtb16(word);
      to[1] = odd_bytes(word);
    }
  }
  if ((n & 3) == 0) return to;
  // The last four of a longer run, moved down.
  const uint32_t word =
      n < 4 ? last_word(from, n)
            : load_word(from + (n & 3) - 4) >> (32 - 8 * (n & 3));
  to[0] = is_signed ? (uint32_t)__sxtb16((int8x4_t)word) : __uxtb16(word);
  to[1] = is_signed ? odd_signed_bytes(word) : odd_bytes(word);
  return to + STEP;
}

static uint32_t* expand_words(const uint8_t* from, int32_t n, uint32_t* to) {
  for (int32_t left = 2 * n; left > 0; left -= 8, from += 8, to += STEP) {
    const uint32_t low = last_word(from, left);
    const uint32_t high = left > 4 ? last_word(from + 4, left - 4) : 0;
    to[0] = (low & 0xffff) | high << 16;
    to[1] = low >> 16 | (high & 0xffff0000u);
  }
  return to;
}

static uint32_t* expand_run(const ei8_conv_m4* c, const uint8_t* from,
                            int32_t n, uint32_t* to) {
  if (c->in->bytes == 2) return expand_words(from, n, to);
  return expand_bytes(from, n, c->in->type == EI8_S8, to);
}

// Tap by tap, each of whole groups.
static void expand_taps(const ei8_conv_m4* c, const uint8_t* in, ei8_place at,
                        int32_t channel, uint32_t* to) {
  const ei8_taps* t = &c->taps;
  const uint32_t zero = (uint32_t)c->in->zero * 0x10001u;
  for (int32_t kh = 0; kh < t->kernel_h; ++kh) {
    for (int32_t kw = 0; kw < t->kernel_w; ++kw) {
      const ei8_place tap = {at.row + kh * t->dilation_h,
                             at.column + kw * t->dilation_w};
      if (ei8_inside(c->in, tap.row, tap.column)) {
        to = expand_run(c, ei8_value_at(c->in, in, tap, channel), t->in_group,
                        to);
        continue;
      }
      for (int32_t g = 0; g < c->tap_groups; ++g, to += STEP) {
        to[0] = to[1] = zero;
      }
    }
  }
}

static __attribute__((noinline)) void expand(const ei8_conv_m4* c,
                                             const uint8_t* in, ei8_place at,
                                             int32_t channel, uint8_t* patch,
                                             uint32_t* tile) {
  const ei8_taps* t = &c->taps;
  // Taps of whole groups lie in the input as they do in a row.
  const int whole = (t->in_group & 3) * c->tap_groups == 0;
  if (whole && ei8_is_run(t, c->in, at)) {
    expand_run(c, ei8_value_at(c->in, in, at, channel), t->patch, tile);
  } else if (c->tap_groups) {
    expand_taps(c, in, at, channel, tile);
  } else {
    ei8_copy_patch(t, c->in, in, at, channel, patch);
    expand_run(c, patch, t->patch, tile);
  }
}

// A row of weights with four positions. Registers are what there is: written by
// hand so that none spills; r7 stays a frame pointer's.
static inline const uint32_t* dot_8(const uint32_t* w, const uint32_t* x,
                                    int32_t words, uint32_t* sum) {
  uint32_t a = 0, b = 0, c = 0, d = 0, p, q;
  __asm volatile(
      // Two words a turn; the first one is entered in the middle if their
      // number is odd.
      "  lsrs %[n], %[n], #1\n"
      "  it cs\n"
      "  addcs %[n], %[n], #1\n"
      "  bcs 2f\n"
      "1:\n"
      "  ldr %[q], [%[w]], #4\n"
      "  ldmia %[x]!, {r4, r5, r6, r8}\n"
      "  sxtb16 %[p], %[q]\n"
      "  sxtb16 %[q], %[q], ror #8\n"
      "  smlad %[a], r4, %[p], %[a]\n"
      "  smlad %[b], r6, %[p], %[b]\n"
      "  smlad %[a], r5, %[q], %[a]\n"
      "  smlad %[b], r8, %[q], %[b]\n"
      "  ldmia %[x]!, {r4, r5, r6, r8}\n"
      "  smlad %[c], r4, %[p], %[c]\n"
      "  smlad %[d], r6, %[p], %[d]\n"
      "  smlad %[c], r5, %[q], %[c]\n"
      "  smlad %[d], r8, %[q], %[d]\n"
      "2:\n"
      "  ldr %[q], [%[w]], #4\n"
      "  ldmia %[x]!, {r4, r5, r6, r8}\n"
      "  sxtb16 %[p], %[q]\n"
      "  sxtb16 %[q], %[q], ror #8\n"
      "  smlad %[a], r4, %[p], %[a]\n"
      "  smlad %[b], r6, %[p], %[b]\n"
      "  smlad %[a], r5, %[q], %[a]\n"
      "  smlad %[b], r8, %[q], %[b]\n"
      "  ldmia %[x]!, {r4, r5, r6, r8}\n"
      "  smlad %[c], r4, %[p], %[c]\n"
      "  smlad %[d], r6, %[p], %[d]\n"
      "  smlad %[c], r5, %[q], %[c]\n"
      "  smlad %[d], r8, %[q], %[d]\n"
      "  subs %[n], %[n], #1\n"
      "  bne 1b\n"
      : [w] "+r"(w), [x] "+r"(x), [n] "+r"(words), [a] "+r"(a), [b] "+r"(b),
        [c] "+r"(c), [d] "+r"(d), [p] "=&r"(p), [q] "=&r"(q)
      :
      : "r4", "r5", "r6", "r8", "cc", "memory");
  sum[0] = a, sum[1] = b, sum[2] = c, sum[3] = d;
  return w;
}

// The same of 4-bit weights. A half in the high bits of a byte is 16 times the
// weight, so the sums are, too; they fit.
static inline const uint32_t* dot_4(const uint32_t* w, const uint32_t* x,
                                    int32_t words, uint32_t* sum) {
  uint32_t a = 0, b = 0, c = 0, d = 0, p, q;
  __asm volatile(
      "1:\n"
      "  ldr %[q], [%[w]]\n"
      "  ldmia %[x]!, {r4, r5, r6, r8}\n"
      "  and %[q], %[q], #0xf0f0f0f0\n"
      "  sxtb16 %[p], %[q]\n"
      "  sxtb16 %[q], %[q], ror #8\n"
      "  smlad %[a], r4, %[p], %[a]\n"
      "  smlad %[b], r6, %[p], %[b]\n"
      "  smlad %[a], r5, %[q], %[a]\n"
      "  smlad %[b], r8, %[q], %[b]\n"
      "  ldmia %[x]!, {r4, r5, r6, r8}\n"
      "  smlad %[c], r4, %[p], %[c]\n"
      "  smlad %[d], r6, %[p], %[d]\n"
      "  smlad %[c], r5, %[q], %[c]\n"
      "  smlad %[d], r8, %[q], %[d]\n"
      "  ldr %[q], [%[w]], #4\n"
      "  ldmia %[x]!, {r4, r5, r6, r8}\n"
      "  lsl %[q], %[q], #4\n"
      "  and %[q], %[q], #0xf0f0f0f0\n"
      "  sxtb16 %[p], %[q]\n"
      "  sxtb16 %[q], %[q], ror #8\n"
      "  smlad %[a], r4, %[p], %[a]\n"
      "  smlad %[b], r6, %[p], %[b]\n"
      "  smlad %[a], r5, %[q], %[a]\n"
      "  smlad %[b], r8, %[q], %[b]\n"
      "  ldmia %[x]!, {r4, r5, r6, r8}\n"
      "  smlad %[c], r4, %[p], %[c]\n"
      "  smlad %[d], r6, %[p], %[d]\n"
      "  smlad %[c], r5, %[q], %[c]\n"
      "  smlad %[d], r8, %[q], %[d]\n"
      "  subs %[n], %[n], #1\n"
      "  bne 1b\n"
      : [w] "+r"(w), [x] "+r"(x), [n] "+r"(words), [a] "+r"(a), [b] "+r"(b),
        [c] "+r"(c), [d] "+r"(d), [p] "=&r"(p), [q] "=&r"(q)
      :
      : "r4", "r5", "r6", "r8", "cc", "memory");
  sum[0] = (uint32_t)((int32_t)a >> 4), sum[1] = (uint32_t)((int32_t)b >> 4);
  sum[2] = (uint32_t)((int32_t)c >> 4), sum[3] = (uint32_t)((int32_t)d >> 4);
  return w;
}

// Sums of one channel to stored values, any activation and shift.
static __attribute__((noinline)) void finish(const ei8_conv_m4* c,
                                             const uint32_t* sum, int32_t count,
                                             int32_t channel, void* out,
                                             int32_t at) {
  const uint32_t bias = (uint32_t)c->scales.bias[channel];
  for (int32_t p = 0; p < count; ++p) {
    const int32_t y =
        ei8_scale((int32_t)(sum[p] + bias), c->scales.mantissa[channel],
                  c->scales.shift[channel]);
    ei8_store(out, c->out->type, at + p * c->out->channels,
              ei8_activate(&c->activation, y));
  }
}

// Four sums of one channel; shifts above 32, where only the product's high word
// matters (ei8_scale()).
typedef struct {
  int32_t mantissa, half, shift, zero;
} scaler;

static inline int32_t scaled(const scaler* s, uint32_t sum) {
  const int32_t high = (int32_t)(((int64_t)(int32_t)sum * s->mantissa) >> 32);
  return ((high + s->half) >> s->shift) + s->zero;
}

// What follows the rounding, told apart once for all channels.
enum { BYTE_TABLE, WORD_TABLE, WORDS, BYTES, OTHER };

static int ending_of(const ei8_conv_m4* c) {
  const ei8_activation* a = &c->activation;
  const int words = c->out->type == EI8_S16;
  if (a->kind == EI8_TABLE_U8 && a->low == 0 && a->high == 255) {
    return BYTE_TABLE;
  }
  if (a->kind == EI8_TABLE_S16 && words) return WORD_TABLE;
  if (a->kind == EI8_PLAIN) return words ? WORDS : BYTES;
  return OTHER;
}

static inline void store_bytes(const ei8_conv_m4* c, const scaler* s,
                               const uint32_t* sum, uint8_t* to) {
  const int32_t low = c->activation.low, high = c->activation.high;
  const int32_t step = c->out->channels;
#pragma GCC unroll 4
  for (int32_t p = 0; p < EI8_POSITIONS; ++p, to += step) {
    *to = (uint8_t)ei8_clamp(scaled(s, sum[p]), low, high);
  }
}

static inline void store_words(const ei8_conv_m4* c, const scaler* s,
                               const uint32_t* sum, int16_t* to) {
  const int32_t low = c->activation.low, high = c->activation.high;
  const int32_t step = c->out->channels;
#pragma GCC unroll 4
  for (int32_t p = 0; p < EI8_POSITIONS; ++p, to += step) {
    *to = (int16_t)ei8_clamp(scaled(s, sum[p]), low, high);
  }
}

static inline void look_up_words(const ei8_conv_m4* c, const scaler* s,
                                 const uint32_t* sum, int16_t* to) {
  const int32_t low = c->activation.low, high = c->activation.high;
  const int32_t step = c->out->channels;
  const int16_t* table = (const int16_t*)c->activation.table;
#pragma GCC unroll 4
  for (int32_t p = 0; p < EI8_POSITIONS; ++p, to += step) {
    *to = table[ei8_clamp(scaled(s, sum[p]), low, high) - low];
  }
}

static inline void look_up_bytes(const ei8_conv_m4* c, const scaler* s,
                                 const uint32_t* sum, uint8_t* to) {
  const uint8_t* table = (const uint8_t*)c->activation.table;
  const int32_t step = c->out->channels;
#pragma GCC unroll 4
  for (int32_t p = 0; p < EI8_POSITIONS; ++p, to += step) {
    *to = table[__usat(scaled(s, sum[p]), 8)];
  }
}

// All channels of a group at the tile's positions. `at`: the index of the first
// value in the output.
static __attribute__((noinline)) void run_rows(const ei8_conv_m4* c,
                                               const uint32_t* weights,
                                               const uint32_t* tile,
                                               int32_t channel, int32_t count,
                                               void* out, int32_t at) {
  const int ending = count == EI8_POSITIONS ? ending_of(c) : OTHER;
  const int32_t end = channel + c->out_group, words = c->row_words;
  const int bytes = c->weight_bits == 8;
  for (; channel < end; ++channel, ++at) {
    uint32_t sum[EI8_POSITIONS];
    const uint32_t bias = (uint32_t)c->scales.bias[channel];
    const int32_t shift = c->scales.shift[channel] - 32;
    weights = bytes ? dot_8(weights, tile, words, sum)
                    : dot_4(weights, tile, words, sum);
    if (ending == OTHER || shift <= 0) {
      finish(c, sum, count, channel, out, at);
      continue;
    }
#pragma GCC unroll 4
    for (int32_t p = 0; p < EI8_POSITIONS; ++p) sum[p] += bias;
    const scaler s = {c->scales.mantissa[channel], (int32_t)1 << (shift - 1),
                      shift, c->activation.zero};
    if (ending == BYTE_TABLE) {
      look_up_bytes(c, &s, sum, (uint8_t*)out + at);
    } else if (ending == WORD_TABLE) {
      look_up_words(c, &s, sum, (int16_t*)out + at);
    } else if (ending == WORDS) {
      store_words(c, &s, sum, (int16_t*)out + at);
    } else {
      store_bytes(c, &s, sum, (uint8_t*)out + at);
    }
  }
}

void ei8_run_conv_m4(const void* op, const ei8_memory* memory) {
  const ei8_conv_m4* c = (const ei8_conv_m4*)op;
  const uint8_t* in = (const uint8_t*)ei8_at(c->in, memory);
  void* out = ei8_at(c->out, memory);
  const int32_t positions = c->out->height * c->out->width;
  const int32_t groups = c->row_words * (c->weight_bits == 8 ? 1 : 2);
  uint32_t* tile = (uint32_t*)(void*)(memory->arena + c->scratch);
  uint8_t* patch = (uint8_t*)(tile + STEP * groups);
  for (int32_t first = 0; first < positions; first += EI8_POSITIONS) {
    const int32_t left = positions - first;
    const int32_t count = left < EI8_POSITIONS ? left : EI8_POSITIONS;
    int32_t in_channel = 0;
    ei8_place at[EI8_POSITIONS];
    for (int32_t p = 0; p < count; ++p) {
      at[p] = ei8_place_of(&c->taps, c->out, first + p);
    }
    for (int32_t o = 0; o < c->out->channels; o += c->out_group) {
      for (int32_t p = 0; p < count; ++p) {  // Others stay what they were.
        expand(c, in, at[p], in_channel, patch, tile + 2 * p);
      }
      run_rows(c, c->weights + o * c->row_words, tile, o, count, out,
               first * c->out->channels + o);
      in_channel += c->taps.in_group;
    }
  }
}
