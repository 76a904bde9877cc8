// Products on AVX2. vpmaddubsw would multiply bytes in one step, but its sums
// of two saturate at 32767 where 2 * 255 * 127 is possible. So four input bytes
// are broadcast and split into two pairs of 16-bit values, against weights
// widened when they were packed: vpmaddwd's pairs fit 32 bits exactly.
#include <immintrin.h>

#include "core/kernels/avx2_kernels.h"

namespace edge_int8::core {
namespace {

typedef int32_t Unaligned32 __attribute__((aligned(1), may_alias));

const __m256i* Vector(const void* p) { return static_cast<const __m256i*>(p); }

// The first n < 8 lanes.
void StoreFew(__m256i v, int n, int32_t* out) {
  __m128i lanes = _mm256_castsi256_si128(v);
  if ((n & 4) != 0) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), lanes);
    lanes = _mm256_extracti128_si256(v, 1);
    out += 4;
  }
  if ((n & 2) != 0) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), lanes);
    lanes = _mm_srli_si128(lanes, 8);
    out += 2;
  }
  if ((n & 1) != 0) *out = _mm_cvtsi128_si32(lanes);
}

// Up to eight columns; by value, so that accumulators stay in registers. Not
// inlined: a tail is rare, and its branches are many.
[[gnu::noinline]] void StoreHalf(__m256i acc, int columns, int32_t* out) {
  if (columns >= 8) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), acc);
  } else if (columns > 0) {
    StoreFew(acc, columns, out);
  }
}

// The empty statements keep a value in a register. Without them GCC 12 adds the
// products up before it adds them to an accumulator, and runs out of registers:
// 10% slower.
__m256i LoadWeights(const std::byte* w) {
  __m256i weights = _mm256_loadu_si256(Vector(w));
  __asm__("" : "+x"(weights));
  return weights;
}
void AddTo(__m256i* acc, __m256i products) {
  *acc = _mm256_add_epi32(*acc, products);
  __asm__("" : "+x"(*acc));
}

struct Bytes {
  static constexpr int kMaxPositions = 4;  // 8 of the 16 registers
  static constexpr int kPanelBytes = 128;
  static constexpr int kVectors = 2;  // of weights per half of a panel

  // acc += the four values of `x` times both halves of a panel, or the first.
  template <int kHalves>
  static void Multiply(__m256i x, const __m256i (*w)[2], __m256i* acc) {
    const __m256i even = _mm256_and_si256(x, _mm256_set1_epi32(0x00ff00ff));
    const __m256i odd = _mm256_srli_epi16(x, 8);
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) {
      AddTo(&acc[h], _mm256_madd_epi16(even, w[0][h]));
    }
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) {
      AddTo(&acc[h], _mm256_madd_epi16(odd, w[1][h]));
    }
  }
};

struct Words {
  static constexpr int kMaxPositions = 6;
  static constexpr int kPanelBytes = 64;
  static constexpr int kVectors = 1;

  template <int kHalves>
  static void Multiply(__m256i x, const __m256i (*w)[2], __m256i* acc) {
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) {
      AddTo(&acc[h], _mm256_madd_epi16(x, w[0][h]));
    }
  }
};

template <class Type, int kPositions, int kHalves>
void Block(const GemmArgs& a, int first_position, int first_column) {
  const std::byte* x[kPositions];
  __m256i acc[kPositions][kHalves];
#pragma GCC unroll 6
  for (int p = 0; p < kPositions; ++p) {
    x[p] = a.x + a.position[first_position + p];
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) {
      acc[p][h] = _mm256_loadu_si256(Vector(a.bias + first_column + 8 * h));
    }
  }
  const std::byte* w =
      a.weights + int64_t{first_column / kPanel} * a.steps * Type::kPanelBytes;
  for (int s = 0; s < a.steps; ++s, w += Type::kPanelBytes) {
    __m256i weights[Type::kVectors][2];
#pragma GCC unroll 2
    for (int v = 0; v < Type::kVectors; ++v) {
#pragma GCC unroll 2
      for (int h = 0; h < kHalves; ++h) {
        weights[v][h] = LoadWeights(w + 64 * v + 32 * h);
      }
    }
#pragma GCC unroll 6
    for (int p = 0; p < kPositions; ++p) {
      Type::template Multiply<kHalves>(
          _mm256_set1_epi32(
              *reinterpret_cast<const Unaligned32*>(x[p] + a.step[s])),
          weights, acc[p]);
    }
  }
  // Tested once: a short product is a third stores.
  const bool whole = a.columns - first_column >= 8 * kHalves;
#pragma GCC unroll 6
  for (int p = 0; p < kPositions; ++p) {
    int32_t* out =
        a.acc + int64_t{first_position + p} * a.acc_stride + first_column;
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h, out += 8) {
      if (whole) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), acc[p][h]);
      } else {
        StoreHalf(acc[p][h], a.columns - first_column - 8 * h, out);
      }
    }
  }
}

template <class Type, int kHalves>
void Panel(const GemmArgs& a, int first_column) {
  int p = 0;
  for (; p + Type::kMaxPositions <= a.positions; p += Type::kMaxPositions) {
    Block<Type, Type::kMaxPositions, kHalves>(a, p, first_column);
  }
  for (; p + 2 <= a.positions; p += 2) {
    Block<Type, 2, kHalves>(a, p, first_column);
  }
  if (p < a.positions) Block<Type, 1, kHalves>(a, p, first_column);
}

template <class Type>
void Gemm(const GemmArgs& a) {
  for (int c = 0; c < a.columns; c += kPanel) {
    if (a.columns - c > 8) {
      Panel<Type, 2>(a, c);
    } else {
      Panel<Type, 1>(a, c);
    }
  }
}

}  // namespace

void GemmU8Avx2(const GemmArgs& args) {
  if (args.order != nullptr) {
    GemmSharedAvx2(args);
  } else {
    Gemm<Bytes>(args);
  }
}
void GemmS16Avx2(const GemmArgs& args) { Gemm<Words>(args); }

// gemm_u8's densest form.
int64_t PeakAvx2(int64_t rounds, int32_t* sink) {
  constexpr int kAccumulators = 8;
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i acc[kAccumulators];
  __m256i x = _mm256_set1_epi32(*sink + 0x00020004);
  const __m256i w = _mm256_set1_epi32(*sink + 0x00040003);
#pragma GCC unroll 8
  for (int i = 0; i < kAccumulators; ++i) acc[i] = _mm256_set1_epi32(i);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 8
    for (int i = 0; i < kAccumulators; ++i) {
      // Each product must be made anew: two steps to one widening, as in
      // avx2_shared_gemm.cc.
      __asm__ volatile("" : "+x"(x));
      const __m256i first = _mm256_maddubs_epi16(x, w);
      __asm__ volatile("" : "+x"(x));
      const __m256i sum = _mm256_add_epi16(first, _mm256_maddubs_epi16(x, w));
      AddTo(&acc[i], _mm256_madd_epi16(sum, ones));
    }
  }
  __m256i mixed = acc[0];
  for (int i = 1; i < kAccumulators; ++i) {
    mixed = _mm256_xor_si256(mixed, acc[i]);
  }
  *sink = _mm_cvtsi128_si32(_mm256_castsi256_si128(mixed));
  return rounds * kAccumulators * 64;
}

}  // namespace edge_int8::core
