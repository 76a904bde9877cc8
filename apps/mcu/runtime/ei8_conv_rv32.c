// Convolution for processors that have many registers and multiply one pair at
// a time: two channels meet four output positions, so that six loads serve
// eight products. The patches of four positions become a tile once for all
// channels: 16 bits a value, the four positions of a value side by side.
#include "ei8_kernels_rv32.h"

// n values of one position; returns where its next one goes.
static inline int16_t* spread(const void* from, uint8_t type, int32_t n,
                              int16_t* to) {
  if (type == EI8_U8) {
    const uint8_t* x = (const uint8_t*)from;
    for (const uint8_t* end = x + n; x != end; to += EI8_POSITIONS) *to = *x++;
  } else {
    for (int32_t i = 0; i < n; ++i, to += EI8_POSITIONS) {
      *to = (int16_t)ei8_load(from, type, i);
    }
  }
  return to;
}

static void fill_position(const ei8_conv_rv32* c, const uint8_t* in,
                          ei8_place at, int32_t channel, int16_t* to) {
  const ei8_taps* t = &c->taps;
  if (ei8_is_run(t, c->in, at)) {
    spread(ei8_value_at(c->in, in, at, channel), c->in->type, t->patch, to);
    return;
  }
  for (int32_t kh = 0; kh < t->kernel_h; ++kh) {
    for (int32_t kw = 0; kw < t->kernel_w; ++kw) {
      const ei8_place tap = {at.row + kh * t->dilation_h,
                             at.column + kw * t->dilation_w};
      if (ei8_inside(c->in, tap.row, tap.column)) {
        to = spread(ei8_value_at(c->in, in, tap, channel), c->in->type,
                    t->in_group, to);
        continue;
      }
      for (int32_t i = 0; i < t->in_group; ++i, to += EI8_POSITIONS) {
        *to = c->in->zero;
      }
    }
  }
}

// Sums wrap at 2^32 (ei8_dot); products of a byte and a word do not. The empty
// statement keeps a compiler from collecting several values' products first:
// there are registers for one value.
#define EI8_SUMS                           \
  uint32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0; \
  uint32_t b0 = 0, b1 = 0, b2 = 0, b3 = 0
#define EI8_VALUE(K, L, X)                                             \
  do {                                                                 \
    const int32_t x0 = (X)[0], x1 = (X)[1], x2 = (X)[2];               \
    const int32_t x3 = (X)[3];                                         \
    a0 += (uint32_t)((K)*x0), a1 += (uint32_t)((K)*x1);                \
    a2 += (uint32_t)((K)*x2), a3 += (uint32_t)((K)*x3);                \
    b0 += (uint32_t)((L)*x0), b1 += (uint32_t)((L)*x1);                \
    b2 += (uint32_t)((L)*x2), b3 += (uint32_t)((L)*x3);                \
    __asm volatile(""                                                  \
                   : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(b0), \
                     "+r"(b1), "+r"(b2), "+r"(b3)                      \
                   :                                                   \
                   : "memory");                                        \
  } while (0)
#define EI8_ALL_SUMS                                    \
  do {                                                  \
    sum[0] = a0, sum[1] = a1, sum[2] = a2, sum[3] = a3; \
    sum[4] = b0, sum[5] = b1, sum[6] = b2, sum[7] = b3; \
  } while (0)

// Two rows of n weights with the tile.
static __attribute__((noinline)) void dot_8(const int8_t* k, const int8_t* l,
                                            const int16_t* x, int32_t n,
                                            uint32_t* sum) {
  EI8_SUMS;
  const int8_t* end = k + (n & ~3);
  for (; k != end; k += 4, l += 4, x += 4 * EI8_POSITIONS) {
    EI8_VALUE(k[0], l[0], x);
    EI8_VALUE(k[1], l[1], x + 4);
    EI8_VALUE(k[2], l[2], x + 8);
    EI8_VALUE(k[3], l[3], x + 12);
  }
  for (end += n & 3; k != end; ++k, ++l, x += EI8_POSITIONS) {
    EI8_VALUE(*k, *l, x);
  }
  EI8_ALL_SUMS;
}

// Of 4 bits: the first of two in the low half of a byte.
static __attribute__((noinline)) void dot_4(const int8_t* k, const int8_t* l,
                                            const int16_t* x, int32_t n,
                                            uint32_t* sum) {
  EI8_SUMS;
  for (const int8_t* end = k + n / 2; k != end; ++k, ++l, x += 8) {
    const int32_t both = *k, pair = *l;
    EI8_VALUE((int32_t)((uint32_t)both << 28) >> 28,
              (int32_t)((uint32_t)pair << 28) >> 28, x);
    EI8_VALUE(both >> 4, pair >> 4, x + 4);
  }
  if (n & 1) {
    const int32_t both = *k, pair = *l;
    EI8_VALUE((int32_t)((uint32_t)both << 28) >> 28,
              (int32_t)((uint32_t)pair << 28) >> 28, x);
  }
  EI8_ALL_SUMS;
}

static inline int32_t pre_of(const ei8_activation* a, int32_t sum,
                             int32_t mantissa, int32_t half, int32_t shift) {
  const int32_t high = (int32_t)(((int64_t)sum * mantissa) >> 32);
  return ei8_clamp(((high + half) >> shift) + a->zero, a->low, a->high);
}

// Four sums of one channel; shifts above 32 and tables of bytes, the usual
// case, are told apart once for the four. `at`: the index of the first value.
static void finish(const ei8_conv_rv32* c, const uint32_t* sum, int32_t count,
                   int32_t channel, void* out, int32_t at) {
  const ei8_activation a = c->activation;
  const uint32_t bias = (uint32_t)c->scales.bias[channel];
  const int32_t mantissa = c->scales.mantissa[channel];
  const int32_t shift = c->scales.shift[channel] - 32;
  const int32_t step = c->out->channels;
  if (shift <= 0) {
    int32_t each[EI8_POSITIONS];
    for (int32_t p = 0; p < count; ++p) each[p] = (int32_t)(sum[p] + bias);
    ei8_finish_any(c, each, count, channel, out, at);
    return;
  }
  const int32_t half = (int32_t)1 << (shift - 1);
  if (a.kind == EI8_TABLE_U8) {
    const uint8_t* table = (const uint8_t*)a.table;
    uint8_t* to = (uint8_t*)out + at;
    for (int32_t p = 0; p < count; ++p, to += step) {
      *to = table[pre_of(&a, (int32_t)(sum[p] + bias), mantissa, half, shift) -
                  a.low];
    }
  } else if (a.kind == EI8_PLAIN && c->out->type == EI8_S16) {
    int16_t* to = (int16_t*)out + at;
    for (int32_t p = 0; p < count; ++p, to += step) {
      *to =
          (int16_t)pre_of(&a, (int32_t)(sum[p] + bias), mantissa, half, shift);
    }
  } else {
    for (int32_t p = 0; p < count; ++p) {
      const int32_t pre =
          pre_of(&a, (int32_t)(sum[p] + bias), mantissa, half, shift);
      ei8_store(out, c->out->type, at + p * step, ei8_look_up(&a, pre));
    }
  }
}

// All channels of a group at the tile's positions.
static void run_rows(const ei8_conv_rv32* c, const int16_t* tile,
                     int32_t channel, int32_t count, void* out, int32_t at) {
  const int32_t end = channel + c->out_group, n = c->taps.patch;
  const int8_t* row = (const int8_t*)c->weights + channel * c->row_bytes;
  for (; channel < end; channel += 2, at += 2, row += 2 * c->row_bytes) {
    const int both = channel + 1 < end;
    const int8_t* next = both ? row + c->row_bytes : row;
    uint32_t sum[2 * EI8_POSITIONS];
    if (c->weight_bits == 8) {
      dot_8(row, next, tile, n, sum);
    } else {
      dot_4(row, next, tile, n, sum);
    }
    finish(c, sum, count, channel, out, at);
    if (both) {
      finish(c, sum + EI8_POSITIONS, count, channel + 1, out, at + 1);
    }
  }
}

void ei8_run_conv_rv32(const void* op, const ei8_memory* memory) {
  const ei8_conv_rv32* c = (const ei8_conv_rv32*)op;
  const uint8_t* in = (const uint8_t*)ei8_at(c->in, memory);
  void* out = ei8_at(c->out, memory);
  const int32_t positions = c->out->height * c->out->width;
  int16_t* tile = (int16_t*)(void*)(memory->arena + c->scratch);
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
        fill_position(c, in, at[p], in_channel, tile + p);
      }
      run_rows(c, tile, o, count, out, first * c->out->channels + o);
      in_channel += c->taps.in_group;
    }
  }
}
