#include "src/eval/predictor.h"

#include <gtest/gtest.h>

#include <map>

#include "src/base/parallel.h"
#include "src/base/random.h"
#include "src/graph/fold_norms.h"
#include "src/nets/wiflow.h"
#include "src/pose/upstream_shape.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"

namespace edge_int8 {
namespace {

class RandomWindows : public WindowSource {
 public:
  explicit RandomWindows(int64_t count) : count_(count) {}
  int64_t size() const override { return count_; }
  void Read(int64_t index, std::span<float> out) const override {
    Rng rng = Rng(5).Fork(static_cast<uint64_t>(index));
    for (float& x : out) x = static_cast<float>(rng.Uniform());
  }

 private:
  int64_t count_;
};

Model TinyModel() { return RandomModel(BuildWiflow(WiflowVariant("tiny")), 3); }

core::IntegerGraph TinyIntegers() {
  const Model folded = FoldBatchNorms(TinyModel());
  const QGraph qgraph = BuildQGraph(folded.graph);
  const CalibrationStats stats =
      Calibrate(folded, qgraph, RandomWindows(16), {});
  return Lower(folded, MakePtqPlan(folded, qgraph, stats));
}

// Restores the thread count that other tests expect.
class Threads {
 public:
  explicit Threads(int count) { SetThreads(count); }
  ~Threads() { SetThreads(0); }
};

TEST(PredictAll, FloatResultIsTheSameForAnyThreadCount) {
  const RandomWindows windows(70);  // Crosses a batch of 64.
  std::map<int, std::vector<float>> results;
  for (const int threads : {1, 2, 5}) {
    const Threads set(threads);
    const auto predictor = MakeFloatPredictor(TinyModel());
    results[threads] = PredictAll(*predictor, windows, "test");
  }
  EXPECT_EQ(results[1].size(), 70u * kPoseValues);
  EXPECT_EQ(results[1], results[2]);
  EXPECT_EQ(results[1], results[5]);
}

TEST(PredictAll, IntegerResultIsTheSameForAnyThreadCountAndInstructionSet) {
  const RandomWindows windows(70);
  const core::IntegerGraph graph = TinyIntegers();
  const std::vector<float> expected = [&] {
    const Threads set(1);
    return PredictAll(*MakeIntegerPredictor(graph, core::Isa::kScalar), windows,
                      "test");
  }();
  for (const core::Isa isa : core::AvailableIsas()) {
    const Threads set(3);
    EXPECT_EQ(PredictAll(*MakeIntegerPredictor(graph, isa), windows, "test"),
              expected)
        << core::IsaName(isa);
  }
}

// A module of Python may load at one count and predict at another.
TEST(PredictAll, TakesAsManyThreadsAsThereAreWhenItRuns) {
  const RandomWindows windows(6 * 64 + 1);
  const auto fp32 = MakeFloatPredictor(TinyModel());
  const auto int8 = MakeIntegerPredictor(TinyIntegers());
  for (Predictor* const predictor : {fp32.get(), int8.get()}) {
    const auto at = [&](int threads) {
      const Threads set(threads);
      return PredictAll(*predictor, windows, "test");
    };
    const std::vector<float> expected = at(1);
    EXPECT_EQ(at(4), expected);
    EXPECT_EQ(at(2), expected);
  }
}

TEST(PredictAll, IntegersStayCloseToFloat) {
  const RandomWindows windows(16);
  const auto fp32 = MakeFloatPredictor(TinyModel());
  const auto int8 = MakeIntegerPredictor(TinyIntegers());
  const std::vector<float> a = PredictAll(*fp32, windows, "test");
  const std::vector<float> b = PredictAll(*int8, windows, "test");
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    size += a[i] * a[i];
  }
  // Signal to noise above 20 dB: far from right when an operator is wrong.
  EXPECT_LT(error, 0.01 * size);
}

}  // namespace
}  // namespace edge_int8
