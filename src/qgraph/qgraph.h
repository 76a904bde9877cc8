// The fused quantized graph: what stands between a folded float graph and the
// integer graph. A small closed set of operators, each with its activation as
// an attribute, and the quantizers: the tensors that are rounded to integers.
// Patterns are matched once, here. Calibration measures the quantizers, a plan
// gives each its bits and scale, lowering visits the operators. Found from the
// graph's structure alone. Tested by qgraph_test.cc.
//
//   linear -> function     a linear operator (convolution, product, sum, mean,
//                          norm, ...) whose only reader is elementwise: one
//                          operator. Its own tensor is a pre-activation, the
//                          index of a table; where the function is a line cut
//                          at two ends (relu, clip) there is no table and no
//                          pre-activation
//   linear -> sum only     a term: no quantizer, written in the sum's units
//   sum of sums            one sum
//   conv -> attention      three quantizers: <tensor>.q, .k, .v
//   pool -> output         sums of 16-bit values, exact
//   moves, max pools       share their input's quantizer; what is put together
//                          has one, for all of it
#ifndef EDGE_INT8_SRC_QGRAPH_QGRAPH_H_
#define EDGE_INT8_SRC_QGRAPH_QGRAPH_H_

#include <string>
#include <variant>
#include <vector>

#include "src/graph/graph.h"

namespace edge_int8 {

enum class QuantizerRole {
  kInput,          // the network's input: uint8
  kPreActivation,  // read by a table, never stored
  kStored,         // an activation in memory
  kQuery,          // int8 symmetric, one scale per head
  kKey,            // int8 symmetric, one scale per head
  kValue           // int8 symmetric, one scale per channel
};

// Who chooses the scale.
enum class ScaleRule {
  kCalibrated,
  kProbability,  // a softmax: 16 bits, 1 / (32767 * 2^k)
  kUnit          // a recurrent layer: 16 bits, 2^-15
};

struct Quantizer {
  std::string name;
  TensorId tensor = 0;
  QuantizerRole role = QuantizerRole::kStored;
  // Channels [first, first + count) of the tensor, in `scales` equal runs with
  // a scale each.
  int first_channel = 0;
  int channels = 0;
  int scales = 1;
  int default_bits = 8;
  bool symmetric = false;  // zero point 0 and a range around it
  bool is_sum = false;     // written by a sum
  // Tensors that other operators write with the same parameters: what a
  // concatenation puts together.
  std::vector<TensorId> others = {};
  Function function = {};  // of a pre-activation: what its table computes
  ScaleRule rule = ScaleRule::kCalibrated;
};

// The operators. Inputs and result are in QNode.
struct QConv {
  Conv conv;
  bool qkv = false;  // the result is query, key and value
};
struct QMatMul {};
struct QSum {
  std::vector<bool> negate;  // by input
};
struct QMultiply {};
struct QPool {
  Pool pool;
  bool to_output = false;  // exact sums; the divisor is the output scale's
};
struct QSoftmax {
  int axis = 2;
};
struct QNormalize {
  Normalize normalize;
};
struct QAttention {
  int heads = 1;
  Axis axis = Axis::kWidth;
  std::string bias = {};
};
struct QRecurrent {
  Recurrent recurrent;
};
struct QTranspose {
  Transpose transpose;
};
struct QMove {
  Move move;
};
struct QResize {
  Resize resize;
};
struct QElementwise {};  // a function of a stored tensor
struct QConstant {
  std::string value;  // a parameter
};
using QOp = std::variant<QConv, QMatMul, QSum, QMultiply, QPool, QSoftmax,
                         QNormalize, QAttention, QRecurrent, QTranspose, QMove,
                         QResize, QElementwise, QConstant>;

struct QNode {
  std::string name;  // of the float node it begins with
  QOp op;
  std::vector<TensorId> inputs;
  TensorId value = 0;      // before the activation
  TensorId output = 0;     // what is written
  Function function = {};  // from value to output
  // Indices of quantizers, or -1.
  int pre = -1;     // the table's index
  int stored = -1;  // of the output
  int sum = -1;     // instead of `stored`: of the sum it is only a term of
};

struct QGraph {
  std::vector<QNode> nodes;           // in execution order
  std::vector<Quantizer> quantizers;  // the input's first
  // Index of the quantizer that a tensor's values have (moves resolved), -1 for
  // tensors without one. q, k, v count from the query's.
  std::vector<int> of_tensor;
  // How many nodes read each tensor, and the only reader's node index (or -1).
  std::vector<int> readers;
  std::vector<int> sole_reader;
};

// Throws kBadInput when the graph holds what the integer engine has no operator
// for, naming the node.
QGraph BuildQGraph(const Graph& folded);

// True when a tensor is only a term of a sum, so it has no scale of its own.
bool IsSumTerm(const Graph& graph, const QGraph& qgraph, TensorId tensor);

// The parameters that are weights: of convolutions and recurrent layers, with a
// scale for each output channel.
struct QuantizedWeight {
  std::string name;
  int channels = 0;
};
std::vector<QuantizedWeight> QuantizedWeights(const Graph& folded);

// The tensors whose values a quantizer rounds: `tensor`, then `others`.
std::vector<TensorId> RoundedTensors(const Quantizer& quantizer);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_QGRAPH_H_
