// The input's transpose on AVX2, in squares of 8 by 8 bytes; the last square of
// a row or a column overlaps the one before.
#include <immintrin.h>

#include "core/kernels/scalar/scalar_kernels.h"
#include "core/kernels/x86/avx2_kernels.h"

namespace edge_int8::core {
namespace {

constexpr int kSide = 8;

__m128i LoadRow(const uint8_t* from) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
}

void Square(const uint8_t* in, int32_t places, uint8_t* out, int64_t pitch) {
  __m128i bytes[4], words[4];
  for (int i = 0; i < 4; ++i) {
    bytes[i] = _mm_unpacklo_epi8(LoadRow(in + 2 * i * places),
                                 LoadRow(in + (2 * i + 1) * places));
  }
  for (int i = 0; i < 2; ++i) {
    words[i] = _mm_unpacklo_epi16(bytes[2 * i], bytes[2 * i + 1]);
    words[2 + i] = _mm_unpackhi_epi16(bytes[2 * i], bytes[2 * i + 1]);
  }
  for (int half = 0; half < 2; ++half) {
    const __m128i rows[2] = {
        _mm_unpacklo_epi32(words[2 * half], words[2 * half + 1]),
        _mm_unpackhi_epi32(words[2 * half], words[2 * half + 1])};
    for (int i = 0; i < 2; ++i) {
      uint8_t* to = out + (4 * half + 2 * i) * pitch;
      _mm_storel_epi64(reinterpret_cast<__m128i*>(to), rows[i]);
      _mm_storel_epi64(reinterpret_cast<__m128i*>(to + pitch),
                       _mm_srli_si128(rows[i], 8));
    }
  }
}

}  // namespace

void TransposeU8Avx2(const uint8_t* in, int32_t channels, int32_t places,
                     uint8_t* out, int64_t pitch) {
  if (channels < kSide || places < kSide) {
    TransposeU8Scalar(in, channels, places, out, pitch);
    return;
  }
  for (int32_t c = 0; c < channels; c += kSide) {
    const int32_t channel = c + kSide <= channels ? c : channels - kSide;
    for (int32_t t = 0; t < places; t += kSide) {
      const int32_t place = t + kSide <= places ? t : places - kSide;
      Square(in + int64_t{channel} * places + place, places,
             out + place * pitch + channel, pitch);
    }
  }
}

}  // namespace edge_int8::core
