#include "src/quantize/calibrate/ptq.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/engine/winograd_plan.h"
#include "src/base/as_size.h"
#include "src/base/parallel.h"
#include "src/qgraph/code_limits.h"
#include "src/qgraph/lower.h"

namespace edge_int8 {
namespace {

int BitsOr(const std::map<std::string, int>& overrides, const std::string& name,
           int otherwise) {
  const auto found = overrides.find(name);
  return found == overrides.end() ? otherwise : found->second;
}

// A plan with every name and its bits but no scale worked out, so that all
// mistakes in the options are found, together, before any work.
Plan PlanBits(const Model& folded, const QGraph& qgraph,
              const InputQparams& input, const PtqOptions& options) {
  Plan plan;
  plan.recipe = RecipeText(options);
  plan.input_factor = input.factor;
  plan.input_zero_point = input.zero_point;
  for (const QuantizedWeight& weight : QuantizedWeights(folded.graph)) {
    plan.weights[weight.name] = {
        BitsOr(options.weight_bits_of, weight.name, options.weight_bits),
        std::vector<double>(AsSize(weight.channels), 1)};
  }
  for (const Quantizer& quantizer : qgraph.quantizers) {
    if (quantizer.role == QuantizerRole::kInput) continue;
    const double scale = quantizer.rule == ScaleRule::kUnit ? kUnitScale
                         : quantizer.rule == ScaleRule::kProbability
                             ? ProbabilityScale(0)
                             : 1;
    plan.quantizers[quantizer.name] = {
        BitsOr(options.quantizer_bits_of, quantizer.name,
               quantizer.default_bits),
        std::vector<double>(AsSize(quantizer.scales), scale), 0};
  }
  return plan;
}

// Every override must name something the plan has.
template <class Map>
std::string UnknownNames(const std::string& kind,
                         const std::map<std::string, int>& overrides,
                         const Map& known) {
  std::string unknown;
  for (const auto& [name, bits] : overrides) {
    if (!known.contains(name)) unknown += fmt::format("\n  {} {}", kind, name);
  }
  return unknown;
}

void CheckOverrides(const PtqOptions& options, const Plan& plan) {
  const std::string unknown =
      UnknownNames("weight", options.weight_bits_of, plan.weights) +
      UnknownNames("quantizer", options.quantizer_bits_of, plan.quantizers);
  if (!unknown.empty()) {
    FailUsage("bits are given for tensors the model does not have:" + unknown);
  }
}

// The finest units that hold every probability seen, half as much again left
// free.
int ExtraBits(const CalibrationHistogram& histogram) {
  int bits = 0;
  double room = 1.5 * static_cast<double>(histogram.max());
  for (; bits < core::kMaxExtraBits && room > 0 && 2 * room <= 1; ++bits) {
    room *= 2;
  }
  return bits;
}

// Terms in a sum's units are int16: its extra bits, or at 16 bits its scale,
// leave room for the largest that was seen.
void FitTerms(float reach, QuantizerPlan& plan) {
  constexpr double kRoom = 1.05;
  const double needed = kRoom * static_cast<double>(reach) / 32767;
  const int usual = SumFractionBits(plan.bits);
  int bits = usual;
  while (bits > 1 && plan.scales[0] < needed * (1 << bits)) --bits;
  if (bits != usual) plan.fraction_bits = bits;
  if (plan.bits == 16) plan.scales[0] = std::max(plan.scales[0], 2 * needed);
}

QuantizerPlan PlanQuantizer(const Quantizer& quantizer,
                            const QuantizerStats& stats, int bits,
                            const RangeOptions& ranges) {
  QuantizerPlan plan;
  plan.bits = bits;
  if (quantizer.rule != ScaleRule::kCalibrated) {
    plan.scales = {quantizer.rule == ScaleRule::kUnit
                       ? kUnitScale
                       : ProbabilityScale(ExtraBits(stats.runs[0].histogram))};
    return plan;
  }
  const GridSpec spec = SpecOf(quantizer, bits);
  for (const RunStats& run : stats.runs) {
    const AffineGrid grid = ChooseGrid(run.histogram, spec, ranges);
    plan.scales.push_back(grid.scale);
    plan.zero_point = grid.zero_point;  // Several runs are always symmetric.
  }
  if (quantizer.is_sum) FitTerms(stats.term_reach, plan);
  return plan;
}

// Where not all codes may be used, the scale is raised until what was seen
// needs no others.
void BoundCodes(const Model& folded, const QGraph& qgraph,
                const CalibrationStats& stats, Plan* plan) {
  constexpr double kRoom = 1.25;  // for more than was seen, and new weights
  const std::vector<int64_t> limits = CodeLimits(folded, qgraph, *plan);
  for (std::size_t q = 0; q < limits.size(); ++q) {
    const Quantizer& quantizer = qgraph.quantizers[q];
    if (limits[q] >= kNoCodeLimit || quantizer.role != QuantizerRole::kStored ||
        quantizer.rule != ScaleRule::kCalibrated) {
      continue;
    }
    const CalibrationHistogram& seen = stats.quantizers[q].runs[0].histogram;
    const double most = std::max({0.0, -static_cast<double>(seen.min()),
                                  static_cast<double>(seen.max())});
    double& scale = plan->quantizers.at(quantizer.name).scales[0];
    scale = std::max(scale, kRoom * most / static_cast<double>(limits[q]));
  }
}

// What an attention can add up to, in codes of its output's 16 bits: engines
// may then use fewer products. A little less than they could take, for rounding
// and for biases that are repaired later.
constexpr int kMixCodes = 8000;
static_assert(kMixCodes < core::kWinogradInput);

// Whether a convolution reads it that such products suit.
bool HasSquareReader(const Graph& graph, TensorId tensor) {
  return std::ranges::any_of(graph.nodes, [tensor](const Node& node) {
    const auto* conv = std::get_if<Conv>(&node.op);
    return conv != nullptr && node.inputs[0] == tensor && conv->kernel_h == 3 &&
           conv->kernel_w == 3 && conv->groups == 1 && conv->out_channels > 8;
  });
}

// Stored in 16 bits, an attention's output has bits to spare: its scale is
// raised until its values and bias can't pass kMixCodes.
void BoundMixes(const Model& folded, const QGraph& qgraph, Plan* plan) {
  for (const Node& node : folded.graph.nodes) {
    const auto* mix = std::get_if<AttentionMix>(&node.op);
    const int out = mix ? qgraph.of_tensor[AsSize(node.output)] : -1;
    if (out < 0) continue;
    QuantizerPlan& planned =
        plan->quantizers.at(qgraph.quantizers[AsSize(out)].name);
    if (planned.bits != 16 || !HasSquareReader(folded.graph, node.output)) {
      continue;
    }
    const int value = qgraph.of_tensor[AsSize(node.inputs[1])] + 2;
    const std::vector<float>& bias = folded.Parameter(mix->bias).data;
    const std::vector<double> scales = FlooredValueScales(
        plan->quantizers.at(qgraph.quantizers[AsSize(value)].name), bias);
    for (std::size_t c = 0; c < bias.size(); ++c) {
      const double scale = scales[c * scales.size() / bias.size()];
      const double most = 128 * scale + std::abs(double{bias[c]});
      planned.scales[0] = std::max(planned.scales[0], most / kMixCodes);
    }
  }
}

}  // namespace

GridSpec SpecOf(const Quantizer& quantizer, int bits) {
  return {bits, quantizer.symmetric || bits == 16, quantizer.function};
}

std::string RecipeText(const PtqOptions& options) {
  std::string text = fmt::format(
      "ptq weights={}:{} ranges={}", WeightMethodName(options.weights),
      options.weight_bits, RangeMethodName(options.ranges.method));
  if (options.ranges.method == RangeMethod::kPercentile) {
    text += fmt::format(":{}", options.ranges.percentile);
  }
  for (const auto& [name, bits] : options.weight_bits_of) {
    text += fmt::format(" {}={}", name, bits);
  }
  for (const auto& [name, bits] : options.quantizer_bits_of) {
    text += fmt::format(" {}={}", name, bits);
  }
  return text;
}

Plan MakePtqPlan(const Model& folded, const QGraph& qgraph,
                 const CalibrationStats& stats, const PtqOptions& options) {
  Check(stats.quantizers.size() == qgraph.quantizers.size(),
        "these statistics are of another graph");
  Plan plan = PlanBits(folded, qgraph, stats.input, options);
  CheckOverrides(options, plan);
  CheckPlan(plan, folded.graph, qgraph, "quantization options");
  for (auto& [name, weight] : plan.weights) {
    weight.scales = ChooseWeightScales(folded.Parameter(name), weight.bits,
                                       options.weights);
  }
  ParallelFor(static_cast<int64_t>(qgraph.quantizers.size()), [&](int64_t i) {
    const auto s = static_cast<std::size_t>(i);
    const Quantizer& quantizer = qgraph.quantizers[s];
    if (quantizer.role == QuantizerRole::kInput) return;
    QuantizerPlan& planned = plan.quantizers.at(quantizer.name);
    planned = PlanQuantizer(quantizer, stats.quantizers[s], planned.bits,
                            options.ranges);
  });
  BoundMixes(folded, qgraph, &plan);
  BoundCodes(folded, qgraph, stats, &plan);
  return plan;
}

}  // namespace edge_int8
