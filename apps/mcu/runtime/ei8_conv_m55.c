// Convolution with VMLADAV, 16 products an instruction (8 of 16-bit values).
// The patches of four output positions become rows of a tile once for all
// output channels: signed bytes or words, those of 4-bit weights with even and
// odd values apart in each block of 32, as the two halves of a byte of weights
// are. Loops predicate their tails, so neither weights nor rows are padded.
#include "ei8_vector_m55.h"

enum { BLOCK = 32 };  // values of a row that even and odd are told apart in

// n bytes, each with its bits flipped where `flip` has ones; to + n.
static inline uint8_t* copy_bytes(const uint8_t* from, int32_t n, uint32_t flip,
                                  uint8_t* to) {
  uint8_t* end = to + n;
  __asm volatile(
      "  vdup.8 q1, %[flip]\n"
      "  wlstp.8 lr, %[n], 2f\n"
      "1:\n"
      "  vldrb.8 q0, [%[from]], #16\n"
      "  veor q0, q0, q1\n"
      "  vstrb.8 q0, [%[to]], #16\n"
      "  letp lr, 1b\n"
      "2:\n"
      : [from] "+r"(from), [to] "+r"(to)
      : [n] "r"(n), [flip] "r"(flip)
      : "lr", "q0", "q1", "cc", "memory");
  return end;
}

static inline uint8_t* fill_bytes(uint32_t value, int32_t n, uint8_t* to) {
  uint8_t* end = to + n;
  __asm volatile(
      "  vdup.8 q0, %[value]\n"
      "  wlstp.8 lr, %[n], 2f\n"
      "1:\n"
      "  vstrb.8 q0, [%[to]], #16\n"
      "  letp lr, 1b\n"
      "2:\n"
      : [to] "+r"(to)
      : [n] "r"(n), [value] "r"(value)
      : "lr", "q0", "cc", "memory");
  return end;
}

// Even and odd values of each block apart. The last block may read and write
// what lies behind the patch: both have room for whole blocks.
static void split_blocks(const uint8_t* from, int32_t n, int32_t bytes,
                         uint8_t* to) {
  for (; n > 0; n -= BLOCK) {
    if (bytes == 1) {
      const uint8x16x2_t both = vld2q_u8(from);
      vst1q_u8(to, both.val[0]);
      vst1q_u8(to + 16, both.val[1]);
    } else {
      for (int32_t half = 0; half < 2; ++half) {
        const uint16x8x2_t both =
            vld2q_u16((const uint16_t*)(const void*)(from + half * BLOCK));
        uint16_t* words = (uint16_t*)(void*)(to + half * BLOCK);
        vst1q_u16(words, both.val[0]);
        vst1q_u16(words + 8, both.val[1]);
      }
    }
    from += BLOCK * bytes;
    to += BLOCK * bytes;
  }
}

static void copy_taps(const ei8_conv_m55* c, const uint8_t* in, ei8_place at,
                      int32_t channel, uint32_t flip, uint8_t* to) {
  const ei8_taps* t = &c->taps;
  const int32_t run = t->in_group * c->in->bytes;
  const uint32_t zero = ((uint32_t)c->in->zero ^ flip) & 255;
  for (int32_t kh = 0; kh < t->kernel_h; ++kh) {
    for (int32_t kw = 0; kw < t->kernel_w; ++kw) {
      const ei8_place tap = {at.row + kh * t->dilation_h,
                             at.column + kw * t->dilation_w};
      to =
          ei8_inside(c->in, tap.row, tap.column)
              ? copy_bytes(ei8_value_at(c->in, in, tap, channel), run, flip, to)
              : fill_bytes(zero, run, to);
    }
  }
}

// One position's patch as a row.
static void fill_row(const ei8_conv_m55* c, const uint8_t* in, ei8_place at,
                     int32_t channel, uint8_t* patch, uint8_t* row) {
  const ei8_taps* t = &c->taps;
  const uint32_t flip = c->in->type == EI8_U8 ? 128 : 0;
  uint8_t* to = c->weight_bits == 8 ? row : patch;
  if (ei8_is_run(t, c->in, at)) {
    copy_bytes(ei8_value_at(c->in, in, at, channel), t->patch * c->in->bytes,
               flip, to);
  } else {
    copy_taps(c, in, at, channel, flip, to);
  }
  if (c->weight_bits != 8) split_blocks(patch, t->patch, c->in->bytes, row);
}

// Four rows, `pitch` bytes apart, with one row of weights: n turns of lanes
// with `size` bits. WEIGHTS leaves a turn's weights in q0 (and q1); EACH
// multiplies them with one row's values.
#define EI8_DOT(SIZE, WEIGHTS, EACH)                                          \
  const uint8_t *x0 = x, *x1 = x + pitch, *x2 = x1 + pitch;                   \
  const uint8_t* x3 = x2 + pitch;                                             \
  int32_t a = bias, b = bias, c = bias, d = bias;                             \
  __asm volatile(                                                             \
      "  dlstp." SIZE                                                         \
      " lr, %[n]\n"                                                           \
      "1:\n" WEIGHTS EACH("x0", "a") EACH("x1", "b") EACH("x2", "c")          \
          EACH("x3", "d") "  letp lr, 1b\n"                                   \
      : [w] "+r"(w), [x0] "+r"(x0), [x1] "+r"(x1), [x2] "+r"(x2),             \
        [x3] "+r"(x3), [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d) \
      : [n] "r"(n)                                                            \
      : "lr", "q0", "q1", "q2", "cc", "memory");                              \
  sum[0] = a, sum[1] = b, sum[2] = c, sum[3] = d

#define EI8_BYTES_8(X, S) \
  "  vldrb.8 q2, [%[" X   \
  "]], #16\n"             \
  "  vmladava.s8 %[" S "], q0, q2\n"
#define EI8_WORDS_8(X, S) \
  "  vldrh.16 q2, [%[" X  \
  "]], #16\n"             \
  "  vmladava.s16 %[" S "], q0, q2\n"
#define EI8_BYTES_4(X, S) \
  "  vldrb.8 q2, [%[" X   \
  "]], #32\n"             \
  "  vmladava.s8 %[" S    \
  "], q0, q2\n"           \
  "  vldrb.8 q2, [%[" X   \
  "], #-16]\n"            \
  "  vmladava.s8 %[" S "], q1, q2\n"
#define EI8_WORDS_4(X, S) \
  "  vldrh.16 q2, [%[" X  \
  "]], #32\n"             \
  "  vmladava.s16 %[" S   \
  "], q0, q2\n"           \
  "  vldrh.16 q2, [%[" X  \
  "], #-16]\n"            \
  "  vmladava.s16 %[" S "], q1, q2\n"

static inline void dot_bytes_8(const uint8_t* w, const uint8_t* x,
                               int32_t pitch, int32_t n, int32_t bias,
                               int32_t* sum) {
  EI8_DOT("8", "  vldrb.8 q0, [%[w]], #16\n", EI8_BYTES_8);
}

static inline void dot_words_8(const uint8_t* w, const uint8_t* x,
                               int32_t pitch, int32_t n, int32_t bias,
                               int32_t* sum) {
  EI8_DOT("16", "  vldrb.s16 q0, [%[w]], #8\n", EI8_WORDS_8);
}

// A byte of weights has the even one in its low half.
static inline void dot_bytes_4(const uint8_t* w, const uint8_t* x,
                               int32_t pitch, int32_t n, int32_t bias,
                               int32_t* sum) {
  EI8_DOT("8",
          "  vldrb.8 q1, [%[w]], #16\n"
          "  vshl.i8 q0, q1, #4\n"
          "  vshr.s8 q0, q0, #4\n"
          "  vshr.s8 q1, q1, #4\n",
          EI8_BYTES_4);
}

static inline void dot_words_4(const uint8_t* w, const uint8_t* x,
                               int32_t pitch, int32_t n, int32_t bias,
                               int32_t* sum) {
  EI8_DOT("16",
          "  vldrb.s16 q1, [%[w]], #8\n"
          "  vshl.i16 q0, q1, #12\n"
          "  vshr.s16 q0, q0, #12\n"
          "  vshr.s16 q1, q1, #4\n",
          EI8_WORDS_4);
}

static inline void dot(const ei8_conv_m55* c, const uint8_t* w,
                       const uint8_t* x, int32_t pitch, int32_t bias,
                       int32_t* sum) {
  const int32_t n = c->row_bytes;  // A lane for each byte of weights.
  if (c->in->bytes == 1) {
    if (c->weight_bits == 8) {
      dot_bytes_8(w, x, pitch, n, bias, sum);
    } else {
      dot_bytes_4(w, x, pitch, n, bias, sum);
    }
  } else if (c->weight_bits == 8) {
    dot_words_8(w, x, pitch, n, bias, sum);
  } else {
    dot_words_4(w, x, pitch, n, bias, sum);
  }
}

// All channels of a group at the tile's positions. `at`: the index of the first
// value in the output.
static __attribute__((noinline)) void run_rows(const ei8_conv_m55* c,
                                               const uint8_t* tile,
                                               int32_t pitch, int32_t channel,
                                               int32_t count, void* out,
                                               int32_t at) {
  const ei8_end e = ei8_end_of(&c->activation, c->out);
  const int vector = count == EI8_POSITIONS && e.ending != EI8_OTHER;
  const uint32x4_t places =
      vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)c->out->channels);
  const uint8_t* weights = c->weights + channel * c->row_bytes;
  const int32_t end = channel + c->out_group;
  for (; channel < end; ++channel, ++at) {
    int32_t sum[EI8_POSITIONS];
    dot(c, weights, tile, pitch, c->scales.bias[channel], sum);
    weights += c->row_bytes;
    if (!vector) {
      ei8_finish_any(c, sum, count, channel, out, at);
      continue;
    }
    const int32x4_t y =
        ei8_scale_4(vld1q_s32(sum), vdupq_n_s32(c->scales.mantissa[channel]),
                    ei8_shifts_of(c->scales.shift[channel]));
    const int32x4_t v = ei8_activate_4(&e, y);
    if (ei8_ends_in_bytes(&e)) {
      vstrbq_scatter_offset_s32((int8_t*)out + at, places, v);
    } else {
      vstrhq_scatter_shifted_offset_s32((int16_t*)out + at, places, v);
    }
  }
}

void ei8_run_conv_m55(const void* op, const ei8_memory* memory) {
  const ei8_conv_m55* c = (const ei8_conv_m55*)op;
  const uint8_t* in = (const uint8_t*)ei8_at(c->in, memory);
  void* out = ei8_at(c->out, memory);
  const int32_t positions = c->out->height * c->out->width;
  const int32_t blocks = (c->taps.patch + BLOCK - 1) / BLOCK;
  const int32_t pitch = blocks * BLOCK * c->in->bytes;
  uint8_t* tile = memory->arena + c->scratch;
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
        fill_row(c, in, at[p], in_channel, tile + EI8_POSITIONS * pitch,
                 tile + p * pitch);
      }
      run_rows(c, tile, pitch, o, count, out, first * c->out->channels + o);
      in_channel += c->taps.in_group;
    }
  }
}
