#include "train/simulation/qat_parameters.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "src/base/error.h"
#include "src/qgraph/multiplier.h"

namespace edge_int8::train {
namespace {

// A scale may become this many times larger or smaller.
constexpr double kLargestLog = 3.0;

double LsqScale(double values, double largest_code) {
  return 1.0 / std::sqrt(values * largest_code);
}

double Grown(double start, double theta) {
  return start *
         std::exp(std::clamp(kScaleRate * theta, -kLargestLog, kLargestLog));
}

}  // namespace

QatParameters::QatParameters(const Model& folded, const Plan& start,
                             at::Device device)
    : start_model_(folded), start_plan_(start) {
  CheckPlan(start, folded.graph, BuildQGraph(folded.graph), "plan");
  AddSlots(folded);
  int64_t size = 0;
  for (Slot& slot : slots_) {
    slot.offset = size;
    size += ElementCount(slot.shape);
  }
  const at::TensorOptions options =
      at::TensorOptions().dtype(at::kFloat).device(device);
  values_ = at::zeros({size}, options);
  gradients_ = at::zeros({size}, options);
  Allocate(folded);
}

// Once, however many nodes have it; a weight with its scales.
void QatParameters::AddParameter(const Model& folded, const std::string& name) {
  const auto is_it = [&](const Slot& slot) { return slot.name == name; };
  if (std::ranges::any_of(slots_, is_it)) return;
  const Shape& shape = folded.Parameter(name).shape;
  slots_.push_back({Kind::kParameter, name, shape});
  const auto weight = start_plan_.weights.find(name);
  if (weight == start_plan_.weights.end()) return;
  const int64_t channels = std::ssize(weight->second.scales);
  slots_.push_back({Kind::kWeightScale,
                    name,
                    {channels},
                    kScaleRate * LsqScale(static_cast<double>(
                                              ElementCount(shape) / channels),
                                          WeightLimit(weight->second.bits))});
}

void QatParameters::AddSlots(const Model& folded) {
  const Graph& graph = folded.graph;
  for (const Node& node : graph.nodes) {
    for (const std::string& name : ParameterNames(node.op)) {
      AddParameter(folded, name);
    }
  }
  for (const Quantizer& quantizer : BuildQGraph(graph).quantizers) {
    if (quantizer.role == QuantizerRole::kInput ||
        quantizer.rule != ScaleRule::kCalibrated) {
      continue;
    }
    const QuantizerPlan& plan = start_plan_.quantizers.at(quantizer.name);
    const Extent& extent = graph.extent(quantizer.tensor);
    const double values =
        static_cast<double>(quantizer.channels / quantizer.scales) *
        extent.height * extent.width;
    const bool symmetric = quantizer.symmetric || plan.bits == 16;
    const int top = (1 << (symmetric ? plan.bits - 1 : plan.bits)) - 1;
    const double scale = LsqScale(values, top);
    slots_.push_back({Kind::kQuantizerScale,
                      quantizer.name,
                      {quantizer.scales},
                      kScaleRate * scale});
    if (symmetric) continue;
    slots_.push_back(
        {Kind::kZeroPoint, quantizer.name, {1}, kZeroRate * scale, top});
  }
}

// Gives each slot its leaf and parameters their starting values.
void QatParameters::Allocate(const Model& folded) {
  for (Slot& slot : slots_) {
    const int64_t size = ElementCount(slot.shape);
    const auto view = [&](const at::Tensor& all) {
      return all.narrow(0, slot.offset, size).view(slot.shape).detach();
    };
    slot.leaf = view(values_);
    if (slot.kind == Kind::kParameter) {
      Tensor start = folded.Parameter(slot.name);
      slot.leaf.copy_(
          at::from_blob(start.data.data(), slot.leaf.sizes(), at::kFloat));
    }
    slot.leaf.set_requires_grad(true);
    slot.leaf.mutable_grad() = view(gradients_);
  }
}

at::Tensor QatParameters::GradientOf(const std::string& parameter) const {
  const auto found = std::ranges::find_if(slots_, [&](const Slot& slot) {
    return slot.kind == Kind::kParameter && slot.name == parameter;
  });
  Check(found != slots_.end(), "no parameter named " + parameter);
  return found->leaf.grad();
}

Model QatParameters::CurrentModel() const {
  const at::Tensor values = values_.cpu();
  Model model = start_model_;
  for (const Slot& slot : slots_) {
    if (slot.kind != Kind::kParameter) continue;
    std::vector<float>& to = model.Parameter(slot.name).data;
    std::memcpy(to.data(), values.data_ptr<float>() + slot.offset,
                to.size() * sizeof(float));
  }
  return model;
}

Plan QatParameters::CurrentPlan() const {
  const at::Tensor values = values_.cpu();
  Plan plan = start_plan_;
  for (const Slot& slot : slots_) {
    const float* theta = values.data_ptr<float>() + slot.offset;
    if (slot.kind == Kind::kZeroPoint) {
      QuantizerPlan& quantizer = plan.quantizers.at(slot.name);
      quantizer.zero_point = RoundToInt(
          quantizer.zero_point + kZeroRate * double{theta[0]}, 0, slot.top);
    } else if (slot.kind != Kind::kParameter) {
      std::vector<double>& scales = slot.kind == Kind::kWeightScale
                                        ? plan.weights.at(slot.name).scales
                                        : plan.quantizers.at(slot.name).scales;
      for (std::size_t i = 0; i < scales.size(); ++i) {
        scales[i] = Grown(scales[i], theta[i]);
      }
    }
  }
  return plan;
}

void QatParameters::DrawToIntegers(double share) {
  if (share <= 0) return;
  at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> parameters;
  for (const Slot& slot : slots_) {
    if (slot.kind == Kind::kParameter) parameters[slot.name] = slot.leaf;
  }
  for (const Slot& slot : slots_) {
    if (slot.kind != Kind::kWeightScale) continue;
    const WeightPlan& plan = start_plan_.weights.at(slot.name);
    if (plan.bits > 4) continue;
    at::Tensor weights = parameters.at(slot.name);
    std::vector<int64_t> rows(static_cast<std::size_t>(weights.dim()), 1);
    rows[0] = -1;
    const at::Tensor scale =
        (at::tensor(std::vector<float>(plan.scales.begin(), plan.scales.end()))
             .to(weights.device()) *
         (slot.leaf * kScaleRate).clamp(-kLargestLog, kLargestLog).exp())
            .view(rows);
    const double limit = WeightLimit(plan.bits);
    const at::Tensor integers = (weights / scale).round().clamp(-limit, limit);
    weights.lerp_(integers * scale, share);
  }
}

SimulationLeaves QatParameters::Leaves() const {
  SimulationLeaves leaves;
  for (const Slot& slot : slots_) {
    switch (slot.kind) {
      case Kind::kParameter:
        leaves.parameters[slot.name] = slot.leaf;
        break;
      case Kind::kWeightScale:
      case Kind::kQuantizerScale:
        leaves.log_scales[slot.name] = slot.leaf * slot.factor;
        break;
      case Kind::kZeroPoint:
        leaves.zero_points[slot.name] = slot.leaf * slot.factor;
        break;
    }
  }
  return leaves;
}

}  // namespace edge_int8::train
