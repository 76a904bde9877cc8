#include "src/quantize/reconstruct/exact_balance.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/as_size.h"
#include "src/qgraph/qgraph.h"
#include "src/quantize/reconstruct/attention_channels.h"

namespace edge_int8 {
namespace {

// What makes `own` and `other` equal when one is multiplied and the other
// divided by it; 0 where one of them is 0.
double Balance(double own, double other) {
  return own > 0 && other > 0 ? std::sqrt(other / own) : 0;
}

// How far from 1 a factor is, either way; zeros stay.
double Size(double factor) {
  return factor > 0 ? std::abs(std::log(factor)) : 0;
}

// Returns the size of the largest factor.
double BalanceOnce(AttentionChannels& attention) {
  double most = 0;
  for (int c = 0; c < attention.channels(); ++c) {
    const double query =
        Balance(attention.QueryLength(c), attention.KeyLength(c));
    attention.ScaleQuery(c, query);
    most = std::max(most, Size(query));
    if (!attention.values_are_free()) continue;
    const double value =
        Balance(attention.ValueLength(c), attention.ReaderLength(c));
    attention.ScaleValue(c, value);
    most = std::max(most, Size(value));
  }
  return most;
}

// One attention's reader may be what makes the next one's queries, so factors
// of one change the lengths of the other. Each step makes the sum of squares of
// all weights less; its logarithm is convex in those of the factors, so there
// is one least value, whatever the start.
void BalanceScales(Model& model) {
  constexpr int kSweeps = 100;  // about 10 are needed
  constexpr double kDone = 1e-6;
  std::vector<AttentionChannels> attentions = AttentionChannels::In(model);
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    double most = 0;
    for (AttentionChannels& attention : attentions) {
      most = std::max(most, BalanceOnce(attention));
    }
    if (most < kDone) return;
  }
}

struct BiasOfTerm {
  std::vector<float>* values = nullptr;
  float sign = 1;
};

// Of the convolutions that only write terms of this sum.
std::vector<BiasOfTerm> BiasesOfTerms(Model& model, const QGraph& qgraph,
                                      const QNode& node, const QSum& sum) {
  std::vector<BiasOfTerm> biases;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const TensorId id = node.inputs[i];
    const auto made = std::ranges::find(model.graph.nodes, id, &Node::output);
    if (made == model.graph.nodes.end()) continue;
    const auto* conv = std::get_if<Conv>(&made->op);
    if (conv == nullptr || conv->bias.empty() ||
        !IsSumTerm(model.graph, qgraph, id) ||
        model.graph.extent(id) != model.graph.extent(node.value)) {
      continue;
    }
    biases.push_back(
        {&model.Parameter(conv->bias).data, sum.negate[i] ? -1.0f : 1.0f});
  }
  return biases;
}

void ShareBiases(const std::vector<BiasOfTerm>& biases) {
  if (biases.size() < 2) return;
  for (std::size_t c = 0; c < biases[0].values->size(); ++c) {
    double all = 0;
    for (const auto& [values, sign] : biases) {
      all += static_cast<double>(sign * (*values)[c]);
    }
    const auto share =
        static_cast<float>(all / static_cast<double>(biases.size()));
    for (const auto& [values, sign] : biases) (*values)[c] = sign * share;
  }
}

}  // namespace

Model BalanceExactly(const Model& folded) {
  Model model = folded;
  // In execution order: a mix's bias may go on into the next one's.
  for (AttentionChannels& attention : AttentionChannels::In(model)) {
    attention.MoveShifts();
  }
  BalanceScales(model);
  const QGraph qgraph = BuildQGraph(model.graph);
  for (const QNode& node : qgraph.nodes) {
    if (const auto* sum = std::get_if<QSum>(&node.op)) {
      ShareBiases(BiasesOfTerms(model, qgraph, node, *sum));
    }
  }
  return model;
}

}  // namespace edge_int8
