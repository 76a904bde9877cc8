#include "src/quantize/search/simulated_noise.h"

#include <gtest/gtest.h>

#include <limits>

#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

struct NoiseCase {
  SimulatedNoise At(int weight_bits) {
    PtqOptions options;
    options.weight_bits = weight_bits;
    return SimulateNoise(model, map, MakePtqPlan(model, map, stats, options),
                         windows);
  }

  Model model = SmallModel(7);
  QGraph map = BuildQGraph(model.graph);
  RandomWindows windows{6, 3};
  CalibrationStats stats = Calibrate(model, map, windows);
};

TEST(SimulatedNoise, GrowsWithCoarserWeightsAndRoundedTensors) {
  NoiseCase c;
  const SimulatedNoise eight = c.At(8);
  const SimulatedNoise four = c.At(4);
  EXPECT_GT(eight.weights, 0);
  EXPECT_GT(eight.all, eight.weights);
  EXPECT_GT(four.weights, 10 * eight.weights);
}

TEST(SimulatedNoise, IsTheSameWhateverTheOrderOfThreads) {
  NoiseCase c;
  EXPECT_EQ(c.At(8).all, c.At(8).all);
}

TEST(Decibels, AreTenTimesTheLogarithm) {
  EXPECT_DOUBLE_EQ(Decibels(100, 1), 20);
  EXPECT_DOUBLE_EQ(Decibels(1, 10), -10);
  EXPECT_EQ(Decibels(1, 0), std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace edge_int8
