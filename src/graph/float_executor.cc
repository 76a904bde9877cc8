#include "src/graph/float_executor.h"

#include <algorithm>
#include <cstdint>

#include "src/graph/float_isas.h"
#include "src/graph/float_nodes.h"
#include "src/graph/float_plan.h"
#include "src/graph/float_steps.h"
#include "src/graph/fold_norms.h"

namespace edge_int8 {
namespace {

// An arena begins on a cache line.
constexpr std::size_t kLineFloats = 16;

}  // namespace

struct FloatExecutor::Impl {
  Model model;  // as given: RunObserved shows its own nodes
  FloatPlan plan;
};

std::vector<std::string_view> FloatIsas() {
  std::vector<std::string_view> names;
  for (const FloatKernels* kernels : UsableFloatKernels()) {
    names.emplace_back(kernels->name);
  }
  return names;
}

FloatExecutor::FloatExecutor(const Model& model, std::string_view isa)
    : impl_(new Impl{
          model, MakeFloatPlan(FoldBatchNorms(model), FindFloatKernels(isa))}) {
}

FloatExecutor::~FloatExecutor() = default;
FloatExecutor::FloatExecutor(FloatExecutor&&) noexcept = default;

std::unique_ptr<FloatExecutor::Workspace> FloatExecutor::MakeWorkspace() const {
  auto workspace = std::make_unique<Workspace>();
  const FloatPlan& plan = impl_->plan;
  workspace->memory_.resize(kLineFloats + plan.arena_floats +
                            plan.scratch_floats);
  return workspace;
}

void FloatExecutor::Run(std::span<const float> input, int batch,
                        std::span<float> output, Workspace& workspace) const {
  const FloatPlan& plan = impl_->plan;
  const Graph& graph = plan.model.graph;
  const int64_t in = graph.extent(0).size();
  const int64_t out = graph.extent(graph.output).size();
  Check(std::ssize(input) == batch * in && std::ssize(output) == batch * out,
        "input or output doesn't fit the batch");
  std::vector<float>& memory = workspace.memory_;
  Check(memory.size() == kLineFloats + plan.arena_floats + plan.scratch_floats,
        "the workspace is another executor's");
  const auto misaligned = reinterpret_cast<std::uintptr_t>(memory.data()) /
                          sizeof(float) % kLineFloats;
  float* arena = memory.data() + (kLineFloats - misaligned) % kLineFloats;
  // One window after the other: its activations stay in the second-level cache,
  // and reading the weights again costs less than 3% (measured on Zen 5).
  for (int i = 0; i < batch; ++i) {
    RunSteps(plan, {input.data() + i * in, output.data() + i * out, arena,
                    arena + plan.arena_floats});
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
      inputs.emplace_back(values[static_cast<std::size_t>(id)]);
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
