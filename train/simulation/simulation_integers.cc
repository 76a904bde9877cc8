// IntegerSimulation::Prepare(): every integer of a model under a plan, by the
// formulas of docs/arithmetic.md.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "src/base/error.h"
#include "src/qgraph/lower.h"
#include "src/qgraph/multiplier.h"
#include "train/commands/task_loop.h"
#include "train/simulation/integer_simulation.h"

namespace edge_int8::train {
namespace {

constexpr double kInt32 = 2147483648.0;
// Sum terms are int16.
constexpr int32_t kTermLow = -32768, kTermHigh = 32767;

double SumUnit(const CodeGrid& sum) {
  return sum.scale() / std::ldexp(1.0, sum.fraction_bits);
}

}  // namespace

CodeGrid IntegerSimulation::GridOfQuantizer(const Quantizer& quantizer) const {
  if (quantizer.role == QuantizerRole::kInput) {
    return {{1.0 / plan_.input_factor}, plan_.input_zero_point};
  }
  const QuantizerPlan& plan = plan_.quantizers.at(quantizer.name);
  const int fraction = SumFractionBits(plan);
  if (quantizer.symmetric || plan.bits == 16) {
    const int32_t top = (1 << (plan.bits - 1)) - 1;
    return {plan.scales, 0, -top, top, plan.bits, fraction};
  }
  return {plan.scales,          plan.zero_point, 0,
          (1 << plan.bits) - 1, plan.bits,       fraction};
}

CodeGrid IntegerSimulation::GridOf(TensorId tensor) const {
  const Quantizer* quantizer = QuantizerOf(tensor);
  Check(quantizer != nullptr,
        "a tensor without a grid is read as if it had one");
  return GridOfQuantizer(*quantizer);
}

void IntegerSimulation::Prepare(const Model& folded, const Plan& plan) {
  CheckPlan(plan, graph_, map_, "plan");
  plan_ = plan;
  for (SimulationStep& step : steps_) {
    const Node& node = graph_.nodes[step.node];
    step.wide = false;
    if (std::holds_alternative<Conv>(node.op)) PrepareConv(folded, step);
    if (std::holds_alternative<Add>(node.op)) PrepareAdd(step);
    if (std::holds_alternative<AttentionMix>(node.op)) {
      PrepareMix(folded, step);
    }
    if (std::holds_alternative<Pool>(node.op)) PreparePool(step);
  }
}

// Where an accumulator of these units goes: docs/arithmetic.md's three targets.
void IntegerSimulation::LandStep(const std::vector<double>& units,
                                 SimulationStep& step) {
  step.landing = c10::make_intrusive<Landing>();
  Landing& landing = *step.landing;
  if (step.silu) {
    TableOutput out;
    if (step.sum != nullptr) {
      out = {SumUnit(GridOfQuantizer(*step.sum)), 0, kTermLow, kTermHigh};
    } else {
      const CodeGrid grid = GridOfQuantizer(*step.out);
      out = {grid.scale(), grid.zero, grid.low, grid.high};
    }
    LandThroughSilu(units, GridOfQuantizer(*step.target), out,
                    step.out != nullptr, landing);
  } else if (step.sum != nullptr) {
    LandOnGrid(
        units,
        {{SumUnit(GridOfQuantizer(*step.sum))}, 0, kTermLow, kTermHigh, 16},
        landing);
  } else {
    LandOnGrid(units, GridOfQuantizer(*step.target), landing);
  }
}

// Values whose bias would pass 2^30 have a larger scale.
std::vector<double> IntegerSimulation::ValueScales(const Model& model,
                                                   TensorId qkv) const {
  for (const Node& node : graph_.nodes) {
    const auto* mix = std::get_if<AttentionMix>(&node.op);
    if (mix == nullptr || node.inputs[1] != qkv) continue;
    const Quantizer* value = QuantizerOf(qkv) + 2;
    return FlooredValueScales(plan_.quantizers.at(value->name),
                              model.Parameter(mix->bias).data);
  }
  FailInput("graph " + graph_.name, "attention scores without a mix");
}

// Codes and scales of a convolution's weights; l1 is the codes' sum of sizes by
// output channel.
void IntegerSimulation::QuantizeWeights(const Tensor& weight,
                                        const std::vector<float>& bias,
                                        const WeightPlan& plan,
                                        const CodeGrid& in,
                                        SimulationStep& step,
                                        std::vector<double>& l1) const {
  step.weights = c10::make_intrusive<WeightIntegers>();
  WeightIntegers& integers = *step.weights;
  integers.scales = FlooredWeightScales(plan, bias, in.scale());
  integers.limit = WeightLimit(plan.bits);
  const std::size_t channels = integers.scales.size();
  const std::size_t row = weight.data.size() / channels;
  at::Tensor codes = at::empty(weight.shape, at::kFloat);
  l1.assign(channels, 0);
  ForEachRange(static_cast<int64_t>(channels), 8, [&](int64_t b, int64_t e) {
    std::vector<int8_t> bytes(row);
    for (auto o = static_cast<std::size_t>(b); o < static_cast<std::size_t>(e);
         ++o) {
      QuantizeChannel(std::span(weight.data).subspan(o * row, row),
                      integers.scales[o], integers.limit, bytes.data());
      float* to = codes.data_ptr<float>() + o * row;
      for (std::size_t i = 0; i < row; ++i) {
        to[i] = bytes[i];
        l1[o] += std::abs(bytes[i]);
      }
    }
  });
  integers.codes = codes.to(device_);
  for (std::size_t o = 0; o < channels; ++o) {
    integers.floored.push_back(integers.scales[o] > plan.scales[o] ? 1 : 0);
  }
}

// One scale for each channel of queries, keys and values.
CodeGrid IntegerSimulation::QkvGrid(const Model& model,
                                    const SimulationStep& step) const {
  CodeGrid grid{{}, 0, -127, 127, 8};
  for (int part = 0; part < 3; ++part) {
    const Quantizer& quantizer = step.target[part];
    const std::vector<double> scales =
        part == 2 ? ValueScales(model, quantizer.tensor)
                  : plan_.quantizers.at(quantizer.name).scales;
    for (int c = 0; c < quantizer.channels; ++c) {
      grid.scales.push_back(scales[static_cast<std::size_t>(
          c / (quantizer.channels / quantizer.scales))]);
    }
  }
  return grid;
}

void IntegerSimulation::PrepareConv(const Model& model, SimulationStep& step) {
  const Node& node = graph_.nodes[step.node];
  const auto& conv = std::get<Conv>(node.op);
  const CodeGrid in = GridOf(node.inputs[0]);
  const std::vector<float>& bias = model.Parameter(conv.bias).data;
  std::vector<double> l1;
  QuantizeWeights(model.Parameter(conv.weight), bias,
                  plan_.weights.at(conv.weight), in, step, l1);
  std::vector<double> units;
  for (const double scale : step.weights->scales) {
    units.push_back(in.scale() * scale);
  }
  if (step.qkv) {
    step.landing = c10::make_intrusive<Landing>();
    LandOnGrid(units, QkvGrid(model, step), *step.landing);
  } else {
    LandStep(units, step);
  }
  Landing& landing = *step.landing;
  double largest = 0;
  for (std::size_t o = 0; o < units.size(); ++o) {
    landing.bias.push_back(
        RoundToInt(bias[o] / units[o], -(1 << 30) + 1, (1 << 30) - 1));
    landing.bias_unit.push_back(static_cast<float>(units[o]));
    const double reach = l1[o] * in.LargestCode();
    largest = std::max(largest, reach);
    if (reach + std::abs(static_cast<double>(landing.bias[o])) >= kInt32) {
      FailInput("plan", fmt::format("{}, channel {}: an accumulator can leave "
                                    "int32",
                                    conv.weight, o));
    }
  }
  // Keys have no bias and values leave theirs to the mix (fold_norms.h).
  landing.trained_bias = std::ssize(units) / (step.qkv ? 3 : 1);
  step.wide = largest >= kFloatExact;
}

void IntegerSimulation::PrepareAdd(SimulationStep& step) {
  const Node& node = graph_.nodes[step.node];
  const CodeGrid sum = GridOf(node.output);
  const int bits = sum.fraction_bits;
  step.inputs.clear();
  double largest = 0;
  for (const TensorId input : node.inputs) {
    const Quantizer* quantizer = QuantizerOf(input);
    if (quantizer == nullptr) {  // already in the sum's units
      step.inputs.emplace_back();
      largest += -double{kTermLow};
      continue;
    }
    const CodeGrid grid = GridOfQuantizer(*quantizer);
    auto term = c10::make_intrusive<Landing>();
    const double ratio = grid.scale() / sum.scale() * std::ldexp(1.0, bits);
    const auto channels =
        static_cast<std::size_t>(graph_.extent(input).channels);
    const core::Multiplier m = MakeMultiplier(ratio);
    term->scale.assign(channels, m);
    term->ratio.assign(channels, static_cast<float>(ratio));
    term->bias.assign(channels, 0);
    term->low = std::numeric_limits<int32_t>::min();
    term->high = std::numeric_limits<int32_t>::max();
    step.inputs.push_back(std::move(term));
    largest += grid.LargestCode() * ratio + 1;
  }
  if (largest >= kFloatExact) {
    FailInput("plan", fmt::format("{}: a term is more than {:.0f} steps of the "
                                  "sum's grid",
                                  node.name, std::ldexp(kFloatExact, -bits)));
  }
  // An accumulator in the sum's units: its one rounding is a shift.
  const auto channels =
      static_cast<std::size_t>(graph_.extent(node.output).channels);
  LandStep(std::vector<double>(channels, 1.0), step);
  step.landing->scale.assign(channels, ShiftMultiplier(bits));
  step.landing->ratio.assign(channels,
                             static_cast<float>(std::ldexp(1.0, -bits)));
  step.landing->bias.assign(channels, 0);
}

void IntegerSimulation::PrepareMix(const Model& model, SimulationStep& step) {
  const Node& node = graph_.nodes[step.node];
  const auto& mix = std::get<AttentionMix>(node.op);
  const TensorId qkv = node.inputs[1];
  const Quantizer* query = QuantizerOf(qkv);
  const std::vector<double>& q = plan_.quantizers.at(query[0].name).scales;
  const std::vector<double>& k = plan_.quantizers.at(query[1].name).scales;
  const std::vector<double> v = ValueScales(model, qkv);
  const std::vector<float>& bias = model.Parameter(mix.bias).data;
  std::vector<double> units;
  for (const double scale : v) units.push_back(scale / core::kProbabilityOne);
  LandStep(units, step);
  for (std::size_t c = 0; c < units.size(); ++c) {
    step.landing->bias.push_back(
        RoundToInt(bias[c] / units[c], -(1 << 30) + 1, (1 << 30) - 1));
    step.landing->bias_unit.push_back(static_cast<float>(units[c]));
  }
  step.landing->trained_bias = std::ssize(units);
  step.softmax = c10::make_intrusive<SoftmaxIntegers>();
  step.softmax->tables = MakeExpTables();
  for (std::size_t h = 0; h < q.size(); ++h) {
    step.softmax->logits.push_back(
        MakeFloatMultiplier(q[h] * k[h] * std::ldexp(1.0, core::kExpUnitBits)));
    step.softmax->units.push_back(q[h] * k[h]);
  }
  const int per_head = query->channels / query->scales;
  Check(per_head * 127.0 * 127.0 < kFloatExact,
        "an attention head is too wide for float32");
}

void IntegerSimulation::PreparePool(SimulationStep& step) {
  const Node& node = graph_.nodes[step.node];
  const auto& pool = std::get<Pool>(node.op);
  const CodeGrid in = GridOf(node.inputs[0]);
  const Extent& extent = graph_.extent(node.inputs[0]);
  int most = 0, least = extent.height;
  if (!IsAdaptiveRowPool(pool, extent)) {
    FailInput("graph " + graph_.name + ", node " + node.name,
              "the trainer simulates pools of rows into equal bins only");
  }
  for (const PoolRange& range : pool.rows) {
    most = std::max(most, range.end - range.begin);
    least = std::min(least, range.end - range.begin);
  }
  step.inputs.clear();
  for (const PoolRange& range : pool.rows) {
    if (least == most) break;
    const auto channels = static_cast<std::size_t>(extent.channels);
    auto landing = c10::make_intrusive<Landing>();
    const double ratio = static_cast<double>(most) / (range.end - range.begin);
    landing->scale.assign(channels, MakeMultiplier(ratio));
    landing->ratio.assign(channels, static_cast<float>(ratio));
    landing->bias.assign(channels, 0);
    landing->low = std::numeric_limits<int32_t>::min();
    landing->high = std::numeric_limits<int32_t>::max();
    step.inputs.push_back(std::move(landing));
  }
  output_scale_ = static_cast<float>(in.scale() / (most * extent.width));
  if (double{in.LargestCode()} * most * extent.width >= kFloatExact) {
    FailInput("graph " + graph_.name, "a pooling bin is too large for float32");
  }
}

}  // namespace edge_int8::train
