#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "core/container/golden.h"
#include "core/reference/run_reference.h"
#include "tests/core_reference/small_graph.h"
#include "tests/testing/sample_graph.h"

namespace edge_int8::core {
namespace {

// --- Sums -------------------------------------------------------------------

IntegerGraph SumGraph(int width) {
  IntegerGraph g;
  g.tensors = {Spec(1, 1, width, Type::kU8), Spec(1, 1, width),
               Spec(1, 1, width, Type::kU8, 10), Spec(1, 1, width)};
  return g;
}

// Halves of either sign: rounded one by one they would give 2 and 0.
TEST(ReferenceAdd, RoundsTheSumOnce) {
  const IntegerGraph g = SumGraph(3);
  const AddOp op = {{{1, false, {}}, {1, false, {}}}, 3, 7, Plain()};
  EXPECT_EQ(ReferenceAdd(g, op, {{}, {64, -64, 32}, {}, {}}),
            (Values{1, -1, 1}));
  const AddOp mixed = {
      {{1, false, {}}, {1, false, {}}, {1, false, {}}}, 3, 7, Plain()};
  EXPECT_EQ(ReferenceAdd(g, mixed, {{}, {64, -64, 21}, {}, {}}),
            (Values{2, -1, 0}));  // 1.5, -1.5 and 63 / 128
}

// An identity loses its zero point and is brought to the sum's units.
TEST(ReferenceAdd, RescalesAnIdentityFromItsZeroPoint) {
  const IntegerGraph g = SumGraph(3);
  const Multiplier times_96 = {3 << 29, 24};
  const AddOp op = {{{1, false, {}}, {2, true, times_96}}, 3, 7, Plain()};
  // (10 - 10), (12 - 10) and (7 - 10) times 96, plus 128: 1, 2.5 and -1.25.
  EXPECT_EQ(ReferenceAdd(g, op, {{}, {128, 128, 128}, {10, 12, 7}, {}}),
            (Values{1, 3, -1}));
}

TEST(ReferenceAdd, FewerFractionBitsAndATable) {
  const IntegerGraph g = SumGraph(2);
  AddOp op = {{{1, false, {}}, {1, false, {}}},
              3,
              3,
              {100, 0, 255, TableKind::kLookup, {}}};
  for (int i = 0; i < 256; ++i) {
    op.activation.table.push_back(static_cast<int16_t>(-i));
  }
  // 2 * 20 / 8 = 5 and 2 * -1000 / 8, clamped.
  EXPECT_EQ(ReferenceAdd(g, op, {{}, {20, -1000}, {}, {}}), (Values{-105, 0}));
}

// --- Pools ------------------------------------------------------------------

Values Pool(int height, int width, int bins, const Values& x,
            std::vector<Multiplier> scale = {}) {
  const IntegerGraph g =
      Between(Spec(1, height, width), Spec(1, bins, 1, Type::kS32));
  return ReferencePool(g, {0, 1, bins, std::move(scale)}, x);
}

TEST(ReferencePool, SumsRowsAndAllColumns) {
  EXPECT_EQ(Pool(4, 1, 2, {1, 2, 3, 4}), (Values{3, 7}));
  EXPECT_EQ(Pool(2, 3, 2, {1, 2, 3, -4, -5, -6}), (Values{6, -15}));
  EXPECT_EQ(Pool(2, 2, 1, {1, 2, 3, 4}), (Values{10}));
}

// PyTorch's bins: floor(i * H / K) up to ceil((i + 1) * H / K).
TEST(ReferencePool, BinsOverlapWhereTheyDoNotDivide) {
  EXPECT_EQ(Pool(5, 1, 2, {1, 2, 3, 4, 5}), (Values{6, 12}));    // 0-2, 2-4
  EXPECT_EQ(Pool(5, 1, 3, {1, 2, 3, 4, 5}), (Values{3, 9, 9}));  // 0-1 1-3 3-4
  EXPECT_EQ(Pool(2, 1, 3, {1, 2}), (Values{1, 3, 2}));  // more bins than rows
}

TEST(ReferencePool, UnequalBinsAreBroughtToOneScale) {
  const std::vector<Multiplier> scale = {kTimesOneAndAHalf, kTimesOne,
                                         kTimesOneAndAHalf};
  EXPECT_EQ(Pool(5, 1, 3, {1, 2, 3, 4, 5}, scale), (Values{5, 9, 14}));
  EXPECT_EQ(Pool(5, 1, 3, {-1, -2, -3, -4, -5}, scale), (Values{-4, -9, -13}));
}

TEST(ReferencePool, KeepsChannelsApart) {
  const IntegerGraph g = Between(Spec(2, 2, 1), Spec(2, 1, 1, Type::kS32));
  EXPECT_EQ(ReferencePool(g, {0, 1, 1, {}}, {1, 2, 30, 40}), (Values{3, 70}));
}

// --- Transposes -------------------------------------------------------------

TEST(ReferenceTranspose, OutputAxisIsTheInputAxisItNames) {
  const Values x = {1, 2, 3,   // channel 0
                    4, 5, 6};  // channel 1
  const auto transpose = [&](std::array<int32_t, 3> order, TensorSpec out) {
    const IntegerGraph g = Between(Spec(2, 1, 3), std::move(out));
    return ReferenceTranspose(g, {0, 1, order}, x);
  };
  EXPECT_EQ(transpose({0, 1, 2}, Spec(2, 1, 3)), x);
  EXPECT_EQ(transpose({1, 0, 2}, Spec(1, 2, 3)), x);
  EXPECT_EQ(transpose({2, 1, 0}, Spec(3, 1, 2)), (Values{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(transpose({1, 2, 0}, Spec(1, 3, 2)), (Values{1, 4, 2, 5, 3, 6}));
}

TEST(ReferenceTranspose, EveryOrderMovesEveryValueToItsPlace) {
  const std::array<int32_t, 3> from = {2, 3, 4};
  Values x(24);
  for (int n = 0; n < 24; ++n) x[static_cast<std::size_t>(n)] = n;
  std::array<int32_t, 3> order = {0, 1, 2};
  do {
    const auto axis = [&](std::size_t a) {
      return static_cast<std::size_t>(order[a]);
    };
    const std::array<int32_t, 3> to = {from[axis(0)], from[axis(1)],
                                       from[axis(2)]};
    const IntegerGraph g = Between(Spec(2, 3, 4), Spec(to[0], to[1], to[2]));
    const Values y = ReferenceTranspose(g, {0, 1, order}, x);
    std::size_t n = 0;
    std::array<int32_t, 3> at = {};  // the place in the input
    for (int32_t& a = at[axis(0)]; a < to[0]; ++a) {
      at[axis(1)] = 0;
      for (int32_t& b = at[axis(1)]; b < to[1]; ++b) {
        at[axis(2)] = 0;
        for (int32_t& c = at[axis(2)]; c < to[2]; ++c) {
          ASSERT_EQ(y[n++], (at[0] * 3 + at[1]) * 4 + at[2]);
        }
      }
    }
  } while (std::ranges::next_permutation(order).found);
}

// --- Graphs -----------------------------------------------------------------

// Input [1][1][2] -> doubled -> [2][1][1] -> summed.
TEST(RunReference, RunsOperatorsInOrderAndKeepsEveryTensor) {
  IntegerGraph g;
  g.tensors = {Spec(1, 1, 2, Type::kU8), Spec(1, 1, 2), Spec(2, 1, 1),
               Spec(2, 1, 1, Type::kS32)};
  g.ops = {PlainConv({}, 1, {2}), TransposeOp{1, 2, {2, 1, 0}},
           PoolOp{2, 3, 1, {}}};
  g.output = 3;
  const std::vector<uint8_t> input = {7, 200};
  EXPECT_EQ(RunReference(g, input),
            (std::vector<Values>{{7, 200}, {14, 400}, {14, 400}, {14, 400}}));
}

TEST(RunReference, EveryTensorHasItsSizeAndFitsItsType) {
  const IntegerGraph g = SampleGraph();
  const std::vector<Values> all = RunReference(g, GoldenInput(1, 28));
  ASSERT_EQ(all.size(), g.tensors.size());
  for (std::size_t id = 0; id < all.size(); ++id) {
    const TensorSpec& t = g.tensors[id];
    EXPECT_EQ(static_cast<int64_t>(all[id].size()), t.size());
    const auto [low, high] = std::ranges::minmax(all[id]);
    if (t.type == Type::kU8) {
      EXPECT_TRUE(low >= 0 && high <= 255) << t.name;
    } else if (t.type == Type::kS8) {
      EXPECT_TRUE(low >= -128 && high <= 127) << t.name;
    } else if (t.type == Type::kS16) {
      EXPECT_TRUE(low >= -32768 && high <= 32767) << t.name;
    }
    EXPECT_LT(low, high) << t.name << " is constant and would test little";
  }
}

}  // namespace
}  // namespace edge_int8::core
