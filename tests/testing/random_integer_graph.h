// Random valid integer graphs over every operator of format version 2: what
// reference, engines, container and exports are compared on. Made of a seed or
// of a fuzzer's bytes (choices.h). Multipliers are chosen so that values spread
// over their range and some are clamped. random_integer_graph_test.cc (in
// tests/core_reference) says that every kind occurs and every graph is valid.
#ifndef EDGE_INT8_TESTS_TESTING_RANDOM_INTEGER_GRAPH_H_
#define EDGE_INT8_TESTS_TESTING_RANDOM_INTEGER_GRAPH_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "core/container/integer_graph.h"
#include "tests/testing/choices.h"

namespace edge_int8::core {

// One per alternative of IntegerOp, in its order.
enum class OpKind : uint8_t {
  kConv,
  kAdd,
  kAttention,
  kPool,
  kTranspose,
  kRequantize,
  kMultiply,
  kMatMul,
  kSoftmax,
  kNormalize,
  kWindowPool,
  kMove,
  kResize,
  kRecurrent,
  kConstant
};
inline constexpr int kOpKinds = 15;
static_assert(std::variant_size_v<IntegerOp> == kOpKinds);

struct RandomGraphOptions {
  int ops = 6;                      // about as many
  int64_t max_values = 6000;        // of a tensor
  std::optional<OpKind> last = {};  // what makes the output
  bool described = false;           // with scales, functions and shapes
  bool float_multipliers =
      true;  // half of the operators' as lowering makes them
};

IntegerGraph RandomIntegerGraph(Choices& choices,
                                const RandomGraphOptions& options = {});

std::vector<uint8_t> RandomWindow(const IntegerGraph& graph, uint64_t seed);

// The nearest multiplier of a positive real below 2^30.
Multiplier MultiplierOf(double value);
ExpTables RealExpTables();

}  // namespace edge_int8::core

#endif  // EDGE_INT8_TESTS_TESTING_RANDOM_INTEGER_GRAPH_H_
