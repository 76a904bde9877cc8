#include "train/kernels/landing_kernels.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "src/base/cpu_clones.h"
#include "train/kernels/lane_sum.h"

namespace edge_int8::train {
namespace {

constexpr int64_t kBlock = 256;  // products wait here to be summed

// Before the clamp: as large as 2^61.
template <class T>
[[gnu::always_inline]] inline int64_t Unclamped(T acc, const LandingRow& r) {
  const int64_t sum = int64_t{static_cast<int32_t>(acc)} + r.bias;
  const int64_t half = int64_t{1} << (r.scale.shift - 1);
  return ((sum * r.scale.mantissa + half) >> r.scale.shift) + r.zero;
}

[[gnu::always_inline]] inline int32_t Clamped(int64_t value,
                                              const LandingRow& r) {
  const int64_t low = r.low, high = r.high;
  return static_cast<int32_t>(std::min(std::max(value, low), high));
}

template <class T>
[[gnu::always_inline]] inline void LandLoop(const T* acc, const LandingRow& row,
                                            int64_t n, float* out) {
  const LandingRow r = row;
  if (r.table == nullptr) {
    for (int64_t i = 0; i < n; ++i) {
      out[i] = static_cast<float>(Clamped(Unclamped(acc[i], r), r) - r.zero);
    }
    return;
  }
  for (int64_t i = 0; i < n; ++i) {
    out[i] = r.table[Clamped(Unclamped(acc[i], r), r) - r.low];
  }
}

template <class T>
[[gnu::always_inline]] inline void BackwardBlock(const T* acc,
                                                 const float* dout,
                                                 const LandingRow& r, int64_t n,
                                                 float* dacc,
                                                 LandingSums& sums) {
  std::array<float, kBlock> error, clipped, out_error, out_clipped;
  for (int64_t i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const int64_t wide = Unclamped(acc[i], r);
    const int32_t pre = Clamped(wide, r);
    const bool inside = wide == pre;
    float g = dout[i];
    if (r.table != nullptr) {
      const int32_t entry = pre - r.low;
      out_error[at] = g * r.out_error[entry];
      out_clipped[at] = g * r.out_clipped[entry];
      g *= r.slope[entry];
    }
    const float v =
        (static_cast<float>(acc[i]) + static_cast<float>(r.bias)) * r.ratio;
    const auto code = static_cast<float>(pre - r.zero);
    error[at] = g * (inside ? code - v : code);
    clipped[at] = inside ? 0.0f : -g;
    dacc[i] = inside ? g * r.ratio : 0.0f;
  }
  sums.acc += LaneSum(dacc, n);
  sums.target_error += LaneSum(error.data(), n);
  sums.target_clipped += LaneSum(clipped.data(), n);
  if (r.table == nullptr) return;
  sums.out_error += LaneSum(out_error.data(), n);
  sums.out_clipped -= LaneSum(out_clipped.data(), n);
}

template <class T>
[[gnu::always_inline]] inline LandingSums BackwardLoop(const T* acc,
                                                       const float* dout,
                                                       const LandingRow& row,
                                                       int64_t n, float* dacc) {
  const LandingRow r = row;
  LandingSums sums;
  for (int64_t i = 0; i < n; i += kBlock) {
    BackwardBlock(acc + i, dout + i, r, std::min(kBlock, n - i), dacc + i,
                  sums);
  }
  return sums;
}

}  // namespace

EDGE_INT8_CPU_CLONES void LandRow(const float* acc, const LandingRow& row,
                                  int64_t n, float* out) {
  LandLoop(acc, row, n, out);
}

EDGE_INT8_CPU_CLONES void LandRow(const double* acc, const LandingRow& row,
                                  int64_t n, float* out) {
  LandLoop(acc, row, n, out);
}

EDGE_INT8_CPU_CLONES LandingSums LandRowBackward(const float* acc,
                                                 const float* dout,
                                                 const LandingRow& row,
                                                 int64_t n, float* dacc) {
  return BackwardLoop(acc, dout, row, n, dacc);
}

EDGE_INT8_CPU_CLONES LandingSums LandRowBackward(const double* acc,
                                                 const float* dout,
                                                 const LandingRow& row,
                                                 int64_t n, float* dacc) {
  return BackwardLoop(acc, dout, row, n, dacc);
}

EDGE_INT8_CPU_CLONES void IntegerSoftmaxRows(const float* acc,
                                             const core::ExpTables& tables,
                                             core::Multiplier logit,
                                             int64_t rows, int64_t width,
                                             float* p) {
  const int64_t half = int64_t{1} << (logit.shift - 1);
  for (int64_t r = 0; r < rows; ++r, acc += width, p += width) {
    float top = acc[0];
    for (int64_t j = 1; j < width; ++j) top = std::max(top, acc[j]);
    std::array<uint32_t, core::kMaxSoftmaxRow> exps;
    uint32_t sum = 0;
    for (int64_t j = 0; j < width; ++j) {
      const int64_t below = static_cast<int32_t>(top - acc[j]);
      const int64_t u = (below * logit.mantissa + half) >> logit.shift;
      const auto capped = static_cast<uint32_t>(std::min<int64_t>(u, 65535));
      const uint32_t e = core::IntegerExp(tables, capped);
      exps[static_cast<std::size_t>(j)] = e;
      sum += e;
    }
    const uint32_t one = uint32_t{core::kProbabilityOne} << 16;
    const uint32_t reciprocal = (one + sum / 2) / sum;
    for (int64_t j = 0; j < width; ++j) {
      const uint32_t e = exps[static_cast<std::size_t>(j)];
      p[j] = static_cast<float>(
          static_cast<int32_t>((e * reciprocal + (1u << 15)) >> 16));
    }
  }
}

EDGE_INT8_CPU_CLONES void IntegerSoftmaxRowsBackward(const float* p,
                                                     const float* dp,
                                                     float unit, int64_t rows,
                                                     int64_t width,
                                                     float* dacc) {
  // With real p = code / 32767 and dL/dreal = 32767 * dp the factors cancel but
  // for one.
  constexpr float kOne = static_cast<float>(core::kProbabilityOne);
  for (int64_t r = 0; r < rows; ++r, p += width, dp += width, dacc += width) {
    float dot = 0;
    for (int64_t j = 0; j < width; ++j) dot += p[j] * dp[j];
    dot /= kOne;
    for (int64_t j = 0; j < width; ++j) {
      dacc[j] = unit * p[j] * (dp[j] - dot);
    }
  }
}

EDGE_INT8_CPU_CLONES double WeightRowBackward(const float* weights,
                                              const float* codes,
                                              const float* dcodes, float scale,
                                              float limit, int64_t n,
                                              float* dweights) {
  double sum = 0;
  std::array<float, kBlock> error;
  const float inverse = 1.0f / scale;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t count = std::min(kBlock, n - begin);
    for (int64_t i = 0; i < count; ++i) {
      const float v = weights[begin + i] * inverse;
      const float g = dcodes[begin + i];
      const bool inside = v <= limit + 0.5f && v >= -limit - 0.5f;
      error[static_cast<std::size_t>(i)] =
          g * (inside ? codes[begin + i] - v : codes[begin + i]);
      dweights[begin + i] = inside ? g * inverse : 0.0f;
    }
    sum += LaneSum(error.data(), count);
  }
  return sum;
}

}  // namespace edge_int8::train
