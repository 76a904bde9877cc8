// What becomes of a register block's accumulators without leaving the registers
// (VBMI): requantized, packed, looked up, added to another term, stored. Only
// for avx512_fused.cc: internal linkage, as in avx512_scale.h. Tested by
// gemm_fused_test.cc.
//
// Two vectors of 16 int32 become one of 32 int16, whose order is not theirs
// until something puts them there: Int16<...> knows how they lie.
#ifndef EDGE_INT8_CORE_KERNELS_X86_AVX512_ENDING_H_
#define EDGE_INT8_CORE_KERNELS_X86_AVX512_ENDING_H_

#include <immintrin.h>

#include "core/kernels/kernel_table.h"
#include "core/kernels/x86/avx512_scale.h"

namespace edge_int8::core {
namespace {

// The columns of a block in the rows of `positions` places, as vectors of 32
// values: two panels of one place, or one panel of two.
template <int kPanels>
class BlockRows {
 public:
  BlockRows(int columns_left)
      : mask_(columns_left >= 16 * kPanels ? (kPanels == 2 ? ~0u : 0xffffu)
                                           : (1u << columns_left) - 1) {}

  // 16-bit values in their order, of places `to` and, with one panel, `next`.
  void StoreWords(std::byte* to, std::byte* next, __m512i y) const {
    if constexpr (kPanels == 2) {
      _mm512_mask_storeu_epi16(to, mask_, y);
    } else {
      const auto mask = static_cast<__mmask16>(mask_);
      _mm256_mask_storeu_epi16(to, mask, _mm512_castsi512_si256(y));
      _mm256_mask_storeu_epi16(next, mask, _mm512_extracti64x4_epi64(y, 1));
    }
  }
  static __m512i LoadWords(const std::byte* from, const std::byte* next) {
    if constexpr (kPanels == 2) {
      return _mm512_loadu_si512(from);
    } else {
      return _mm512_inserti64x4(
          _mm512_castsi256_si512(
              _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))),
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(next)), 1);
    }
  }
  // 64 bytes in their order: two places, or four.
  void StoreBytes(std::byte* const (&to)[4], __m512i y) const {
    if constexpr (kPanels == 2) {
      _mm256_mask_storeu_epi8(to[0], mask_, _mm512_castsi512_si256(y));
      _mm256_mask_storeu_epi8(to[2], mask_, _mm512_extracti64x4_epi64(y, 1));
    } else {
      const auto mask = static_cast<__mmask16>(mask_);
      _mm_mask_storeu_epi8(to[0], mask, _mm512_castsi512_si128(y));
      _mm_mask_storeu_epi8(to[1], mask, _mm512_extracti32x4_epi32(y, 1));
      _mm_mask_storeu_epi8(to[2], mask, _mm512_extracti32x4_epi32(y, 2));
      _mm_mask_storeu_epi8(to[3], mask, _mm512_extracti32x4_epi32(y, 3));
    }
  }

 private:
  uint32_t mask_;
};

// Saturated; fours of the first and of the second vector take turns.
template <Scaling>
struct Int16 {
  static __m512i Pack(__m512i first, __m512i second) {
    return _mm512_packs_epi32(first, second);
  }
  static __m512i InOrder(__m512i words) {
    return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7),
                                    words);
  }
  static __m512i FromOrder(__m512i ordered) {
    return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7),
                                    ordered);
  }
  // 64 of them, clamped to [0, 255].
  static __m512i BytesInOrder(__m512i words, __m512i next) {
    return _mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
        _mm512_packus_epi16(words, next));
  }
};

// Where each value is that was put beside its neighbour in turn, and where each
// byte after a pack of two such vectors.
struct Orders {
  alignas(64) uint16_t words[32];
  alignas(64) uint8_t bytes[64];

  constexpr Orders() : words(), bytes() {
    for (int i = 0; i < 32; ++i) {
      words[i] = static_cast<uint16_t>(i % 16 * 2 + i / 16);
    }
    for (int i = 0; i < 64; ++i) {
      const int lane = i % 16 / 4, vector = i / 16;
      bytes[i] = static_cast<uint8_t>(16 * lane + vector / 2 * 8 + i % 4 * 2 +
                                      vector % 2);
    }
  }
};
constexpr Orders kOrders;

// The low words of two vectors, one of each in turn: one operation where taking
// off what rounded them and packing is three.
template <>
struct Int16<Scaling::kRealInt16> {
  static __m512i Pack(__m512i first, __m512i second) {
    const __m512i up = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 0, 0, 1, 0, 0, 4, 5, 0, 0, 8, 9, 0, 0, 12, 13));
    return _mm512_mask_shuffle_epi8(first, 0xccccccccccccccccu, second, up);
  }
  static __m512i InOrder(__m512i words) {
    return _mm512_permutexvar_epi16(_mm512_load_si512(kOrders.words), words);
  }
  static __m512i BytesInOrder(__m512i words, __m512i next) {
    return _mm512_permutexvar_epi8(_mm512_load_si512(kOrders.bytes),
                                   _mm512_packus_epi16(words, next));
  }
};

// Tables are loaded each time: in registers they would push accumulators out.
[[gnu::always_inline]] inline __m512i LookUp(const uint8_t* table,
                                             __m512i index) {
  __asm__("" : "+r"(table));
  const auto part = [&](int i) { return _mm512_loadu_si512(table + 64 * i); };
  const __m512i lower = _mm512_permutex2var_epi8(part(0), index, part(1));
  const __m512i upper = _mm512_permutex2var_epi8(part(2), index, part(3));
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), lower, upper);
}

// Where the four (one panel) or two (the even ones) places of 64 values are:
// past the block's last place the last one again.
struct Places {
  int at[4];
};

// Each ending takes 64 values as two packed vectors.
template <GemmEnd kEnd, Scaling kScaling, int kPanels>
class Ending {
 public:
  Ending(const GemmFusedArgs& a, int first_position, int first_column)
      : a_(a),
        rows_(a.gemm.columns - first_column),
        out_(a.out + int64_t{first_column} * (kWide ? 2 : 1)),
        to_(a.out_position + first_position),
        term_(kEnd == GemmEnd::kSum ? a.term + int64_t{first_column} * 2
                                    : nullptr),
        from_(kEnd == GemmEnd::kSum ? a.term_position + first_position
                                    : nullptr) {}

  [[gnu::always_inline]] void operator()(const Places& places, __m512i first,
                                         __m512i second) const {
    std::byte* to[4];
#pragma GCC unroll 4
    for (int n = 0; n < 4; ++n) to[n] = out_ + to_[places.at[n]];
    if constexpr (kEnd == GemmEnd::kWords) {
      rows_.StoreWords(to[0], to[1], Order::InOrder(Clamped(first)));
      rows_.StoreWords(to[2], to[3], Order::InOrder(Clamped(second)));
    } else if constexpr (kEnd == GemmEnd::kWordTable) {
      const __m512i index = _mm512_packus_epi16(first, second);
      const __m512i low = LookUp(a_.table, index);
      const __m512i high = LookUp(a_.table + 256, index);
      rows_.StoreWords(to[0], to[1],
                       Order::InOrder(_mm512_unpacklo_epi8(low, high)));
      rows_.StoreWords(to[2], to[3],
                       Order::InOrder(_mm512_unpackhi_epi8(low, high)));
    } else if constexpr (kEnd == GemmEnd::kBytes) {
      const __m512i bytes = Order::BytesInOrder(first, second);
      rows_.StoreBytes(
          to, _mm512_min_epu8(
                  _mm512_max_epu8(bytes,
                                  _mm512_set1_epi8(static_cast<char>(a_.low))),
                  _mm512_set1_epi8(static_cast<char>(a_.high))));
    } else {
      if constexpr (kEnd == GemmEnd::kSum) {
        first = Sum(first, places.at[0], places.at[1]);
        second = Sum(second, places.at[2], places.at[3]);
      }
      rows_.StoreBytes(to,
                       LookUp(a_.table, Order::BytesInOrder(first, second)));
    }
  }

 private:
  using Order = Int16<kScaling>;
  static constexpr bool kWide =
      kEnd == GemmEnd::kWords || kEnd == GemmEnd::kWordTable;

  __m512i Clamped(__m512i words) const {
    return _mm512_min_epi16(
        _mm512_max_epi16(words,
                         _mm512_set1_epi16(static_cast<int16_t>(a_.low))),
        _mm512_set1_epi16(static_cast<int16_t>(a_.high)));
  }

  // As SumS16Avx512(), which see; the zero is part of what is added.
  [[gnu::always_inline]] __m512i Sum(__m512i words, int place, int next) const {
    const __m512i own = Clamped(words);
    const __m512i other = Order::FromOrder(BlockRows<kPanels>::LoadWords(
        term_ + from_[place], term_ + from_[next]));
    const __m512i ones = _mm512_set1_epi16(1);
    const auto round = [&](__m512i pairs) {
      return _mm512_srav_epi32(
          _mm512_dpwssd_epi32(_mm512_set1_epi32(a_.sum_add), pairs, ones),
          _mm512_set1_epi32(a_.sum_bits));
    };
    return _mm512_packs_epi32(round(_mm512_unpacklo_epi16(own, other)),
                              round(_mm512_unpackhi_epi16(own, other)));
  }

  const GemmFusedArgs& a_;
  const BlockRows<kPanels> rows_;
  std::byte* const out_;
  const int32_t* const to_;
  const std::byte* const term_;
  const int32_t* const from_;
};

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_AVX512_ENDING_H_
