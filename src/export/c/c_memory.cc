#include "src/export/c/c_memory.h"

#include <algorithm>
#include <variant>

#include "core/container/op_tensors.h"
#include "core/container/overload.h"
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

// The tensor that an operator which changes nothing in memory reads; -1 of any
// other.
int32_t SameMemory(const IntegerGraph& graph, const core::IntegerOp& any) {
  if (const auto* op = std::get_if<core::TransposeOp>(&any)) {
    return KeepsStorage(graph.tensors[AsSize(op->input)], *op) ? op->input : -1;
  }
  if (const auto* op = std::get_if<core::MoveOp>(&any)) {
    return KeepsStorage(graph, *op) ? op->terms[0].input : -1;
  }
  return -1;
}

// The tensor whose memory each tensor is: itself, or what SameMemory() says.
std::vector<int32_t> Owners(const IntegerGraph& graph) {
  std::vector<int32_t> owner(graph.tensors.size());
  for (std::size_t i = 0; i < owner.size(); ++i) {
    owner[i] = static_cast<int32_t>(i);
  }
  for (const core::IntegerOp& any : graph.ops) {
    const int32_t input = SameMemory(graph, any);
    if (input >= 0) owner[AsSize(core::OutputOf(any))] = owner[AsSize(input)];
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

core::MovePlan PlanCMove(const IntegerGraph& graph, const core::MoveOp& op) {
  std::vector<core::TensorLayout> layouts;
  for (const TensorSpec& t : graph.tensors) {
    core::TensorLayout& layout = layouts.emplace_back();
    layout.channels = layout.pitch = t.channels;
    layout.height = t.height;
    layout.width = t.width;
    layout.type = t.type;
  }
  return core::PlanMove(op, layouts);
}

bool KeepsStorage(const IntegerGraph& graph, const core::MoveOp& op) {
  if (op.terms.size() != 1 ||
      graph.tensors[AsSize(op.output)].size() !=
          graph.tensors[AsSize(op.terms[0].input)].size()) {
    return false;
  }
  const core::MovePlan plan = PlanCMove(graph, op);
  if (!plan.covers || plan.nests.size() != 1) return false;
  const core::CopyNest& nest = plan.nests[0];
  return nest.from == nest.to &&
         std::ranges::all_of(nest.loops, [](const core::CopyLoop& loop) {
           return loop.count == 1 || loop.from_step == loop.to_step;
         });
}

bool IsDepthwise(const IntegerGraph& graph, const core::ConvOp& op) {
  const TensorSpec& in = graph.tensors[AsSize(op.input)];
  return op.geometry.groups == in.channels &&
         static_cast<std::size_t>(in.channels) == op.bias.size();
}

namespace {

// Values that one output sums over.
int64_t PatchValues(const IntegerGraph& graph, const core::ConvOp& op) {
  const core::ConvGeometry& g = op.geometry;
  return int64_t{graph.tensors[AsSize(op.input)].channels} / g.groups *
         g.kernel_h * g.kernel_w;
}

}  // namespace

bool HasTargetConv(const IntegerGraph& graph, const core::ConvOp& op,
                   CTarget target) {
  if (target == CTarget::kGeneric || IsDepthwise(graph, op)) return false;
  if (!HasWordKernels(target) || op.weight_bits == 8) return true;
  const bool wide = graph.tensors[AsSize(op.input)].type == core::Type::kS16;
  const int64_t most = int64_t{7} * (wide ? 32768 : 255);
  return 16 * PatchValues(graph, op) * most < int64_t{1} << 31;
}

int64_t TargetTapGroups(const IntegerGraph& graph, const core::ConvOp& op) {
  constexpr int64_t kWide = 24;
  const core::ConvGeometry& g = op.geometry;
  const int64_t channels = graph.tensors[AsSize(op.input)].channels / g.groups;
  const bool fits = channels % 4 == 0 || channels >= kWide;
  return g.kernel_h * g.kernel_w > 1 && fits ? (channels + 3) / 4 : 0;
}

int64_t TargetRowWords(const IntegerGraph& graph, const core::ConvOp& op) {
  const int64_t each = op.weight_bits == 8 ? 4 : 8;
  const int64_t tap = 4 * TargetTapGroups(graph, op);
  const int64_t taps = op.geometry.kernel_h * op.geometry.kernel_w;
  const int64_t values = tap > 0 ? taps * tap : PatchValues(graph, op);
  return (values + each - 1) / each;
}

int32_t MovedBy(const IntegerGraph& graph, const core::ConvOp& op,
                CTarget target) {
  const bool bytes = graph.tensors[AsSize(op.input)].type == core::Type::kU8;
  const bool signed_products =
      target == CTarget::kCortexM55 || target == CTarget::kAarch64;
  return bytes && signed_products ? 128 : 0;
}

namespace {

// Whole blocks of 32 values: a row for each position, and one to copy to.
int64_t RowTile(const IntegerGraph& graph, const core::ConvOp& op) {
  constexpr int64_t kBlock = 32;
  const int64_t row = core::RoundUp(PatchValues(graph, op), kBlock) *
                      TypeBytes(graph.tensors[AsSize(op.input)].type);
  return (kCPositions + 1) * row;
}

int64_t ConvScratch(const IntegerGraph& graph, const core::ConvOp& op,
                    CTarget target) {
  const TensorSpec& in = graph.tensors[AsSize(op.input)];
  if (HasTargetConv(graph, op, target) && target == CTarget::kRv32imc) {
    return PatchValues(graph, op) * kCPositions * TypeBytes(core::Type::kS16);
  }
  if (HasTargetConv(graph, op, target) && HasRowKernels(target)) {
    return RowTile(graph, op);
  }
  if (HasTargetConv(graph, op, target)) {
    // Pairs of four positions for each group of four values, and a patch.
    const int64_t groups =
        TargetRowWords(graph, op) * (op.weight_bits == 8 ? 1 : 2);
    return groups * 2 * kCPositions * TypeBytes(core::Type::kS32) +
           core::RoundUp(PatchValues(graph, op) * TypeBytes(in.type), 4);
  }
  const core::ConvGeometry& g = op.geometry;
  if (IsDepthwise(graph, op)) {
    return int64_t{in.channels} * TypeBytes(core::Type::kS32);
  }
  if (g.kernel_h * g.kernel_w == 1 && g.pad_top + g.pad_bottom == 0 &&
      g.pad_left + g.pad_right == 0) {
    return 0;  // Every patch is a run of memory inside the input.
  }
  return kCPositions * (in.channels / g.groups) * g.kernel_h * g.kernel_w *
         TypeBytes(in.type);
}

// And a query, all keys and all values of a line in pairs.
int64_t PairedAttention(int64_t length, int64_t per_head) {
  const int64_t even = length + length % 2;
  const int64_t words = (per_head + 3) / 4 * 2;
  return (length + words + length * words + even / 2 * per_head) *
             TypeBytes(core::Type::kS32) +
         even * TypeBytes(core::Type::kS16);
}

// Of whole blocks of 8 places: logits, probabilities, keys and values.
int64_t TurnedAttention(int64_t length, int64_t per_head, int64_t bytes) {
  const int64_t padded = core::RoundUp(length, 8);
  return padded * (TypeBytes(core::Type::kS32) + TypeBytes(core::Type::kS16) +
                   2 * per_head * bytes);
}

int64_t AttentionScratch(int64_t length, int64_t per_head, CTarget target) {
  switch (target) {
    case CTarget::kGeneric:
    case CTarget::kAuto:  // Is its parts.
    case CTarget::kRv32imc:
      return length *
             (TypeBytes(core::Type::kS32) + TypeBytes(core::Type::kS16));
    case CTarget::kCortexM4:
    case CTarget::kCortexM33:
      return PairedAttention(length, per_head);
    case CTarget::kCortexM55:
      return TurnedAttention(length, per_head, TypeBytes(core::Type::kS8));
    case CTarget::kAarch64:
      break;
  }
  return TurnedAttention(length, per_head, TypeBytes(core::Type::kS16));
}

int64_t AxisLength(const TensorSpec& t, int32_t axis) {
  return Extents(t)[AsSize(axis)];
}

int64_t RecurrentScratch(const IntegerGraph& graph,
                         const core::RecurrentOp& op) {
  const int64_t inputs = graph.tensors[AsSize(op.input)].channels;
  const int64_t hidden = graph.tensors[AsSize(op.output)].channels;
  return (inputs + 2 * hidden + 2 * core::GateCount(op.kind) * hidden) *
         TypeBytes(core::Type::kS16);
}

}  // namespace

int64_t ScratchBytes(const IntegerGraph& graph, const core::IntegerOp& any,
                     CTarget target) {
  const auto spec = [&](int32_t id) -> const TensorSpec& {
    return graph.tensors[AsSize(id)];
  };
  constexpr int64_t kWide = TypeBytes(core::Type::kS32);
  constexpr int64_t kNarrow = TypeBytes(core::Type::kS16);
  return std::visit(
      core::Overload{[&](const core::ConvOp& op) {
                       return ConvScratch(graph, op, target);
                     },
                     [&](const core::AttentionOp& op) {
                       const bool wide = op.axis == core::AttentionAxis::kWidth;
                       const int64_t length =
                           AxisLength(spec(op.input), wide ? 2 : 1);
                       return AttentionScratch(
                           length, spec(op.output).channels / op.heads, target);
                     },
                     [&](const core::MatMulOp& op) {
                       return spec(op.a).channels * kNarrow;
                     },
                     [&](const core::SoftmaxOp& op) {
                       return AxisLength(spec(op.input), op.axis) * kWide;
                     },
                     [&](const core::RecurrentOp& op) {
                       return RecurrentScratch(graph, op);
                     },
                     [](const core::AddOp&) { return int64_t{0}; },
                     [](const core::PoolOp&) { return int64_t{0}; },
                     [](const core::TransposeOp&) { return int64_t{0}; },
                     [](const core::RequantizeOp&) { return int64_t{0}; },
                     [](const core::MultiplyOp&) { return int64_t{0}; },
                     [](const core::NormalizeOp&) { return int64_t{0}; },
                     [](const core::WindowPoolOp&) { return int64_t{0}; },
                     [](const core::MoveOp&) { return int64_t{0}; },
                     [](const core::ResizeOp&) { return int64_t{0}; },
                     [](const core::ConstantOp&) { return int64_t{0}; }},
      any);
}

// Step 0 stores the input, operator i is step i + 1, the last step hands the
// output over.
CMemory PlanCMemory(const IntegerGraph& graph, CTarget target) {
  const std::vector<int32_t> owner = Owners(graph);
  const auto last_step = static_cast<int32_t>(graph.ops.size()) + 1;
  std::vector<core::ArenaBlock> blocks(graph.tensors.size());
  for (std::size_t t = 0; t < blocks.size(); ++t) {
    const TensorSpec& tensor = graph.tensors[t];
    const bool own = owner[t] == static_cast<int32_t>(t);
    blocks[t].bytes = own ? tensor.size() * TypeBytes(tensor.type) : 0;
  }
  std::vector<int32_t> constants;
  for (const core::IntegerOp& any : graph.ops) {
    const auto* op = std::get_if<core::ConstantOp>(&any);
    if (op == nullptr) continue;
    constants.push_back(op->output);
    blocks[AsSize(op->output)].bytes = 0;
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
    blocks.push_back({ScratchBytes(graph, graph.ops[i], target), step, step});
  }
  block(graph.output).last = last_step;
  CMemory memory;
  memory.tensor_owner = owner;
  memory.constants = std::move(constants);
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
