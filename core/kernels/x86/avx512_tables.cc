// Tables of 256 bytes held in four registers (VBMI's vpermi2b looks 64 indices
// up in 128 entries at once), and the transpose of the input.
#include <immintrin.h>

#include "core/kernels/x86/avx512_kernels.h"

namespace edge_int8::core {
namespace {

__mmask64 Mask64(int count) {
  return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}
__mmask32 Mask32(int count) {
  return count <= 0 ? 0 : count >= 32 ? 0xffffffffu : (1u << count) - 1;
}

struct Table256 {
  __m512i part[4];

  explicit Table256(const uint8_t* entries) {
    for (int i = 0; i < 4; ++i) part[i] = _mm512_loadu_si512(entries + 64 * i);
  }
  // The index's top bit, as a mask, chooses the half.
  __m512i At(__m512i index, __mmask64 upper) const {
    const __m512i low = _mm512_permutex2var_epi8(part[0], index, part[1]);
    const __m512i high = _mm512_permutex2var_epi8(part[2], index, part[3]);
    return _mm512_mask_blend_epi8(upper, low, high);
  }
};

}  // namespace

void LookupU8Vbmi(const uint8_t* table, const int16_t* in, int32_t count,
                  uint8_t* out) {
  const Table256 entries(table);
  const __m512i in_order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
  for (int i = 0; i < count; i += 64) {
    const __m512i packed = _mm512_packus_epi16(_mm512_loadu_si512(in + i),
                                               _mm512_loadu_si512(in + i + 32));
    const __m512i index = _mm512_permutexvar_epi64(in_order, packed);
    _mm512_mask_storeu_epi8(out + i, Mask64(count - i),
                            entries.At(index, _mm512_movepi8_mask(index)));
  }
}

// Packing and unpacking both work within 128-bit lanes: no reordering.
void LookupS16Vbmi(const uint8_t* planes, const int16_t* in, int32_t count,
                   int16_t* out) {
  const Table256 low(planes), high(planes + 256);
  for (int i = 0; i < count; i += 64) {
    const __m512i index = _mm512_packus_epi16(_mm512_loadu_si512(in + i),
                                              _mm512_loadu_si512(in + i + 32));
    const __mmask64 upper = _mm512_movepi8_mask(index);
    const __m512i lows = low.At(index, upper);
    const __m512i highs = high.At(index, upper);
    _mm512_mask_storeu_epi16(out + i, Mask32(count - i),
                             _mm512_unpacklo_epi8(lows, highs));
    _mm512_mask_storeu_epi16(out + i + 32, Mask32(count - i - 32),
                             _mm512_unpackhi_epi8(lows, highs));
  }
}

void MapU8Vbmi(const uint8_t* table, const uint8_t* in, int32_t count,
               uint8_t* out) {
  const Table256 entries(table);
  for (int i = 0; i < count; i += 64) {
    const __m512i index = _mm512_loadu_si512(in + i);
    _mm512_mask_storeu_epi8(out + i, Mask64(count - i),
                            entries.At(index, _mm512_movepi8_mask(index)));
  }
}

// Unpacking interleaves within 128-bit lanes: quarters are put in that order
// before it.
void MapU8S16Vbmi(const uint8_t* planes, const uint8_t* in, int32_t count,
                  int16_t* out) {
  const Table256 low(planes), high(planes + 256);
  const __m512i halves = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
  for (int i = 0; i < count; i += 64) {
    const __m512i index =
        _mm512_permutexvar_epi64(halves, _mm512_loadu_si512(in + i));
    const __mmask64 upper = _mm512_movepi8_mask(index);
    const __m512i lows = low.At(index, upper);
    const __m512i highs = high.At(index, upper);
    _mm512_mask_storeu_epi16(out + i, Mask32(count - i),
                             _mm512_unpacklo_epi8(lows, highs));
    _mm512_mask_storeu_epi16(out + i + 32, Mask32(count - i - 32),
                             _mm512_unpackhi_epi8(lows, highs));
  }
}

// 16 channels by 4 places at a time: a gather takes 4 bytes of each channel,
// one byte permutation makes them 4 rows of 16.
void TransposeU8Vbmi(const uint8_t* in, int32_t channels, int32_t places,
                     uint8_t* out, int64_t pitch) {
  alignas(64) uint8_t order[64];
  for (int i = 0; i < 64; ++i) {
    order[i] = static_cast<uint8_t>((i % 16) * 4 + i / 16);
  }
  const __m512i rows = _mm512_load_si512(order);
  const __m512i lanes =
      _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i index = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(places));
  for (int c = 0; c < channels; c += 16) {
    const int left = channels - c < 16 ? channels - c : 16;
    const auto mask = static_cast<__mmask16>((1u << left) - 1);
    for (int t = 0; t < places; t += 4) {
      // The last gather of a row starts early rather than read past the input.
      const int start = t + 4 <= places ? t : places - 4;
      if (start < 0) continue;
      const __m512i block =
          _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), mask, index,
                                      in + int64_t{c} * places + start, 1);
      const __m512i turned = _mm512_permutexvar_epi8(rows, block);
      uint8_t* to = out + start * pitch + c;
      _mm_mask_storeu_epi8(to, mask, _mm512_castsi512_si128(turned));
      _mm_mask_storeu_epi8(to + pitch, mask,
                           _mm512_extracti32x4_epi32(turned, 1));
      _mm_mask_storeu_epi8(to + 2 * pitch, mask,
                           _mm512_extracti32x4_epi32(turned, 2));
      _mm_mask_storeu_epi8(to + 3 * pitch, mask,
                           _mm512_extracti32x4_epi32(turned, 3));
    }
  }
  if (places >= 4) return;
  for (int t = 0; t < places; ++t) {
    for (int c = 0; c < channels; ++c) out[t * pitch + c] = in[c * places + t];
  }
}

}  // namespace edge_int8::core
