#include "train/kernels/row_kernels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "src/base/cpu_clones.h"
#include "train/kernels/lane_sum.h"

namespace edge_int8::train {
namespace {

// A function without the attribute of cpu_clones.h has the clones' instructions
// only where it is inlined into one, so the helpers here must be.
// exp to 2 ulp on [-87, 87], clamped outside: 2^n * p(f), Cephes' polynomial.
// Adding 1.5 * 2^23 rounds to an integer that sits in the low mantissa bits.
[[gnu::always_inline]] inline float Exp(float x) {
  x = std::min(std::max(x, -87.0f), 87.0f);
  constexpr float kRound = 12582912.0f;
  const float rounded = x * 1.44269504f + kRound;
  const float n = rounded - kRound;
  const float f = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * f + 1.3981999507e-3f;
  p = p * f + 8.3334519073e-3f;
  p = p * f + 4.1665795894e-2f;
  p = p * f + 1.6666665459e-1f;
  p = p * f + 5.0000001201e-1f;
  p = p * f * f + f + 1.0f;
  const uint32_t exponent = (std::bit_cast<uint32_t>(rounded) + 127u) << 23;
  return p * std::bit_cast<float>(exponent);
}

[[gnu::always_inline]] inline float Sigmoid(float z) {
  return 1.0f / (1.0f + Exp(-z));
}

[[gnu::always_inline]] inline float MaskFactor(const DropoutMask& mask,
                                               uint32_t index) {
  return MaskHash(mask.seed, index) < mask.threshold ? 0.0f : mask.scale;
}

template <bool kSilu, bool kDrop>
[[gnu::always_inline]] inline void NormLoop(const float* x, float scale,
                                            float shift,
                                            const DropoutMask& mask,
                                            uint32_t first, int64_t n,
                                            float* y) {
  const DropoutMask local = mask;
  for (int64_t i = 0; i < n; ++i) {
    const float z = x[i] * scale + shift;
    float v = kSilu ? z * Sigmoid(z) : z;
    if (kDrop) v *= MaskFactor(local, first + static_cast<uint32_t>(i));
    y[i] = v;
  }
}

// The gradient through `post` at x.
template <bool kSilu, bool kDrop>
[[gnu::always_inline]] inline float PostGradient(float x, float dy,
                                                 const NormConstants& c,
                                                 const DropoutMask& mask,
                                                 uint32_t index) {
  if (kDrop) dy *= MaskFactor(mask, index);
  if (!kSilu) return dy;
  const float z = x * c.scale + c.shift;
  const float s = Sigmoid(z);
  return dy * (s * (1.0f + z * (1.0f - s)));
}

template <bool kSilu, bool kDrop>
[[gnu::always_inline]] inline GradientSums NormBackwardLoop(
    const float* x, const float* dy, const NormConstants& constants,
    const DropoutMask& mask, uint32_t first, int64_t n, float* dz) {
  const NormConstants c = constants;
  const DropoutMask m = mask;
  std::array<float, kLanes> sum = {};
  std::array<float, kLanes> sum_xhat = {};
  const auto at = [&](int64_t i, std::size_t lane)
      __attribute__((always_inline)) {
    const float g = PostGradient<kSilu, kDrop>(
        x[i], dy[i], c, m, first + static_cast<uint32_t>(i));
    dz[i] = g;
    sum[lane] += g;
    sum_xhat[lane] += g * ((x[i] - c.mean) * c.inverse_deviation);
  };
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      at(i + lane, static_cast<std::size_t>(lane));
    }
  }
  for (; i < n; ++i) at(i, 0);
  return {SumLanes(sum), SumLanes(sum_xhat)};
}

}  // namespace

EDGE_INT8_CPU_CLONES double RowSum(const float* x, int64_t n) {
  return LaneSum(x, n);
}

EDGE_INT8_CPU_CLONES Moments RowMoments(const float* x, int64_t n) {
  const double mean = LaneSum(x, n) / static_cast<double>(n);
  const float center = static_cast<float>(mean);
  std::array<float, kLanes> squares = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const float d = x[i + lane] - center;
      squares[static_cast<std::size_t>(lane)] += d * d;
    }
  }
  for (; i < n; ++i) squares[0] += (x[i] - center) * (x[i] - center);
  return {mean, SumLanes(squares)};
}

EDGE_INT8_CPU_CLONES void NormRow(const float* x, float scale, float shift,
                                  const PostNorm& post, int64_t first,
                                  int64_t n, float* y) {
  const uint32_t start = static_cast<uint32_t>(first);
  const DropoutMask& mask = post.dropout;
  if (post.silu && mask.active()) {
    NormLoop<true, true>(x, scale, shift, mask, start, n, y);
  } else if (post.silu) {
    NormLoop<true, false>(x, scale, shift, mask, start, n, y);
  } else if (mask.active()) {
    NormLoop<false, true>(x, scale, shift, mask, start, n, y);
  } else {
    NormLoop<false, false>(x, scale, shift, mask, start, n, y);
  }
}

EDGE_INT8_CPU_CLONES GradientSums
NormRowBackward(const float* x, const float* dy, const NormConstants& c,
                const PostNorm& post, int64_t first, int64_t n, float* dz) {
  const uint32_t start = static_cast<uint32_t>(first);
  const DropoutMask& mask = post.dropout;
  if (post.silu && mask.active()) {
    return NormBackwardLoop<true, true>(x, dy, c, mask, start, n, dz);
  }
  if (post.silu) {
    return NormBackwardLoop<true, false>(x, dy, c, mask, start, n, dz);
  }
  if (mask.active()) {
    return NormBackwardLoop<false, true>(x, dy, c, mask, start, n, dz);
  }
  return NormBackwardLoop<false, false>(x, dy, c, mask, start, n, dz);
}

EDGE_INT8_CPU_CLONES void CenterRowGradient(const float* x,
                                            const NormConstants& c,
                                            float mean_dz, float mean_dz_xhat,
                                            int64_t n, float* dz) {
  const NormConstants k = c;
  for (int64_t i = 0; i < n; ++i) {
    const float xhat = (x[i] - k.mean) * k.inverse_deviation;
    dz[i] = k.scale * (dz[i] - mean_dz - xhat * mean_dz_xhat);
  }
}

EDGE_INT8_CPU_CLONES void AddRow(const float* x, int64_t n, float* sum) {
  for (int64_t i = 0; i < n; ++i) sum[i] += x[i];
}

EDGE_INT8_CPU_CLONES void AddSiluRow(const float* a, const float* b, int64_t n,
                                     float* y) {
  for (int64_t i = 0; i < n; ++i) {
    const float z = a[i] + b[i];
    y[i] = z * Sigmoid(z);
  }
}

EDGE_INT8_CPU_CLONES void AddSiluRowBackward(const float* a, const float* b,
                                             const float* dy, int64_t n,
                                             float* dx) {
  for (int64_t i = 0; i < n; ++i) {
    const float z = a[i] + b[i];
    const float s = Sigmoid(z);
    dx[i] = dy[i] * (s * (1.0f + z * (1.0f - s)));
  }
}

EDGE_INT8_CPU_CLONES void SoftmaxRows(const float* x, int64_t rows,
                                      int64_t width, float* y) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* in = x + r * width;
    float peak = in[0];
    for (int64_t j = 1; j < width; ++j) peak = std::max(peak, in[j]);
    for (int64_t j = 0; j < width; ++j) y[r * width + j] = in[j] - peak;
  }
  for (int64_t i = 0; i < rows * width; ++i) y[i] = Exp(y[i]);
  for (int64_t r = 0; r < rows; ++r) {
    float* out = y + r * width;
    float sum = 0;
    for (int64_t j = 0; j < width; ++j) sum += out[j];
    const float inverse = 1.0f / sum;
    for (int64_t j = 0; j < width; ++j) out[j] *= inverse;
  }
}

EDGE_INT8_CPU_CLONES void SoftmaxRowsBackward(const float* y, const float* dy,
                                              int64_t rows, int64_t width,
                                              float* dx) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* p = y + r * width;
    const float* g = dy + r * width;
    float dot = 0;
    for (int64_t j = 0; j < width; ++j) dot += p[j] * g[j];
    for (int64_t j = 0; j < width; ++j) {
      dx[r * width + j] = p[j] * (g[j] - dot);
    }
  }
}

}  // namespace edge_int8::train
