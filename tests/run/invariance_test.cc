// Checkpoints that compute the same become integer models that do: every recipe
// on a network and on what same_function.h makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "src/eval/predictor.h"
#include "src/graph/fold_norms.h"
#include "src/nets/wiflow.h"
#include "src/qgraph/lower.h"
#include "src/run/quantize_checkpoint.h"
#include "tests/testing/same_function.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

constexpr int64_t kWindows = 10;

double MeanSquare(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    sum += std::pow(static_cast<double>(a[n]) - static_cast<double>(b[n]), 2);
  }
  return sum / static_cast<double>(a.size());
}

Model TinyCheckpoint() {
  return RandomModel(BuildWiflow(WiflowVariant("tiny")), 61);
}

std::vector<float> FloatPoses(const Model& folded) {
  return PredictAll(*MakeFloatPredictor(folded), RandomWindows(kWindows, 62),
                    "float");
}

using Asked = std::tuple<std::string, int, std::string>;  // recipe, bits, list

std::vector<float> PosesOf(const SourceModel& source, const Asked& asked) {
  const auto& [recipe, bits, repair] = asked;
  CalibrationSet set;
  set.windows = std::make_unique<RandomWindows>(kWindows, 62);
  QuantizeRequest request;
  request.recipe = recipe;
  request.weight_bits = bits;
  if (!repair.empty()) request.repairs = ParseRepairs(repair);
  const Repaired made = MakeByRecipe(
      source, set, MeasureActivations(source, set, 1, 42), request);
  return PredictAll(*MakeIntegerPredictor(Lower(made.model, made.plan)),
                    *set.windows, "integer");
}

std::vector<float> IntegerPoses(const Model& checkpoint, const Asked& asked) {
  return PosesOf(PrepareSource("", checkpoint), asked);
}

struct Change {
  std::string name;
  SameFunctionOptions options;
};

const std::vector<Change> kChanges = {
    {"norms", {.attention = false, .shifts = false, .order = false}},
    {"attention", {.norms = false, .shifts = false, .order = false}},
    {"shifts", {.norms = false, .attention = false, .order = false}},
    {"order", {.norms = false, .attention = false, .shifts = false}},
    {"folded",
     {.norms = false,
      .attention = false,
      .shifts = false,
      .order = false,
      .folded = true}},
    {"all", {.folded = true}},
};

class EqualCheckpoints : public testing::Test {
 protected:
  // Mean squares: the integers' own error, that of a changed checkpoint's, and
  // how far those are from each other.
  struct Compared {
    double own = 0;
    double other = 0;
    double apart = 0;
  };
  Compared Compare(const std::vector<float>& own, const Asked& asked,
                   const SameFunctionOptions& change) const {
    const Model same = SameFunction(checkpoint_, 63, change).Make();
    EXPECT_LT(MeanSquare(FloatPoses(FoldBatchNorms(same)), exact_), 1e-12);
    const std::vector<float> other = IntegerPoses(same, asked);
    return {MeanSquare(own, exact_), MeanSquare(other, exact_),
            MeanSquare(own, other)};
  }

  const Model checkpoint_ = TinyCheckpoint();
  const std::vector<float> exact_ = FloatPoses(FoldBatchNorms(checkpoint_));
};

class EveryRange : public EqualCheckpoints,
                   public testing::WithParamInterface<Asked> {};

// How far apart two equal checkpoints may be, as a part of what rounding to
// integers does. Single codes at a border differ, as float rounding has it;
// what only moves or splits numbers leaves even those. Three bounds are above
// what was measured by a fifth: a scale between a convolution and its norm
// moves ends of ranges by a bin (histogram: 0.54 and, of all changes, 1.06), or
// by a last place that a zero point rounds away from (minmax: 0.28).
double MostApart(const std::string& recipe, const std::string& change) {
  if (change == "attention" || change == "order" || change == "folded") {
    return 0.05;
  }
  if (recipe == "histogram" && change == "norms") return 0.65;
  if (recipe == "histogram" && change == "all") return 1.3;
  if (recipe == "minmax" && change == "norms") return 0.35;
  return 0.25;
}

TEST_P(EveryRange, IsTheSame) {
  const std::vector<float> own = IntegerPoses(checkpoint_, GetParam());
  for (const Change& change : kChanges) {
    const Compared got = Compare(own, GetParam(), change.options);
    EXPECT_LT(got.apart,
              MostApart(std::get<0>(GetParam()), change.name) * got.own)
        << change.name;
    EXPECT_LT(got.other, 1.25 * got.own) << change.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Invariance, EveryRange,
                         testing::Values(Asked{"mse", 8, ""},
                                         Asked{"minmax", 8, ""},
                                         Asked{"percentile", 8, "equalize"},
                                         Asked{"histogram", 8, ""}));

class EveryRepair : public EqualCheckpoints,
                    public testing::WithParamInterface<Asked> {};

// One code that rounds the other way leads least squares another way, to a
// result as good; both are hundreds of times better than without repairs.
TEST_P(EveryRepair, IsAsGood) {
  const Compared got = Compare(IntegerPoses(checkpoint_, GetParam()),
                               GetParam(), kChanges.back().options);
  EXPECT_LT(got.apart, 8 * got.own);
  EXPECT_LT(got.other, 5 * got.own);
}

INSTANTIATE_TEST_SUITE_P(Invariance, EveryRepair,
                         testing::Values(Asked{"lossless", 8, ""},
                                         Asked{"lossless", 4, ""}));

// What the tests above would see without balancing.
TEST_F(EqualCheckpoints, AreNotTheSameUnbalanced) {
  const Model same = SameFunction(checkpoint_, 63, kChanges[1].options).Make();
  const Model folded = FoldBatchNorms(same);
  const Asked asked{"minmax", 8, ""};
  const double balanced = MeanSquare(IntegerPoses(checkpoint_, asked), exact_);
  EXPECT_GT(MeanSquare(PosesOf({"", folded}, asked), exact_), 10 * balanced);
}

}  // namespace
}  // namespace edge_int8
