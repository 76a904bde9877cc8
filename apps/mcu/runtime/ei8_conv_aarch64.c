// Convolution with Neon: four channels at four output positions at a time, 256
// products a turn (SDOT where there is one, else SMULL, SMLAL2 and SADALP). The
// patches of four positions become rows of a tile once for all channels: signed
// bytes or words followed by zeros, those of 4-bit weights with even and odd
// values apart in each block of 32, as the two halves of a byte of weights are.
// Behind a row of weights lies what may: it meets the zeros.
#include "ei8_vector_aarch64.h"

enum { BLOCK = 32 };  // values; rows of a tile are whole blocks

// n bytes, each with its bits flipped where `flip` has ones; to + n.
static inline uint8_t* copy_bytes(const uint8_t* from, int32_t n, uint8_t flip,
                                  uint8_t* to) {
  const uint8x16_t flips = vdupq_n_u8(flip);
  int32_t i = 0;
  if (n >= 16) {
    for (; i + 16 <= n; i += 16) {
      vst1q_u8(to + i, veorq_u8(vld1q_u8(from + i), flips));
    }
    i = n - 16;  // The last ones, some of them again.
    vst1q_u8(to + i, veorq_u8(vld1q_u8(from + i), flips));
    return to + n;
  }
  if (n >= 8) {
    const uint8x8_t half = vget_low_u8(flips);
    vst1_u8(to, veor_u8(vld1_u8(from), half));
    vst1_u8(to + n - 8, veor_u8(vld1_u8(from + n - 8), half));
    return to + n;
  }
  for (; i < n; ++i) to[i] = from[i] ^ flip;
  return to + n;
}

// Even and odd values of each block apart.
static void split_blocks(const uint8_t* from, int32_t n, int32_t bytes,
                         uint8_t* to) {
  for (; n > 0; n -= BLOCK, from += BLOCK * bytes, to += BLOCK * bytes) {
    if (bytes == 1) {
      const uint8x16x2_t both = vld2q_u8(from);
      vst1q_u8(to, both.val[0]);
      vst1q_u8(to + 16, both.val[1]);
      continue;
    }
    const uint16_t* words = (const uint16_t*)(const void*)from;
    uint16_t* t = (uint16_t*)(void*)to;
    for (int32_t half = 0; half < 2; ++half) {
      const uint16x8x2_t both = vld2q_u16(words + half * 16);
      vst1q_u16(t + half * 8, both.val[0]);
      vst1q_u16(t + 16 + half * 8, both.val[1]);
    }
  }
}

static __attribute__((noinline)) void copy_taps(const ei8_conv_aarch64* c,
                                                const uint8_t* in, ei8_place at,
                                                int32_t channel, uint8_t flip,
                                                uint8_t* to) {
  const ei8_taps* t = &c->taps;
  const int32_t run = t->in_group * c->in->bytes;
  for (int32_t kh = 0; kh < t->kernel_h; ++kh) {
    for (int32_t kw = 0; kw < t->kernel_w; ++kw) {
      const ei8_place tap = {at.row + kh * t->dilation_h,
                             at.column + kw * t->dilation_w};
      if (ei8_inside(c->in, tap.row, tap.column)) {
        to = copy_bytes(ei8_value_at(c->in, in, tap, channel), run, flip, to);
      } else {  // Two-byte values have zero point 0.
        for (int32_t i = 0; i < run; ++i) *to++ = (uint8_t)c->in->zero ^ flip;
      }
    }
  }
}

// One position's patch as a row.
static inline void fill_row(const ei8_conv_aarch64* c, const uint8_t* in,
                            ei8_place at, int32_t channel, uint8_t* patch,
                            uint8_t* row) {
  const ei8_taps* t = &c->taps;
  const uint8_t flip = c->in->type == EI8_U8 ? 128 : 0;
  uint8_t* to = c->weight_bits == 8 ? row : patch;
  if (ei8_is_run(t, c->in, at)) {
    copy_bytes(ei8_value_at(c->in, in, at, channel), t->patch * c->in->bytes,
               flip, to);
  } else {
    copy_taps(c, in, at, channel, flip, to);
  }
  if (c->weight_bits != 8) split_blocks(patch, t->patch, c->in->bytes, row);
}

// Sums of four channels at four positions: s[position][channel] as parts of
// four, a register each.
#ifdef __ARM_FEATURE_DOTPROD
#define EI8_BYTES(S, X)                                         \
  S##0 = vdotq_s32(S##0, w0, X), S##1 = vdotq_s32(S##1, w1, X); \
  S##2 = vdotq_s32(S##2, w2, X), S##3 = vdotq_s32(S##3, w3, X)
#else
// Two products of a weight above -128 fit 16 bits. By hand, so that no compiler
// begins more products than there are registers for.
#define EI8_BYTES(S, X) multiply(w0, w1, w2, w3, X, &S##0, &S##1, &S##2, &S##3)

static inline void multiply(int8x16_t w0, int8x16_t w1, int8x16_t w2,
                            int8x16_t w3, int8x16_t x, int32x4_t* s0,
                            int32x4_t* s1, int32x4_t* s2, int32x4_t* s3) {
  __asm(
      "smull v28.8h, %4.8b, %8.8b\n"
      "  smull v29.8h, %5.8b, %8.8b\n"
      "  smull v30.8h, %6.8b, %8.8b\n"
      "  smull v31.8h, %7.8b, %8.8b\n"
      "  smlal2 v28.8h, %4.16b, %8.16b\n"
      "  smlal2 v29.8h, %5.16b, %8.16b\n"
      "  smlal2 v30.8h, %6.16b, %8.16b\n"
      "  smlal2 v31.8h, %7.16b, %8.16b\n"
      "  sadalp %0.4s, v28.8h\n"
      "  sadalp %1.4s, v29.8h\n"
      "  sadalp %2.4s, v30.8h\n"
      "  sadalp %3.4s, v31.8h\n"
      : "+w"(*s0), "+w"(*s1), "+w"(*s2), "+w"(*s3)
      : "w"(w0), "w"(w1), "w"(w2), "w"(w3), "w"(x)
      : "v28", "v29", "v30", "v31");
}
#endif
#define EI8_MULTIPLY_WORDS(SUM, W, X) \
  SUM = vmlal_high_s16(vmlal_s16(SUM, vget_low_s16(W), vget_low_s16(X)), W, X)

#define EI8_SUMS                                                   \
  int32x4_t a0 = zero, a1 = zero, a2 = zero, a3 = zero, b0 = zero; \
  int32x4_t b1 = zero, b2 = zero, b3 = zero, c0 = zero, c1 = zero; \
  int32x4_t c2 = zero, c3 = zero, d0 = zero, d1 = zero, d2 = zero, d3 = zero
#define EI8_WORDS(S, X)                                             \
  EI8_MULTIPLY_WORDS(S##0, w0, X), EI8_MULTIPLY_WORDS(S##1, w1, X); \
  EI8_MULTIPLY_WORDS(S##2, w2, X), EI8_MULTIPLY_WORDS(S##3, w3, X)
// At all four positions; w0 to w3 are the channels' weights.
#define EI8_TURN(MULTIPLY, LOAD, FROM)     \
  do {                                     \
    MULTIPLY(a, LOAD(FROM));               \
    MULTIPLY(b, LOAD((FROM) + pitch));     \
    MULTIPLY(c, LOAD((FROM) + 2 * pitch)); \
    MULTIPLY(d, LOAD((FROM) + 3 * pitch)); \
  } while (0)
#define EI8_TOGETHER(S) \
  vpaddq_s32(vpaddq_s32(S##0, S##1), vpaddq_s32(S##2, S##3))
#define EI8_ALL_SUMS                                                       \
  {                                                                        \
    { EI8_TOGETHER(a), EI8_TOGETHER(b), EI8_TOGETHER(c), EI8_TOGETHER(d) } \
  }

// w: four rows of weights, x: the tile. pitch: of its rows, in values.
static inline int32x4x4_t sum_bytes_8(const int8_t* const* w, const int8_t* x,
                                      int32_t pitch, int32_t n) {
  const int32x4_t zero = vdupq_n_s32(0);
  const int8_t *r0 = w[0], *r1 = w[1], *r2 = w[2], *r3 = w[3];
  EI8_SUMS;
  for (int32_t i = 0; i < n; i += 16) {
    const int8x16_t w0 = vld1q_s8(r0 + i), w1 = vld1q_s8(r1 + i);
    const int8x16_t w2 = vld1q_s8(r2 + i), w3 = vld1q_s8(r3 + i);
    EI8_TURN(EI8_BYTES, vld1q_s8, x + i);
  }
  const int32x4x4_t sums = EI8_ALL_SUMS;
  return sums;
}

static inline int32x4x4_t sum_bytes_4(const int8_t* const* w, const int8_t* x,
                                      int32_t pitch, int32_t n) {
  const int32x4_t zero = vdupq_n_s32(0);
  const int8_t *r0 = w[0], *r1 = w[1], *r2 = w[2], *r3 = w[3];
  EI8_SUMS;
  for (int32_t i = 0; i < n; i += BLOCK) {
    const int32_t at = i / 2;
    const int8x16_t p0 = vld1q_s8(r0 + at), p1 = vld1q_s8(r1 + at);
    const int8x16_t p2 = vld1q_s8(r2 + at), p3 = vld1q_s8(r3 + at);
    int8x16_t w0 = vshrq_n_s8(vshlq_n_s8(p0, 4), 4);
    int8x16_t w1 = vshrq_n_s8(vshlq_n_s8(p1, 4), 4);
    int8x16_t w2 = vshrq_n_s8(vshlq_n_s8(p2, 4), 4);
    int8x16_t w3 = vshrq_n_s8(vshlq_n_s8(p3, 4), 4);
    EI8_TURN(EI8_BYTES, vld1q_s8, x + i);
    w0 = vshrq_n_s8(p0, 4), w1 = vshrq_n_s8(p1, 4);
    w2 = vshrq_n_s8(p2, 4), w3 = vshrq_n_s8(p3, 4);
    EI8_TURN(EI8_BYTES, vld1q_s8, x + i + 16);
  }
  const int32x4x4_t sums = EI8_ALL_SUMS;
  return sums;
}

static inline int32x4x4_t sum_words_8(const int8_t* const* w, const int16_t* x,
                                      int32_t pitch, int32_t n) {
  const int32x4_t zero = vdupq_n_s32(0);
  const int8_t *r0 = w[0], *r1 = w[1], *r2 = w[2], *r3 = w[3];
  EI8_SUMS;
  for (int32_t i = 0; i < n; i += 8) {
    const int16x8_t w0 = vmovl_s8(vld1_s8(r0 + i));
    const int16x8_t w1 = vmovl_s8(vld1_s8(r1 + i));
    const int16x8_t w2 = vmovl_s8(vld1_s8(r2 + i));
    const int16x8_t w3 = vmovl_s8(vld1_s8(r3 + i));
    EI8_TURN(EI8_WORDS, vld1q_s16, x + i);
  }
  const int32x4x4_t sums = EI8_ALL_SUMS;
  return sums;
}

// A block is 16 even values, then 16 odd ones: 8 of each a turn.
static inline int32x4x4_t sum_words_4(const int8_t* const* w, const int16_t* x,
                                      int32_t pitch, int32_t n) {
  const int32x4_t zero = vdupq_n_s32(0);
  const int8_t *r0 = w[0], *r1 = w[1], *r2 = w[2], *r3 = w[3];
  EI8_SUMS;
  for (int32_t i = 0; i < n; i += 16) {
    const int16_t* at = x + i / BLOCK * BLOCK + (i % BLOCK) / 2;
    const int16x8_t p0 = vmovl_s8(vld1_s8(r0 + i / 2));
    const int16x8_t p1 = vmovl_s8(vld1_s8(r1 + i / 2));
    const int16x8_t p2 = vmovl_s8(vld1_s8(r2 + i / 2));
    const int16x8_t p3 = vmovl_s8(vld1_s8(r3 + i / 2));
    int16x8_t w0 = vshrq_n_s16(vshlq_n_s16(p0, 12), 12);
    int16x8_t w1 = vshrq_n_s16(vshlq_n_s16(p1, 12), 12);
    int16x8_t w2 = vshrq_n_s16(vshlq_n_s16(p2, 12), 12);
    int16x8_t w3 = vshrq_n_s16(vshlq_n_s16(p3, 12), 12);
    EI8_TURN(EI8_WORDS, vld1q_s16, at);
    w0 = vshrq_n_s16(p0, 4), w1 = vshrq_n_s16(p1, 4);
    w2 = vshrq_n_s16(p2, 4), w3 = vshrq_n_s16(p3, 4);
    EI8_TURN(EI8_WORDS, vld1q_s16, at + 16);
  }
  const int32x4x4_t sums = EI8_ALL_SUMS;
  return sums;
}

static inline int32x4x4_t sum_all(const ei8_conv_aarch64* c,
                                  const int8_t* const* w, const uint8_t* tile,
                                  int32_t pitch) {
  const int8_t* bytes = (const int8_t*)tile;
  const int16_t* words = (const int16_t*)(const void*)tile;
  const int32_t n = c->taps.patch;
  if (c->in->bytes == 1) {
    return c->weight_bits == 8 ? sum_bytes_8(w, bytes, pitch, n)
                               : sum_bytes_4(w, bytes, pitch, n);
  }
  return c->weight_bits == 8 ? sum_words_8(w, words, pitch, n)
                             : sum_words_4(w, words, pitch, n);
}

// Bias and scale of four channels.
typedef struct {
  int32x4_t bias;
  ei8_scale_of_4 scale;
} channel_scales;

static inline channel_scales scales_of_4(const ei8_scales* s, int32_t channel) {
  channel_scales four;
  four.bias = vld1q_s32(s->bias + channel);
  four.scale = ei8_scale_from(vld1q_s32(s->mantissa + channel),
                              ei8_load_shifts(s->shift + channel));
  return four;
}

// Of the n channels that a group has; those past the last one are any.
static __attribute__((noinline)) channel_scales scales_of_few(
    const ei8_scales* s, int32_t channel, int32_t n) {
  int32_t bias[4] = {0}, mantissa[4] = {0};
  uint8_t shift[4] = {32, 32, 32, 32};
  for (int32_t i = 0; i < n; ++i) {
    bias[i] = s->bias[channel + i];
    mantissa[i] = s->mantissa[channel + i];
    shift[i] = s->shift[channel + i];
  }
  const ei8_scales few = {bias, mantissa, shift};
  return scales_of_4(&few, 0);
}

// n channels at `count` positions. Apart, so that it takes no registers from
// the usual case.
static __attribute__((noinline)) void finish_few(const ei8_conv_aarch64* c,
                                                 const ei8_end* e,
                                                 int32x4x4_t y, int32_t n,
                                                 int32_t count, void* out,
                                                 int32_t at) {
  for (int32_t p = 0; p < count; ++p, at += c->out->channels) {
    ei8_finish_4(e, y.val[p], n, c->out, out, at);
  }
}

// All channels of a group at the tile's positions, from output place `first`.
static __attribute__((noinline)) void run_rows(
    const ei8_conv_aarch64* c, const ei8_end* e, const uint8_t* tile,
    int32_t pitch, int32_t begin, int32_t first, int32_t count, void* out) {
  const int32_t channels = c->out->channels, end = begin + c->out_group;
  const int fast = count == EI8_POSITIONS && e->ending != EI8_LOOK_UP;
  for (int32_t o = begin; o < end; o += 4) {
    if (end - o < 4 && c->out_group >= 4) o = end - 4;  // Some of them again.
    const int32_t n = end - o < 4 ? end - o : 4;
    const int8_t* row = (const int8_t*)c->weights + o * c->row_bytes;
    const int32_t step = c->row_bytes;
    // Rows past the last one: the first.
    const int8_t* const w[4] = {row, row + (n > 1 ? step : 0),
                                row + (n > 2 ? 2 * step : 0),
                                row + (n > 3 ? 3 * step : 0)};
    const int32x4x4_t sums = sum_all(c, w, tile, pitch);
    const channel_scales s =
        n == 4 ? scales_of_4(&c->scales, o) : scales_of_few(&c->scales, o, n);
    int32x4x4_t y;
#pragma GCC unroll 4
    for (int32_t p = 0; p < EI8_POSITIONS; ++p) {
      y.val[p] = ei8_scale_4(vaddq_s32(sums.val[p], s.bias), &s.scale);
    }
    if (fast && n == 4) {
      ei8_finish_16(e, y, out, first * channels + o, channels);
    } else {
      finish_few(c, e, y, n, count, out, first * channels + o);
    }
  }
}

void ei8_run_conv_aarch64(const void* op, const ei8_memory* memory) {
  const ei8_conv_aarch64* c = (const ei8_conv_aarch64*)op;
  const uint8_t* in = (const uint8_t*)ei8_at(c->in, memory);
  void* out = ei8_at(c->out, memory);
  const ei8_end e = ei8_end_of(&c->activation, c->out);
  const int32_t positions = c->out->height * c->out->width;
  const int32_t pitch = (c->taps.patch + BLOCK - 1) / BLOCK * BLOCK;
  const int32_t row = pitch * c->in->bytes;
  uint8_t* tile = memory->arena + c->scratch;
  for (int32_t i = 0; i < (EI8_POSITIONS + 1) * row; i += 16) {
    vst1q_u8(tile + i, vdupq_n_u8(0));
  }
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
        fill_row(c, in, at[p], in_channel, tile + EI8_POSITIONS * row,
                 tile + p * row);
      }
      run_rows(c, &e, tile, pitch, o, first, count, out);
      in_channel += c->taps.in_group;
    }
  }
  ei8_look_up_all(&e, c->out, out);
}
