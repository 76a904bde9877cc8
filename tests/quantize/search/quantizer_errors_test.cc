#include "src/quantize/search/quantizer_errors.h"

#include <gtest/gtest.h>

#include <vector>

#include "src/base/parallel.h"
#include "src/graph/batch_nodes.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/fake_quant.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

struct ErrorsCase {
  Model model = SmallModel(1);
  QGraph map = BuildQGraph(model.graph);
  RandomWindows source{9, 2};
  Plan plan = MakePtqPlan(model, map, Calibrate(model, map, source));
  std::vector<double> Errors() const {
    return QuantizerErrors(model, map, plan, source, {.windows = 9});
  }
};

// Against running the whole network with one quantizer rounded.
TEST(QuantizerErrors, EqualARunWithOnlyThatQuantizerRounded) {
  const ErrorsCase p;
  const std::vector<double> errors = p.Errors();
  ASSERT_EQ(errors.size(), p.map.quantizers.size());
  for (std::size_t s = 0; s < errors.size(); ++s) {
    QGraph one = p.map;
    one.quantizers = {p.map.quantizers[s]};
    const FakeQuantizer quantizer(p.model.graph, one, p.plan);
    double sum = 0;
    for (int64_t w = 0; w < p.source.size(); ++w) {
      std::vector<float> input(24), exact;
      p.source.Read(w, input);
      for (const bool rounded : {false, true}) {
        RunBatch(p.model, input, 1, [&](TensorId id, std::span<float> v) {
          if (rounded) quantizer.Apply(id, v);
          if (id != p.model.graph.output) return;
          if (!rounded) exact.assign(v.begin(), v.end());
          for (std::size_t n = 0; rounded && n < v.size(); ++n) {
            sum += (v[n] - exact[n]) * (v[n] - exact[n]);
          }
        });
      }
    }
    EXPECT_NEAR(errors[s], sum / 18, 1e-3 * sum) << p.map.quantizers[s].name;
    EXPECT_GT(errors[s], 0) << p.map.quantizers[s].name;
  }
}

TEST(QuantizerErrors, GiveTheSameBitsForAnyThreadCount) {
  const ErrorsCase p;
  SetThreads(1);
  const std::vector<double> one = p.Errors();
  SetThreads(3);
  EXPECT_EQ(one, p.Errors());
  SetThreads(0);
}

TEST(QuantizerErrors, FallWithMoreBits) {
  ErrorsCase p;
  const std::vector<double> eight = p.Errors();
  PtqOptions options;
  options.quantizer_bits_of = {{"first", 12}, {"sum", 12}, {"sum.silu", 16}};
  p.plan =
      MakePtqPlan(p.model, p.map, Calibrate(p.model, p.map, p.source), options);
  const std::vector<double> wide = p.Errors();
  for (std::size_t s = 0; s < eight.size(); ++s) {
    if (options.quantizer_bits_of.contains(p.map.quantizers[s].name)) {
      EXPECT_LT(wide[s], 0.05 * eight[s]) << p.map.quantizers[s].name;
    }
  }
}

TEST(OutputVariance, IsThatOfEachValueAroundItsMean) {
  const ErrorsCase p;
  std::vector<float> outputs;
  for (int64_t w = 0; w < p.source.size(); ++w) {
    std::vector<float> input(24);
    p.source.Read(w, input);
    RunBatch(p.model, input, 1, [&](TensorId id, std::span<float> v) {
      if (id == p.model.graph.output) {
        outputs.insert(outputs.end(), v.begin(), v.end());
      }
    });
  }
  ASSERT_EQ(outputs.size(), 18u);  // 9 windows of 2 values
  double squares = 0;
  for (std::size_t n = 0; n < 2; ++n) {
    for (std::size_t a = n; a < 18; a += 2) {
      for (std::size_t b = n; b < 18; b += 2) {
        squares += (outputs[a] - outputs[b]) * (outputs[a] - outputs[b]);
      }
    }
  }
  // The variance is half the mean squared difference of two windows.
  const double expected = squares / (2 * 81 * 2);
  EXPECT_NEAR(OutputVariance(p.model, p.source, {.windows = 9}), expected,
              1e-5 * expected);
}

TEST(QuantizerErrors, RefuseAnEmptySource) {
  const ErrorsCase p;
  EXPECT_EQ(ErrorOf([&] {
              QuantizerErrors(p.model, p.map, p.plan, RandomWindows(0, 1));
            }).kind(),
            ErrorKind::kBadInput);
  EXPECT_EQ(
      ErrorOf([&] { OutputVariance(p.model, RandomWindows(0, 1)); }).kind(),
      ErrorKind::kBadInput);
}

}  // namespace
}  // namespace edge_int8
