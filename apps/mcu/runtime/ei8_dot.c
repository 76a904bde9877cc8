// The dot products of a convolution: one row of weights with four rows of
// values, so that a weight is fetched and decoded once for four products.
#include "ei8_runtime.h"

// Two's complement nibbles, sign-extended.
static int32_t low_nibble(uint8_t pair) {
  return (int32_t)((uint32_t)pair << 28) >> 28;
}
static int32_t high_nibble(uint8_t pair) {
  return (int32_t)((uint32_t)pair << 24) >> 28;
}

void ei8_dot_u8_w8(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum) {
  const int8_t* w = (const int8_t*)weights;
  const uint8_t *a = (const uint8_t*)rows[0], *b = (const uint8_t*)rows[1];
  const uint8_t *c = (const uint8_t*)rows[2], *d = (const uint8_t*)rows[3];
  uint32_t sa = 0, sb = 0, sc = 0, sd = 0;
  for (int32_t i = 0; i < n; ++i) {
    const int32_t k = w[i];
    sa += (uint32_t)(k * a[i]);
    sb += (uint32_t)(k * b[i]);
    sc += (uint32_t)(k * c[i]);
    sd += (uint32_t)(k * d[i]);
  }
  sum[0] = sa, sum[1] = sb, sum[2] = sc, sum[3] = sd;
}

void ei8_dot_u8_w4(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum) {
  const uint8_t* w = (const uint8_t*)weights;
  const uint8_t *a = (const uint8_t*)rows[0], *b = (const uint8_t*)rows[1];
  const uint8_t *c = (const uint8_t*)rows[2], *d = (const uint8_t*)rows[3];
  uint32_t sa = 0, sb = 0, sc = 0, sd = 0;
  int32_t i = 0;
  for (; i + 2 <= n; i += 2) {
    const uint8_t pair = *w++;
    const int32_t k = low_nibble(pair), l = high_nibble(pair);
    sa += (uint32_t)(k * a[i] + l * a[i + 1]);
    sb += (uint32_t)(k * b[i] + l * b[i + 1]);
    sc += (uint32_t)(k * c[i] + l * c[i + 1]);
    sd += (uint32_t)(k * d[i] + l * d[i + 1]);
  }
  if (i < n) {
    const int32_t k = low_nibble(*w);
    sa += (uint32_t)(k * a[i]);
    sb += (uint32_t)(k * b[i]);
    sc += (uint32_t)(k * c[i]);
    sd += (uint32_t)(k * d[i]);
  }
  sum[0] = sa, sum[1] = sb, sum[2] = sc, sum[3] = sd;
}

void ei8_dot_s8_w8(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum) {
  const int8_t* w = (const int8_t*)weights;
  const int8_t *a = (const int8_t*)rows[0], *b = (const int8_t*)rows[1];
  const int8_t *c = (const int8_t*)rows[2], *d = (const int8_t*)rows[3];
  uint32_t sa = 0, sb = 0, sc = 0, sd = 0;
  for (int32_t i = 0; i < n; ++i) {
    const int32_t k = w[i];
    sa += (uint32_t)(k * a[i]);
    sb += (uint32_t)(k * b[i]);
    sc += (uint32_t)(k * c[i]);
    sd += (uint32_t)(k * d[i]);
  }
  sum[0] = sa, sum[1] = sb, sum[2] = sc, sum[3] = sd;
}

void ei8_dot_s8_w4(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum) {
  const uint8_t* w = (const uint8_t*)weights;
  const int8_t *a = (const int8_t*)rows[0], *b = (const int8_t*)rows[1];
  const int8_t *c = (const int8_t*)rows[2], *d = (const int8_t*)rows[3];
  uint32_t sa = 0, sb = 0, sc = 0, sd = 0;
  int32_t i = 0;
  for (; i + 2 <= n; i += 2) {
    const uint8_t pair = *w++;
    const int32_t k = low_nibble(pair), l = high_nibble(pair);
    sa += (uint32_t)(k * a[i] + l * a[i + 1]);
    sb += (uint32_t)(k * b[i] + l * b[i + 1]);
    sc += (uint32_t)(k * c[i] + l * c[i + 1]);
    sd += (uint32_t)(k * d[i] + l * d[i + 1]);
  }
  if (i < n) {
    const int32_t k = low_nibble(*w);
    sa += (uint32_t)(k * a[i]);
    sb += (uint32_t)(k * b[i]);
    sc += (uint32_t)(k * c[i]);
    sd += (uint32_t)(k * d[i]);
  }
  sum[0] = sa, sum[1] = sb, sum[2] = sc, sum[3] = sd;
}

void ei8_dot_s16_w8(const void* weights, const void* const* rows, int32_t n,
                    uint32_t* sum) {
  const int8_t* w = (const int8_t*)weights;
  const int16_t *a = (const int16_t*)rows[0], *b = (const int16_t*)rows[1];
  const int16_t *c = (const int16_t*)rows[2], *d = (const int16_t*)rows[3];
  uint32_t sa = 0, sb = 0, sc = 0, sd = 0;
  for (int32_t i = 0; i < n; ++i) {
    const int32_t k = w[i];
    sa += (uint32_t)(k * a[i]);
    sb += (uint32_t)(k * b[i]);
    sc += (uint32_t)(k * c[i]);
    sd += (uint32_t)(k * d[i]);
  }
  sum[0] = sa, sum[1] = sb, sum[2] = sc, sum[3] = sd;
}

void ei8_dot_s16_w4(const void* weights, const void* const* rows, int32_t n,
                    uint32_t* sum) {
  const uint8_t* w = (const uint8_t*)weights;
  const int16_t *a = (const int16_t*)rows[0], *b = (const int16_t*)rows[1];
  const int16_t *c = (const int16_t*)rows[2], *d = (const int16_t*)rows[3];
  uint32_t sa = 0, sb = 0, sc = 0, sd = 0;
  int32_t i = 0;
  for (; i + 2 <= n; i += 2) {
    const uint8_t pair = *w++;
    const int32_t k = low_nibble(pair), l = high_nibble(pair);
    sa += (uint32_t)(k * a[i] + l * a[i + 1]);
    sb += (uint32_t)(k * b[i] + l * b[i + 1]);
    sc += (uint32_t)(k * c[i] + l * c[i + 1]);
    sd += (uint32_t)(k * d[i] + l * d[i + 1]);
  }
  if (i < n) {
    const int32_t k = low_nibble(*w);
    sa += (uint32_t)(k * a[i]);
    sb += (uint32_t)(k * b[i]);
    sc += (uint32_t)(k * c[i]);
    sd += (uint32_t)(k * d[i]);
  }
  sum[0] = sa, sum[1] = sb, sum[2] = sc, sum[3] = sd;
}
