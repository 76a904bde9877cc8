// Products of bytes on AVX2 by vpmaddubsw, exactly. Its sums of two products
// saturate at 32767, where 2 * 255 * 127 is possible, so a value is split:
//
//   x = (x & 127) + 128 * (x >> 7)
//
// Two products of the low part are at most 127 * 254; most often even four fit
// (StepOrder), so two steps share one widening to 32 bits. The high part is 0
// for most values: after an activation they are small and positive. A second
// pass looks for the steps of a position where it isn't 0 and adds just those;
// 128 of them fit 16 bits. Only the time depends on the values.
#include <immintrin.h>

#include "core/kernels/gemm_input.h"
#include "core/kernels/x86/avx2_kernels.h"

namespace edge_int8::core {
namespace {

constexpr int kStepWeights = kPanel * kStepBytes;  // bytes of a packed step
constexpr int kMaxHigh = 128;                      // 128 * 2 * 127 fits 16 bits

typedef int32_t Unaligned32 __attribute__((aligned(1), may_alias));

__m256i Load(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
void Store(void* p, __m256i v) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), v);
}
int32_t FourBytes(const std::byte* x) {
  return *reinterpret_cast<const Unaligned32*>(x);
}

// The first `count` lanes.
__m256i LaneMask(int count) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lanes);
}

// As in avx2_gemm.cc.
void AddTo(__m256i* acc, __m256i products) {
  *acc = _mm256_add_epi32(*acc, products);
  __asm__("" : "+x"(*acc));
}

// A panel, or its first half.
struct Panel {
  const std::byte* weights;
  const int32_t* offset;  // by slot
  int32_t pairs;
  int32_t first_column;
  int32_t columns;  // up to kPanel

  Panel(const GemmArgs& a, int n)
      : weights(a.weights + int64_t{n} * a.steps * kStepWeights),
        offset(a.order->offset + int64_t{n} * a.steps),
        pairs(a.order->pairs[n]),
        first_column(n * kPanel),
        columns(a.columns - first_column < kPanel ? a.columns - first_column
                                                  : kPanel) {}
};

// The low seven bits of all that the product reads, if that fits: then no block
// has to clear the top bits again.
class LowCopy {
 public:
  // Returns what to use for a.x, or null.
  const std::byte* Make(const GemmArgs& a) {
    const GemmInput input(a);
    if (input.size > kMaxSize) return nullptr;
    const std::byte* from = a.x + input.first;
    const __m256i low = _mm256_set1_epi8(127);
    for (int64_t i = 0; i < input.size; i += 32) {
      Store(bytes_ + i, _mm256_and_si256(Load(from + i), low));
    }
    return bytes_ - input.first;
  }

 private:
  static constexpr int64_t kMaxSize = 12 * 1024;  // 20 places of 540 channels

  alignas(32) std::byte bytes_[kMaxSize + 32];
};

// kLow: a.x has no top bits.
template <bool kLow, int kPositions, int kHalves>
void Block(const GemmArgs& a, const Panel& panel, int first_position) {
  const __m256i low = _mm256_set1_epi8(127);
  const __m256i ones = _mm256_set1_epi16(1);
  const std::byte* x[kPositions];
  __m256i acc[kPositions][kHalves];
#pragma GCC unroll 5
  for (int p = 0; p < kPositions; ++p) {
    x[p] = a.x + a.position[first_position + p];
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) {
      acc[p][h] = Load(a.bias + panel.first_column + 8 * h);
    }
  }
  const auto four = [&](int p, int32_t offset) {
    const __m256i bytes = _mm256_set1_epi32(FourBytes(x[p] + offset));
    return kLow ? bytes : _mm256_and_si256(bytes, low);
  };
  const std::byte* w = panel.weights;
  int s = 0;
  for (; s < 2 * panel.pairs; s += 2, w += 2 * kStepWeights) {
    const int32_t offset0 = panel.offset[s], offset1 = panel.offset[s + 1];
#pragma GCC unroll 5
    for (int p = 0; p < kPositions; ++p) {
      const __m256i x0 = four(p, offset0);
      const __m256i x1 = four(p, offset1);
#pragma GCC unroll 2
      for (int h = 0; h < kHalves; ++h) {
        const __m256i sum = _mm256_add_epi16(
            _mm256_maddubs_epi16(x0, Load(w + 32 * h)),
            _mm256_maddubs_epi16(x1, Load(w + kStepWeights + 32 * h)));
        AddTo(&acc[p][h], _mm256_madd_epi16(sum, ones));
      }
    }
  }
  for (; s < a.steps; ++s, w += kStepWeights) {
    const int32_t offset = panel.offset[s];
#pragma GCC unroll 5
    for (int p = 0; p < kPositions; ++p) {
      const __m256i x0 = four(p, offset);
#pragma GCC unroll 2
      for (int h = 0; h < kHalves; ++h) {
        acc[p][h] = _mm256_add_epi32(
            acc[p][h], _mm256_madd_epi16(
                           _mm256_maddubs_epi16(x0, Load(w + 32 * h)), ones));
      }
    }
  }
#pragma GCC unroll 5
  for (int p = 0; p < kPositions; ++p) {
    int32_t* out =
        a.acc + int64_t{first_position + p} * a.acc_stride + panel.first_column;
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h, out += 8) {
      const int left = panel.columns - 8 * h;
      if (left >= 8) {
        Store(out, acc[p][h]);
      } else {
        _mm256_maskstore_epi32(out, LaneMask(left), acc[p][h]);
      }
    }
  }
}

template <bool kLow, int kHalves>
void LowParts(const GemmArgs& a, const Panel& panel) {
  int p = 0;
  for (; p + 5 <= a.positions; p += 5) Block<kLow, 5, kHalves>(a, panel, p);
  for (; p + 2 <= a.positions; p += 2) Block<kLow, 2, kHalves>(a, panel, p);
  if (p < a.positions) Block<kLow, 1, kHalves>(a, panel, p);
}

template <bool kLow>
void LowParts(const GemmArgs& a) {
  for (int n = 0; n * kPanel < a.columns; ++n) {
    const Panel panel(a, n);
    if (panel.columns > 8) {
      LowParts<kLow, 2>(a, panel);
    } else {
      LowParts<kLow, 1>(a, panel);
    }
  }
}

// The steps of one position in which a value is 128 or more.
struct High {
  int32_t step[kMaxHigh];
  int32_t bits[kMaxHigh];  // x >> 7 of the step's values
  int count = 0;
};

void AddHigh(const High& high, const Panel& panel, const int32_t* slot,
             int32_t* acc) {
  __m256i sum[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
  for (int i = 0; i < high.count; ++i) {
    const __m256i x = _mm256_set1_epi32(high.bits[i]);
    const std::byte* w =
        panel.weights + int64_t{slot[high.step[i]]} * kStepWeights;
    sum[0] = _mm256_add_epi16(sum[0], _mm256_maddubs_epi16(x, Load(w)));
    sum[1] = _mm256_add_epi16(sum[1], _mm256_maddubs_epi16(x, Load(w + 32)));
  }
  for (int h = 0; h < 2; ++h) {
    const __m256i wide = _mm256_madd_epi16(sum[h], _mm256_set1_epi16(128));
    const int left = panel.columns - 8 * h;
    int32_t* out = acc + panel.first_column + 8 * h;
    if (left >= 8) {
      Store(out, _mm256_add_epi32(Load(out), wide));
    } else if (left > 0) {
      const __m256i mask = LaneMask(left);
      const __m256i before = _mm256_maskload_epi32(out, mask);
      _mm256_maskstore_epi32(out, mask, _mm256_add_epi32(before, wide));
    }
  }
}

void AddHigh(const GemmArgs& a, const High& high, int32_t* acc) {
  for (int n = 0; n * kPanel < a.columns; ++n) {
    AddHigh(high, Panel(a, n), a.order->slot + int64_t{n} * a.steps, acc);
  }
}

void HighParts(const GemmArgs& a, int position) {
  const std::byte* x = a.x + a.position[position];
  int32_t* const acc = a.acc + int64_t{position} * a.acc_stride;
  High high;
  for (int r = 0; r < a.order->run_count; ++r) {
    const StepRun run = a.order->runs[r];
    const __m256i bytes = Load(x + a.step[run.first]);
    auto found = static_cast<uint32_t>(_mm256_movemask_epi8(bytes)) &
                 (0xffffffffu >> (32 - kStepBytes * run.count));
    while (found != 0) {
      const int n = __builtin_ctz(found) / kStepBytes;
      found &= ~(uint32_t{15} << (kStepBytes * n));
      const int32_t step = run.first + n;
      high.step[high.count] = step;
      high.bits[high.count] =
          static_cast<int32_t>(
              static_cast<uint32_t>(FourBytes(x + a.step[step])) >> 7) &
          0x01010101;
      if (++high.count == kMaxHigh) {
        AddHigh(a, high, acc);
        high.count = 0;
      }
    }
  }
  if (high.count > 0) AddHigh(a, high, acc);
}

}  // namespace

void GemmSharedAvx2(const GemmArgs& a) {
  LowCopy copy;
  GemmArgs low = a;
  low.x = a.positions > 0 && a.steps > 0 ? copy.Make(a) : nullptr;
  if (low.x != nullptr) {
    LowParts<true>(low);
  } else {
    LowParts<false>(a);
  }
  for (int p = 0; p < a.positions; ++p) HighParts(a, p);
}

}  // namespace edge_int8::core
