// The one rounding rule and what follows it: floor(acc * m / 2^s + 1/2), zero
// point, clamp, table. Bit for bit what the engine and the reference compute.
#ifndef EI8_ARITHMETIC_H_
#define EI8_ARITHMETIC_H_

#include "ei8_runtime.h"

// C99 leaves >> of a negative number to the compiler; this code needs floor.
typedef char ei8_shift_is_floor[(-3 >> 1) == -2 ? 1 : -1];

// m in [2^30, 2^31) or 0, s in [1, 62].
static inline int64_t ei8_round(int32_t acc, int32_t m, int32_t s) {
  return ((int64_t)acc * m + ((int64_t)1 << (s - 1))) >> s;
}

// The same, clamped to +-2^30: whatever follows clamps to 16 bits. From shift
// 33 on the half is a multiple of 2^32, so the low word of the product never
// matters and the rest is 32-bit: |high word| <= 2^30, half <= 2^29.
static inline int32_t ei8_scale(int32_t acc, int32_t m, int32_t s) {
  if (s > 32) {
    const int32_t high = (int32_t)(((int64_t)acc * m) >> 32);
    return (high + ((int32_t)1 << (s - 33))) >> (s - 32);
  }
  const int64_t limit = (int64_t)1 << 30;
  const int64_t rounded = ei8_round(acc, m, s);
  if (rounded > limit) return (int32_t)limit;
  return (int32_t)(rounded < -limit ? -limit : rounded);
}

static inline int32_t ei8_clamp(int32_t value, int32_t low, int32_t high) {
  if (value < low) return low;
  return value > high ? high : value;
}

// pre in [-32768, 32767], entries at every 16th.
static inline int32_t ei8_line(const int16_t* table, int32_t pre) {
  const int32_t i = (pre + 32768) >> 4;
  const int32_t fraction = (pre + 32768) & 15;
  return (table[i] * (16 - fraction) + table[i + 1] * fraction + 8) >> 4;
}

// |value| <= 2^30.
static inline int32_t ei8_pre(const ei8_activation* a, int32_t value) {
  return ei8_clamp(value + a->zero, a->low, a->high);
}

static inline int32_t ei8_look_up(const ei8_activation* a, int32_t pre) {
  if (a->kind == EI8_TABLE_U8) {
    return ((const uint8_t*)a->table)[pre - a->low];
  }
  if (a->kind == EI8_TABLE_S16) {
    return ((const int16_t*)a->table)[pre - a->low];
  }
  return a->kind == EI8_LINE ? ei8_line((const int16_t*)a->table, pre) : pre;
}

static inline int32_t ei8_activate(const ei8_activation* a, int32_t value) {
  return ei8_look_up(a, ei8_pre(a, value));
}

// Weight i of a row of 8, 4, 3 or 2 bits each: bit n of the row is bit n % 8 of
// byte n / 8, a weight's lowest bit first, two's complement.
static inline int32_t ei8_weight(const uint8_t* row, int32_t bits, int32_t i) {
  const int32_t first = i * bits, from = first & 7;
  uint32_t both = row[first >> 3];
  if (from + bits > 8) both |= (uint32_t)row[(first >> 3) + 1] << 8;
  return (int32_t)(both << (32 - bits - from)) >> (32 - bits);
}

static inline int32_t ei8_load(const void* from, uint8_t type, int32_t i) {
  if (type == EI8_U8) return ((const uint8_t*)from)[i];
  return type == EI8_S8 ? ((const int8_t*)from)[i] : ((const int16_t*)from)[i];
}

static inline void ei8_store(void* to, uint8_t type, int32_t i, int32_t value) {
  if (type == EI8_S16) {
    ((int16_t*)to)[i] = (int16_t)value;
  } else {
    ((uint8_t*)to)[i] = (uint8_t)value;
  }
}

#endif  // EI8_ARITHMETIC_H_
