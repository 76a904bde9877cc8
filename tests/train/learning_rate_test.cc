// Both schedules against what PyTorch 1.13's schedulers gave.
#include "train/commands/learning_rate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "src/base/error.h"
#include "tests/testing/expect_error.h"

namespace edge_int8::train {
namespace {

// OneCycleLR(max_lr=1e-2, total_steps=20).
TEST(OneCycleRate, IsPyTorchs) {
  const std::vector<double> expected = {0.0003999999999999993,
                                        0.0013167184270002508,
                                        0.003716718427000252,
                                        0.006683281572999748,
                                        0.009083281572999747,
                                        0.01,
                                        0.009874640062350875,
                                        0.009504846320134737,
                                        0.0089091617757105,
                                        0.008117456539497631,
                                        0.007169430017913008,
                                        0.0061126202193628925,
                                        0.00500002,
                                        0.003887419780637108,
                                        0.0028306099820869924,
                                        0.00188258346050237,
                                        0.0010908782242895004,
                                        0.0004951936798652628,
                                        0.00012539993764912555,
                                        4e-08};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(OneCycleRate(1e-2, static_cast<int64_t>(i), 20), expected[i],
                1e-15)
        << i;
  }
}

// A schedule too short for a warm-up still has a rate for every step.
TEST(OneCycleRate, IsFiniteForFewSteps) {
  for (int64_t total = 1; total <= 5; ++total) {
    for (int64_t step = 0; step < total; ++step) {
      const double rate = OneCycleRate(1, step, total);
      EXPECT_GE(rate, 0) << step << " of " << total;
      EXPECT_LE(rate, 1) << step << " of " << total;
    }
  }
}

// ReduceLROnPlateau(factor=.5, patience=3) from 8.
TEST(PlateauRate, IsPyTorchs) {
  const std::vector<double> scores = {5, 4, 4.0, 4.1, 3.9999, 4, 4, 3, 3,
                                      3, 3, 3,   3,   3,      3, 3, 3};
  const std::vector<double> expected = {8, 8, 8, 8, 8, 4, 4, 4, 4,
                                        4, 4, 2, 2, 2, 2, 1, 1};
  PlateauRate rate(8);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    rate.Observe(scores[i]);
    EXPECT_EQ(rate.rate(), expected[i]) << i;
  }
}

TEST(PlateauRate, GoesOnFromItsState) {
  PlateauRate whole(1);
  for (const double score : {3.0, 3.0, 3.0}) whole.Observe(score);
  PlateauRate resumed(1);
  const auto state = nlohmann::json::parse(whole.State().dump());
  resumed.Restore(JsonPlace(state, "state"));
  for (const double score : {3.0, 3.0}) resumed.Observe(score);
  EXPECT_EQ(resumed.rate(), 0.5);
}

TEST(ParseSchedule, RefusesOtherNames) {
  EXPECT_EQ(ParseSchedule("onecycle"), ScheduleKind::kOneCycle);
  EXPECT_EQ(ErrorOf([] { ParseSchedule("cosine"); }).kind(), ErrorKind::kUsage);
}

TEST(WarmCosineRate, RisesOverATenthAndEndsAtZero) {
  constexpr int64_t kSteps = 200;
  double last = 0, most = 0;
  for (int64_t step = 0; step < kSteps; ++step) {
    const double rate = WarmCosineRate(1e-3, step, kSteps);
    EXPECT_GT(rate, 0);
    EXPECT_LE(rate, 1e-3);
    EXPECT_EQ(rate > last, step <= kSteps / 10) << step;
    last = rate;
    most = std::max(most, rate);
  }
  EXPECT_GT(most, 0.99e-3);
  EXPECT_LT(last, 1e-7);
  // Runs of a few steps have no warm-up to speak of, and no division by 0.
  EXPECT_NEAR(WarmCosineRate(1e-3, 0, 1), 0.5e-3, 1e-4);
}

}  // namespace
}  // namespace edge_int8::train
