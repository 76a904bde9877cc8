// A graph with its parameters: what a checkpoint becomes and everything else
// starts from. Tested by model_test.cc.
#ifndef EDGE_INT8_SRC_GRAPH_MODEL_H_
#define EDGE_INT8_SRC_GRAPH_MODEL_H_

#include <cstdint>
#include <map>
#include <string>

#include "src/base/tensor.h"
#include "src/graph/graph.h"

namespace edge_int8 {

struct Model {
  Graph graph;
  // By ParameterSpec::name; integer buffers (num_batches_tracked) are not kept.
  std::map<std::string, Tensor> parameters;

  const Tensor& Parameter(const std::string& name) const;  // kInternal if none
  Tensor& Parameter(const std::string& name);
};

// Seeded random parameters with non-trivial batch-norm statistics, for tests
// and benchmarks that need a network but no training.
Model RandomModel(Graph graph, uint64_t seed);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_MODEL_H_
