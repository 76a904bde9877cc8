#include "train/simulation/qat_parameters.h"

#include <algorithm>
#include <cmath>
#include <cstring>

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

void QatParameters::AddSlots(const Model& folded) {
  const Graph& graph = folded.graph;
  for (const Node& node : graph.nodes) {
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
      const Shape& shape = folded.Parameter(conv->weight).shape;
      const int64_t channels = conv->out_channels;
      const int bits = start_plan_.weights.at(conv->weight).bits;
      slots_.push_back({Kind::kParameter, conv->weight, shape});
      slots_.push_back({Kind::kParameter, conv->bias, {channels}});
      slots_.push_back(
          {Kind::kWeightScale,
           conv->weight,
           {channels},
           kScaleRate *
               LsqScale(static_cast<double>(ElementCount(shape) / channels),
                        WeightLimit(bits))});
    } else if (const auto* mix = std::get_if<AttentionMix>(&node.op)) {
      slots_.push_back(
          {Kind::kParameter, mix->bias, folded.Parameter(mix->bias).shape});
    }
  }
  for (const Quantizer& quantizer : BuildQGraph(graph).quantizers) {
    if (quantizer.role == QuantizerRole::kInput) continue;
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
