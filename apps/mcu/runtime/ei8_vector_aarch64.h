// Rounding, clamping and storing four values at a time with Neon.
#ifndef EI8_VECTOR_AARCH64_H_
#define EI8_VECTOR_AARCH64_H_

#include "ei8_kernels_aarch64.h"

#if !defined(__aarch64__) || !defined(__ARM_NEON)
#error "this export is for 64-bit Arm with Neon"
#endif
#include <arm_neon.h>

// ei8_scale() with its result in whatever follows clamped to 16 bits. From
// shift 32 on, bits 31 and up of the product are all that matters; a lesser
// shift is one of 32 of a value moved left. Where that saturates, the result is
// beyond 2^28 either way.
typedef struct {
  int32x4_t mantissa, left, right;  // right: negative, as SRSHL takes it
} ei8_scale_of_4;

static inline ei8_scale_of_4 ei8_scale_from(int32x4_t mantissa,
                                            int32x4_t shift) {
  ei8_scale_of_4 s;
  s.mantissa = mantissa;
  s.left = vmaxq_s32(vsubq_s32(vdupq_n_s32(32), shift), vdupq_n_s32(0));
  s.right = vminq_s32(vsubq_s32(vdupq_n_s32(31), shift), vdupq_n_s32(-1));
  return s;
}

static inline int32x4_t ei8_scale_4(int32x4_t value, const ei8_scale_of_4* s) {
  value = vqdmulhq_s32(vqshlq_s32(value, s->left), s->mantissa);
  return vrshlq_s32(value, s->right);
}

// Shifts of four channels side by side.
static inline int32x4_t ei8_load_shifts(const uint8_t* shift) {
  uint32_t four;
  __builtin_memcpy(&four, shift, sizeof four);
  const uint16x8_t words = vmovl_u8(vcreate_u8(four));
  return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(words)));
}

// What follows the rounding, told apart once for a tensor. Where there is a
// table, what it is asked for is stored, in bytes counted from 0 on, and looked
// up when the whole tensor is there; EI8_LOOK_UP are those that its type cannot
// hold.
enum { EI8_STORE_BYTES, EI8_STORE_WORDS, EI8_LOOK_UP };
typedef struct {
  const ei8_activation* activation;
  int32x4_t zero, low, high;
  int ending;
  int entries;  // 1 if they are looked up later
} ei8_end;

static inline ei8_end ei8_end_of(const ei8_activation* a,
                                 const ei8_tensor* out) {
  const int words = out->type == EI8_S16;
  const int32_t span = a->high - a->low;
  ei8_end e;
  e.activation = a;
  e.ending = words ? EI8_STORE_WORDS : EI8_STORE_BYTES;
  e.entries = words ? a->kind == EI8_TABLE_S16 : a->kind == EI8_TABLE_U8;
  if (a->kind != EI8_PLAIN && (!e.entries || (!words && span > 255))) {
    e.ending = EI8_LOOK_UP;
    e.entries = 0;
  }
  const int32_t moved = e.entries && !words ? a->low : 0;
  e.zero = vdupq_n_s32(a->zero - moved);
  e.low = vdupq_n_s32(a->low - moved);
  e.high = vdupq_n_s32(a->high - moved);
  return e;
}

// Apart, so that it takes no registers from the usual case.
static __attribute__((noinline, unused)) void ei8_store_lanes(
    const ei8_end* e, int32x4_t v, int32_t n, const ei8_tensor* out, void* to,
    int32_t at) {
  int32_t each[4];
  vst1q_s32(each, v);
  for (int32_t i = 0; i < n; ++i) {
    ei8_store(to, out->type, at + i,
              e->ending == EI8_LOOK_UP ? ei8_look_up(e->activation, each[i])
                                       : each[i]);
  }
}

// Four values side by side, of which n count.
static inline void ei8_finish_4(const ei8_end* e, int32x4_t v, int32_t n,
                                const ei8_tensor* out, void* to, int32_t at) {
  v = vaddq_s32(v, e->zero);
  v = vminq_s32(vmaxq_s32(v, e->low), e->high);
  if (n < 4 || e->ending == EI8_LOOK_UP) {
    ei8_store_lanes(e, v, n, out, to, at);
    return;
  }
  const int16x4_t words = vmovn_s32(v);
  if (e->ending == EI8_STORE_WORDS) {
    vst1_s16((int16_t*)to + at, words);
  } else {
    const int8x8_t bytes = vmovn_s16(vcombine_s16(words, words));
    __builtin_memcpy((uint8_t*)to + at, &bytes, 4);
  }
}

// Four channels at four places, `step` values apart; not EI8_LOOK_UP. What is
// clamped has 16 bits.
static inline void ei8_finish_16(const ei8_end* e, int32x4x4_t y, void* to,
                                 int32_t at, int32_t step) {
  const int16x8_t least = vdupq_n_s16((int16_t)vgetq_lane_s32(e->low, 0));
  const int16x8_t most = vdupq_n_s16((int16_t)vgetq_lane_s32(e->high, 0));
  const int32x4_t zero = e->zero;
  int16x8_t front = vqmovn_high_s32(vqmovn_s32(vaddq_s32(y.val[0], zero)),
                                    vaddq_s32(y.val[1], zero));
  int16x8_t back = vqmovn_high_s32(vqmovn_s32(vaddq_s32(y.val[2], zero)),
                                   vaddq_s32(y.val[3], zero));
  front = vminq_s16(vmaxq_s16(front, least), most);
  back = vminq_s16(vmaxq_s16(back, least), most);
  if (e->ending == EI8_STORE_WORDS) {
    int16_t* words = (int16_t*)to + at;
    vst1_s16(words, vget_low_s16(front));
    vst1_s16(words + step, vget_high_s16(front));
    vst1_s16(words + 2 * step, vget_low_s16(back));
    vst1_s16(words + 3 * step, vget_high_s16(back));
    return;
  }
  uint8_t* bytes = (uint8_t*)to + at;
  const int32x4_t all =
      vreinterpretq_s32_s8(vmovn_high_s16(vmovn_s16(front), back));
  const int32_t each[4] = {vgetq_lane_s32(all, 0), vgetq_lane_s32(all, 1),
                           vgetq_lane_s32(all, 2), vgetq_lane_s32(all, 3)};
  __builtin_memcpy(bytes, &each[0], 4);
  __builtin_memcpy(bytes + step, &each[1], 4);
  __builtin_memcpy(bytes + 2 * step, &each[2], 4);
  __builtin_memcpy(bytes + 3 * step, &each[3], 4);
}

static inline uint8x16_t ei8_look_up_16(const uint8x16x4_t* table,
                                        uint8x16_t i) {
  const uint8x16_t part = vdupq_n_u8(64);
  uint8x16_t y = vqtbl4q_u8(table[0], i);
  y = vqtbx4q_u8(y, table[1], i = vsubq_u8(i, part));
  y = vqtbx4q_u8(y, table[2], i = vsubq_u8(i, part));
  return vqtbx4q_u8(y, table[3], vsubq_u8(i, part));
}

// The entries of a whole tensor become values.
static inline void ei8_look_up_all(const ei8_end* e, const ei8_tensor* out,
                                   void* values) {
  const int32_t size = out->height * out->width * out->channels;
  const ei8_activation* a = e->activation;
  int32_t i = 0;
  if (!e->entries) return;
  if (e->ending == EI8_STORE_WORDS) {
    const int16_t* table = (const int16_t*)a->table;
    int16_t* words = (int16_t*)values;
#pragma GCC unroll 4
    for (; i < size; ++i) words[i] = table[words[i] - a->low];
    return;
  }
  const uint8_t* table = (const uint8_t*)a->table;
  uint8_t* bytes = (uint8_t*)values;
  if (a->high - a->low == 255) {
    uint8x16x4_t parts[4];
    for (int32_t p = 0; p < 4; ++p) parts[p] = vld1q_u8_x4(table + 64 * p);
    for (; i + 16 <= size; i += 16) {
      vst1q_u8(bytes + i, ei8_look_up_16(parts, vld1q_u8(bytes + i)));
    }
  }
  for (; i < size; ++i) bytes[i] = table[bytes[i]];
}

#endif  // EI8_VECTOR_AARCH64_H_
