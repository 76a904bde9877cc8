#include "src/quantize/calibrate/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "src/base/parallel.h"
#include "src/graph/float_executor.h"
#include "src/pose/upstream_shape.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

const QuantizerStats& StatsOf(const CalibrationStats& stats, const QGraph& map,
                              const std::string& name) {
  for (std::size_t s = 0; s < map.quantizers.size(); ++s) {
    if (map.quantizers[s].name == name) return stats.quantizers[s];
  }
  throw std::runtime_error("no quantizer " + name);
}

TEST(SpreadWindows, DrawsOneWindowFromEachEqualStretch) {
  const std::vector<int64_t> windows = SpreadWindows(1000, 64, 42);
  ASSERT_EQ(windows.size(), 64u);
  for (int64_t i = 0; i < 64; ++i) {
    EXPECT_GE(windows[static_cast<std::size_t>(i)], 1000 * i / 64);
    EXPECT_LT(windows[static_cast<std::size_t>(i)], 1000 * (i + 1) / 64);
  }
  EXPECT_NE(windows, SpreadWindows(1000, 64, 43));
}

TEST(SpreadWindows, TakesAllOfASmallSource) {
  EXPECT_THAT(SpreadWindows(3, 64, 42), testing::ElementsAre(0, 1, 2));
  EXPECT_TRUE(SpreadWindows(0, 64, 42).empty());
}

TEST(ThroughInputBytes, RoundsToTheByteGridAndCutsWhatItCannotHold) {
  std::vector<float> window = {0.0f, 0.5f, 1.0f, 7.0f, -0.2f, NAN};
  ThroughInputBytes(255.0, window);
  EXPECT_THAT(window,
              testing::ElementsAre(0.0f, 128.0f / 255.0f, 1.0f, 1.0f, 0, 0));
}

class EveryThreadCount : public testing::TestWithParam<int> {
 protected:
  void TearDown() override { SetThreads(0); }
};

// 70 windows: five chunks, the last one short.
TEST_P(EveryThreadCount, GivesTheSameBits) {
  const Model model = FoldedWiflow("tiny", 1);
  const QGraph map = BuildQGraph(model.graph);
  const RandomWindows source(300, 2);
  const CalibrationOptions options{.windows = 70};
  SetThreads(1);
  const CalibrationStats one = Calibrate(model, map, source, options);
  SetThreads(GetParam());
  const CalibrationStats many = Calibrate(model, map, source, options);
  EXPECT_EQ(many.windows, 70);
  ASSERT_EQ(one.quantizers.size(), many.quantizers.size());
  for (std::size_t s = 0; s < one.quantizers.size(); ++s) {
    ASSERT_EQ(one.quantizers[s].runs.size(), many.quantizers[s].runs.size());
    for (std::size_t r = 0; r < one.quantizers[s].runs.size(); ++r) {
      const RunStats& a = one.quantizers[s].runs[r];
      const RunStats& b = many.quantizers[s].runs[r];
      EXPECT_EQ(a.histogram, b.histogram) << map.quantizers[s].name;
      EXPECT_EQ(a.sum, b.sum) << map.quantizers[s].name;
      EXPECT_EQ(a.sum_squares, b.sum_squares) << map.quantizers[s].name;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Calibrate, EveryThreadCount, testing::Values(2, 3, 8));

// Against the executor that shows every tensor, one window at a time.
TEST(Calibrate, SeesWhatTheFloatModelComputes) {
  const Model model = FoldedWiflow("tiny", 3);
  const QGraph map = BuildQGraph(model.graph);
  const RandomWindows source(20, 4);
  const CalibrationStats stats = Calibrate(model, map, source);
  std::vector<float> low(model.graph.tensors.size(), INFINITY);
  std::vector<float> high(model.graph.tensors.size(), -INFINITY);
  std::vector<double> sum(model.graph.tensors.size());
  const FloatExecutor executor(model);
  for (int64_t w = 0; w < source.size(); ++w) {
    std::vector<float> input(kWindowValues), output(kPoseValues);
    source.Read(w, input);
    ThroughInputBytes(255, input);
    executor.RunObserved(input, output, [&](TensorId id, auto values) {
      const auto t = static_cast<std::size_t>(id);
      for (const float v : values) {
        low[t] = std::min(low[t], v);
        high[t] = std::max(high[t], v);
        sum[t] += v;
      }
    });
  }
  for (std::size_t s = 0; s < map.quantizers.size(); ++s) {
    const Quantizer& quantizer = map.quantizers[s];
    if (quantizer.scales > 1) continue;
    const auto t = static_cast<std::size_t>(quantizer.tensor);
    const RunStats& run = stats.quantizers[s].runs[0];
    const auto values = static_cast<double>(run.histogram.count());
    EXPECT_EQ(run.histogram.count(),
              20 * model.graph.extent(quantizer.tensor).size());
    EXPECT_NEAR(run.histogram.min(), low[t], 1e-4) << quantizer.name;
    EXPECT_NEAR(run.histogram.max(), high[t], 1e-4) << quantizer.name;
    EXPECT_NEAR(run.sum / values, sum[t] / values, 1e-5) << quantizer.name;
    EXPECT_GT(run.sum_squares, 0) << quantizer.name;
  }
}

// Query and key rows have a scale per head, values one per channel; each sees
// only its own channels.
TEST(Calibrate, SplitsQueryKeyAndValueIntoTheirRuns) {
  Model model = FoldedWiflow("tiny", 5);
  const QGraph map = BuildQGraph(model.graph);
  const std::string qkv = "attention.width_axis.qkv_transform";
  Tensor& bias = model.Parameter(qkv + ".bias");
  Tensor& weight = model.Parameter(qkv + ".weight");
  std::fill(weight.data.begin(), weight.data.end(), 0.0f);
  for (std::size_t c = 0; c < bias.data.size(); ++c) {
    bias.data[c] = static_cast<float>(c + 1);
  }
  const auto third = bias.data.size() / 3;  // 16 channels, 2 heads
  const CalibrationStats stats =
      Calibrate(model, map, RandomWindows(2, 6), {.windows = 2});
  const QuantizerStats& q = StatsOf(stats, map, qkv + ".q");
  const QuantizerStats& k = StatsOf(stats, map, qkv + ".k");
  const QuantizerStats& v = StatsOf(stats, map, qkv + ".v");
  ASSERT_EQ(q.runs.size(), 2u);
  ASSERT_EQ(v.runs.size(), third);
  EXPECT_EQ(q.runs[0].histogram.min(), 1);
  EXPECT_EQ(q.runs[0].histogram.max(), static_cast<float>(third / 2));
  EXPECT_EQ(q.runs[1].histogram.min(), static_cast<float>(third / 2 + 1));
  EXPECT_EQ(k.runs[0].histogram.min(), static_cast<float>(third + 1));
  EXPECT_EQ(v.runs[third - 1].histogram.max(), static_cast<float>(3 * third));
}

TEST(Calibrate, RefusesAnEmptySource) {
  const Model model = SmallModel(7);
  const QGraph map = BuildQGraph(model.graph);
  const Error error =
      ErrorOf([&] { Calibrate(model, map, RandomWindows(0, 1)); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
}

TEST(Calibrate, NamesTheFirstTensorThatIsNotFinite) {
  Model model = SmallModel(8);
  model.Parameter("second.bias").data[1] =
      std::numeric_limits<float>::infinity();
  const QGraph map = BuildQGraph(model.graph);
  const Error error =
      ErrorOf([&] { Calibrate(model, map, RandomWindows(3, 1)); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("sum is not finite"));
}

}  // namespace
}  // namespace edge_int8
