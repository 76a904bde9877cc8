#include "src/qgraph/code_limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "src/base/as_size.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

// `first` of SmallGraph with 2,048 inputs instead of 4: 16 bits times 8 of its
// reader do not fit 32 bits for so many products.
Graph WideGraph(int channels) {
  GraphBuilder graph("wide", {4, 1, 3});
  TensorId x =
      graph.AppendConv("first", {.out_channels = channels}, 0, true, true);
  x = graph.AppendConv("second", {.out_channels = 2}, x, true, true);
  return graph.Finish(x);
}

int64_t LimitOfFirst(int channels, int bits) {
  const Model model = RandomModel(WideGraph(channels), 5);
  const QGraph qgraph = BuildQGraph(model.graph);
  RandomWindows windows(4, 2);
  PtqOptions options;
  options.quantizer_bits_of = {{"first", bits}};
  const Plan plan =
      MakePtqPlan(model, qgraph, Calibrate(model, qgraph, windows), options);
  const std::vector<int64_t> limits = CodeLimits(model, qgraph, plan);
  for (std::size_t q = 0; q < limits.size(); ++q) {
    if (qgraph.quantizers[q].name == "first") return limits[q];
  }
  ADD_FAILURE() << "no quantizer first";
  return 0;
}

TEST(CodeLimits, LeaveNarrowAndShortSumsAlone) {
  EXPECT_EQ(LimitOfFirst(2048, 8), kNoCodeLimit);
  EXPECT_EQ(LimitOfFirst(16, 16), kNoCodeLimit);
}

TEST(CodeLimits, BoundLongSumsOfSixteenBits) {
  const int64_t limit = LimitOfFirst(4096, 16);
  EXPECT_LT(limit, 32767);
  // Rows' weights are 127 at most, and some 127 / 4 in the mean.
  EXPECT_GT(limit, (int64_t{1} << 31) / (127 * 4096));
}

TEST(NormalizedValues, AreWhatTheMeanIsTakenOver) {
  const Extent extent = {12, 3, 5};
  EXPECT_EQ(
      NormalizedValues({.over = NormalizeOver::kLayer, .groups = 1}, extent),
      12);
  EXPECT_EQ(
      NormalizedValues({.over = NormalizeOver::kInstance, .groups = 1}, extent),
      15);
  EXPECT_EQ(
      NormalizedValues({.over = NormalizeOver::kGroup, .groups = 4}, extent),
      45);
}

}  // namespace
}  // namespace edge_int8
