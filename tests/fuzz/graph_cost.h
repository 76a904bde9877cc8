// Which graphs a fuzz target runs: those that no input can make slow.
#ifndef EDGE_INT8_TESTS_FUZZ_GRAPH_COST_H_
#define EDGE_INT8_TESTS_FUZZ_GRAPH_COST_H_

#include <algorithm>
#include <cstdint>
#include <variant>

#include "core/container/integer_graph.h"
#include "core/container/overload.h"

namespace edge_int8::core {

// Bounds what the reference does: a value of a convolution sums at most the
// weights, one of a pool or a product at most the longest tensor.
inline bool IsQuick(const IntegerGraph& graph) {
  int64_t elements = 0;
  int64_t weights = 0;
  int64_t longest = 0;
  for (const TensorSpec& t : graph.tensors) {
    elements += t.size();
    longest = std::max(longest, t.size());
  }
  for (const IntegerOp& any : graph.ops) {
    std::visit(Overload{
                   [&](const ConvOp& op) {
                     weights += static_cast<int64_t>(op.weights.size());
                   },
                   [&](const RecurrentOp& op) {
                     weights += static_cast<int64_t>(
                         op.input_weights.size() + op.recurrent_weights.size());
                   },
                   [](const auto&) {},  // no weights
               },
               any);
  }
  return elements < 4096 && weights < 512 && longest < 1024;
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_TESTS_FUZZ_GRAPH_COST_H_
