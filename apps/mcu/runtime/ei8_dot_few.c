// Dot products with weights of 3 and 2 bits: a run of weights is decoded to
// bytes, then multiplied as those are (ei8_dot.c), for all four rows.
#include "ei8_arithmetic.h"

// Weights decoded at a time; whole bytes whatever the bits.
enum { RUN = 32 };

static void dot_few(ei8_dot dot, int32_t value_bytes, int32_t bits,
                    const void* weights, const void* const* rows, int32_t n,
                    uint32_t* sum) {
  const uint8_t* w = (const uint8_t*)weights;
  for (int32_t p = 0; p < EI8_POSITIONS; ++p) sum[p] = 0;
  for (int32_t first = 0; first < n; first += RUN) {
    const int32_t count = n - first < RUN ? n - first : RUN;
    int8_t k[RUN];
    const void* at[EI8_POSITIONS];
    uint32_t part[EI8_POSITIONS];
    for (int32_t i = 0; i < count; ++i) k[i] = (int8_t)ei8_weight(w, bits, i);
    for (int32_t p = 0; p < EI8_POSITIONS; ++p) {
      at[p] = (const uint8_t*)rows[p] + first * value_bytes;
    }
    dot(k, at, count, part);
    for (int32_t p = 0; p < EI8_POSITIONS; ++p) sum[p] += part[p];
    w += RUN / 8 * bits;
  }
}

void ei8_dot_u8_w3(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum) {
  dot_few(ei8_dot_u8_w8, 1, 3, weights, rows, n, sum);
}

void ei8_dot_s8_w3(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum) {
  dot_few(ei8_dot_s8_w8, 1, 3, weights, rows, n, sum);
}

void ei8_dot_s16_w3(const void* weights, const void* const* rows, int32_t n,
                    uint32_t* sum) {
  dot_few(ei8_dot_s16_w8, 2, 3, weights, rows, n, sum);
}

void ei8_dot_u8_w2(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum) {
  dot_few(ei8_dot_u8_w8, 1, 2, weights, rows, n, sum);
}

void ei8_dot_s8_w2(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum) {
  dot_few(ei8_dot_s8_w8, 1, 2, weights, rows, n, sum);
}

void ei8_dot_s16_w2(const void* weights, const void* const* rows, int32_t n,
                    uint32_t* sum) {
  dot_few(ei8_dot_s16_w8, 2, 2, weights, rows, n, sum);
}
