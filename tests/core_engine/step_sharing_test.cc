// Which steps share a widening, and that the products are exact whichever do.
#include "core/engine/step_sharing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>
#include <vector>

#include "core/engine/conv_plan.h"
#include "core/kernels/kernels.h"
#include "tests/core_engine/random_graph.h"

namespace edge_int8::core {
namespace {

using Panels = std::vector<std::vector<PanelStep>>;
using MakeWeight = std::function<int8_t(int column, int value)>;

std::size_t Size(int32_t n) { return static_cast<std::size_t>(n); }

// weight(column, value), value counted over all steps.
Panels MakePanels(int32_t columns, int32_t steps, const MakeWeight& weight) {
  Panels panels(Size((columns + kPanel - 1) / kPanel),
                std::vector<PanelStep>(Size(steps)));
  for (int32_t c = 0; c < columns; ++c) {
    for (int32_t i = 0; i < steps * kStepBytes; ++i) {
      panels[Size(c / kPanel)][Size(i / kStepBytes)]
          .weights[c % kPanel * kStepBytes + i % kStepBytes] = weight(c, i);
    }
  }
  return panels;
}

// Rising offsets, most of them following each other.
std::vector<int32_t> MakeSteps(int32_t count, int32_t gap_every) {
  std::vector<int32_t> steps;
  for (int32_t s = 0; s < count; ++s) {
    steps.push_back(s * kStepBytes + s / gap_every * 3);
  }
  return steps;
}

TEST(StepSharing, EveryStepHasASlotAndARunInOrder) {
  Rng rng(3);
  const std::vector<int32_t> steps = MakeSteps(41, 11);
  const StepSharing sharing(
      steps, MakePanels(40, 41, [&](int, int) {
        return static_cast<int8_t>(static_cast<int>(rng.Below(255)) - 127);
      }));
  const StepOrder order = sharing.order();
  for (int32_t panel = 0; panel < 3; ++panel) {
    std::set<int32_t> seen;
    for (int32_t s = 0; s < 41; ++s) {
      const int32_t slot = order.slot[panel * 41 + s];
      EXPECT_EQ(order.offset[panel * 41 + slot], steps[Size(s)]);
      seen.insert(slot);
    }
    EXPECT_EQ(seen.size(), 41u);
    EXPECT_GT(order.pairs[panel], 0);
    EXPECT_LE(order.pairs[panel], 20);
  }
  int32_t next = 0;
  for (int32_t r = 0; r < order.run_count; ++r) {
    EXPECT_EQ(order.runs[r].first, next);
    EXPECT_LE(order.runs[r].count, 8);
    next += order.runs[r].count;
    for (int32_t s = order.runs[r].first + 1; s < next; ++s) {
      EXPECT_EQ(steps[Size(s)], steps[Size(s) - 1] + kStepBytes);
    }
  }
  EXPECT_EQ(next, 41);
}

int32_t PairsOf(int8_t even, int8_t odd) {
  const StepSharing sharing(MakeSteps(2, 9), MakePanels(1, 2, [&](int, int i) {
                              return i < kStepBytes ? even : odd;
                            }));
  return sharing.order().pairs[0];
}

TEST(StepSharing, PairsSumToAtMost258OfEitherSign) {
  EXPECT_EQ(PairsOf(64, 65), 1);  // 2 * 64 + 2 * 65 = 258
  EXPECT_EQ(PairsOf(65, 65), 0);
  EXPECT_EQ(PairsOf(-64, -65), 1);
  EXPECT_EQ(PairsOf(-65, -65), 0);
  EXPECT_EQ(PairsOf(127, -127), 1);
  EXPECT_EQ(PairsOf(127, 2), 1);
  EXPECT_EQ(PairsOf(127, 3), 0);
}

// One product with its plain loop.
class SharedProduct : public testing::Test {
 protected:
  void SetUp() override {
    kernels_ = FindKernels(Isa::kAvx2);
    if (kernels_ == nullptr) GTEST_SKIP() << "this CPU has no AVX2";
    ASSERT_EQ(kernels_->weight_form, WeightForm::kShared);
  }

  void Check(int32_t positions, int32_t columns, int32_t count,
             const MakeWeight& weight, const std::function<int()>& value) {
    const std::vector<int32_t> steps = MakeSteps(count, 7);
    const Panels panels = MakePanels(columns, count, weight);
    const StepSharing sharing(steps, panels);
    std::vector<int8_t> packed(panels.size() * Size(count) * 64);
    for (std::size_t n = 0; n < panels.size(); ++n) {
      for (std::size_t s = 0; s < Size(count); ++s) {
        const std::size_t slot = n * Size(count) + Size(sharing.slot(n, s));
        std::memcpy(packed.data() + slot * 64, panels[n][s].weights, 64);
      }
    }
    std::vector<int32_t> position;
    for (int32_t p = 0; p < positions; ++p) position.push_back(p * pitch_);
    std::vector<uint8_t> x(Size(steps.empty() ? 0 : steps.back()) +
                           Size(pitch_ * positions) + kSlack);
    for (uint8_t& v : x) v = static_cast<uint8_t>(value());
    std::vector<int32_t> bias(panels.size() * kPanel);
    for (int32_t& b : bias) b = static_cast<int32_t>(rng_.Below(1 << 20));
    const int32_t stride = columns + 3;
    constexpr int32_t kGuard = 77;
    std::vector<int32_t> acc(Size(positions * stride), kGuard);
    const StepOrder order = sharing.order();
    kernels_->gemm_u8({reinterpret_cast<const std::byte*>(x.data()),
                       position.data(), positions, steps.data(), count,
                       reinterpret_cast<const std::byte*>(packed.data()),
                       bias.data(), columns, acc.data(), stride, &order});
    for (int32_t p = 0; p < positions; ++p) {
      for (int32_t c = 0; c < stride; ++c) {
        int32_t expected = c < columns ? bias[Size(c)] : kGuard;
        for (int32_t i = 0; c < columns && i < count * kStepBytes; ++i) {
          const int32_t at =
              position[Size(p)] + steps[Size(i / kStepBytes)] + i % kStepBytes;
          expected += panels[Size(c / kPanel)][Size(i / kStepBytes)]
                          .weights[c % kPanel * kStepBytes + i % kStepBytes] *
                      x[Size(at)];
        }
        ASSERT_EQ(acc[Size(p * stride + c)], expected)
            << positions << " positions, " << columns << " columns, " << count
            << " steps, at " << p << ", " << c;
      }
    }
  }

  int8_t RandomWeight() {
    return static_cast<int8_t>(static_cast<int>(rng_.Below(255)) - 127);
  }

  const KernelTable* kernels_ = nullptr;
  int32_t pitch_ = 5;  // bytes from one position to the next
  Rng rng_{11};
};

TEST_F(SharedProduct, EqualsPlainLoopsAtEveryTail) {
  const auto weight = [&](int, int) { return RandomWeight(); };
  const auto value = [&] { return static_cast<int>(rng_.Below(256)); };
  for (int32_t positions = 1; positions <= 13; ++positions) {
    Check(positions, 1 + positions * 7 % 50, 1 + positions % 5, weight, value);
  }
  for (int32_t columns = 1; columns <= 49; ++columns) {
    Check(1 + columns % 7, columns, columns % 19, weight, value);
  }
}

// Too far for a copy of the values' low parts.
TEST_F(SharedProduct, EqualsPlainLoopsAtPositionsFarApart) {
  pitch_ = 3001;
  const auto value = [&] { return static_cast<int>(rng_.Below(256)); };
  for (int32_t columns = 7; columns <= 40; columns += 11) {
    Check(
        8, columns, 11, [&](int, int) { return RandomWeight(); }, value);
  }
}

// 127 * 254, 258 * 127 and their negatives are the ends of what 16 bits hold.
TEST_F(SharedProduct, ExtremeWeightsAndValuesDoNotSaturate) {
  const std::vector<MakeWeight> weights = {
      [](int, int) { return int8_t{127}; },
      [](int, int) { return int8_t{-127}; },
      [](int, int i) { return static_cast<int8_t>(i % 2 ? 127 : -127); },
      [](int c, int) { return static_cast<int8_t>(c % 2 ? 127 : -127); },
      [](int, int i) { return static_cast<int8_t>(i / 4 % 2 ? 64 : 65); },
      [](int, int i) { return static_cast<int8_t>(i / 4 % 2 ? -64 : -65); },
      [](int, int i) { return static_cast<int8_t>(i / 4 % 2 ? 127 : 2); },
      [](int, int) { return int8_t{7}; },
  };
  for (const MakeWeight& weight : weights) {
    for (const int value : {0, 1, 127, 128, 255}) {
      Check(6, 17, 9, weight, [value] { return value; });
    }
    Check(6, 17, 9, weight, [&] { return rng_.Below(2) != 0 ? 255 : 0; });
    Check(6, 17, 9, weight, [&] { return rng_.Below(2) != 0 ? 127 : 128; });
  }
}

// More steps with a value of 128 or more than 16 bits hold the sum of.
TEST_F(SharedProduct, LongSumsOfHighPartsDoNotOverflow) {
  for (const int8_t weight : {int8_t{127}, int8_t{-127}}) {
    for (const int32_t count : {127, 128, 129, 300}) {
      Check(
          2, 16, count, [&](int, int) { return weight; }, [] { return 255; });
    }
  }
}

TEST_F(SharedProduct, FewHighValuesAreFound) {
  const auto weight = [&](int, int) { return RandomWeight(); };
  for (int repeat = 0; repeat < 20; ++repeat) {
    Check(7, 40, 33, weight, [&] {
      return static_cast<int>(rng_.Below(20) == 0 ? 128 + rng_.Below(128)
                                                  : rng_.Below(128));
    });
  }
}

// A plan shares steps where values are small (low zero point above 0), and
// where many columns share the search for those that aren't.
TEST_F(SharedProduct, APlanSharesStepsOnlyWhereItPays) {
  const auto shares = [&](int32_t in, int32_t out, int32_t groups, int32_t zero,
                          Type type) {
    RandomGraph builder(1, in, 1, 6);
    const int32_t y = builder.Conv(0, out, {.groups = groups}, {});
    IntegerGraph graph = builder.Finish(y);
    graph.tensors[0].zero_point = zero;
    graph.tensors[0].type = type;
    const std::vector<TensorLayout> layouts = PlanLayouts(graph);
    return PlanConv(std::get<ConvOp>(graph.ops[0]), layouts[0], layouts[1],
                    *kernels_)
        .blocks[0]
        .shares_steps;
  };
  EXPECT_TRUE(shares(128, 128, 1, 12, Type::kU8));
  EXPECT_FALSE(shares(128, 128, 1, 0, Type::kU8));
  EXPECT_FALSE(shares(128, 128, 1, 120, Type::kU8));
  EXPECT_FALSE(shares(128, 32, 1, 12, Type::kU8));
  EXPECT_FALSE(shares(128, 128, 16, 12, Type::kU8));
  EXPECT_FALSE(shares(128, 128, 1, 0, Type::kS16));
}

}  // namespace
}  // namespace edge_int8::core
