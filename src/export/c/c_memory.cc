#include "src/export/c/c_memory.h"

#include <algorithm>
#include <variant>

#include "core/container/op_tensors.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/arena_planner.h"
#include "src/base/as_size.h"

namespace edge_int8 {
namespace {

using core::IntegerGraph;
using core::TensorSpec;

std::array<int32_t, 3> Extents(const TensorSpec& t) {
  return {t.channels, t.height, t.width};
}

CWalk Walk(const TensorSpec& tensor, const std::array<int32_t, 3>& axes,
           const std::array<int32_t, 3>& step_of_axis) {
  const std::array<int32_t, 3> extents = Extents(tensor);
  CWalk walk;
  for (std::size_t i = 0; i < 3; ++i) {
    walk.extent[i] = extents[AsSize(axes[i])];
    walk.step[i] = step_of_axis[AsSize(axes[i])];
  }
  return walk;
}

// The tensor whose memory each tensor is: itself, or what an empty transpose
// read.
std::vector<int32_t> Owners(const IntegerGraph& graph) {
  std::vector<int32_t> owner(graph.tensors.size());
  for (std::size_t i = 0; i < owner.size(); ++i) {
    owner[i] = static_cast<int32_t>(i);
  }
  for (const core::IntegerOp& any : graph.ops) {
    const auto* op = std::get_if<core::TransposeOp>(&any);
    if (op != nullptr && KeepsStorage(graph.tensors[AsSize(op->input)], *op)) {
      owner[AsSize(op->output)] = owner[AsSize(op->input)];
    }
  }
  return owner;
}

int64_t MostAlive(const std::vector<core::ArenaBlock>& blocks, int32_t steps) {
  int64_t most = 0;
  for (int32_t step = 0; step <= steps; ++step) {
    int64_t alive = 0;
    for (const core::ArenaBlock& block : blocks) {
      if (block.first <= step && step <= block.last) alive += block.bytes;
    }
    most = std::max(most, alive);
  }
  return most;
}

}  // namespace

CWalk WalkStorage(const TensorSpec& t, const std::array<int32_t, 3>& axes) {
  return Walk(t, axes, {1, t.width * t.channels, t.channels});
}

CWalk WalkChannelMajor(const TensorSpec& t,
                       const std::array<int32_t, 3>& axes) {
  return Walk(t, axes, {t.height * t.width, t.width, 1});
}

std::array<int32_t, 3> TransposedAxes(const core::TransposeOp& op) {
  std::array<int32_t, 3> axes = {};
  for (std::size_t i = 0; i < 3; ++i) {
    axes[i] = op.order[AsSize(kStorageAxes[i])];
  }
  return axes;
}

bool KeepsStorage(const TensorSpec& in, const core::TransposeOp& op) {
  const std::array<int32_t, 3> extents = Extents(in);
  // Axes of one place can be anywhere.
  const auto longer = [&](const std::array<int32_t, 3>& axes) {
    std::vector<int32_t> kept;
    for (const int32_t axis : axes) {
      if (extents[AsSize(axis)] > 1) kept.push_back(axis);
    }
    return kept;
  };
  return longer(TransposedAxes(op)) == longer(kStorageAxes);
}

bool IsDepthwise(const IntegerGraph& graph, const core::ConvOp& op) {
  const TensorSpec& in = graph.tensors[AsSize(op.input)];
  return op.geometry.groups == in.channels &&
         static_cast<std::size_t>(in.channels) == op.bias.size();
}

int64_t ScratchBytes(const IntegerGraph& graph, const core::IntegerOp& any) {
  if (const auto* op = std::get_if<core::ConvOp>(&any)) {
    const TensorSpec& in = graph.tensors[AsSize(op->input)];
    const core::ConvGeometry& g = op->geometry;
    if (IsDepthwise(graph, *op)) {
      return int64_t{in.channels} * TypeBytes(core::Type::kS32);
    }
    if (g.kernel_h * g.kernel_w == 1 && g.pad_top + g.pad_bottom == 0 &&
        g.pad_left + g.pad_right == 0) {
      return 0;  // Every patch is a run of memory inside the input.
    }
    return kCPositions * (in.channels / g.groups) * g.kernel_h * g.kernel_w *
           TypeBytes(in.type);
  }
  if (const auto* op = std::get_if<core::AttentionOp>(&any)) {
    const TensorSpec& in = graph.tensors[AsSize(op->input)];
    const int32_t length =
        op->axis == core::AttentionAxis::kWidth ? in.width : in.height;
    return int64_t{length} * (TypeBytes(core::Type::kS32) +  // logits
                              TypeBytes(core::Type::kS16));  // probabilities
  }
  return 0;
}

// Step 0 stores the input, operator i is step i + 1, the last step hands the
// output over.
CMemory PlanCMemory(const IntegerGraph& graph) {
  const std::vector<int32_t> owner = Owners(graph);
  const auto last_step = static_cast<int32_t>(graph.ops.size()) + 1;
  std::vector<core::ArenaBlock> blocks(graph.tensors.size());
  for (std::size_t t = 0; t < blocks.size(); ++t) {
    const TensorSpec& tensor = graph.tensors[t];
    const bool own = owner[t] == static_cast<int32_t>(t);
    blocks[t].bytes = own ? tensor.size() * TypeBytes(tensor.type) : 0;
  }
  const auto block = [&](int32_t tensor) -> core::ArenaBlock& {
    return blocks[AsSize(owner[AsSize(tensor)])];
  };
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const auto step = static_cast<int32_t>(i) + 1;
    const int32_t output = core::OutputOf(graph.ops[i]);
    if (owner[AsSize(output)] == output) block(output).first = step;
    block(output).last = step;
    for (const int32_t input : core::InputsOf(graph.ops[i]))
      block(input).last = step;
    blocks.push_back({ScratchBytes(graph, graph.ops[i]), step, step});
  }
  block(graph.output).last = last_step;
  CMemory memory;
  memory.tensor_owner = owner;
  memory.live_bytes = MostAlive(blocks, last_step);
  // Whole words, so that a caller can declare an array of them.
  memory.arena_bytes = core::RoundUp(core::PlanArena(&blocks), 4);
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    memory.tensor_offset.push_back(blocks[AsSize(owner[t])].offset);
  }
  for (std::size_t i = graph.tensors.size(); i < blocks.size(); ++i) {
    memory.scratch_offset.push_back(blocks[i].offset);
  }
  return memory;
}

}  // namespace edge_int8
