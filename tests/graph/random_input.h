// Seeded inputs and plain runs that the model tests share.
#ifndef EDGE_INT8_TESTS_GRAPH_RANDOM_INPUT_H_
#define EDGE_INT8_TESTS_GRAPH_RANDOM_INPUT_H_

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/random.h"
#include "src/graph/float_executor.h"

namespace edge_int8 {

// `windows` inputs of the graph, within [0, 1) as CSI amplitudes are, and of
// unlike brightness so that their outputs differ.
inline std::vector<float> RandomInput(const Graph& graph, int windows,
                                      uint64_t seed) {
  Rng rng(seed);
  std::vector<float> input;
  for (int i = 0; i < windows; ++i) {
    for (int64_t k = 0; k < graph.extent(0).size(); ++k) {
      input.push_back(static_cast<float>(rng.Uniform() / (1 + i % 5)));
    }
  }
  return input;
}

// The graph's output for the windows in `input`, node by node.
inline std::vector<float> RunNodeByNode(const Model& model,
                                        const std::vector<float>& input) {
  const FloatExecutor executor(model);
  const auto in = static_cast<std::size_t>(model.graph.extent(0).size());
  const auto out =
      static_cast<std::size_t>(model.graph.extent(model.graph.output).size());
  std::vector<float> output(input.size() / in * out);
  for (std::size_t i = 0; i * in < input.size(); ++i) {
    executor.RunObserved(std::span(input).subspan(i * in, in),
                         std::span(output).subspan(i * out, out),
                         [](TensorId, std::span<float>) {});
  }
  return output;
}

// Infinite when the sizes differ or a value is not finite.
inline double LargestDifference(const std::vector<float>& a,
                                const std::vector<float>& b) {
  double largest = a.size() == b.size() ? 0.0 : INFINITY;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double difference = std::abs(double{a[i]} - double{b[i]});
    largest =
        std::isfinite(difference) ? std::max(largest, difference) : INFINITY;
  }
  return largest;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_GRAPH_RANDOM_INPUT_H_
