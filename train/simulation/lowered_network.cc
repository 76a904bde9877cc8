#include "train/simulation/lowered_network.h"

#include <ATen/core/grad_mode.h>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/ptq.h"

namespace edge_int8::train {
namespace {

c10::intrusive_ptr<RoundingGrid> GridOfWeights(const WeightPlan& plan) {
  auto grid = c10::make_intrusive<RoundingGrid>();
  grid->scales = plan.scales;
  grid->high = WeightLimit(plan.bits);
  grid->low = -grid->high;
  return grid;
}

c10::intrusive_ptr<RoundingGrid> GridOfValues(const Quantizer& quantizer,
                                              const QuantizerPlan& plan) {
  const GridSpec spec = SpecOf(quantizer, plan.bits);
  auto grid = c10::make_intrusive<RoundingGrid>();
  grid->scales = plan.scales;
  grid->zero = spec.symmetric ? 0 : plan.zero_point;
  grid->low = spec.low();
  grid->high = spec.high();
  return grid;
}

at::Tensor LeafOrNone(const std::map<std::string, at::Tensor>& leaves,
                      const std::string& name) {
  const auto found = leaves.find(name);
  return found == leaves.end() ? at::Tensor() : found->second;
}

bool IsQuery(const Quantizer& quantizer) {
  return quantizer.role == QuantizerRole::kQuery;
}

}  // namespace

struct LoweredNetwork::Pass {
  const Step& step;
  SimulationLeaves leaves;
  IntegerBatch batch;
};

LoweredNetwork::LoweredNetwork(const Model& folded, const Plan& start,
                               at::Device device)
    : QuantizedNetwork(folded, start, device),
      device_(device),
      graph_(folded.graph),
      qgraph_(BuildQGraph(folded.graph)),
      float_graph_(folded.graph, device,
                   device == at::kCPU ? Fused() : Composed(), false),
      rounds_(folded.graph.tensors.size(), -1) {
  for (std::size_t q = 0; q < qgraph_.quantizers.size(); ++q) {
    const Quantizer& quantizer = qgraph_.quantizers[q];
    // Keys and values are rounded together with their queries.
    if (quantizer.role == QuantizerRole::kInput ||
        quantizer.role == QuantizerRole::kKey ||
        quantizer.role == QuantizerRole::kValue) {
      continue;
    }
    for (const TensorId id : RoundedTensors(quantizer)) {
      rounds_[AsSize(id)] = static_cast<int>(q);
    }
  }
}

at::Tensor LoweredNetwork::Parameter(const Pass& pass,
                                     const std::string& name) const {
  const at::Tensor value = LeafOrNone(pass.leaves.parameters, name);
  Check(value.defined(), "a parameter that does not learn: " + name);
  const auto weight = pass.step.plan.weights.find(name);
  if (weight == pass.step.plan.weights.end()) return value;
  return RoundStraightThrough(value, {}, {pass.leaves.log_scales.at(name), {}},
                              GridOfWeights(weight->second));
}

at::Tensor LoweredNetwork::Rounded(const Pass& pass, int quantizer,
                                   const at::Tensor& value,
                                   const at::Tensor& rounded) const {
  const Quantizer& q = qgraph_.quantizers[AsSize(quantizer)];
  return RoundStraightThrough(
      value, rounded,
      {LeafOrNone(pass.leaves.log_scales, q.name),
       LeafOrNone(pass.leaves.zero_points, q.name)},
      GridOfValues(q, pass.step.plan.quantizers.at(q.name)));
}

at::Tensor LoweredNetwork::Computed(const Pass& pass, TensorId id,
                                    const at::Tensor& value) const {
  const auto stored = pass.step.tensor_of.find(graph_.tensors[AsSize(id)].name);
  at::Tensor real;
  at::Tensor all = value;
  if (stored != pass.step.tensor_of.end()) {
    real = pass.batch.Real(stored->second).to(device_);
    // What no window changes is computed once and stored for each.
    all = value.expand(real.sizes());
  }
  const int quantizer = rounds_[AsSize(id)];
  if (quantizer < 0) return real.defined() ? InsteadOf(all, real) : value;
  if (!IsQuery(qgraph_.quantizers[AsSize(quantizer)])) {
    return Rounded(pass, quantizer, all, real);
  }
  std::vector<at::Tensor> parts;
  const int64_t channels = all.size(0) / 3;
  for (int part = 0; part < 3; ++part) {
    const auto third = [&](const at::Tensor& x) {
      return x.defined() ? x.narrow(0, part * channels, channels) : x;
    };
    parts.push_back(Rounded(pass, quantizer + part, third(all), third(real)));
  }
  return at::cat(parts);
}

void LoweredNetwork::BeginStep() {
  Step& step = step_.emplace();
  step.plan = parameters().CurrentPlan();
  step.graph = Lower(parameters().CurrentModel(), step.plan);
  for (std::size_t t = 0; t < step.graph.tensors.size(); ++t) {
    step.tensor_of.emplace(step.graph.tensors[t].name, static_cast<int32_t>(t));
  }
}

at::Tensor LoweredNetwork::TrainingPass(const at::Tensor& x) {
  Check(step_.has_value(), "a training pass belongs to a step");
  const Pass pass{*step_, parameters().Leaves(), IntegerBatch(step_->graph, x)};
  const PassHooks hooks = {
      [&](const std::string& name) { return Parameter(pass, name); },
      [&](TensorId id, const at::Tensor& value) {
        return Computed(pass, id, value);
      }};
  return float_graph_.HookedPass(pass.batch.Real(0).to(device_), hooks);
}

void LoweredNetwork::PrepareCodes(const core::IntegerGraph& graph) {
  prepared_ = graph;
}

at::Tensor LoweredNetwork::Codes(const at::Tensor& x) {
  return IntegerBatch(prepared_, x).Stored(prepared_.output);
}

std::unique_ptr<QuantizedNetwork> MakeQuantizedNetwork(const Model& folded,
                                                       const Plan& start,
                                                       at::Device device) {
  if (IntegerSimulation::Knows(folded.graph)) {
    return std::make_unique<SimulatedNetwork>(folded, start, device);
  }
  return std::make_unique<LoweredNetwork>(folded, start, device);
}

}  // namespace edge_int8::train
