#include "src/capture/value_scale.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "src/base/error.h"
#include "src/formats/npy_stream.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

// NumPy's definition, by sorting.
double SortedPercentile(std::vector<float> values) {
  for (float& value : values) value = std::abs(value);
  std::ranges::sort(values);
  const double rank = 0.99 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const double low = values[below];
  const double high = values[std::min(below + 1, values.size() - 1)];
  return low + (rank - static_cast<double>(below)) * (high - low);
}

double Scale(const std::vector<float>& values, const std::string& choice) {
  const TempFolder folder;
  NpyStream stream(folder / "x.npy", "<f4", 4, {});
  stream.Append(std::span<const float>(values));
  stream.Commit();
  SizeRanks ranks;
  ranks.Add(values);
  return FindScale(ParseScale(choice), ranks, folder / "x.npy");
}

TEST(FindScale, P99IsNumPysPercentile) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  for (const std::size_t count : {1u, 2u, 3u, 100u, 101u, 5000u}) {
    std::vector<float> values(count);
    for (float& value : values) value = 20 * normal(random);
    EXPECT_DOUBLE_EQ(Scale(values, "p99"), 1 / SortedPercentile(values))
        << count;
  }
}

TEST(FindScale, IsOneOverTheLargestOrTheNumberItself) {
  EXPECT_EQ(Scale({1, -4, 2}, "max"), 0.25);
  EXPECT_EQ(Scale({1, -4, 2}, "0.01"), 0.01);
  EXPECT_EQ(Scale({0, 0}, "p99"), 1);
}

TEST(ParseScale, RefusesOtherTexts) {
  for (const char* text : {"", "0", "-1", "p98", "nan", "inf", "1x"}) {
    EXPECT_THROW(ParseScale(text), Error) << text;
  }
}

}  // namespace
}  // namespace edge_int8
