// Sums in lanes that don't wait for each other, added up in order: several
// times as fast as one running sum, and the same bits every time. Tested by
// calibration_test.cc and bias_repair_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_CALIBRATE_SUM_OF_VALUES_H_
#define EDGE_INT8_SRC_QUANTIZE_CALIBRATE_SUM_OF_VALUES_H_

#include <array>
#include <cstddef>
#include <numeric>

namespace edge_int8 {

// Of value(0) to value(count - 1).
template <class Value>
double SumOfValues(std::size_t count, const Value& value) {
  constexpr std::size_t kSumLanes = 8;
  std::array<double, kSumLanes> sums{};
  std::size_t n = 0;
  for (; n + kSumLanes <= count; n += kSumLanes) {
    for (std::size_t lane = 0; lane < kSumLanes; ++lane) {
      sums[lane] += value(n + lane);
    }
  }
  for (std::size_t lane = 0; n < count; ++n, ++lane) sums[lane] += value(n);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_CALIBRATE_SUM_OF_VALUES_H_
