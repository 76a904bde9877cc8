#include "src/quantize/search/precision_budget.h"

#include "core/arith/activation.h"
#include "src/base/as_size.h"
#include "src/qgraph/clamped_line.h"

namespace edge_int8 {
namespace {

int BitsOf(const QGraph& qgraph, const Plan& plan, int quantizer) {
  const Quantizer& q = qgraph.quantizers[AsSize(quantizer)];
  return q.role == QuantizerRole::kInput ? 8 : plan.quantizers.at(q.name).bits;
}

// Entries of a node's table, 0 without one.
int64_t TableEntries(const QGraph& qgraph, const Plan& plan,
                     const QNode& node) {
  int index = node.pre;
  if (index < 0) {
    if (!std::holds_alternative<QElementwise>(node.op) ||
        AsClampedLine(node.function)) {
      return 0;
    }
    index = qgraph.of_tensor[AsSize(node.inputs[0])];
    if (index < 0) return 0;
  }
  const int bits = BitsOf(qgraph, plan, index);
  return bits == 16 ? core::kInterpolateEntries : int64_t{1} << bits;
}

}  // namespace

int64_t WideBytes(const Graph& folded, const QGraph& qgraph, const Plan& plan) {
  int64_t bytes = 0;
  for (const QNode& node : qgraph.nodes) {
    const bool wide =
        node.stored < 0 || BitsOf(qgraph, plan, node.stored) == 16;
    const int64_t entries = TableEntries(qgraph, plan, node);
    if (entries > 256) bytes += entries * (wide ? 2 : 1);
    if (std::holds_alternative<QConstant>(node.op) && wide) {
      bytes += folded.extent(node.output).size();
    }
  }
  return bytes;
}

int64_t WeightBytes(const Graph& folded, const Plan& plan) {
  int64_t bytes = 0;
  for (const ParameterSpec& spec : folded.parameters) {
    const auto found = plan.weights.find(spec.name);
    if (found == plan.weights.end()) continue;
    const int64_t count = ElementCount(spec.shape);
    bytes += (count * found->second.bits + 7) / 8;
  }
  return bytes;
}

std::vector<double> ReaderShares(const Graph& folded) {
  const auto total = static_cast<double>(CountMacs(folded).kept);
  std::vector<double> shares(folded.tensors.size());
  for (auto node = folded.nodes.rbegin(); node != folded.nodes.rend(); ++node) {
    const auto macs = static_cast<double>(CountMacs(folded, *node).kept);
    const bool products = std::holds_alternative<Conv>(node->op) ||
                          std::holds_alternative<MatMul>(node->op) ||
                          std::holds_alternative<Recurrent>(node->op);
    const bool moved = std::holds_alternative<Transpose>(node->op) ||
                       std::holds_alternative<Move>(node->op);
    for (const TensorId id : node->inputs) {
      if (moved) shares[AsSize(id)] += shares[AsSize(node->output)];
      if (products && total > 0) shares[AsSize(id)] += macs / total;
    }
  }
  return shares;
}

double ReaderShare(const Quantizer& quantizer,
                   const std::vector<double>& shares) {
  double share = 0;
  for (const TensorId id : RoundedTensors(quantizer)) {
    share += shares[AsSize(id)];
  }
  return share;
}

}  // namespace edge_int8
