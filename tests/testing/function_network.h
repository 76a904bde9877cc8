// A network that applies every function of one number, side by side.
#ifndef EDGE_INT8_TESTS_TESTING_FUNCTION_NETWORK_H_
#define EDGE_INT8_TESTS_TESTING_FUNCTION_NETWORK_H_

#include <vector>

#include "tests/testing/network_builder.h"

namespace edge_int8 {

inline Model FunctionNetwork() {
  NetworkBuilder net("functions", {3, 2, 5});
  const TensorId wide = net.Apply(FunctionKind::kAffine, 0, 6.1, -3.03);
  const TensorId positive = net.Apply(FunctionKind::kAffine, 0, 1.3, 0.3);
  std::vector<TensorId> results;
  for (int k = 0; k < static_cast<int>(FunctionKind::kComposed); ++k) {
    const auto kind = static_cast<FunctionKind>(k);
    const bool needs_positive =
        kind == FunctionKind::kLog || kind == FunctionKind::kSqrt ||
        kind == FunctionKind::kReciprocal || kind == FunctionKind::kPower;
    // Clips to [-0.7, 1.6], hard sigmoid's slope and offset, ...
    const double a = kind == FunctionKind::kClip ? -0.7 : 0.3;
    results.push_back(
        net.Apply(kind, needs_positive ? positive : wide, a, 1.6));
  }
  const auto composed = [&](const char* text) {
    results.push_back(
        net.Add("composed", Elementwise{ParseFunction(text).value()}, {wide}));
  };
  composed("x 2 mul x 0.5 gt x x -1 mul select add");
  composed("x sigmoid x max 1.5 min 3 pow 2 div x sub");
  return net.Finish(net.Concat(results), 1);
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_FUNCTION_NETWORK_H_
