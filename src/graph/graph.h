// The model graph: a short list of typed nodes with named tensors. A network
// is a builder of such a graph (wiflow.h) and nothing else; the float executor,
// the trainer, the integer lowering and the exporters all walk this list and
// know no network by name. Tested by graph_test.cc and wiflow_test.cc.
//
// Nodes are in execution order and each writes one new tensor (ops.h).
#ifndef EDGE_INT8_SRC_GRAPH_GRAPH_H_
#define EDGE_INT8_SRC_GRAPH_GRAPH_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/tensor.h"
#include "src/graph/ops.h"

namespace edge_int8 {

using TensorId = int;

struct Node {
  std::string name;  // unique; also the name of the tensor it writes
  Op op;
  std::vector<TensorId> inputs;
  TensorId output = 0;
};

struct TensorInfo {
  std::string name;
  Extent extent;
};

// A parameter or buffer of the state dict, in upstream's order.
struct ParameterSpec {
  std::string name;
  Shape shape;
  bool trainable = true;  // false: running statistics, num_batches_tracked
  bool integer = false;   // num_batches_tracked, an int64 scalar
};

struct Graph {
  std::string name;                 // "half", or what a builder calls it
  std::vector<TensorInfo> tensors;  // by TensorId; 0 is the input
  std::vector<Node> nodes;
  std::vector<ParameterSpec> parameters;
  TensorId output = 0;
  // A window's and an output's axes as the network's file and arrays have them,
  // row-major over the same values as tensor 0 and the output: {3, 114, 10} and
  // {17, 3}. GraphBuilder takes the extents, without the height of an input of
  // one row and without the width of an output of one column; importers set
  // them.
  Shape input_shape;
  Shape output_shape;

  const Extent& extent(TensorId id) const {
    return tensors[static_cast<std::size_t>(id)].extent;
  }
};

// Appends nodes, works out extents and lists parameters.
class GraphBuilder {
 public:
  GraphBuilder(std::string name, Extent input);

  // Adds a node and returns the tensor it writes. Checks ranks and extents.
  TensorId Append(std::string name, Op op, std::vector<TensorId> inputs);
  // As Append for a Conv, listing its parameters too. `rank1d` gives the
  // weight PyTorch's Conv1d shape [out, in/groups, kernel_w].
  TensorId AppendConv(const std::string& module, Conv conv, TensorId input,
                      bool with_bias, bool rank1d);
  TensorId AppendBatchNorm(const std::string& module, TensorId input);
  // PyTorch's adaptive average pool to (bins, 1).
  TensorId AppendRowPool(std::string name, int bins, TensorId input);

  const Extent& extent(TensorId id) const { return graph_.extent(id); }
  Graph Finish(TensorId output);

 private:
  Graph graph_;
};

// Parameters that training changes; running statistics are not counted.
int64_t ParameterCount(const Graph& graph);

// Multiply-accumulates of one window. `counted` follows upstream's table, which
// counts the positions its padded-then-cut convolutions throw away; `kept`
// counts only those that reach the output and is what speeds are given in.
struct MacCount {
  int64_t counted = 0;
  int64_t kept = 0;
};
MacCount CountMacs(const Graph& graph, const Node& node);
MacCount CountMacs(const Graph& graph);

std::string_view OpName(const Op& op);  // "conv", "batch_norm", ...

// Extent of what `op` makes of these inputs; throws kInternal if they don't
// fit.
Extent OutputExtent(const Op& op, const std::vector<Extent>& inputs);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_GRAPH_H_
