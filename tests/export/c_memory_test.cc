#include "src/export/c/c_memory.h"

#include <gtest/gtest.h>

#include "core/container/op_tensors.h"
#include "tests/core_engine/random_wiflow.h"
#include "tests/export/many_operators.h"
#include "tests/testing/sample_graph.h"

namespace edge_int8 {
namespace {

using core::IntegerGraph;

IntegerGraph Wiflow(const core::WiflowShape& shape) {
  return core::RandomWiflow(shape, core::kPlan8, 3).Build();
}

// [540][1][20] as [1][20][540].
TEST(CMemory, WalksTheInputInStorageOrder) {
  const core::TensorSpec input = {"x", 540, 1, 20, core::Type::kU8, 0};
  const CWalk walk = WalkChannelMajor(input, kStorageAxes);
  EXPECT_EQ(walk.extent, (std::array<int32_t, 3>{1, 20, 540}));
  EXPECT_EQ(walk.step, (std::array<int32_t, 3>{20, 1, 20}));
}

TEST(CMemory, ATransposeThatMovesNothingIsFound) {
  const core::TensorSpec sequence = {"s", 120, 1, 20, core::Type::kU8, 0};
  EXPECT_TRUE(KeepsStorage(sequence, {0, 1, {1, 2, 0}}));   // to an image
  EXPECT_FALSE(KeepsStorage(sequence, {0, 1, {2, 1, 0}}));  // frames first
  const core::TensorSpec image = {"i", 32, 20, 15, core::Type::kU8, 0};
  EXPECT_TRUE(KeepsStorage(image, {0, 1, {0, 1, 2}}));
  EXPECT_FALSE(KeepsStorage(image, {0, 1, {0, 2, 1}}));
}

// Runs the plan: each operator writes its tensor's number over the tensor's
// bytes and its scratch; whatever it reads must still carry the writer's.
void ExpectNothingOverwritten(const IntegerGraph& graph,
                              CTarget target = CTarget::kGeneric) {
  const CMemory memory = PlanCMemory(graph, target);
  std::vector<int> bytes(static_cast<std::size_t>(memory.arena_bytes), -1);
  const auto extent = [&](int32_t tensor) {
    const auto t = static_cast<std::size_t>(tensor);
    const auto first =
        bytes.begin() + static_cast<std::ptrdiff_t>(memory.tensor_offset[t]);
    const auto size =
        graph.tensors[t].size() * TypeBytes(graph.tensors[t].type);
    return std::pair(first, first + size);
  };
  const auto write = [&](int32_t tensor) {
    const auto [first, last] = extent(tensor);
    ASSERT_LE(last, bytes.end());
    std::fill(first, last,
              memory.tensor_owner[static_cast<std::size_t>(tensor)]);
  };
  const auto read = [&](int32_t tensor) {
    const int32_t from = memory.tensor_owner[static_cast<std::size_t>(tensor)];
    if (std::ranges::find(memory.constants, from) != memory.constants.end()) {
      return;  // not in the arena
    }
    const auto [first, last] = extent(tensor);
    const int owner = memory.tensor_owner[static_cast<std::size_t>(tensor)];
    EXPECT_EQ(std::count(first, last, owner), last - first) << tensor;
  };
  write(0);
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const core::IntegerOp& any = graph.ops[i];
    const auto scratch = bytes.begin() + memory.scratch_offset[i];
    ASSERT_LE(scratch + ScratchBytes(graph, any, target), bytes.end());
    std::fill(scratch, scratch + ScratchBytes(graph, any, target), -2);
    const int32_t output = core::OutputOf(any);
    const bool constant = std::holds_alternative<core::ConstantOp>(any);
    if (memory.tensor_owner[static_cast<std::size_t>(output)] == output &&
        !constant) {
      write(output);
    }
    for (const int32_t input : core::InputsOf(any)) read(input);
    read(output);
  }
  read(graph.output);
}

// [4][3][5] as [12][1][5] stays where it is in [channels][height][width] order,
// and moves where channels are innermost; [4][1][15] as [4][3][5] the other way
// round.
TEST(CMemory, AMoveThatMovesNothingIsFound) {
  core::IntegerGraph graph;
  const auto keeps = [&](const core::TensorSpec& in,
                         const core::TensorSpec& out, int64_t offset) {
    graph.tensors = {in, out};
    return KeepsStorage(graph,
                        core::MoveOp{1, 0, {{0, offset, 0, {{60, 1, 1}}}}});
  };
  const core::TensorSpec image = {"i", 4, 3, 5, core::Type::kU8, 0};
  EXPECT_FALSE(keeps(image, {"o", 12, 1, 5, core::Type::kU8, 0}, 0));
  EXPECT_TRUE(keeps(image, {"o", 4, 1, 15, core::Type::kU8, 0}, 0));
  EXPECT_TRUE(keeps(image, {"o", 4, 15, 1, core::Type::kU8, 0}, 0));
  // A part of a larger tensor begins elsewhere.
  EXPECT_FALSE(keeps({"i", 8, 3, 5, core::Type::kU8, 0},
                     {"o", 4, 3, 5, core::Type::kU8, 0}, 60));
}

TEST(CMemory, NothingAliveIsOverwritten) {
  ExpectNothingOverwritten(SampleGraph());
  for (const core::WiflowShape& shape : core::kWiflowShapes) {
    SCOPED_TRACE(shape.name);
    ExpectNothingOverwritten(Wiflow(shape));
    ExpectNothingOverwritten(Wiflow(shape), CTarget::kCortexM4);
    ExpectNothingOverwritten(Wiflow(shape), CTarget::kCortexM55);
  }
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    ExpectNothingOverwritten(ManyOperators(seed, core::OpKind::kMove));
  }
}

// Nothing smaller is possible than what is alive at one step; alignment to a
// cache line may cost that much per tensor.
TEST(CMemory, TheArenaIsWhatIsAliveAtOnce) {
  for (const core::WiflowShape& shape : core::kWiflowShapes) {
    SCOPED_TRACE(shape.name);
    const CMemory memory = PlanCMemory(Wiflow(shape));
    EXPECT_GE(memory.arena_bytes, memory.live_bytes);
    EXPECT_LE(memory.arena_bytes, memory.live_bytes + 4 * 64);
  }
}

}  // namespace
}  // namespace edge_int8
