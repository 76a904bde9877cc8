#include "src/study/fx/fx_calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "src/base/parallel.h"
#include "src/study/fx/fx_fuse.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/operator_graphs.h"

namespace edge_int8 {
namespace {

std::vector<int64_t> Numbers(int64_t count) {
  std::vector<int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

bool Same(const FxRange& a, const FxRange& b) {
  return a.min == b.min && a.max == b.max;
}

// A convolution with weights 1, 1, 1 and two columns of padding on both sides:
// the cut columns are the running sums of the last inputs.
TEST(CalibrateAsFx, TheTailIsWhatAPaddedConvolutionComputes) {
  GraphBuilder graph("sums", {1, 1, 4});
  const TensorId x = graph.AppendConv(
      "sum", {.out_channels = 1, .kernel_w = 3, .pad_left = 2}, 0, false, true);
  Model model{graph.Finish(graph.Append("silu", Silu(), {x})), {}};
  model.parameters.emplace("sum.weight", Tensor({1, 1, 3}, {1, 1, 1}));
  class Falling : public WindowSource {
   public:
    int64_t size() const override { return 1; }
    void Read(int64_t, std::span<float> out) const override {
      std::ranges::copy(std::array{5.0f, 4.0f, -1.0f, -9.0f}, out.begin());
    }
  };
  // Kept: 5, 9, 8, -6. In the tail: -10, -9.
  const FxPlacement place = PlaceAsFx(model.graph);
  const std::vector<FxRanges> ranges =
      CalibrateAsFx(model, place, Falling(), {0}, 8);
  ASSERT_EQ(place.grids[1].name, "sum");
  EXPECT_EQ(ranges[1].min_max.min, -10);
  EXPECT_EQ(ranges[1].min_max.max, 9);
  ASSERT_EQ(place.grids[2].name, "sum.cut");
  EXPECT_EQ(ranges[2].min_max.min, -6);
}

// The pool's means are seen three times for each time that its input is, and
// draw the moving average to their narrower range; a histogram keeps its ends.
TEST(CalibrateAsFx, ThePoolNarrowsTheMovingAverageThatItShares) {
  const Model fused = FuseAsFx(RandomModel(SmallGraph(), 4));
  const FxPlacement place = PlaceAsFx(fused.graph);
  const std::vector<FxRanges> ranges =
      CalibrateAsFx(fused, place, RandomWindows(64, 2), Numbers(64), 4);
  ASSERT_EQ(place.grids.back().name, "head.silu");
  const FxRanges& head = ranges.back();
  EXPECT_LT(head.moving_average.max, head.moving_average_apart.max);
  EXPECT_LE(head.moving_average_apart.max, head.min_max.max);
  const FxRanges& other = ranges.front();
  EXPECT_EQ(other.moving_average.max, other.moving_average_apart.max);
}

TEST(CalibrateAsFx, DoesNotDependOnThreads) {
  const Model fused = FuseAsFx(RandomModel(AttentionGraph(), 4));
  const FxPlacement place = PlaceAsFx(fused.graph);
  std::vector<std::vector<FxRanges>> runs;
  for (const int threads : {1, 3}) {
    SetThreads(threads);
    runs.push_back(
        CalibrateAsFx(fused, place, RandomWindows(20, 2), Numbers(20), 16));
  }
  SetThreads(0);
  for (std::size_t g = 0; g < place.grids.size(); ++g) {
    EXPECT_TRUE(Same(runs[0][g].histogram, runs[1][g].histogram)) << g;
    EXPECT_TRUE(Same(runs[0][g].min_max, runs[1][g].min_max)) << g;
    EXPECT_TRUE(Same(runs[0][g].moving_average, runs[1][g].moving_average));
  }
}

TEST(CalibrateAsFx, RefusesWhatIsNotFinite) {
  Model fused = FuseAsFx(RandomModel(SmallGraph(), 4));
  fused.Parameter("skip.bias").data[0] = INFINITY;
  const Error error = ErrorOf([&] {
    CalibrateAsFx(fused, PlaceAsFx(fused.graph), RandomWindows(2, 2),
                  Numbers(2), 2);
  });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), testing::HasSubstr("skip"));
  EXPECT_EQ(ErrorOf([&] {
              CalibrateAsFx(fused, PlaceAsFx(fused.graph), RandomWindows(2, 2),
                            {}, 2);
            }).kind(),
            ErrorKind::kBadInput);
}

TEST(ShuffledWindows, AreSpreadWindowsInAnotherOrder) {
  const std::vector<int64_t> shuffled = ShuffledWindows(1000, 64, 3);
  EXPECT_FALSE(std::ranges::is_sorted(shuffled));
  EXPECT_THAT(shuffled,
              testing::UnorderedElementsAreArray(SpreadWindows(1000, 64, 3)));
  EXPECT_EQ(ShuffledWindows(1000, 64, 3), shuffled);
  EXPECT_NE(ShuffledWindows(1000, 64, 4), shuffled);
}

}  // namespace
}  // namespace edge_int8
