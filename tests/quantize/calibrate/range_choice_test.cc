#include "src/quantize/calibrate/range_choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "src/base/random.h"
#include "src/qgraph/silu_table.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

Function Before(bool silu) {
  return {silu ? FunctionKind::kSilu : FunctionKind::kIdentity, 0, 0, {}};
}

CalibrationHistogram HistogramOf(const std::vector<float>& values) {
  CalibrationHistogram h;
  EXPECT_TRUE(h.Add(values));
  return h;
}

std::vector<float> Draw(int n, uint64_t seed,
                        const std::function<double(Rng&)>& one) {
  Rng rng(seed);
  std::vector<float> values;
  for (int i = 0; i < n; ++i) values.push_back(static_cast<float>(one(rng)));
  return values;
}

// Mostly of size 1, one in a thousand 30 times larger.
std::vector<float> HeavyTails() {
  return Draw(50000, 1, [](Rng& rng) {
    return rng.Normal() * (rng.Below(1000) == 0 ? 30 : 1);
  });
}

// A trained layer before its SiLU: a long negative tail that means 0.
std::vector<float> BeforeSilu() {
  return Draw(50000, 2, [](Rng& rng) {
    return rng.Below(3) == 0 ? -20.0 * rng.Uniform() - 2 : 1.5 * rng.Normal();
  });
}

double Squared(const std::vector<float>& values, const AffineGrid& grid,
               const GridSpec& spec) {
  double error = 0;
  for (const float v : values) {
    const double q = OnGrid(v, grid, spec);
    const double off =
        spec.function == Function{} ? v - q : SiluReal(v) - SiluReal(q);
    error += off * off;
  }
  return error / static_cast<double>(values.size());
}

constexpr RangeOptions kMinMax = {RangeMethod::kMinMax};
constexpr RangeOptions kMse = {RangeMethod::kMse};
constexpr RangeOptions kHistogram = {RangeMethod::kHistogram};

TEST(CoverGrid, HoldsZeroExactlyWhateverTheRange) {
  Rng rng(3);
  for (int i = 0; i < 1000; ++i) {
    const double low = -rng.Uniform(0, 10) * (rng.Below(4) == 0 ? 0 : 1);
    const double high = rng.Uniform(0, 10) * (rng.Below(4) == 0 ? 0 : 1);
    for (const int bits : {8, 12, 16}) {
      for (const bool symmetric : {false, true}) {
        const GridSpec spec{bits, symmetric, {}};
        const AffineGrid grid = CoverGrid(low, high, spec);
        EXPECT_GT(grid.scale, 0);
        EXPECT_GE(grid.zero_point, 0);
        EXPECT_LE(grid.zero_point, symmetric ? 0 : spec.high());
        EXPECT_EQ(OnGrid(0, grid, spec), 0) << low << " " << high;
        // Rounding the zero point moves each end by half a step at most.
        EXPECT_NEAR(OnGrid(low, grid, spec), low, 0.5001 * grid.scale);
        EXPECT_NEAR(OnGrid(high, grid, spec), high, 0.5001 * grid.scale);
      }
    }
  }
}

TEST(CoverGrid, NumbersOfASimpleRange) {
  const AffineGrid affine = CoverGrid(-1, 1.55, {8, false, {}});
  EXPECT_DOUBLE_EQ(affine.scale, 0.01);
  EXPECT_EQ(affine.zero_point, 100);
  const AffineGrid symmetric = CoverGrid(-1, 2.54, {8, true, {}});
  EXPECT_DOUBLE_EQ(symmetric.scale, 0.02);
  EXPECT_EQ(symmetric.zero_point, 0);
  EXPECT_DOUBLE_EQ(CoverGrid(0, 0, {8, false, {}}).scale, 1.0 / 255);
}

TEST(OnGrid, RoundsHalvesUpAndClamps) {
  const GridSpec spec{8, false, {}};
  const AffineGrid grid{0.5, 10};
  EXPECT_EQ(OnGrid(0.25, grid, spec), 0.5);
  EXPECT_EQ(OnGrid(-0.25, grid, spec), 0.0);
  EXPECT_EQ(OnGrid(-100, grid, spec), -5.0);
  EXPECT_EQ(OnGrid(1000, grid, spec), 122.5);
}

TEST(ChooseGrid, MinMaxCoversWhatWasSeenAndZero) {
  const GridSpec spec{8, false, {}};
  const AffineGrid grid = ChooseGrid(HistogramOf({2.0f, 5.1f}), spec, kMinMax);
  EXPECT_NEAR(grid.scale, 5.1 / 255, 1e-8);
  EXPECT_EQ(grid.zero_point, 0);
}

TEST(ChooseGrid, PercentileLeavesOutTheShareAtEachEnd) {
  const std::vector<float> values =
      Draw(200000, 4, [](Rng& rng) { return rng.Uniform(-2, 6); });
  const GridSpec spec{8, false, {}};
  const AffineGrid grid =
      ChooseGrid(HistogramOf(values), spec, {RangeMethod::kPercentile, 95.0});
  EXPECT_NEAR(-grid.zero_point * grid.scale, -1.6, 0.05);
  EXPECT_NEAR((255 - grid.zero_point) * grid.scale, 5.6, 0.05);
}

TEST(ChooseGrid, ADefaultPercentileIgnoresASingleOutlier) {
  std::vector<float> values =
      Draw(100000, 5, [](Rng& rng) { return rng.Uniform(-1, 1); });
  values.push_back(1000);
  const AffineGrid grid = ChooseGrid(HistogramOf(values), {8, true, {}},
                                     {RangeMethod::kPercentile});
  EXPECT_NEAR(grid.scale * 127, 1, 0.3);  // The outlier widens the bins.
}

TEST(GridError, EqualsTheErrorOfTheValuesThemselves) {
  for (const bool before_silu : {false, true}) {
    const std::vector<float> values = before_silu ? BeforeSilu() : HeavyTails();
    const CalibrationHistogram h = HistogramOf(values);
    for (const int bits : {8, 12}) {
      const GridSpec spec{bits, false, Before(before_silu)};
      for (const double reach : {1.0, 0.3}) {
        const AffineGrid grid =
            CoverGrid(reach * h.min(), reach * h.max(), spec);
        const double truth = Squared(values, grid, spec);
        EXPECT_NEAR(GridError(h, grid, spec), truth, 0.05 * truth)
            << bits << " bits, reach " << reach << ", silu " << before_silu;
      }
    }
  }
}

TEST(ChooseGrid, LeastErrorBeatsMinMaxOnHeavyTails) {
  const std::vector<float> values = HeavyTails();
  const CalibrationHistogram h = HistogramOf(values);
  for (const bool symmetric : {false, true}) {
    const GridSpec spec{8, symmetric, {}};
    const double cover = Squared(values, ChooseGrid(h, spec, kMinMax), spec);
    const double mse = Squared(values, ChooseGrid(h, spec, kMse), spec);
    const double torch = Squared(values, ChooseGrid(h, spec, kHistogram), spec);
    EXPECT_LT(mse, 0.95 * cover);
    EXPECT_LE(torch, cover);
    EXPECT_LE(mse, 1.01 * torch);
  }
}

TEST(ChooseGrid, LeastErrorFindsTheBestSymmetricRange) {
  const std::vector<float> values = HeavyTails();
  const CalibrationHistogram h = HistogramOf(values);
  const GridSpec spec{8, true, {}};
  double best = INFINITY;
  for (int i = 1; i <= 300; ++i) {
    const float top = h.max() * static_cast<float>(i) / 300;
    best = std::min(best, Squared(values, CoverGrid(0, top, spec), spec));
  }
  EXPECT_LT(Squared(values, ChooseGrid(h, spec, kMse), spec), 1.02 * best);
}

TEST(ChooseGrid, LeastErrorIsNeverAboveMinMax) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    Rng shape(seed);
    const double tail = shape.Uniform(1, 20);
    const double shift = shape.Uniform(-3, 3);
    const CalibrationHistogram h = HistogramOf(Draw(500, seed, [&](Rng& rng) {
      return shift + std::pow(rng.Uniform(), 3) * tail;
    }));
    for (const bool symmetric : {false, true}) {
      for (const bool before_silu : {false, true}) {
        const GridSpec spec{8, symmetric, Before(before_silu)};
        EXPECT_LE(GridError(h, ChooseGrid(h, spec, kMse), spec),
                  GridError(h, ChooseGrid(h, spec, kMinMax), spec))
            << "seed " << seed;
      }
    }
  }
}

TEST(ChooseGrid, SpendsNoCodesOnWhatASiluFlattens) {
  const std::vector<float> values = BeforeSilu();
  const CalibrationHistogram h = HistogramOf(values);
  const GridSpec spec{8, false, Before(true)};
  const AffineGrid grid = ChooseGrid(h, spec, kMse);
  EXPECT_GT(-grid.zero_point * grid.scale, -10);  // Values reach -22.
  EXPECT_LT(Squared(values, grid, spec),
            0.3 * Squared(values, ChooseGrid(h, spec, kMinMax), spec));
}

TEST(ChooseGrid, TwelveBitsAreFarFinerThanEight) {
  const std::vector<float> values = BeforeSilu();
  const CalibrationHistogram h = HistogramOf(values);
  const GridSpec eight{8, false, Before(true)};
  const GridSpec twelve{12, false, Before(true)};
  EXPECT_LT(Squared(values, ChooseGrid(h, twelve, kMse), twelve),
            0.02 * Squared(values, ChooseGrid(h, eight, kMse), eight));
}

TEST(ChooseGrid, SixteenBitsLeaveRoomForLargerValues) {
  const AffineGrid grid =
      ChooseGrid(HistogramOf({-0.5f, 1.0f}), {16, true, {}}, kMse);
  EXPECT_NEAR(grid.scale * 32767, kWideGridHeadroom, 1e-9);
  EXPECT_EQ(grid.zero_point, 0);
}

class EveryMethod : public testing::TestWithParam<RangeMethod> {};

TEST_P(EveryMethod, TakesTensorsThatAreZeroOrConstantOrOneSided) {
  for (const auto& values : std::vector<std::vector<float>>{
           {}, {0, 0}, {3, 3, 3}, {-3, -3}, {1e-30f}, {1, 2, 3}, {-5, -4}}) {
    CalibrationHistogram h;
    ASSERT_TRUE(h.Add(values));
    for (const int bits : {8, 12, 16}) {
      for (const bool symmetric : {false, true}) {
        const GridSpec spec{bits, symmetric, {}};
        const AffineGrid grid = ChooseGrid(h, spec, {GetParam()});
        EXPECT_GT(grid.scale, 0);
        EXPECT_TRUE(std::isfinite(grid.scale));
        EXPECT_EQ(OnGrid(0, grid, spec), 0);
        for (const float v : values) {
          EXPECT_NEAR(OnGrid(v, grid, spec), v, 0.02 * std::abs(v) + 1e-12);
        }
      }
    }
  }
}

TEST_P(EveryMethod, HasANameThatParses) {
  EXPECT_EQ(ParseRangeMethod(RangeMethodName(GetParam())), GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    ChooseGrid, EveryMethod,
    testing::Values(RangeMethod::kMinMax, RangeMethod::kPercentile,
                    RangeMethod::kHistogram, RangeMethod::kMse),
    [](const auto& test) { return std::string(RangeMethodName(test.param)); });

TEST(ParseRangeMethod, AnUnknownNameIsAUsageError) {
  EXPECT_EQ(ErrorOf([] { ParseRangeMethod("entropy"); }).kind(),
            ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8
