// How far outputs are from the expected ones, in their own spread.
#ifndef EDGE_INT8_TESTS_NETS_ONNX_RELATIVE_ERROR_H_
#define EDGE_INT8_TESTS_NETS_ONNX_RELATIVE_ERROR_H_

#include <cmath>
#include <vector>

#include "tests/graph/random_input.h"

namespace edge_int8 {

// The largest error over the standard deviation of all outputs.
inline double RelativeError(const std::vector<float>& expected,
                            const std::vector<float>& given) {
  double sum = 0;
  double squares = 0;
  for (const double v : expected) {
    sum += v;
    squares += v * v;
  }
  const auto n = static_cast<double>(expected.size());
  const double variance = squares / n - sum / n * (sum / n);
  return LargestDifference(expected, given) / std::sqrt(variance);
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_NETS_ONNX_RELATIVE_ERROR_H_
