#include "train/simulation/integer_simulation.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "src/base/error.h"

namespace edge_int8::train {
namespace {

std::size_t At(TensorId id) { return static_cast<std::size_t>(id); }

}  // namespace

IntegerSimulation::IntegerSimulation(const Graph& folded, at::Device device,
                                     const SimOperators& operators)
    : graph_(folded),
      map_(BuildQGraph(folded)),
      device_(device),
      operators_(operators),
      uses_(map_.readers) {
  KeepProductsExact();
  ++uses_[At(graph_.output)];
  FindSteps();
}

// Convolutions, sums of two equal extents, attention, transposes and, at the
// end, the pool of bins; with a SiLU or nothing behind.
bool IntegerSimulation::Knows(const Graph& folded) {
  const QGraph qgraph = BuildQGraph(folded);
  const auto known = [&](const QNode& node) {
    const bool function = node.function == edge_int8::Function{} ||
                          (node.function == Silu().function && node.pre >= 0);
    const auto same = [&](TensorId id) {
      return folded.extent(id) == folded.extent(node.value);
    };
    return function &&
           std::visit(
               Overload{[](const QConv&) { return true; },
                        [&](const QSum& sum) {
                          return node.inputs.size() == 2 && !sum.negate[0] &&
                                 !sum.negate[1] && same(node.inputs[0]) &&
                                 same(node.inputs[1]);
                        },
                        [](const QAttention&) { return true; },
                        [](const QTranspose&) { return true; },
                        [&](const QPool& op) {
                          return op.to_output &&
                                 IsAdaptiveRowPool(
                                     op.pool, folded.extent(node.inputs[0]));
                        },
                        [](const auto&) { return false; }},
               node.op);
  };
  return std::ranges::all_of(qgraph.nodes, known);
}

const Quantizer* IntegerSimulation::QuantizerOf(TensorId tensor) const {
  const int quantizer = map_.of_tensor[At(tensor)];
  return quantizer < 0 ? nullptr
                       : &map_.quantizers[static_cast<std::size_t>(quantizer)];
}

void IntegerSimulation::FindSteps() {
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const Node& node = graph_.nodes[n];
    if (IsSilu(node.op)) continue;
    SimulationStep step;
    step.node = n;
    step.output = node.output;
    step.target = QuantizerOf(node.output);
    step.qkv =
        step.target != nullptr && step.target->role == QuantizerRole::kQuery;
    // A SiLU is the only reader of its pre-activation, and a term without a
    // grid of its own is read by its sum alone.
    if (step.target != nullptr &&
        step.target->role == QuantizerRole::kPreActivation) {
      step.silu = true;
      const int silu = map_.sole_reader[At(node.output)];
      step.output = graph_.nodes[static_cast<std::size_t>(silu)].output;
      step.out = QuantizerOf(step.output);
    }
    if (QuantizerOf(step.output) == nullptr &&
        IsSumTerm(graph_, map_, step.output)) {
      const int sum = map_.sole_reader[At(step.output)];
      step.sum =
          QuantizerOf(graph_.nodes[static_cast<std::size_t>(sum)].output);
    }
    steps_.push_back(std::move(step));
  }
}

int IntegerSimulation::wide_layers() const {
  return static_cast<int>(std::ranges::count_if(
      steps_, [](const SimulationStep& step) { return step.wide; }));
}

// clamp(rint(x * factor), -zero, 255 - zero) in float32, NaN to 0: the byte
// without its zero point. at::round is rint.
at::Tensor IntegerSimulation::QuantizeInput(const at::Tensor& x) const {
  const at::Tensor scaled = x * static_cast<float>(plan_.input_factor);
  const int zero = plan_.input_zero_point;
  return at::nan_to_num(scaled, 0.0, INFINITY, -INFINITY)
      .clamp(-zero, 255 - zero)
      .round();
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
  for (const SimulationStep& step : steps_) {
    values[At(step.output)] = RunStep(step, values, leaves);
    for (const TensorId id : graph_.nodes[step.node].inputs) {
      if (--uses[At(id)] == 0) values[At(id)].reset();
    }
  }
  return values[At(graph_.output)];
}

LandingLeaves IntegerSimulation::LeavesOf(
    const SimulationStep& step, const std::string& bias,
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
      const Quantizer& quantizer = step.target[part];
      const at::Tensor scale = find(leaves.log_scales, quantizer.name);
      if (!scale.defined()) return out;
      parts.push_back(
          scale.repeat_interleave(quantizer.channels / quantizer.scales));
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

at::Tensor IntegerSimulation::RunConv(const SimulationStep& step,
                                      const at::Tensor& x,
                                      const SimulationLeaves& leaves) const {
  const Node& node = graph_.nodes[step.node];
  const auto& conv = std::get<Conv>(node.op);
  at::Tensor codes = step.weights->codes;
  if (const auto found = leaves.parameters.find(conv.weight);
      found != leaves.parameters.end()) {
    codes = WeightCodes(operators_, found->second,
                        leaves.log_scales.at(conv.weight), step.weights);
  }
  const ConvShape shape = {.conv = conv,
                           .in = graph_.extent(node.inputs[0]),
                           .out = graph_.extent(node.output),
                           .windows = x.size(1)};
  return LandCodes(operators_, operators_.Convolve(shape, x, codes, step.wide),
                   LeavesOf(step, conv.bias, leaves), step.landing);
}

at::Tensor IntegerSimulation::RunAdd(const SimulationStep& step,
                                     const std::vector<at::Tensor>& values,
                                     const SimulationLeaves& leaves) const {
  const Node& node = graph_.nodes[step.node];
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

// A softmax's integers belong to the mix that reads it.
at::Tensor IntegerSimulation::RunSoftmax(const Node& node,
                                         const at::Tensor& acc) const {
  for (const SimulationStep& mix : steps_) {
    if (mix.softmax.defined() &&
        graph_.nodes[mix.node].inputs[0] == node.output) {
      return SoftmaxCodes(operators_, acc, mix.softmax);
    }
  }
  FailInput("graph " + graph_.name, "a softmax that no attention reads");
}

at::Tensor IntegerSimulation::RunPool(const SimulationStep& step,
                                      const at::Tensor& x) const {
  const Node& node = graph_.nodes[step.node];
  const auto& pool = std::get<Pool>(node.op);
  std::vector<at::Tensor> bins;
  for (std::size_t bin = 0; bin < pool.rows.size(); ++bin) {
    const PoolRange& range = pool.rows[bin];
    at::Tensor sum =
        x.narrow(2, range.begin, range.end - range.begin).sum({2, 3}, true);
    if (!step.inputs.empty()) {
      sum = LandCodes(operators_, sum, {}, step.inputs[bin]);
    }
    bins.push_back(sum);
  }
  return at::cat(bins, 2);
}

at::Tensor IntegerSimulation::RunStep(const SimulationStep& step,
                                      const std::vector<at::Tensor>& values,
                                      const SimulationLeaves& leaves) const {
  const Node& node = graph_.nodes[step.node];
  const at::Tensor& x = values[At(node.inputs[0])];
  const auto attention = [&](TensorId qkv, int heads, Axis axis) {
    const Extent& extent = graph_.extent(qkv);
    return AttentionShape{.heads = heads,
                          .channels = extent.channels / 3,
                          .windows = x.size(1),
                          .height = extent.height,
                          .width = extent.width,
                          .axis = axis};
  };
  if (std::holds_alternative<Conv>(node.op)) return RunConv(step, x, leaves);
  if (std::holds_alternative<Add>(node.op)) return RunAdd(step, values, leaves);
  if (const auto* scores = std::get_if<AttentionScores>(&node.op)) {
    return operators_.Scores(
        attention(node.inputs[0], scores->heads, scores->axis), x);
  }
  if (std::holds_alternative<Softmax>(node.op)) return RunSoftmax(node, x);
  if (const auto* mix = std::get_if<AttentionMix>(&node.op)) {
    const TensorId qkv = node.inputs[1];
    return LandCodes(operators_,
                     operators_.Mix(attention(qkv, mix->heads, mix->axis), x,
                                    values[At(qkv)]),
                     LeavesOf(step, mix->bias, leaves), step.landing);
  }
  if (std::holds_alternative<Pool>(node.op)) return RunPool(step, x);
  const auto* transpose = std::get_if<Transpose>(&node.op);
  Check(transpose != nullptr, "the simulation does not know this operator");
  const auto dimension = [&](std::size_t axis) -> int64_t {
    const int from = transpose->order[axis];
    return from == 0 ? 0 : from + 1;
  };
  return x.permute({dimension(0), 1, dimension(1), dimension(2)}).contiguous();
}

}  // namespace edge_int8::train
