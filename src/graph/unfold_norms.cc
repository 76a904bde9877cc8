#include "src/graph/unfold_norms.h"

#include <algorithm>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/graph/fold_norms.h"

namespace edge_int8 {
namespace {

void Fill(Model& model, const std::string& name, float value) {
  std::ranges::fill(model.Parameter(name).data, value);
}

const Node& ProducerOf(const Graph& graph, TensorId tensor) {
  const auto found = std::ranges::find(
      graph.nodes, tensor, [](const Node& node) { return node.output; });
  Check(found != graph.nodes.end(), "a batch norm reads the graph's input");
  return *found;
}

// A bias that the norm takes over because its producer has none.
std::string BiasForNorm(const Node& producer) {
  const auto* conv = std::get_if<Conv>(&producer.op);
  const auto* mix = std::get_if<AttentionMix>(&producer.op);
  const bool none = (conv != nullptr && conv->bias.empty()) ||
                    (mix != nullptr && mix->bias.empty());
  return none ? producer.name + ".bias" : "";
}

}  // namespace

Model UnfoldBatchNorms(const Graph& original, const Model& folded) {
  Model model;
  model.graph = original;
  for (const ParameterSpec& spec : original.parameters) {
    if (spec.integer) continue;
    const auto known = folded.parameters.find(spec.name);
    model.parameters.emplace(
        spec.name,
        known != folded.parameters.end()
            ? known->second
            : Tensor(spec.shape, std::vector<float>(static_cast<std::size_t>(
                                     ElementCount(spec.shape)))));
  }
  for (const Node& node : original.nodes) {
    const auto* norm = std::get_if<BatchNorm>(&node.op);
    if (norm == nullptr) continue;
    Fill(model, norm->prefix + ".weight", 1);
    Fill(model, norm->prefix + ".running_mean", 0);
    Fill(model, norm->prefix + ".running_var",
         static_cast<float>(1 - norm->epsilon));
    Fill(model, norm->prefix + ".bias", 0);
    const auto made = folded.parameters.find(FoldedNormWeight(*norm));
    if (made != folded.parameters.end()) {
      model.Parameter(norm->prefix + ".weight").data = made->second.data;
      model.Parameter(norm->prefix + ".bias").data =
          folded.Parameter(FoldedNormBias(*norm)).data;
      continue;
    }
    const std::string bias = BiasForNorm(ProducerOf(original, node.inputs[0]));
    if (!bias.empty()) {
      model.Parameter(norm->prefix + ".bias").data =
          folded.Parameter(bias).data;
    }
  }
  return model;
}

}  // namespace edge_int8
