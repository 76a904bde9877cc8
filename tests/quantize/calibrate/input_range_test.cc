#include "src/quantize/calibrate/input_range.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "src/base/random.h"
#include "tests/testing/rank_of_two.h"

namespace edge_int8 {
namespace {

// `count` values, even from `low` to `high`.
std::vector<float> Even(float low, float high, int count = 5000) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(low + (high - low) * static_cast<float>(i) /
                               static_cast<float>(count - 1));
  }
  return values;
}

InputQparams Chosen(const std::vector<float>& values) {
  CalibrationHistogram histogram;
  EXPECT_TRUE(histogram.Add(values));
  return ChooseInput(histogram);
}

TEST(ChooseInput, LeavesAmplitudesThe255thsThatTheFieldUses) {
  for (const float high : {0.5f, 0.8f, 1.0f}) {
    const InputQparams input = Chosen(Even(0, high));
    EXPECT_EQ(input.factor, 255) << high;
    EXPECT_EQ(input.zero_point, 0) << high;
  }
  std::vector<float> spikes = Even(0, 1);
  spikes.push_back(1.04f);  // Costs less than rounding does.
  EXPECT_EQ(Chosen(spikes).factor, 255);
  EXPECT_EQ(Chosen(std::vector<float>(10, 0.0f)).factor, 255);
}

TEST(ChooseInput, CoversWhatOtherInputsHold) {
  for (const auto& [low, high] : {std::pair{-123.0f, 26.0f},
                                  {-1.0f, 1.0f},
                                  {0.0f, 154.0f},
                                  {-90.0f, -30.0f},
                                  {0.0f, 0.02f},
                                  {0.0f, 1.5f}}) {
    const InputQparams input = Chosen(Even(low, high));
    const double from = -input.zero_point / input.factor;
    const double to = (255 - input.zero_point) / input.factor;
    const double step = 1 / input.factor;
    EXPECT_LE(from, low + 3 * step) << low << " to " << high;
    EXPECT_GE(to, high - 3 * step) << low << " to " << high;
    EXPECT_LE(to - from, 1.05 * (std::max(high, 0.0f) - std::min(low, 0.0f)))
        << low << " to " << high;
  }
}

TEST(ChooseInput, CutsRareValuesOff) {
  Rng rng(1);
  std::vector<float> values;
  for (int i = 0; i < 1000000; ++i) {
    values.push_back(static_cast<float>(rng.Normal()));
  }
  values.push_back(60);
  EXPECT_GT(Chosen(values).factor, 6);  // 4 if all were covered
}

class Listed : public WindowSource {
 public:
  int64_t size() const override { return 3; }
  void Read(int64_t index, std::span<float> out) const override {
    out[0] = std::numeric_limits<float>::quiet_NaN();
    out[1] = static_cast<float>(-10 * index);
  }
};

TEST(ChooseInput, LooksAtTheGivenWindowsAndAtFiniteValues) {
  const std::vector<int64_t> first = {0}, all = {0, 1, 2};
  EXPECT_EQ(ChooseInput(Listed(), first, 2).factor, 255);
  const InputQparams input = ChooseInput(Listed(), all, 2);
  EXPECT_EQ(input.zero_point, 255);
  EXPECT_NEAR(input.factor, 255.0 / 20, 0.5);
}

// Standardized values, another number in each window; which ones were read.
class Standardized : public WindowSource {
 public:
  int64_t size() const override { return 5; }
  void Read(int64_t index, std::span<float> out) const override {
    read[static_cast<std::size_t>(index)] = true;
    Rng rng(static_cast<uint64_t>(index));
    for (float& v : out) v = static_cast<float>(3 * rng.Normal());
  }
  mutable std::array<bool, 5> read = {};
};

TEST(ChooseInput, RanksShareTheWindowsOutAndChooseAlike) {
  const std::vector<int64_t> all = {0, 1, 2, 3, 4};
  const InputQparams alone = ChooseInput(Standardized(), all, 1000);
  EXPECT_NE(alone.factor, 255);
  std::vector<int64_t> nothing;
  CalibrationHistogram().WriteTo(nothing);
  const auto silent = std::as_bytes(std::span(nothing));
  Standardized seen_by_1, seen_by_0;
  const StubRank::Bytes said_by_1 = [&] {
    const RankOfTwo job(1, {silent.begin(), silent.end()});
    ChooseInput(seen_by_1, all, 1000);
    return job.said();
  }();
  const RankOfTwo job(0, said_by_1);
  const InputQparams shared = ChooseInput(seen_by_0, all, 1000);
  EXPECT_EQ(shared.factor, alone.factor);
  EXPECT_EQ(shared.zero_point, alone.zero_point);
  for (std::size_t w = 0; w < 5; ++w) {
    EXPECT_NE(seen_by_0.read[w], seen_by_1.read[w]) << "window " << w;
  }
}

}  // namespace
}  // namespace edge_int8
