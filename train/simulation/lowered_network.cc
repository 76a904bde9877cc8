#include "train/simulation/lowered_network.h"

#include <ATen/core/grad_mode.h>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/qgraph/lower.h"

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
  auto grid = c10::make_intrusive<RoundingGrid>();
  grid->scales = plan.scales;
  grid->zero = plan.zero_point;
  grid->high = (1 << plan.bits) - 1;
  if (quantizer.symmetric || plan.bits == 16) {
    grid->zero = 0;
    grid->high = (1 << (plan.bits - 1)) - 1;
    grid->low = -grid->high;
  }
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
  Plan plan;
  SimulationLeaves leaves;
  core::IntegerGraph graph;
  std::map<std::string, int32_t> tensor_of;  // integer tensor by its name
  IntegerBatch batch;

  Pass(const QatParameters& parameters, const at::Tensor& x)
      : plan(parameters.CurrentPlan()),
        leaves(parameters.Leaves()),
        graph(Lower(parameters.CurrentModel(), plan)),
        batch(graph, x) {
    for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
      tensor_of.emplace(graph.tensors[t].name, static_cast<int32_t>(t));
    }
  }
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
  const auto weight = pass.plan.weights.find(name);
  if (weight == pass.plan.weights.end()) return value;
  return RoundStraightThrough(value, {}, {pass.leaves.log_scales.at(name), {}},
                              GridOfWeights(weight->second));
}

at::Tensor LoweredNetwork::Rounded(const Pass& pass, int quantizer,
                                   const at::Tensor& value,
                                   const at::Tensor& rounded) const {
  const Quantizer& q = qgraph_.quantizers[AsSize(quantizer)];
  return RoundStraightThrough(value, rounded,
                              {LeafOrNone(pass.leaves.log_scales, q.name),
                               LeafOrNone(pass.leaves.zero_points, q.name)},
                              GridOfValues(q, pass.plan.quantizers.at(q.name)));
}

at::Tensor LoweredNetwork::Computed(const Pass& pass, TensorId id,
                                    const at::Tensor& value) const {
  const auto stored = pass.tensor_of.find(graph_.tensors[AsSize(id)].name);
  at::Tensor real;
  at::Tensor all = value;
  if (stored != pass.tensor_of.end()) {
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

at::Tensor LoweredNetwork::TrainingPass(const at::Tensor& x) {
  const Pass pass(parameters(), x);
  const PassHooks hooks = {
      [&](const std::string& name) { return Parameter(pass, name); },
      [&](TensorId id, const at::Tensor& value) {
        return Computed(pass, id, value);
      }};
  return float_graph_.HookedPass(pass.batch.Real(0).to(device_), hooks);
}

void LoweredNetwork::PrepareCodes() {
  prepared_ = Lower(parameters().CurrentModel(), parameters().CurrentPlan());
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
