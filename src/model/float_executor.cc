#include "src/model/float_executor.h"

#include <algorithm>

#include "src/model/float_nodes.h"
#include "src/model/fold_norms.h"

namespace edge_int8 {

struct FloatExecutor::Impl {
  Model model;
};

FloatExecutor::FloatExecutor(const Model& model, std::string_view)
    : impl_(new Impl{model}) {}
FloatExecutor::~FloatExecutor() = default;
FloatExecutor::FloatExecutor(FloatExecutor&&) noexcept = default;

std::vector<std::string_view> FloatIsas() { return {"generic"}; }

std::unique_ptr<FloatExecutor::Workspace> FloatExecutor::MakeWorkspace() const {
  return std::make_unique<Workspace>();
}

void FloatExecutor::Run(std::span<const float> input, int batch,
                        std::span<float> output, Workspace&) const {
  const auto count = static_cast<std::size_t>(batch);
  const std::size_t in = input.size() / count, out = output.size() / count;
  for (std::size_t i = 0; i < count; ++i) {
    RunObserved(input.subspan(i * in, in), output.subspan(i * out, out),
                [](TensorId, std::span<float>) {});
  }
}

void FloatExecutor::RunObserved(std::span<const float> input,
                                std::span<float> output,
                                const Observer& observer) const {
  const Graph& graph = impl_->model.graph;
  Check(std::ssize(input) == graph.extent(0).size() &&
            std::ssize(output) == graph.extent(graph.output).size(),
        "input or output doesn't fit the graph");
  std::vector<std::vector<float>> values(graph.tensors.size());
  values[0].assign(input.begin(), input.end());
  observer(0, values[0]);
  for (const Node& node : graph.nodes) {
    std::vector<std::span<const float>> inputs;
    for (const TensorId id : node.inputs) {
      inputs.push_back(values[static_cast<std::size_t>(id)]);
    }
    std::vector<float>& result = values[static_cast<std::size_t>(node.output)];
    result.resize(static_cast<std::size_t>(graph.extent(node.output).size()));
    ComputeNode(impl_->model, node, inputs, result);
    observer(node.output, result);
  }
  std::ranges::copy(values[static_cast<std::size_t>(graph.output)],
                    output.begin());
}

}  // namespace edge_int8
