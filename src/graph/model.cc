#include "src/graph/model.h"

#include <cmath>
#include <string_view>
#include <utility>

#include "src/base/random.h"

namespace edge_int8 {
namespace {

// 1.4 / fan-in keeps activations and softmaxes of all variants alive and
// lively. With He's 2 / fan-in attention scores reach 10^3, where a softmax
// magnifies float's rounding; with 1 they are so small that it is flat.
void FillRandom(const ParameterSpec& spec, Rng& rng, Tensor& tensor) {
  const auto ends_with = [&](std::string_view tail) {
    return spec.name.ends_with(tail);
  };
  if (spec.shape.size() > 1) {
    const double fan_in =
        static_cast<double>(tensor.size()) / static_cast<double>(spec.shape[0]);
    const double deviation = std::sqrt(1.4 / fan_in);
    for (float& v : tensor.data) {
      v = static_cast<float>(deviation * rng.Normal());
    }
  } else if (ends_with(".running_var") || ends_with(".weight")) {
    for (float& v : tensor.data) v = static_cast<float>(rng.Uniform(0.5, 1.5));
  } else {
    for (float& v : tensor.data) v = static_cast<float>(0.1 * rng.Normal());
  }
}

}  // namespace

const Tensor& Model::Parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  Check(found != parameters.end(), "no parameter named " + name);
  return found->second;
}

Tensor& Model::Parameter(const std::string& name) {
  return const_cast<Tensor&>(std::as_const(*this).Parameter(name));
}

Model RandomModel(Graph graph, uint64_t seed) {
  Model model{std::move(graph), {}};
  Rng rng(seed);
  for (const ParameterSpec& spec : model.graph.parameters) {
    if (spec.integer) continue;
    Tensor tensor(spec.shape);
    FillRandom(spec, rng, tensor);
    model.parameters.emplace(spec.name, std::move(tensor));
  }
  return model;
}

}  // namespace edge_int8
