// Rounding, clamping and looking up four values at a time with Helium.
#ifndef EI8_VECTOR_M55_H_
#define EI8_VECTOR_M55_H_

#include "ei8_cortex_m55.h"

#if !defined(__ARM_FEATURE_MVE) || !(__ARM_FEATURE_MVE & 1)
#error "this export is for Cortex-M55 and others with Helium"
#endif
#include <arm_mve.h>

// ei8_scale() with its result in whatever follows clamped to 16 bits, split
// into what four values can share: the product's high word is all that matters
// from shift 33 on, and a lesser shift is one of 33 of a value moved left.
// Where that saturates, the result is beyond 2^28 either way.
typedef struct {
  int32_t left, right;  // right: negative, as VRSHL takes it
} ei8_shifts;

static inline ei8_shifts ei8_shifts_of(int32_t shift) {
  const ei8_shifts s = {shift < 33 ? 33 - shift : 0,
                        shift < 33 ? -1 : 32 - shift};
  return s;
}

static inline int32x4_t ei8_scale_4(int32x4_t value, int32x4_t mantissa,
                                    ei8_shifts s) {
  value = vmulhq_s32(vqshlq_r_s32(value, s.left), mantissa);
  return vrshlq_n_s32(value, s.right);
}

// What follows the rounding, told apart once for a tensor. A table's entries
// are counted from 0 on.
enum { EI8_BYTE_TABLE, EI8_WORD_TABLE, EI8_BYTES, EI8_WORDS, EI8_OTHER };
typedef struct {
  int32x4_t low, high;
  int32_t zero;
  int ending;
  const void* table;
} ei8_end;

static inline ei8_end ei8_end_of(const ei8_activation* a,
                                 const ei8_tensor* out) {
  const int table = a->kind == EI8_TABLE_U8 || a->kind == EI8_TABLE_S16;
  const int words = out->type == EI8_S16;
  ei8_end e;
  e.ending = words ? EI8_WORDS : EI8_BYTES;
  if (table) e.ending = words ? EI8_WORD_TABLE : EI8_BYTE_TABLE;
  // Words of a line, or bytes of a table of words.
  if (a->kind == EI8_LINE) e.ending = EI8_OTHER;
  if (a->kind == EI8_TABLE_S16 && !words) e.ending = EI8_OTHER;
  e.table = a->table;
  e.zero = table ? a->zero - a->low : a->zero;
  e.low = vdupq_n_s32(table ? 0 : a->low);
  e.high = vdupq_n_s32(table ? a->high - a->low : a->high);
  return e;
}

// Any ending but EI8_OTHER.
static inline int32x4_t ei8_activate_4(const ei8_end* e, int32x4_t v) {
  v = vaddq_n_s32(v, e->zero);
  v = vminq_s32(vmaxq_s32(v, e->low), e->high);
  if (e->ending == EI8_BYTE_TABLE) {
    return (int32x4_t)vldrbq_gather_offset_u32((const uint8_t*)e->table,
                                               (uint32x4_t)v);
  }
  if (e->ending == EI8_WORD_TABLE) {
    return vldrhq_gather_shifted_offset_s32((const int16_t*)e->table,
                                            (uint32x4_t)v);
  }
  return v;
}

static inline int ei8_ends_in_bytes(const ei8_end* e) {
  return e->ending == EI8_BYTE_TABLE || e->ending == EI8_BYTES;
}

// Four values side by side.
static inline void ei8_store_4(const ei8_end* e, int32x4_t v, void* out,
                               int32_t at) {
  if (ei8_ends_in_bytes(e)) {
    vstrbq_s32((int8_t*)out + at, v);
  } else {
    vstrhq_s32((int16_t*)out + at, v);
  }
}

static inline int32x4_t ei8_load_4(const void* from, uint8_t type, int32_t i) {
  if (type == EI8_S16) return vldrhq_s32((const int16_t*)from + i);
  if (type == EI8_S8) return vldrbq_s32((const int8_t*)from + i);
  return (int32x4_t)vldrbq_u32((const uint8_t*)from + i);
}

#endif  // EI8_VECTOR_M55_H_
