#include "src/run/least_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

class LeastError : public testing::Test {
 protected:
  Repaired OfBits(int bits) const {
    PtqOptions options;
    options.weight_bits = bits;
    return {model_, MakePtqPlan(model_, qgraph_, stats_, options), {}};
  }
  // Weights that fit no accumulator.
  Repaired ThatCannotBeLowered() const {
    Repaired made = OfBits(8);
    for (double& s : made.plan.weights.begin()->second.scales) s = 1e29;
    return made;
  }
  Repaired Choose(std::vector<RecipeStage> stages) const {
    return LeastErrorStage(model_, std::move(stages), source_, 8, 1);
  }

  const Model model_ = FoldedWiflow("tiny", 31);
  const QGraph qgraph_ = BuildQGraph(model_.graph);
  const RandomWindows source_{12, 32};
  const CalibrationStats stats_ = Calibrate(model_, qgraph_, source_);
};

TEST_F(LeastError, TakesTheStageThatIsClosestToTheFloatModel) {
  const Repaired better = Choose({{"", OfBits(2)}, {"eight bits", OfBits(8)}});
  EXPECT_EQ(better.plan, OfBits(8).plan);
  EXPECT_THAT(better.notes, testing::IsEmpty());
  const Repaired worse = Choose(
      {{"", OfBits(8)}, {"two bits", OfBits(2)}, {"three bits", OfBits(3)}});
  EXPECT_EQ(worse.plan, OfBits(8).plan);
  EXPECT_THAT(worse.notes,
              testing::ElementsAre(
                  testing::StartsWith("two bits is left out: on 8 calibration "
                                      "windows the poses' mean squared "),
                  testing::StartsWith("three bits is left out: ")));
}

TEST_F(LeastError, TakesTheLastOfEquals) {
  Repaired same = OfBits(8);
  same.plan.recipe = "same";
  EXPECT_EQ(Choose({{"", OfBits(8)}, {"same", same}}).plan.recipe, "same");
}

TEST_F(LeastError, LeavesOutWhatCannotBeLowered) {
  const Repaired made =
      Choose({{"", OfBits(8)}, {"too large", ThatCannotBeLowered()}});
  EXPECT_EQ(made.plan, OfBits(8).plan);
  EXPECT_THAT(made.notes, testing::ElementsAre(testing::HasSubstr(
                              "too large is left out: plan: the scales")));
  EXPECT_EQ(
      ErrorOf([&] {
        Choose({{"", ThatCannotBeLowered()}, {"again", ThatCannotBeLowered()}});
      }).kind(),
      ErrorKind::kBadInput);
}

}  // namespace
}  // namespace edge_int8
