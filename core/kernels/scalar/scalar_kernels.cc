#include "core/kernels/scalar/scalar_kernels.h"

#include <algorithm>
#include <cstring>

#include "core/arith/activation.h"
#include "core/arith/boundary.h"
#include "core/arith/fixed_point.h"

namespace edge_int8::core {
namespace {

// Reads a T wherever it lies: positions and steps are byte offsets.
template <class T>
T Load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <class X, class W>
void Gemm(const GemmArgs& a) {
  constexpr int kValues = kStepBytes / static_cast<int>(sizeof(X));
  constexpr std::size_t kPanelStep = kPanel * kValues;
  const auto* weights = reinterpret_cast<const W*>(a.weights);
  for (int p = 0; p < a.positions; ++p) {
    for (int first = 0; first < a.columns; first += kPanel) {
      // Unsigned, because the sum may wrap on the way (kernel_table.h).
      uint32_t sum[kPanel];
      std::memcpy(sum, a.bias + first, sizeof(sum));
      const W* w = weights + static_cast<std::size_t>(first / kPanel) *
                                 static_cast<std::size_t>(a.steps) * kPanelStep;
      for (int s = 0; s < a.steps; ++s, w += kPanelStep) {
        for (int v = 0; v < kValues; ++v) {
          const auto x =
              static_cast<int32_t>(Load<X>(a.x + a.position[p] + a.step[s] +
                                           v * static_cast<int>(sizeof(X))));
          for (int c = 0; c < kPanel; ++c) {
            sum[c] += static_cast<uint32_t>(x * w[c * kValues + v]);
          }
        }
      }
      const int count = std::min(kPanel, a.columns - first);
      std::memcpy(a.acc + static_cast<int64_t>(p) * a.acc_stride + first, sum,
                  static_cast<std::size_t>(count) * sizeof(int32_t));
    }
  }
}

}  // namespace

void GemmU8Scalar(const GemmArgs& args) { Gemm<uint8_t, int8_t>(args); }
void GemmS16Scalar(const GemmArgs& args) { Gemm<int16_t, int16_t>(args); }

void RequantizeScalar(const RequantizeArgs& a) {
  // acc and out may be the same memory: through bytes, so that the compiler
  // knows. The write at 2 * i never passes the read at 4 * i.
  const auto* in = reinterpret_cast<const std::byte*>(a.acc);
  auto* out = reinterpret_cast<std::byte*>(a.out);
  for (int i = 0; i < a.count; ++i) {
    const int c = i % a.period;
    int64_t acc = Load<int32_t>(in + int64_t{4} * i);
    if (a.row.limit != nullptr) {
      acc = Clamp(acc, -a.row.limit[c], a.row.limit[c]);
      acc = acc * (int64_t{1} << a.row.left[c]);
    }
    const int64_t high_word = (acc * a.row.mantissa[c]) >> 32;
    const int64_t value = (high_word + a.row.add[c]) >> a.row.shift[c];
    const auto y = static_cast<int16_t>(Clamp(value + a.zero, a.low, a.high));
    std::memcpy(out + int64_t{2} * i, &y, sizeof(y));
  }
}

void SumS16Scalar(const SumArgs& s) {
  for (int i = 0; i < s.count; ++i) {
    const int32_t sum = RoundShift(s.a[i] + s.b[i], s.bits);
    s.out[i] =
        static_cast<int16_t>(Clamp(int64_t{sum} + s.zero, s.low, s.high));
  }
}

void NarrowU8Scalar(const int16_t* in, int32_t count, uint8_t* out) {
  for (int i = 0; i < count; ++i) out[i] = static_cast<uint8_t>(in[i]);
}

void LookupU8Scalar(const uint8_t* table, const int16_t* in, int32_t count,
                    uint8_t* out) {
  for (int i = 0; i < count; ++i) out[i] = table[in[i]];
}

void LookupS16Scalar(const uint8_t* planes, const int16_t* in, int32_t count,
                     int16_t* out) {
  for (int i = 0; i < count; ++i) {
    const int32_t low = planes[in[i]];
    const int32_t high = planes[256 + in[i]];
    out[i] = static_cast<int16_t>(low | high << 8);
  }
}

// Eight at a time it is faster than gathering (docs/performance.md).
void LookupWideScalar(const int16_t* table, int32_t low, const int16_t* in,
                      int32_t count, int16_t* out) {
  const std::ptrdiff_t first = low;
  int i = 0;
  for (; i + 8 <= count; i += 8) {
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) out[i + k] = table[in[i + k] - first];
  }
  for (; i < count; ++i) out[i] = table[in[i] - first];
}

void InterpolateScalar(const int16_t* table, const int16_t* in, int32_t count,
                       int16_t* out) {
  for (int i = 0; i < count; ++i) {
    out[i] = static_cast<int16_t>(Interpolate(table, in[i]));
  }
}

void QuantizeU8Scalar(const float* in, float factor, int32_t zero,
                      int32_t count, uint8_t* out) {
  for (int i = 0; i < count; ++i) out[i] = QuantizeInput(in[i], factor, zero);
}

void TransposeU8Scalar(const uint8_t* in, int32_t channels, int32_t places,
                       uint8_t* out, int64_t pitch) {
  for (int t = 0; t < places; ++t) {
    for (int c = 0; c < channels; ++c) {
      out[t * pitch + c] = in[int64_t{c} * places + t];
    }
  }
}

int64_t PeakScalar(int64_t rounds, int32_t* sink) {
  constexpr int kLanes = 64;
  uint32_t sums[kLanes] = {};  // they wrap
  int8_t weights[kLanes];
  uint8_t values[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    weights[i] = static_cast<int8_t>(i - *sink);
    values[i] = static_cast<uint8_t>(i + *sink);
  }
  for (int64_t r = 0; r < rounds; ++r) {
    for (int i = 0; i < kLanes; ++i) {
      sums[i] += static_cast<uint32_t>(weights[i] * values[i] + (r & 1));
    }
  }
  for (const uint32_t sum : sums) *sink ^= static_cast<int32_t>(sum);
  return rounds * kLanes;
}

const KernelTable kScalarKernels = {
    .weight_form = WeightForm::kBytes,
    .flips_bytes = false,
    .gemm_u8 = GemmU8Scalar,
    .gemm_s16 = GemmS16Scalar,
    .widen_u8 = nullptr,
    .gemm_fused = nullptr,
    .winograd_input = WinogradInputScalar,
    .winograd_output = WinogradOutputScalar,
    .requantize = RequantizeScalar,
    .sum_s16 = SumS16Scalar,
    .narrow_u8 = NarrowU8Scalar,
    .lookup_u8 = LookupU8Scalar,
    .lookup_s16 = LookupS16Scalar,
    .lookup_wide = LookupWideScalar,
    .interpolate = InterpolateScalar,
    .quantize_u8 = QuantizeU8Scalar,
    .transpose_u8 = TransposeU8Scalar,
    .attention = AttentionScalar,
    .attention_scratch = AttentionScratchScalar,
    .attention_stores = false,
    .general = &kGeneralScalar,
    .peak = PeakScalar,
};

}  // namespace edge_int8::core
