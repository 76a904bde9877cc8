#include "core/engine/engine.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "core/arith/boundary.h"
#include "core/container/op_tensors.h"
#include "core/container/overload.h"
#include "core/engine/arena_planner.h"
#include "core/engine/constant_tensor.h"
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
  made->PlaceTensors(graph);
  for (const TensorLayout& layout : made->layouts_) {
    if (layout.bytes() > kMaxTensorBytes) return Status::kTooManyElements;
  }
  made->input_size_ = static_cast<std::size_t>(graph.tensors[0].size());
  const TensorSpec& output =
      graph.tensors[static_cast<std::size_t>(graph.output)];
  made->output_size_ = static_cast<std::size_t>(output.size());
  made->input_factor_ = graph.input_factor;
  made->input_zero_ = graph.tensors[0].zero_point;
  made->output_scale_ = graph.output_scale;
  made->output_zero_ = output.zero_point;
  made->BuildSteps(graph);
  made->PlanMemory();
  *engine = std::move(made);
  return Status::kOk;
}

void Engine::PlaceTensors(const IntegerGraph& graph) {
  layouts_ = PlanLayouts(graph);
  for (const IntegerOp& any : graph.ops) {
    if (const auto* recurrent = std::get_if<RecurrentOp>(&any)) {
      layouts_.push_back(ProductLayout(
          *recurrent, layouts_[static_cast<std::size_t>(recurrent->output)]));
    }
  }
}

void Engine::AddStep(const IntegerGraph& graph, std::unique_ptr<Step> step,
                     std::string_view kind, int64_t macs) {
  const int32_t tensor = step->writes() < 0 ? graph.output : step->writes();
  const int64_t bytes = step->weight_bytes();
  weight_bytes_ += static_cast<std::size_t>(bytes);
  const auto at = static_cast<std::size_t>(tensor);
  const bool named = at < graph.tensors.size();
  nodes_.push_back(
      {named ? graph.tensors[at].name : std::string(kind), kind, macs, bytes});
  steps_.push_back(std::move(step));
}

void Engine::BuildSteps(const IntegerGraph& graph) {
  const StepBuild build{graph, layouts_, *kernels_};
  AddStep(graph, MakeInputStep(), "input", 0);
  auto products = static_cast<int32_t>(graph.tensors.size());
  for (std::size_t n = 0; n < graph.ops.size(); ++n) {
    const int64_t macs = CountMacs(graph, graph.ops[n]);
    const auto add = [&](std::unique_ptr<Step> step, std::string_view kind) {
      AddStep(graph, std::move(step), kind, macs);
    };
    std::visit(
        Overload{
            [&](const ConvOp& op) {
              const AddOp* sum = FusableSum(graph, n);
              std::unique_ptr<Step> step =
                  sum == nullptr ? MakeWinogradStep(build, op) : nullptr;
              if (step == nullptr) step = MakeConvStep(build, op, sum);
              add(std::move(step), sum ? "conv+sum" : "conv");
              if (sum != nullptr) ++n;
            },
            [&](const AddOp& op) { add(MakeAddStep(build, op), "sum"); },
            [&](const AttentionOp& op) {
              add(MakeAttentionStep(build, op), "attention");
            },
            [&](const PoolOp& op) { add(MakePoolStep(op), "pool"); },
            [&](const TransposeOp& op) {
              add(MakeTransposeStep(op), "transpose");
            },
            [&](const RequantizeOp& op) {
              add(MakeMapStep(build, op), "requantize");
            },
            [&](const MultiplyOp& op) {
              add(MakeMultiplyStep(build, op), "multiply");
            },
            [&](const MatMulOp& op) {
              add(MakeMatMulStep(build, op), "matmul");
            },
            [&](const SoftmaxOp& op) {
              add(MakeSoftmaxStep(build, op), "softmax");
            },
            [&](const NormalizeOp& op) {
              add(MakeNormalizeStep(build, op), "normalize");
            },
            [&](const WindowPoolOp& op) {
              add(MakeWindowPoolStep(build, op), "window pool");
            },
            [&](const MoveOp& op) { add(MakeMoveStep(build, op), "move"); },
            [&](const ResizeOp& op) {
              add(MakeResizeStep(build, op), "resize");
            },
            [&](const RecurrentOp& op) {
              const auto inputs = static_cast<int64_t>(op.input_weights.size());
              const int64_t of_inputs =
                  inputs * layouts_[static_cast<std::size_t>(op.output)].width;
              AddStep(graph, MakeRecurrentInputStep(build, op, products),
                      "recurrent input", of_inputs);
              AddStep(graph, MakeRecurrentStep(build, op, products),
                      "recurrent", macs - of_inputs);
              ++products;
            },
            [&](const ConstantOp& op) {
              TensorLayout& layout =
                  layouts_[static_cast<std::size_t>(op.output)];
              constants_.push_back(PlaceConstant(op, layout));
              layout.constant = constants_.back().data();
              weight_bytes_ += constants_.back().size();
            },
        },
        graph.ops[n]);
  }
  AddStep(graph, MakeOutputStep(graph), "output", 0);
}

void Engine::PlanMemory() {
  // Blocks: tensors first, then the steps' scratch. A tensor no step writes
  // (it was fused away) keeps its empty life and takes no room.
  std::vector<ArenaBlock> blocks(layouts_.size());
  for (ArenaBlock& block : blocks) {
    block.first = std::numeric_limits<int32_t>::max();
    block.last = -1;
  }
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const auto touch = [&](int32_t tensor) {
      if (layouts_[static_cast<std::size_t>(tensor)].constant != nullptr)
        return;
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
  kernels_->quantize_u8(window, input_factor_, input_zero_,
                        static_cast<int32_t>(input_size_), input);
  Run(input, output, arena);
  for (std::size_t i = 0; i < output_size_; ++i) {
    pose[i] = DequantizeOutput(output[i], output_scale_, output_zero_);
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
