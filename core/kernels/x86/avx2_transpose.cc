// Transposes on AVX2, in squares of 8 by 8 values; the last square of a row or
// a column overlaps the one before.
#include <immintrin.h>

#include "core/kernels/x86/avx2_kernels.h"

namespace edge_int8::core {
namespace {

constexpr int kSide = 8;

__m128i LoadRow(const uint8_t* from) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
}

void Square(const uint8_t* in, int64_t places, uint8_t* out, int64_t pitch) {
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

void Square(const uint16_t* in, int64_t in_pitch, uint16_t* out,
            int64_t pitch) {
  __m128i rows[8], pairs[8], fours[8];
  for (int i = 0; i < 8; ++i) {
    rows[i] =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i * in_pitch));
  }
  for (int i = 0; i < 4; ++i) {
    pairs[i] = _mm_unpacklo_epi16(rows[2 * i], rows[2 * i + 1]);
    pairs[4 + i] = _mm_unpackhi_epi16(rows[2 * i], rows[2 * i + 1]);
  }
  for (int half = 0; half < 8; half += 4) {
    for (int i = 0; i < 2; ++i) {
      fours[half + 2 * i] =
          _mm_unpacklo_epi32(pairs[half + 2 * i], pairs[half + 2 * i + 1]);
      fours[half + 2 * i + 1] =
          _mm_unpackhi_epi32(pairs[half + 2 * i], pairs[half + 2 * i + 1]);
    }
    for (int i = 0; i < 2; ++i) {
      uint16_t* to = out + (half + 2 * i) * pitch;
      _mm_storeu_si128(
          reinterpret_cast<__m128i*>(to),
          _mm_unpacklo_epi64(fours[half + i], fours[half + 2 + i]));
      _mm_storeu_si128(
          reinterpret_cast<__m128i*>(to + pitch),
          _mm_unpackhi_epi64(fours[half + i], fours[half + 2 + i]));
    }
  }
}

template <class T>
void Turn(const T* in, int64_t in_pitch, int32_t rows, int32_t columns, T* out,
          int64_t out_pitch) {
  if (rows < kSide || columns < kSide) {
    for (int32_t i = 0; i < rows; ++i) {
      for (int32_t j = 0; j < columns; ++j) {
        out[i * out_pitch + j] = in[j * in_pitch + i];
      }
    }
    return;
  }
  for (int32_t j = 0; j < columns; j += kSide) {
    const int32_t column = j + kSide <= columns ? j : columns - kSide;
    for (int32_t i = 0; i < rows; i += kSide) {
      const int32_t row = i + kSide <= rows ? i : rows - kSide;
      Square(in + column * in_pitch + row, in_pitch,
             out + row * out_pitch + column, out_pitch);
    }
  }
}

}  // namespace

void TurnU8Avx2(const uint8_t* in, int64_t in_pitch, int32_t rows,
                int32_t columns, uint8_t* out, int64_t out_pitch) {
  Turn(in, in_pitch, rows, columns, out, out_pitch);
}

void TurnU16Avx2(const uint16_t* in, int64_t in_pitch, int32_t rows,
                 int32_t columns, uint16_t* out, int64_t out_pitch) {
  Turn(in, in_pitch, rows, columns, out, out_pitch);
}

void TransposeU8Avx2(const uint8_t* in, int32_t channels, int32_t places,
                     uint8_t* out, int64_t pitch) {
  Turn(in, places, places, channels, out, pitch);
}

}  // namespace edge_int8::core
