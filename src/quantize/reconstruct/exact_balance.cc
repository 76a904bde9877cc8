#include "src/quantize/reconstruct/exact_balance.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/as_size.h"
#include "src/qgraph/qgraph.h"
#include "src/quantize/reconstruct/attention_channels.h"
#include "src/quantize/reconstruct/probe_moments.h"

namespace edge_int8 {
namespace {

// A channel that hardly moves on made-up windows may move on others.
constexpr double kLeastPart = 1e-3;

// Root of the mean square.
double SizeOf(const ChannelMoments& moments, std::size_t channel) {
  return std::hypot(moments.mean[channel], moments.deviation[channel]);
}

// Scores stay. Queries and keys have one scale a head each, so channels should
// be alike on both sides; the square root splits what differs.
void BalanceQueries(const ChannelMoments& qkv, AttentionChannels& attention) {
  for (int c = 0; c < attention.channels(); ++c) {
    const std::size_t q = AsSize(c), k = AsSize(attention.channels() + c);
    const double query = SizeOf(qkv, q);
    const double key = SizeOf(qkv, k);
    if (!attention.ScoresRead(c)) {
      attention.ScaleQuery(c, 0);
    } else if (query > 0 && key > 0) {
      attention.ScaleQuery(c, std::sqrt(key / query));
    }
  }
}

// The result has one scale and one zero point for all channels, so they should
// be alike and around 0. Values have scales of their own and the readers' rows,
// too: what the channels' weights there become costs less, with 4 bits as well.
void BalanceValues(const ChannelMoments& mixed, AttentionChannels& attention) {
  if (!attention.values_are_free()) return;
  const bool centred = attention.shift_is_free();
  if (centred) {
    std::vector<double> bias;
    for (const double mean : mixed.mean) bias.push_back(-mean);
    attention.SetMixBias(bias);
  }
  for (int c = 0; c < attention.channels(); ++c) {
    const std::size_t at = AsSize(c);
    const double all = SizeOf(mixed, at);
    const double size =
        centred ? std::max(mixed.deviation[at], kLeastPart * all) : all;
    if (!attention.ReadersRead(c)) {
      attention.ScaleValue(c, 0);
    } else if (size > 0) {
      attention.ScaleValue(c, 1 / size);
    }
  }
}

void BalanceChannels(Model& model) {
  std::vector<AttentionChannels> attentions = AttentionChannels::In(model);
  if (attentions.empty()) return;
  // Of tensors that no factor here changes but by itself: all at once.
  const std::vector<ChannelMoments> moments = ProbeMoments(model);
  for (AttentionChannels& attention : attentions) {
    BalanceQueries(moments[AsSize(attention.qkv())], attention);
    BalanceValues(moments[AsSize(attention.mixed())], attention);
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
  BalanceChannels(model);
  const QGraph qgraph = BuildQGraph(model.graph);
  for (const QNode& node : qgraph.nodes) {
    if (const auto* sum = std::get_if<QSum>(&node.op)) {
      ShareBiases(BiasesOfTerms(model, qgraph, node, *sum));
    }
  }
  return model;
}

}  // namespace edge_int8
