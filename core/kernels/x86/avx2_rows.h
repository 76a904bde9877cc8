// Tables of 256 bytes, looked up 32 at a time. For the AVX2 kernels alone: no
// other file may include this. Tested by kernels_test.cc through lookup_u8,
// lookup_s16, and attention_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_AVX2_ROWS_H_
#define EDGE_INT8_CORE_KERNELS_X86_AVX2_ROWS_H_

#include <immintrin.h>

#include <cstdint>

namespace edge_int8::core {

// A table of 256 bytes as 16 rows of 16 in four groups; in a group every row
// but the first is kept as its difference (xor) from the row before. Then an
// entry is the xor of the group's rows up to its own. vpshufb finds a byte's
// entry in a row by its low four bits, and finds 0 if its top bit is set: after
// taking off 16 for every row, it is from the row after the byte's own on. The
// two top bits choose among the groups.
class Rows {
 public:
  Rows() = default;  // to assign to
  explicit Rows(const uint8_t* table) {
    for (int i = 0; i < 256; i += 16) SetRow(i, Load16(table + i));
    MakeDifferences();
  }

  // One byte of each of 256 words: bits [shift, shift + 8).
  Rows(const uint16_t* table, int shift) {
    const __m128i count = _mm_cvtsi32_si128(shift);
    const auto bytes = [&](const uint16_t* from) {
      const __m128i words = Load16(reinterpret_cast<const uint8_t*>(from));
      return _mm_and_si128(_mm_srl_epi16(words, count), _mm_set1_epi16(255));
    };
    for (int i = 0; i < 256; i += 16) {
      SetRow(i, _mm_packus_epi16(bytes(table + i), bytes(table + i + 8)));
    }
    MakeDifferences();
  }

  // How many leading groups hold every entry that isn't 0.
  int Groups() const {
    int groups = 4;
    while (groups > 0 && IsZero(groups - 1)) --groups;
    return groups;
  }

  // The entries of 32 bytes in each of several tables, the n-th of which has no
  // entry but 0 past its first kGroups groups.
  template <int... kGroups>
  static void Lookup(const Rows* tables, __m256i bytes, __m256i* found) {
    constexpr int kTables = sizeof...(kGroups);
    constexpr int kEnds[] = {kGroups...};
    __m256i sums[kTables][4];
    __m256i index = _mm256_and_si256(bytes, _mm256_set1_epi8(63));
#pragma GCC unroll 4
    for (int row = 0; row < 64; row += 16) {
#pragma GCC unroll 4
      for (int group = 0; group < 4; ++group) {
#pragma GCC unroll 2
        for (int t = 0; t < kTables; ++t) {
          if (group >= kEnds[t]) {
            sums[t][group] = _mm256_setzero_si256();
            continue;
          }
          const __m256i entries =
              _mm256_shuffle_epi8(tables[t].Row(64 * group + row), index);
          sums[t][group] =
              row == 0 ? entries : _mm256_xor_si256(sums[t][group], entries);
        }
      }
      index = _mm256_sub_epi8(index, _mm256_set1_epi8(16));
    }
    const __m256i sixth = _mm256_add_epi8(bytes, bytes);
#pragma GCC unroll 2
    for (int t = 0; t < kTables; ++t) {
      const __m256i last =
          kEnds[t] > 2 ? _mm256_blendv_epi8(sums[t][2], sums[t][3], sixth)
                       : sums[t][2];
      found[t] = _mm256_blendv_epi8(
          _mm256_blendv_epi8(sums[t][0], sums[t][1], sixth), last, bytes);
    }
  }

 private:
  static __m128i Load16(const uint8_t* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  bool IsZero(int group) const {
    __m128i any = _mm_setzero_si128();
    for (int i = 64 * group; i < 64 * (group + 1); i += 16) {
      any = _mm_or_si128(any, Load16(bytes_ + i));
    }
    return _mm_testz_si128(any, any) != 0;
  }
  void SetRow(int at, __m128i row) {
    _mm_store_si128(reinterpret_cast<__m128i*>(bytes_ + at), row);
  }
  void MakeDifferences() {
    for (int i = 240; i > 0; i -= 16) {
      if (i % 64 == 0) continue;
      SetRow(i, _mm_xor_si128(Load16(bytes_ + i), Load16(bytes_ + i - 16)));
    }
  }
  __m256i Row(int at) const {
    return _mm256_broadcastsi128_si256(
        _mm_load_si128(reinterpret_cast<const __m128i*>(bytes_ + at)));
  }

  alignas(32) uint8_t bytes_[256];
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_AVX2_ROWS_H_
