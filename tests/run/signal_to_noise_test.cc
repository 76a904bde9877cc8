#include "src/run/signal_to_noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"
#include "tests/testing/small_networks.h"

namespace edge_int8 {
namespace {

TEST(SignalToNoise, ComparesEnergiesAroundEachOutputsMean) {
  // Two outputs of two windows: 1 and 3 around 2, 10 and 10 around 10.
  const std::vector<float> reference = {1, 10, 3, 10};
  const std::vector<float> outputs = {1.1f, 10, 3, 10.1f};
  EXPECT_NEAR(*SignalToNoise(outputs, reference, 2), 20, 1e-4);
}

TEST(SignalToNoise, IsNothingWhereItWouldBeNoNumber) {
  const std::vector<float> level = {1, 1};
  const std::vector<float> moving = {1, 2};
  EXPECT_FALSE(SignalToNoise({}, {}, 0));
  EXPECT_FALSE(SignalToNoise(moving, moving, 2));
  EXPECT_FALSE(SignalToNoise(moving, level, 2));
}

class WarnOfNoiseIn : public testing::Test {
 protected:
  std::string SaidOf(int bits, const WindowSource& windows) const {
    PtqOptions options;
    options.weight_bits = bits;
    const core::IntegerGraph graph =
        Lower(model_, MakePtqPlan(model_, qgraph_, stats_, options));
    testing::internal::CaptureStderr();
    WarnOfNoise(model_, graph, windows, 8, 1);
    return testing::internal::GetCapturedStderr();
  }

  const Model model_ = small_networks::Residual(31);
  const QGraph qgraph_ = BuildQGraph(model_.graph);
  const RandomWindows source_{12, 32};
  const CalibrationStats stats_ = Calibrate(model_, qgraph_, source_);
};

TEST_F(WarnOfNoiseIn, SaysHowFarWeightsOfTwoBitsAre) {
  EXPECT_EQ(SaidOf(8, source_), "");
  EXPECT_THAT(SaidOf(2, source_),
              testing::AllOf(
                  testing::HasSubstr("on 8 calibration windows the integers'"),
                  testing::HasSubstr("where 20 and more are usual")));
}

// Ten times the calibration's amplitudes: the input's bytes end at its largest.
TEST_F(WarnOfNoiseIn, SeesWhatTheInputCutsOff) {
  class Louder : public WindowSource {
   public:
    explicit Louder(const WindowSource& source) : source_(source) {}
    int64_t size() const override { return source_.size(); }
    void Read(int64_t index, std::span<float> out) const override {
      source_.Read(index, out);
      for (float& value : out) value *= 10;
    }

   private:
    const WindowSource& source_;
  };
  EXPECT_THAT(SaidOf(8, Louder(source_)),
              testing::HasSubstr("where 20 and more are usual"));
}

}  // namespace
}  // namespace edge_int8
