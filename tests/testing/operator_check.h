// Judges each operator of a lowered graph by real arithmetic. What an operator
// read, as real numbers on the plan's grids, goes through the same node of the
// float model with its weights on their grid. The operator's integers must say
// the same, up to the roundings that docs/arithmetic.md allows it.
//
// The grids are worked out here once more from the plan, so that a mistake in
// lowering's scales does not judge itself.
#ifndef EDGE_INT8_TESTS_TESTING_OPERATOR_CHECK_H_
#define EDGE_INT8_TESTS_TESTING_OPERATOR_CHECK_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/reference/run_reference.h"
#include "src/graph/float_nodes.h"
#include "src/qgraph/lower.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"

namespace edge_int8 {

class OperatorCheck {
 public:
  OperatorCheck(const Model& folded, const Plan& plan)
      : model_(folded),
        plan_(plan),
        map_(BuildQGraph(folded.graph)),
        graph_(Lower(folded, plan)) {
    for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
      index_[graph_.tensors[i].name] = i;
    }
    PutWeightsOnGrid();
  }

  const core::IntegerGraph& graph() const { return graph_; }
  // Values compared, by the float node's kind.
  const std::map<std::string, int64_t>& compared() const { return compared_; }
  // Of those, the share that no clamp touched.
  double InsideShare() const {
    return static_cast<double>(inside_) / static_cast<double>(all_);
  }

  void Run(std::span<const uint8_t> window) {
    values_ = core::RunReference(graph_, window);
    for (const Node& node : model_.graph.nodes) Visit(node);
  }

 private:
  using Reals = std::vector<float>;

  const core::TensorSpec& Spec(TensorId t) const {
    return graph_.tensors[IndexOf(t)];
  }
  std::size_t IndexOf(TensorId t) const {
    return index_.at(model_.graph.tensors[static_cast<std::size_t>(t)].name);
  }
  const Node* SoleReader(TensorId t) const {
    const int n = map_.sole_reader[static_cast<std::size_t>(t)];
    return n < 0 ? nullptr : &model_.graph.nodes[static_cast<std::size_t>(n)];
  }
  const Quantizer* QuantizerOf(TensorId t) const {
    const int s = map_.of_tensor[static_cast<std::size_t>(t)];
    return s < 0 ? nullptr : &map_.quantizers[static_cast<std::size_t>(s)];
  }
  const QuantizerPlan& PlanOf(TensorId t) const {
    return plan_.quantizers.at(QuantizerOf(t)->name);
  }

  // Real size of one step of a tensor's integers, by channel.
  std::vector<double> Steps(TensorId t) const {
    const auto channels =
        static_cast<std::size_t>(model_.graph.extent(t).channels);
    const Quantizer* quantizer = QuantizerOf(t);
    if (t == 0 ||
        (quantizer != nullptr && quantizer->role == QuantizerRole::kInput)) {
      return std::vector<double>(channels, 1 / plan_.input_factor);
    }
    if (quantizer == nullptr) {
      if (!IsSumTerm(model_.graph, map_, t)) {  // The pool and what follows.
        return std::vector<double>(channels, graph_.output_scale);
      }
      const QuantizerPlan& sum = PlanOf(SoleReader(t)->output);
      return std::vector<double>(
          channels, sum.scales[0] / std::pow(2, SumFractionBits(sum)));
    }
    if (quantizer->role == QuantizerRole::kQuery)
      return QkvSteps(quantizer, channels);
    return std::vector<double>(channels, PlanOf(t).scales[0]);
  }

  std::vector<double> QkvSteps(const Quantizer* query,
                               std::size_t channels) const {
    std::vector<double> steps;
    for (const Quantizer* quantizer = query; quantizer < query + 3;
         ++quantizer) {
      const std::vector<double>& scales =
          plan_.quantizers.at(quantizer->name).scales;
      const std::size_t run = channels / 3 / scales.size();
      for (const double scale : scales) steps.insert(steps.end(), run, scale);
    }
    const std::vector<float>& bias = MixBias(query->tensor);
    for (std::size_t c = 0; c < bias.size(); ++c) {  // The value's floor.
      double& step = steps[2 * bias.size() + c];
      step = std::max(step, std::abs(bias[c]) * 32767 / 0x1.0p29);
    }
    return steps;
  }

  const std::vector<float>& MixBias(TensorId qkv) const {
    for (const Node& node : model_.graph.nodes) {
      const auto* mix = std::get_if<AttentionMix>(&node.op);
      if (mix != nullptr && node.inputs[1] == qkv) {
        return model_.Parameter(mix->bias).data;
      }
    }
    throw std::runtime_error("no attention reads this tensor");
  }

  double WeightScale(const Node& node, std::size_t channel) const {
    const auto& conv = std::get<Conv>(node.op);
    const double bias = model_.Parameter(conv.bias).data[channel];
    return std::max(plan_.weights.at(conv.weight).scales[channel],
                    std::abs(bias) / (Steps(node.inputs[0])[0] * 0x1.0p29));
  }

  void PutWeightsOnGrid() {
    for (const Node& node : model_.graph.nodes) {
      const auto* conv = std::get_if<Conv>(&node.op);
      if (conv == nullptr) continue;
      const double limit =
          std::pow(2, plan_.weights.at(conv->weight).bits - 1) - 1;
      std::vector<float>& weights = model_.Parameter(conv->weight).data;
      const std::size_t row =
          weights.size() / static_cast<std::size_t>(conv->out_channels);
      for (std::size_t n = 0; n < weights.size(); ++n) {
        const double scale = WeightScale(node, n / row);
        const double code = std::floor(weights[n] / scale + 0.5);
        weights[n] =
            static_cast<float>(std::clamp(code, -limit, limit) * scale);
      }
    }
  }

  Reals RealValues(TensorId t) const {
    const std::vector<double> steps = Steps(t);
    const core::Values& codes = values_[IndexOf(t)];
    Reals reals;
    for (std::size_t n = 0; n < codes.size(); ++n) {
      reals.push_back(
          static_cast<float>((codes[n] - Spec(t).zero_point) *
                             steps[n * steps.size() / codes.size()]));
    }
    return reals;
  }

  Reals Compute(const Node& node, const std::vector<Reals>& inputs) const {
    Reals result(
        static_cast<std::size_t>(model_.graph.extent(node.output).size()));
    ComputeNode(model_, node, {inputs.begin(), inputs.end()}, result);
    return result;
  }

  void Visit(const Node& node) {
    std::vector<Reals> inputs;
    if (std::holds_alternative<Conv>(node.op)) {
      const std::vector<double> in = Steps(node.inputs[0]);
      std::vector<double> loose;  // The bias is rounded to s_x * s_w.
      for (std::size_t o = 0; o < Extent(node); ++o) {
        loose.push_back(0.5 * in[0] * WeightScale(node, o));
      }
      Follow(node, Compute(node, {RealValues(node.inputs[0])}), loose);
    } else if (std::holds_alternative<Add>(node.op)) {
      VisitAdd(node);
    } else if (std::holds_alternative<AttentionMix>(node.op)) {
      VisitAttention(node);
    } else if (std::holds_alternative<Pool>(node.op) ||
               std::holds_alternative<Transpose>(node.op)) {
      // Only bins of unequal size round.
      const std::vector<double> loose(Extent(node), 0.0);
      Judge(node, node.output, Compute(node, {RealValues(node.inputs[0])}),
            loose, 0.5);
    }
  }
  std::size_t Extent(const Node& node) const {
    return static_cast<std::size_t>(model_.graph.extent(node.output).channels);
  }

  void VisitAdd(const Node& node) {
    const QuantizerPlan& sum = PlanOf(node.output);
    double loose = 0;  // Each identity is rounded to the sum's fine units.
    std::vector<Reals> inputs;
    for (const TensorId t : node.inputs) {
      inputs.push_back(RealValues(t));
      if (QuantizerOf(t) != nullptr) {
        loose += 0.5 * sum.scales[0] / std::pow(2, SumFractionBits(sum));
      }
    }
    Follow(node, Compute(node, inputs),
           std::vector<double>(Extent(node), loose));
  }

  // A probability is off by at most 3 / 32767 (softmax_test.cc), and by the
  // logits' rounding to 2^-12 nats.
  void VisitAttention(const Node& node) {
    const Node& softmax = WriterOf(node.inputs[0]);
    const Node& scores = WriterOf(softmax.inputs[0]);
    const Reals qkv = RealValues(node.inputs[1]);
    const Reals p = Compute(softmax, {Compute(scores, {qkv})});
    const double length = model_.graph.extent(scores.output).width;
    const std::vector<double> steps = Steps(node.inputs[1]);
    std::vector<double> loose;
    for (std::size_t c = 0; c < Extent(node); ++c) {
      loose.push_back(127 * steps[2 * Extent(node) + c] *
                      (3 * length / 32767 + 1.0 / 4096));
    }
    Judge(node, node.output, Compute(node, {p, qkv}), loose, 0.5);
  }
  const Node& WriterOf(TensorId t) const {
    return *std::ranges::find(model_.graph.nodes, t, &Node::output);
  }

  // Where a convolution's or a sum's result goes. `loose`: what the real
  // result may be off by, for each channel.
  void Follow(const Node& node, Reals exact, std::vector<double> loose) {
    const Node* silu = SoleReader(node.output);
    if (silu == nullptr || !IsSilu(silu->op)) {
      Judge(node, node.output, exact, loose, 0.5);
      return;
    }
    const QuantizerPlan& pre = PlanOf(node.output);
    const double step = pre.scales[0];
    const bool wide = pre.bits == 16;
    const double low = wide ? -32767 : -pre.zero_point;
    const double high = wide ? 32767 : low + std::pow(2, pre.bits) - 1;
    for (float& x : exact) {
      const double cut = std::clamp<double>(x, low * step, high * step);
      x = static_cast<float>(cut / (1 + std::exp(-cut)));
    }
    // SiLU is at most 1.1 steep; between entries 16 steps apart the line is off
    // by at most 16^2 / 8 * max |silu''| = 16 step^2.
    for (double& l : loose) {
      l = 1.1 * (l + 0.5 * step) + (wide ? 16 * step * step : 0);
    }
    Judge(node, silu->output, exact, loose, wide ? 1.0 : 0.5);
  }

  static std::pair<double, double> Limits(core::Type type, bool term) {
    if (type == core::Type::kU8) return {0, 255};
    if (type == core::Type::kS8) return {-127, 127};
    if (type == core::Type::kS32) return {-0x1.0p31, 0x1.0p31};
    return {term ? -32768 : -32767, 32767};
  }

  // `roundings`: to the tensor's own steps, in steps.
  void Judge(const Node& node, TensorId t, const Reals& exact,
             const std::vector<double>& loose, double roundings) {
    const std::vector<double> steps = Steps(t);
    const core::Values& codes = values_[IndexOf(t)];
    const core::TensorSpec& spec = Spec(t);
    const auto [low, high] = Limits(spec.type, QuantizerOf(t) == nullptr);
    ASSERT_EQ(codes.size(), exact.size()) << node.name;
    for (std::size_t n = 0; n < codes.size(); ++n) {
      const std::size_t c = n * steps.size() / codes.size();
      const double code = exact[n] / steps[c] + spec.zero_point;
      // float32 sums have some 2^-20 of error; a wide tensor's step is 2^-15.
      const double slack = spec.type == core::Type::kU8 ? 0.02 : 0.1;
      ASSERT_NEAR(
          codes[n], std::clamp(code, low, high),
          roundings + loose[c] / steps[c] + slack + 1e-6 * std::abs(code))
          << node.name << ", value " << n << ", step " << steps[c];
      ++all_;
      if (codes[n] > low && codes[n] < high) ++inside_;
    }
    compared_[std::string(OpName(node.op))] +=
        static_cast<int64_t>(codes.size());
  }

  Model model_;  // weights on their grid
  const Plan plan_;
  const QGraph map_;
  const core::IntegerGraph graph_;
  std::map<std::string, std::size_t> index_;  // of integer tensors
  std::vector<core::Values> values_;
  std::map<std::string, int64_t> compared_;
  int64_t all_ = 0;
  int64_t inside_ = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_OPERATOR_CHECK_H_
