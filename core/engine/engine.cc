#include "core/engine/engine.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "core/arith/boundary.h"
#include "core/engine/arena_planner.h"
#include "core/engine/graph_facts.h"
#include "core/kernels/kernels.h"

namespace edge_int8::core {
namespace {

// Offsets are int32, also of bytes widened to 16 bits.
constexpr int64_t kMaxTensorBytes = (int64_t{1} << 30) - kSlack;

}  // namespace

Status Engine::Create(const IntegerGraph& graph, const EngineOptions& options,
                      std::unique_ptr<Engine>* engine) {
  const Isa isa = options.isa.value_or(BestIsa());
  const KernelTable* kernels = FindKernels(isa);
  if (kernels == nullptr) return Status::kIsaUnavailable;
  std::unique_ptr<Engine> made(new Engine);
  made->isa_ = isa;
  made->kernels_ = kernels;
  made->layouts_ = PlanLayouts(graph);
  for (const TensorLayout& layout : made->layouts_) {
    if (layout.bytes() > kMaxTensorBytes) return Status::kTooManyElements;
  }
  made->input_size_ = static_cast<std::size_t>(graph.tensors[0].size());
  made->output_size_ = static_cast<std::size_t>(
      graph.tensors[static_cast<std::size_t>(graph.output)].size());
  made->input_factor_ = graph.input_factor;
  made->output_scale_ = graph.output_scale;
  made->BuildSteps(graph);
  made->PlanMemory(graph);
  *engine = std::move(made);
  return Status::kOk;
}

void Engine::BuildSteps(const IntegerGraph& graph) {
  const StepBuild build{graph, layouts_, *kernels_};
  const auto add = [&](std::unique_ptr<Step> step, std::string_view kind,
                       int64_t macs) {
    const int32_t tensor = step->writes() < 0 ? graph.output : step->writes();
    const int64_t bytes = step->weight_bytes();
    weight_bytes_ += static_cast<std::size_t>(bytes);
    nodes_.push_back({graph.tensors[static_cast<std::size_t>(tensor)].name,
                      kind, macs, bytes});
    steps_.push_back(std::move(step));
  };
  add(MakeInputStep(), "input", 0);
  for (std::size_t n = 0; n < graph.ops.size(); ++n) {
    const IntegerOp& any = graph.ops[n];
    const int64_t macs = CountMacs(graph, any);
    if (const auto* conv = std::get_if<ConvOp>(&any)) {
      const AddOp* sum = FusableSum(graph, n);
      std::unique_ptr<Step> step =
          sum == nullptr ? MakeWinogradStep(build, *conv) : nullptr;
      if (step == nullptr) step = MakeConvStep(build, *conv, sum);
      add(std::move(step), sum ? "conv+sum" : "conv", macs);
      if (sum != nullptr) ++n;
    } else if (const auto* sum = std::get_if<AddOp>(&any)) {
      add(MakeAddStep(build, *sum), "sum", macs);
    } else if (const auto* attention = std::get_if<AttentionOp>(&any)) {
      add(MakeAttentionStep(build, *attention), "attention", macs);
    } else if (const auto* pool = std::get_if<PoolOp>(&any)) {
      add(MakePoolStep(*pool), "pool", macs);
    } else if (const auto* transpose = std::get_if<TransposeOp>(&any)) {
      add(MakeTransposeStep(*transpose), "transpose", macs);
    }
  }
  add(MakeOutputStep(graph), "output", 0);
}

void Engine::PlanMemory(const IntegerGraph& graph) {
  // Blocks: tensors first, then the steps' scratch. A tensor no step writes
  // (it was fused away) keeps its empty life and takes no room.
  std::vector<ArenaBlock> blocks(graph.tensors.size());
  for (ArenaBlock& block : blocks) {
    block.first = std::numeric_limits<int32_t>::max();
    block.last = -1;
  }
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const auto touch = [&](int32_t tensor) {
      ArenaBlock& block = blocks[static_cast<std::size_t>(tensor)];
      block.first = std::min(block.first, static_cast<int32_t>(s));
      block.last = static_cast<int32_t>(s);
      block.bytes = layouts_[static_cast<std::size_t>(tensor)].bytes() + kSlack;
    };
    if (steps_[s]->writes() >= 0) touch(steps_[s]->writes());
    for (const int32_t tensor : steps_[s]->reads()) touch(tensor);
  }
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const int64_t bytes = steps_[s]->scratch_bytes();
    blocks.push_back({bytes == 0 ? 0 : bytes + kSlack, static_cast<int32_t>(s),
                      static_cast<int32_t>(s), 0});
  }
  const auto last = static_cast<int32_t>(steps_.size()) - 1;
  blocks.push_back({static_cast<int64_t>(input_size_) + kSlack, 0, 0, 0});
  blocks.push_back(
      {static_cast<int64_t>(output_size_ * sizeof(int32_t)), last, last, 0});
  arena_bytes_ = static_cast<std::size_t>(PlanArena(&blocks));
  input_bytes_ = blocks[blocks.size() - 2].offset;
  output_words_ = blocks.back().offset;
  for (std::size_t t = 0; t < layouts_.size(); ++t) {
    layouts_[t].offset = blocks[t].offset;
  }
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    scratch_.push_back(blocks[layouts_.size() + s].offset);
  }
}

RunContext Engine::Context(const uint8_t* input, int32_t* output,
                           std::byte* arena) const {
  return {kernels_, layouts_.data(), input, output, arena, nullptr};
}

void Engine::Run(const uint8_t* input, int32_t* output,
                 std::byte* arena) const {
  RunContext context = Context(input, output, arena);
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    context.scratch = arena + scratch_[s];
    steps_[s]->Run(context);
  }
}

void Engine::RunFloats(const float* window, float* pose,
                       std::byte* arena) const {
  auto* const input = reinterpret_cast<uint8_t*>(arena + input_bytes_);
  auto* const output = reinterpret_cast<int32_t*>(arena + output_words_);
  kernels_->quantize_u8(window, input_factor_,
                        static_cast<int32_t>(input_size_), input);
  Run(input, output, arena);
  for (std::size_t i = 0; i < output_size_; ++i) {
    pose[i] = DequantizeOutput(output[i], output_scale_);
  }
}

void Engine::RunTimed(const uint8_t* input, int32_t* output, std::byte* arena,
                      std::span<double> node_ns) const {
  using Clock = std::chrono::steady_clock;
  RunContext context = Context(input, output, arena);
  Clock::time_point before = Clock::now();
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    context.scratch = arena + scratch_[s];
    steps_[s]->Run(context);
    const Clock::time_point after = Clock::now();
    node_ns[s] +=
        std::chrono::duration<double, std::nano>(after - before).count();
    before = after;
  }
}

}  // namespace edge_int8::core
