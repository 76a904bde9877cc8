// The model graph: a short list of typed nodes with named tensors. A network
// is a builder of such a graph (wiflow.h) and nothing else; the float executor,
// the trainer, the integer lowering and the exporters all walk this list and
// know no network by name. Tested by graph_test.cc and wiflow_test.cc.
//
// Every tensor of one window is [channels][height][width]; the batch is
// implicit. Nodes are in execution order and each writes one new tensor.
#ifndef EDGE_INT8_SRC_MODEL_GRAPH_H_
#define EDGE_INT8_SRC_MODEL_GRAPH_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "src/base/tensor.h"

namespace edge_int8 {

using TensorId = int;

struct Extent {
  int channels = 0;
  int height = 0;
  int width = 0;
  int64_t size() const { return int64_t{1} * channels * height * width; }
  bool operator==(const Extent&) const = default;
};

// y[o][h][w] = bias[o] + sum over the o's group of i, kh, kw of
//   weight[o][i][kh][kw] * x[i][h * stride_h + kh * dilation_h - pad_top]
//                              [w * stride_w + kw * dilation_w - pad_left]
// Positions outside x read 0. A causal 1-D convolution has height 1 and only
// pad_left.
struct Conv {
  int out_channels = 0;
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
  int groups = 1;
  std::string weight = {};  // parameter [out, in/groups, (kernel_h,) kernel_w]
  std::string bias = {};    // parameter [out]; empty when there is none
};

// y = (x - running_mean) / sqrt(running_var + 1e-5) * weight + bias, per
// channel; in training the batch's own mean and (biased) variance.
struct BatchNorm {
  std::string prefix;  // parameters prefix.weight, .bias, .running_mean, ...
};
inline constexpr double kBatchNormEpsilon = 1e-5;

struct Silu {};  // x / (1 + exp(-x))
struct Add {};   // two inputs of one extent

// Identity at inference; in training zeroes values with this probability.
struct Dropout {
  double probability = 0;
};

enum class Axis { kHeight, kWidth };

// Attention along one axis of a [3C][H][W] tensor holding q, k, v (C each, in
// this order, heads consecutive inside each). With the attended axis of length
// L and the other one of length B:
//   scores[head][b * L + i][j] = sum over c in head of q[c][b, i] * k[c][b, j]
// Output extent [heads][B * L][L]. There is no 1/sqrt(d): upstream normalizes
// with a batch norm per head instead.
struct AttentionScores {
  int heads = 1;
  Axis axis = Axis::kWidth;
};

struct Softmax {};  // along width

// Inputs: probabilities as above, then the same q/k/v tensor.
//   y[c][b, i] = bias[c] + sum over j of p[head(c)][b * L + i][j] * v[c][b, j]
struct AttentionMix {
  int heads = 1;
  Axis axis = Axis::kWidth;
  std::string bias = {};  // parameter [C]; empty before norms are folded
};

// y[c][i][0] = mean of x[c][floor(i*H/bins) .. ceil((i+1)*H/bins))[all w],
// PyTorch's adaptive average pool to (bins, 1).
struct AveragePool {
  int bins = 1;
};

// y's axis a is x's axis order[a], axes numbered channels, height, width.
struct Transpose {
  std::array<int, 3> order = {0, 1, 2};
};

using Op = std::variant<Conv, BatchNorm, Silu, Add, Dropout, AttentionScores,
                        Softmax, AttentionMix, AveragePool, Transpose>;

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

// The pooling bin's half-open row range, PyTorch's rule.
struct BinRange {
  int begin = 0;
  int end = 0;
};
constexpr BinRange PoolBin(int bin, int bins, int rows) {
  return {bin * rows / bins, ((bin + 1) * rows + bins - 1) / bins};
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_MODEL_GRAPH_H_
