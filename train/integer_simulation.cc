#include "train/integer_simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <variant>

#include "src/base/error.h"
#include "src/quant/lower.h"
#include "src/quant/multiplier.h"
#include "train/task_loop.h"

namespace edge_int8::train {
namespace {

constexpr double kInt32 = 2147483648.0;
// Sum terms are int16.
constexpr int32_t kTermLow = -32768, kTermHigh = 32767;

std::size_t At(TensorId id) { return static_cast<std::size_t>(id); }

double SumUnit(const CodeGrid& sum) {
  return sum.scale() / std::ldexp(1.0, SumFractionBits(sum.bits));
}

}  // namespace

// A node with what is part of it in the integer model.
struct IntegerSimulation::Step {
  std::size_t node = 0;
  TensorId output = 0;
  bool qkv = false;
  const Site* target = nullptr;  // what is rounded to; null: a sum's units
  const Site* out = nullptr;     // what the SiLU's table writes, if a grid
  bool silu = false;
  const Site* sum = nullptr;  // in whose units the result is, if it is a term

  c10::intrusive_ptr<Landing> landing;
  c10::intrusive_ptr<WeightIntegers> weights;
  c10::intrusive_ptr<SoftmaxIntegers> softmax;
  std::vector<c10::intrusive_ptr<Landing>> inputs;  // of a sum; null: as it is
  bool wide = false;
};

IntegerSimulation::IntegerSimulation(const Graph& folded, at::Device device,
                                     const SimOperators& operators)
    : graph_(folded),
      map_(FindSites(folded)),
      device_(device),
      operators_(operators),
      uses_(map_.readers) {
  KeepProductsExact();
  ++uses_[At(graph_.output)];
  FindSteps();
}

IntegerSimulation::~IntegerSimulation() = default;

const Site* IntegerSimulation::SiteOf(TensorId tensor) const {
  const int site = map_.of_tensor[At(tensor)];
  return site < 0 ? nullptr : &map_.sites[static_cast<std::size_t>(site)];
}

void IntegerSimulation::FindSteps() {
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const Node& node = graph_.nodes[n];
    if (std::holds_alternative<Silu>(node.op)) continue;
    Step step;
    step.node = n;
    step.output = node.output;
    step.target = SiteOf(node.output);
    step.qkv = step.target != nullptr && step.target->role == SiteRole::kQuery;
    // A SiLU is the only reader of its pre-activation, and a term without a
    // grid of its own is read by its sum alone.
    if (step.target != nullptr &&
        step.target->role == SiteRole::kPreActivation) {
      step.silu = true;
      const int silu = map_.sole_reader[At(node.output)];
      step.output = graph_.nodes[static_cast<std::size_t>(silu)].output;
      step.out = SiteOf(step.output);
    }
    if (SiteOf(step.output) == nullptr &&
        IsSumTerm(graph_, map_, step.output)) {
      const int sum = map_.sole_reader[At(step.output)];
      step.sum = SiteOf(graph_.nodes[static_cast<std::size_t>(sum)].output);
    }
    steps_.push_back(std::move(step));
  }
}

CodeGrid IntegerSimulation::GridOfSite(const Site& site) const {
  if (site.role == SiteRole::kInput) return {{1.0 / plan_.input_factor}};
  const SitePlan& plan = plan_.sites.at(site.name);
  if (site.symmetric || plan.bits == 16) {
    const int32_t top = (1 << (plan.bits - 1)) - 1;
    return {plan.scales, 0, -top, top, plan.bits};
  }
  return {plan.scales, plan.zero_point, 0, (1 << plan.bits) - 1, plan.bits};
}

CodeGrid IntegerSimulation::GridOf(TensorId tensor) const {
  const Site* site = SiteOf(tensor);
  Check(site != nullptr, "a tensor without a grid is read as if it had one");
  return GridOfSite(*site);
}

void IntegerSimulation::Prepare(const Model& folded, const Plan& plan) {
  CheckPlan(plan, graph_, map_, "plan");
  plan_ = plan;
  for (Step& step : steps_) {
    const Node& node = graph_.nodes[step.node];
    step.wide = false;
    if (std::holds_alternative<Conv>(node.op)) PrepareConv(folded, step);
    if (std::holds_alternative<Add>(node.op)) PrepareAdd(step);
    if (std::holds_alternative<AttentionMix>(node.op)) {
      PrepareMix(folded, step);
    }
    if (std::holds_alternative<AveragePool>(node.op)) PreparePool(step);
  }
}

int IntegerSimulation::wide_layers() const {
  return static_cast<int>(std::ranges::count_if(
      steps_, [](const Step& step) { return step.wide; }));
}

// Where an accumulator of these units goes: docs/arithmetic.md's three targets.
void IntegerSimulation::LandStep(const std::vector<double>& units, Step& step) {
  step.landing = c10::make_intrusive<Landing>();
  Landing& landing = *step.landing;
  if (step.silu) {
    TableOutput out;
    if (step.sum != nullptr) {
      out = {SumUnit(GridOfSite(*step.sum)), 0, kTermLow, kTermHigh};
    } else {
      const CodeGrid grid = GridOfSite(*step.out);
      out = {grid.scale(), grid.zero, grid.low, grid.high};
    }
    LandThroughSilu(units, GridOfSite(*step.target), out, step.out != nullptr,
                    landing);
  } else if (step.sum != nullptr) {
    LandOnGrid(units,
               {{SumUnit(GridOfSite(*step.sum))}, 0, kTermLow, kTermHigh, 16},
               landing);
  } else {
    LandOnGrid(units, GridOfSite(*step.target), landing);
  }
}

// Values whose bias would pass 2^30 have a larger scale.
std::vector<double> IntegerSimulation::ValueScales(const Model& model,
                                                   TensorId qkv) const {
  for (const Node& node : graph_.nodes) {
    const auto* mix = std::get_if<AttentionMix>(&node.op);
    if (mix == nullptr || node.inputs[1] != qkv) continue;
    const Site* value = SiteOf(qkv) + 2;
    return FlooredValueScales(plan_.sites.at(value->name),
                              model.Parameter(mix->bias).data);
  }
  FailInput("graph " + graph_.name, "attention scores without a mix");
}

void IntegerSimulation::PrepareConv(const Model& model, Step& step) {
  const Node& node = graph_.nodes[step.node];
  const auto& conv = std::get<Conv>(node.op);
  const CodeGrid in = GridOf(node.inputs[0]);
  const Tensor& weight = model.Parameter(conv.weight);
  const std::vector<float>& bias = model.Parameter(conv.bias).data;
  const WeightPlan& plan = plan_.weights.at(conv.weight);

  step.weights = c10::make_intrusive<WeightIntegers>();
  WeightIntegers& integers = *step.weights;
  integers.scales = FlooredWeightScales(plan, bias, in.scale());
  integers.limit = WeightLimit(plan.bits);
  const std::size_t channels = integers.scales.size();
  const std::size_t row = weight.data.size() / channels;
  std::vector<int64_t> shape = {static_cast<int64_t>(channels)};
  shape.insert(shape.end(), weight.shape.begin() + 1, weight.shape.end());
  at::Tensor codes = at::empty(shape, at::kFloat);
  std::vector<double> units(channels), l1(channels);
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
      units[o] = in.scale() * integers.scales[o];
    }
  });
  integers.codes = codes.to(device_);

  if (step.qkv) {
    step.landing = c10::make_intrusive<Landing>();
    CodeGrid grid{{}, 0, -127, 127, 8};
    for (int part = 0; part < 3; ++part) {
      const Site& site = step.target[part];
      const std::vector<double> scales = part == 2
                                             ? ValueScales(model, node.output)
                                             : plan_.sites.at(site.name).scales;
      for (int c = 0; c < site.channels; ++c) {
        grid.scales.push_back(scales[static_cast<std::size_t>(
            c / (site.channels / site.scales))]);
      }
    }
    LandOnGrid(units, grid, *step.landing);
  } else {
    LandStep(units, step);
  }
  Landing& landing = *step.landing;
  double largest = 0;
  for (std::size_t o = 0; o < channels; ++o) {
    integers.floored.push_back(integers.scales[o] > plan.scales[o] ? 1 : 0);
    landing.bias.push_back(
        RoundToInt(bias[o] / units[o], -(1 << 30) + 1, (1 << 30) - 1));
    landing.bias_unit.push_back(static_cast<float>(units[o]));
    const double reach = l1[o] * in.LargestCode();
    largest = std::max(largest, reach);
    if (reach + std::abs(landing.bias[o]) >= kInt32) {
      FailInput("plan", fmt::format("{}, channel {}: an accumulator can leave "
                                    "int32",
                                    conv.weight, o));
    }
  }
  // Keys have no bias and values leave theirs to the mix (fold_norms.h).
  landing.trained_bias =
      static_cast<int64_t>(step.qkv ? channels / 3 : channels);
  step.wide = largest >= kFloatExact;
}

void IntegerSimulation::PrepareAdd(Step& step) {
  const Node& node = graph_.nodes[step.node];
  const CodeGrid sum = GridOf(node.output);
  const int bits = SumFractionBits(sum.bits);
  step.inputs.clear();
  double largest = 0;
  for (const TensorId input : node.inputs) {
    const Site* site = SiteOf(input);
    if (site == nullptr) {  // already in the sum's units
      step.inputs.emplace_back();
      largest += -double{kTermLow};
      continue;
    }
    const CodeGrid grid = GridOfSite(*site);
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

void IntegerSimulation::PrepareMix(const Model& model, Step& step) {
  const Node& node = graph_.nodes[step.node];
  const auto& mix = std::get<AttentionMix>(node.op);
  const TensorId qkv = node.inputs[1];
  const Site* query = SiteOf(qkv);
  const std::vector<double>& q = plan_.sites.at(query[0].name).scales;
  const std::vector<double>& k = plan_.sites.at(query[1].name).scales;
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
        MakeMultiplier(q[h] * k[h] * std::ldexp(1.0, core::kExpUnitBits)));
    step.softmax->units.push_back(q[h] * k[h]);
  }
  const int per_head = query->channels / query->scales;
  Check(per_head * 127.0 * 127.0 < kFloatExact,
        "an attention head is too wide for float32");
}

void IntegerSimulation::PreparePool(Step& step) {
  const Node& node = graph_.nodes[step.node];
  const auto& pool = std::get<AveragePool>(node.op);
  const CodeGrid in = GridOf(node.inputs[0]);
  const Extent& extent = graph_.extent(node.inputs[0]);
  int most = 0, least = extent.height;
  for (int bin = 0; bin < pool.bins; ++bin) {
    const BinRange range = PoolBin(bin, pool.bins, extent.height);
    most = std::max(most, range.end - range.begin);
    least = std::min(least, range.end - range.begin);
  }
  step.inputs.clear();
  for (int bin = 0; bin < pool.bins && least != most; ++bin) {
    const BinRange range = PoolBin(bin, pool.bins, extent.height);
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

// clamp(rint(x * factor), 0, 255) in float32, NaN to 0. at::round is rint.
at::Tensor IntegerSimulation::QuantizeInput(const at::Tensor& x) const {
  const at::Tensor scaled = x * static_cast<float>(plan_.input_factor);
  const at::Tensor zero = at::zeros({}, scaled.options());
  return at::where(scaled.gt(0), scaled, zero).clamp_max(255).round();
}

at::Tensor IntegerSimulation::Poses(const at::Tensor& codes) const {
  return (codes.to(at::kDouble) * output_scale_).to(at::kFloat);
}

at::Tensor IntegerSimulation::Run(const at::Tensor& x) const {
  at::NoGradGuard no_grad;
  return Run(x, {});
}

at::Tensor IntegerSimulation::Run(const at::Tensor& x,
                                  const SimulationLeaves& leaves) const {
  std::vector<at::Tensor> values(graph_.tensors.size());
  std::vector<int> uses = uses_;
  values[0] = QuantizeInput(x);
  for (const Step& step : steps_) {
    values[At(step.output)] = RunStep(step, values, leaves);
    for (const TensorId id : graph_.nodes[step.node].inputs) {
      if (--uses[At(id)] == 0) values[At(id)].reset();
    }
  }
  return values[At(graph_.output)];
}

LandingLeaves IntegerSimulation::LeavesOf(
    const Step& step, const std::string& bias,
    const SimulationLeaves& leaves) const {
  const auto find = [](const std::map<std::string, at::Tensor>& all,
                       const std::string& name) {
    const auto found = all.find(name);
    return found == all.end() ? at::Tensor() : found->second;
  };
  LandingLeaves out;
  out.bias = find(leaves.parameters, bias);
  if (step.qkv) {
    // One number for each channel, from those of heads and channels.
    std::vector<at::Tensor> parts;
    for (int part = 0; part < 3; ++part) {
      const Site& site = step.target[part];
      const at::Tensor scale = find(leaves.log_scales, site.name);
      if (!scale.defined()) return out;
      parts.push_back(scale.repeat_interleave(site.channels / site.scales));
    }
    out.target_scale = at::cat(parts);
    return out;
  }
  if (step.target != nullptr) {
    out.target_scale = find(leaves.log_scales, step.target->name);
    out.target_zero = find(leaves.zero_points, step.target->name);
  }
  if (step.out != nullptr) {
    out.out_scale = find(leaves.log_scales, step.out->name);
    out.out_zero = find(leaves.zero_points, step.out->name);
  }
  return out;
}

at::Tensor IntegerSimulation::RunStep(const Step& step,
                                      const std::vector<at::Tensor>& values,
                                      const SimulationLeaves& leaves) const {
  const Node& node = graph_.nodes[step.node];
  const at::Tensor& x = values[At(node.inputs[0])];
  const int64_t windows = x.size(1);
  const auto attention = [&](TensorId qkv, int heads, Axis axis) {
    const Extent& extent = graph_.extent(qkv);
    return AttentionShape{.heads = heads,
                          .channels = extent.channels / 3,
                          .windows = windows,
                          .height = extent.height,
                          .width = extent.width,
                          .axis = axis};
  };
  if (const auto* conv = std::get_if<Conv>(&node.op)) {
    at::Tensor codes = step.weights->codes;
    if (const auto found = leaves.parameters.find(conv->weight);
        found != leaves.parameters.end()) {
      codes = WeightCodes(operators_, found->second,
                          leaves.log_scales.at(conv->weight), step.weights);
    }
    const ConvShape shape = {.conv = *conv,
                             .in = graph_.extent(node.inputs[0]),
                             .out = graph_.extent(node.output),
                             .windows = windows};
    return LandCodes(operators_,
                     operators_.Convolve(shape, x, codes, step.wide),
                     LeavesOf(step, conv->bias, leaves), step.landing);
  }
  if (std::holds_alternative<Add>(node.op)) {
    at::Tensor sum;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      at::Tensor term = values[At(node.inputs[i])];
      if (step.inputs[i].defined()) {
        term = LandCodes(operators_, term, {}, step.inputs[i]);
      }
      sum = sum.defined() ? sum + term : term;
    }
    return LandCodes(operators_, sum, LeavesOf(step, "", leaves), step.landing);
  }
  if (const auto* scores = std::get_if<AttentionScores>(&node.op)) {
    return operators_.Scores(
        attention(node.inputs[0], scores->heads, scores->axis), x);
  }
  if (std::holds_alternative<Softmax>(node.op)) {
    // Its integers belong to the mix that reads it.
    for (const Step& mix : steps_) {
      if (mix.softmax.defined() &&
          graph_.nodes[mix.node].inputs[0] == node.output) {
        return SoftmaxCodes(operators_, x, mix.softmax);
      }
    }
    Check(false, "a softmax that no attention reads");
  }
  if (const auto* mix = std::get_if<AttentionMix>(&node.op)) {
    const at::Tensor acc =
        operators_.Mix(attention(node.inputs[1], mix->heads, mix->axis), x,
                       values[At(node.inputs[1])]);
    return LandCodes(operators_, acc, LeavesOf(step, mix->bias, leaves),
                     step.landing);
  }
  if (const auto* pool = std::get_if<AveragePool>(&node.op)) {
    std::vector<at::Tensor> bins;
    for (int bin = 0; bin < pool->bins; ++bin) {
      const BinRange range =
          PoolBin(bin, pool->bins, graph_.extent(node.inputs[0]).height);
      at::Tensor sum =
          x.narrow(2, range.begin, range.end - range.begin).sum({2, 3}, true);
      if (!step.inputs.empty()) {
        sum = LandCodes(operators_, sum, {},
                        step.inputs[static_cast<std::size_t>(bin)]);
      }
      bins.push_back(sum);
    }
    return at::cat(bins, 2);
  }
  const auto* transpose = std::get_if<Transpose>(&node.op);
  Check(transpose != nullptr, "the simulation does not know this operator");
  const auto dimension = [&](std::size_t axis) -> int64_t {
    const int from = transpose->order[axis];
    return from == 0 ? 0 : from + 1;
  };
  return x.permute({dimension(0), 1, dimension(1), dimension(2)}).contiguous();
}

}  // namespace edge_int8::train
