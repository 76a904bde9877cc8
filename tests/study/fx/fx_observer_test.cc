// Ranges worked out by hand; PyTorch's own are compared in
// fx_simulation_test.cc.
#include "src/study/fx/fx_observer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/base/random.h"

namespace edge_int8 {
namespace {

TEST(ScaleOf, LaysCodesOverTheRangeAndKeepsZero) {
  const FxScale scale = ScaleOf({-1, 3}, 127);
  EXPECT_FLOAT_EQ(scale.scale, 4.0f / 127);
  EXPECT_EQ(scale.zero_point, 32);  // 31.75
  EXPECT_EQ(ScaleOf({2, 3}, 255).zero_point, 0);
  EXPECT_FLOAT_EQ(ScaleOf({2, 3}, 255).scale, 3.0f / 255);
  EXPECT_EQ(ScaleOf({-3, -2}, 127).zero_point, 127);
}

TEST(ScaleOf, HasAFloorForConstants) {
  EXPECT_FLOAT_EQ(ScaleOf({0, 0}, 127).scale, 0x1p-23f);
  EXPECT_EQ(ScaleOf({0, 0}, 127).zero_point, 0);
}

std::vector<float> Uniform(int count, double low, double high) {
  Rng rng(5);
  std::vector<float> values;
  for (int n = 0; n < count; ++n) {
    values.push_back(static_cast<float>(rng.Uniform(low, high)));
  }
  return values;
}

TEST(FxHistogram, KeepsNearlyAllOfAUniformRange) {
  const std::vector<float> values = Uniform(100000, -1, 3);
  FxHistogram histogram;
  histogram.Observe({std::span(values)}, 1);
  const FxRange range = histogram.BestRange();
  EXPECT_NEAR(range.min, -1, 0.05);
  EXPECT_NEAR(range.max, 3, 0.05);
}

// 256 codes over [0, 1000] would spend 99.9% of them on a single value.
TEST(FxHistogram, GivesUpAnOutlier) {
  std::vector<float> values = Uniform(200000, 0, 1);
  values.push_back(1000);
  FxHistogram histogram;
  histogram.Observe({std::span(values)}, 1);
  EXPECT_EQ(histogram.seen().max, 1000);
  EXPECT_LT(histogram.BestRange().max, 500);
}

TEST(FxHistogram, ObservingTwiceAtOnceIsObservingTwice) {
  const std::vector<float> first = Uniform(5000, -1, 1);
  const std::vector<float> second = Uniform(5000, -4, 2);
  FxHistogram once, twice;
  for (const auto& values : {first, second}) {
    twice.Observe({std::span(values)}, 2);
    once.Observe({std::span(values)}, 1);
    once.Observe({std::span(values)}, 1);
  }
  EXPECT_EQ(once.BestRange().min, twice.BestRange().min);
  EXPECT_EQ(once.BestRange().max, twice.BestRange().max);
}

// Pieces of a batch are one batch: only its whole range counts.
TEST(FxHistogram, DoesNotDependOnHowABatchIsCut) {
  const std::vector<float> values = Uniform(6000, -2, 5);
  const std::span<const float> all(values);
  FxHistogram whole, pieces;
  whole.Observe({all}, 1);
  pieces.Observe({all.first(17), all.subspan(17)}, 1);
  EXPECT_EQ(whole.BestRange().max, pieces.BestRange().max);
}

TEST(FxHistogram, TakesConstantsAndNothing) {
  FxHistogram histogram;
  EXPECT_EQ(histogram.BestRange().max, 0);
  const std::vector<float> zeros(10, 0.0f), ones(10, 1.0f);
  histogram.Observe({std::span(zeros)}, 1);
  histogram.Observe({std::span(ones)}, 1);
  EXPECT_EQ(histogram.seen().min, 0);
  EXPECT_EQ(histogram.seen().max, 1);
  EXPECT_NEAR(histogram.BestRange().max, 1, 0.01);
}

TEST(FxMovingAverage, MovesAHundredthOfTheWay) {
  const std::vector<float> first = {-1, 1}, second = {-2, 5};
  FxMovingAverage average;
  average.Observe({std::span(first)}, 1);
  average.Observe({std::span(second)}, 1);
  EXPECT_FLOAT_EQ(average.range().min, -1.01f);
  EXPECT_FLOAT_EQ(average.range().max, 1.04f);
}

TEST(RangeOf, IsNotANumberWhenAValueIsNotFinite) {
  const std::vector<float> values = {1, INFINITY, 2};
  EXPECT_TRUE(std::isnan(RangeOf({std::span(values)}).max));
}

}  // namespace
}  // namespace edge_int8
