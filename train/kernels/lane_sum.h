// A row's sum in 32 partial sums, so that it is vector adds, which are added up
// in order. Always inlined: only so has it the instructions of the clone that
// calls it (cpu_clones.h).
#ifndef EDGE_INT8_TRAIN_KERNELS_LANE_SUM_H_
#define EDGE_INT8_TRAIN_KERNELS_LANE_SUM_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace edge_int8::train {

inline constexpr int kLanes = 32;

[[gnu::always_inline]] inline double SumLanes(
    const std::array<float, kLanes>& lanes) {
  double sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

[[gnu::always_inline]] inline double LaneSum(const float* x, int64_t n) {
  std::array<float, kLanes> sum = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      sum[static_cast<std::size_t>(lane)] += x[i + lane];
    }
  }
  for (; i < n; ++i) sum[0] += x[i];
  return SumLanes(sum);
}

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_KERNELS_LANE_SUM_H_
