// The simulation against torch 2.11's prepare_fx and convert_fx with fbgemm
// (tests/golden/fx/make_fx.py), and the choices it can turn back.
#include "src/study/fx/fx_simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/graph/float_executor.h"
#include "src/pose/upstream_shape.h"
#include "src/study/fx/fx_fuse.h"
#include "tests/study/fx/fx_golden.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

class FxGolden : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    fused_ = new Model(FuseAsFx(FxGoldenModel()));
    place_ = new FxPlacement(PlaceAsFx(fused_->graph));
    std::vector<int64_t> windows(24);
    std::iota(windows.begin(), windows.end(), 0);
    ranges_ = new std::vector<FxRanges>(
        CalibrateAsFx(*fused_, *place_, FxGoldenWindows(), windows, 8));
  }
  static void TearDownTestSuite() {
    delete fused_;
    delete place_;
    delete ranges_;
  }

  static std::vector<float> TestWindows() {
    std::vector<float> windows(8 * kWindowValues);
    for (int64_t n = 0; n < 8; ++n) {
      FxGoldenWindows().Read(
          24 + n,
          std::span(windows).subspan(
              static_cast<std::size_t>(n * kWindowValues), kWindowValues));
    }
    return windows;
  }
  static std::vector<float> Poses(const FxChoices& choices) {
    const FxSimulation simulation(*fused_, *place_, *ranges_, choices);
    std::vector<float> poses(8 * kPoseValues);
    simulation.Run(TestWindows(), 8, poses);
    return poses;
  }

  static Model* fused_;
  static FxPlacement* place_;
  static std::vector<FxRanges>* ranges_;
};
Model* FxGolden::fused_ = nullptr;
FxPlacement* FxGolden::place_ = nullptr;
std::vector<FxRanges>* FxGolden::ranges_ = nullptr;

// Every observer of prepare_fx has its grid, and no grid is invented. FX
// observes what enters a dropout and what leaves it; the values are the same.
TEST_F(FxGolden, GridsStandWhereThePreparedModelHasObservers) {
  std::vector<std::string> expected, placed;
  for (const auto& [name, scale] : FxGoldenGrids()) {
    if (!name.ends_with("silu1_pw") && !name.ends_with("silu2_pw")) {
      expected.push_back(name);
    }
  }
  for (const FxGrid& grid : place_->grids) placed.push_back(grid.name);
  EXPECT_THAT(placed, testing::UnorderedElementsAreArray(expected));
}

// Float activations differ from PyTorch's in their last bits, so a value can
// fall into the neighbouring one of 2,048 bins and the search end a bin or two
// earlier: 0.2% of a scale. Zero points follow a rounded quotient.
TEST_F(FxGolden, ScalesAreThoseOfTheHistogramObservers) {
  const auto expected = FxGoldenGrids();
  const FxSimulation simulation(*fused_, *place_, *ranges_, {});
  int exact = 0;
  for (std::size_t g = 0; g < place_->grids.size(); ++g) {
    const FxScale own = simulation.scale(static_cast<int>(g));
    const FxScale torch = expected.at(place_->grids[g].name);
    EXPECT_NEAR(own.scale, torch.scale, 2e-3 * torch.scale)
        << place_->grids[g].name;
    EXPECT_NEAR(own.zero_point, torch.zero_point, 1) << place_->grids[g].name;
    exact += std::fabs(own.scale - torch.scale) < 1e-5 * torch.scale;
  }
  // All but a handful are the same search with the same end.
  EXPECT_GE(10 * exact, 9 * std::ssize(place_->grids));
}

// Outputs are codes of the pool's grid. A tie that float sums of another order
// break differently is one code somewhere, and may be one code here.
// On the golden network and x86-64 every one of 240 is equal.
TEST_F(FxGolden, PosesAreThoseOfTheConvertedModel) {
  const Tensor expected = ReadNpyTensor(FxGoldenFile("outputs.npy"));
  const std::vector<float> poses = Poses({});
  const float step = FxGoldenGrids().at("decoder.5").scale;
  int same = 0;
  for (std::size_t n = 0; n < poses.size(); ++n) {
    const float gap = std::fabs(poses[n] - expected.data[n]) / step;
    EXPECT_LE(gap, 1.01f) << n;
    same += gap < 0.01f;
  }
  EXPECT_GE(same, static_cast<int>(0.97 * static_cast<double>(poses.size())));
}

// Scores reach 900 before their norm, so the last bits of float32 are 1e-4 in
// the softmax's exponents.
TEST_F(FxGolden, TheFloatNetworkIsPyTorchs) {
  const Tensor expected = ReadNpyTensor(FxGoldenFile("float.npy"));
  const std::vector<float> windows = TestWindows();
  const FloatExecutor executor(FxGoldenModel());
  std::vector<float> poses(8 * kPoseValues);
  executor.Run(windows, 8, poses, *executor.MakeWorkspace());
  for (std::size_t n = 0; n < poses.size(); ++n) {
    EXPECT_NEAR(poses[n], expected.data[n], 1e-4) << n;
  }
}

double DistanceToFloat(const std::vector<float>& poses) {
  const Tensor expected = ReadNpyTensor(FxGoldenFile("float.npy"));
  double sum = 0;
  for (std::size_t n = 0; n < poses.size(); ++n) {
    sum += std::pow(double{poses[n]} - double{expected.data[n]}, 2);
  }
  return std::sqrt(sum / static_cast<double>(poses.size()));
}

TEST_F(FxGolden, MoreBitsComeCloserToTheFloatNetwork) {
  FxChoices eight;
  eight.top = eight.head_top = 255;
  FxChoices sixteen_bit_head = eight;
  sixteen_bit_head.head_top = 65535;
  EXPECT_LT(DistanceToFloat(Poses(eight)), DistanceToFloat(Poses({})));
  EXPECT_LT(DistanceToFloat(Poses(sixteen_bit_head)),
            DistanceToFloat(Poses(eight)));
}

TEST_F(FxGolden, EachBoundaryLeftInFloatChangesTheResult) {
  for (const FxBoundary boundary :
       {FxBoundary::kPreActivation, FxBoundary::kCut, FxBoundary::kResidual,
        FxBoundary::kAttention, FxBoundary::kHead}) {
    FxChoices choices;
    choices.in_float = {boundary};
    EXPECT_NE(Poses(choices), Poses({})) << BoundaryName(boundary);
  }
}

// With everything but the convolutions' inputs in float and the widest ranges,
// only 8-bit weights and inputs are left.
TEST_F(FxGolden, WithoutItsRoundingsItIsNearlyTheFloatNetwork) {
  FxChoices choices;
  choices.top = 255;
  choices.ranges = FxRangeMethod::kMinMax;
  choices.in_float = {FxBoundary::kPreActivation, FxBoundary::kCut,
                      FxBoundary::kResidual, FxBoundary::kAttention,
                      FxBoundary::kHead};
  EXPECT_LT(DistanceToFloat(Poses(choices)), 0.5 * DistanceToFloat(Poses({})));
}

TEST_F(FxGolden, TheResultForAWindowDoesNotDependOnItsBatch) {
  const FxSimulation simulation(*fused_, *place_, *ranges_, {});
  const std::vector<float> windows = TestWindows();
  std::vector<float> one_by_one(8 * kPoseValues);
  for (std::size_t n = 0; n < 8; ++n) {
    simulation.Run(std::span(windows).subspan(n * kWindowValues, kWindowValues),
                   1,
                   std::span(one_by_one).subspan(n * kPoseValues, kPoseValues));
  }
  // Integers are exact; float sums between them may end in other last bits.
  const std::vector<float> together = Poses({});
  int same = 0;
  for (std::size_t n = 0; n < together.size(); ++n) {
    same += together[n] == one_by_one[n];
  }
  EXPECT_GE(same, static_cast<int>(0.97 * 240));
}

// 600 inputs of 255 times weights of 127 pass 2^24, where float32 starts to
// skip integers: 19,431,000 + 1 must not become 19,431,000.
TEST(FxSimulation, AccumulatorsAreExactBeyond24Bits) {
  constexpr int kInputs = 600;
  GraphBuilder graph("wide", {kInputs, 1, 1});
  const Graph built =
      graph.Finish(graph.AppendConv("c", {.out_channels = 1}, 0, false, true));
  Model model{built, {}};
  std::vector<float> weights(kInputs, 1.0f);  // code 127 (127.5 rounds down)
  weights.back() = 1.0f / 127.5f;             // code 1
  model.parameters.emplace("c.weight", Tensor({1, kInputs, 1}, weights));
  FxPlacement place = PlaceAsFx(model.graph);
  // Grids of the input, one code a unit, and of the output, disabled below.
  const std::vector<FxRanges> ranges(place.grids.size(),
                                     {{0, 127}, {0, 127}, {0, 127}, {0, 127}});
  place.grids[1].boundary = FxBoundary::kPreActivation;
  FxChoices choices;
  choices.in_float = {FxBoundary::kPreActivation};
  const FxSimulation simulation(model, place, ranges, choices);
  std::vector<float> input(kInputs, 255.0f), output(1);
  input.back() = 254;
  simulation.Run(input, 1, output);
  const double codes = 255.0 * 127 * (kInputs - 1) + 254;
  EXPECT_EQ(output[0], static_cast<float>(codes) * (1.0f / 127.5f));
}

}  // namespace
}  // namespace edge_int8
