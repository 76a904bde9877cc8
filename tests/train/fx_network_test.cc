// The trainer's fake quantization against PyTorch's prepare_qat_fx: losses,
// ranges and weights of four steps (tests/golden/fx/make_fx_qat.py).
#include "train/simulation/fx_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/study/fx/fx_golden.h"
#include "train/commands/adamw.h"

namespace edge_int8::train {
namespace {

// Golden windows [first, first + count) as a batch.
at::Tensor GoldenBatch(int64_t first, int64_t count) {
  const FxGoldenWindows source;
  at::Tensor x = at::empty({count, kSubcarriers, 1, kFrames});
  std::vector<float> window(kSubcarriers * kFrames);
  for (int64_t n = 0; n < count; ++n) {
    source.Read(first + n, window);
    x[n].copy_(
        at::from_blob(window.data(), {kSubcarriers, 1, kFrames}, at::kFloat));
  }
  return x.transpose(0, 1).contiguous();
}

Model WithoutDropout() {
  Model model = FxGoldenModel();
  for (Node& node : model.graph.nodes) {
    if (auto* dropout = std::get_if<Dropout>(&node.op)) {
      dropout->probability = 0;
    }
  }
  return model;
}

class FxNetworkTest : public testing::Test {
 protected:
  // As make_fx_qat.py trains.
  static void SetUpTestSuite() {
    network_ = new FxNetwork(WithoutDropout());
    network_->set_rounding(false);
    losses_ = new std::vector<float>;
    TorchGraph& graph = network_->graph();
    AdamW optimizer(graph.parameters());
    for (const int64_t first : {0, 8, 16, 0}) {
      const at::Tensor loss =
          (network_->TrainingPass(GoldenBatch(first, 8), 1) - 0.3)
              .square()
              .mean();
      graph.gradients().zero_();
      loss.backward();
      optimizer.Step(graph.gradients(), 1e-3);
      graph.CommitStatistics();
      losses_->push_back(loss.item<float>());
    }
  }
  static void TearDownTestSuite() {
    delete network_;
    delete losses_;
  }

  static FxNetwork* network_;
  static std::vector<float>* losses_;
};
FxNetwork* FxNetworkTest::network_ = nullptr;
std::vector<float>* FxNetworkTest::losses_ = nullptr;

// Ends of a range that are further off than `share` of its width.
bool Far(const FxRange& a, const FxRange& b, double share) {
  const double width = double{b.max} - b.min;
  return std::max(std::abs(double{a.min} - b.min),
                  std::abs(double{a.max} - b.max)) > share * width;
}

TEST_F(FxNetworkTest, LosesAsPyTorchDoes) {
  const std::vector<float> golden =
      ReadNpyTensor(FxGoldenFile("qat_losses.npy")).data;
  ASSERT_EQ(golden.size(), losses_->size());
  for (std::size_t i = 0; i < golden.size(); ++i) {
    EXPECT_NEAR((*losses_)[i], golden[i], 2e-3 * golden[i]) << i;
  }
}

// Weights in front of a norm that stays have gradients of nearly nothing, whose
// signs are float noise and a step of AdamW each.
TEST_F(FxNetworkTest, ObserversHaveSeenWhatPyTorchsHave) {
  const auto golden = FxGoldenRanges("qat_ranges.txt");
  const auto ranges = network_->Ranges();
  EXPECT_EQ(ranges.size(), golden.size());
  for (const auto& [name, range] : golden) {
    ASSERT_TRUE(ranges.contains(name)) << name;
    const bool before_norm = name.find("_group") != std::string::npos;
    EXPECT_FALSE(Far(ranges.at(name), range, before_norm ? 0.05 : 0.02))
        << name;
  }
}

TEST_F(FxNetworkTest, WeightsGoWherePyTorchsGo) {
  const Model start = FxGoldenModel();
  const Model golden = FxGoldenModel("qat_weights.npy");
  const Model ours = network_->CurrentModel();
  double off = 0, moved = 0;
  for (const auto& [name, tensor] : golden.parameters) {
    for (std::size_t i = 0; i < tensor.data.size(); ++i) {
      moved += std::abs(tensor.data[i] - start.Parameter(name).data[i]);
      off += std::abs(tensor.data[i] - ours.Parameter(name).data[i]);
    }
  }
  EXPECT_LT(off, 0.01 * moved);
}

TEST_F(FxNetworkTest, WeightsAreObservedInsideTheirNorms) {
  std::vector<float> ours;
  for (const auto& [name, reach] : network_->WeightReach()) {
    ours.insert(ours.end(), reach.begin(), reach.end());
  }
  const auto golden = ReadNpyTensor(FxGoldenFile("qat_reach.npy")).data;
  ASSERT_EQ(ours.size(), golden.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ASSERT_NEAR(ours[i], golden[i], 2e-3 * golden[i] + 1e-4) << i;
  }
}

// Where no difference of float sums has become a code yet.
TEST_F(FxNetworkTest, RoundsAsPyTorchDoes) {
  FxNetwork network(WithoutDropout());
  network.TrainingPass(GoldenBatch(0, 8), 1);
  const auto ranges = network.Ranges();
  for (const auto& [name, golden] : FxGoldenRanges("qat_first.txt")) {
    if (name != "input" && !name.starts_with("tcn.network.0")) continue;
    EXPECT_FALSE(Far(ranges.at(name), golden, 1e-3)) << name;
    // What rounding does to them.
    EXPECT_EQ(Far(ranges.at(name), network_->Ranges().at(name), 1e-6),
              name != "input")
        << name;
  }
}

// An evaluation moves ranges unless they are told to stand still.
TEST_F(FxNetworkTest, ObserversRunInEvaluationToo) {
  FxNetwork network(FxGoldenModel());
  const at::Tensor x = GoldenBatch(0, 4);
  network.TrainingPass(x, 1);
  const FxRange before = network.Ranges().at("input");
  network.EvaluationPass(at::zeros_like(x) + 2, false);
  EXPECT_EQ(network.Ranges().at("input").max, before.max);
  network.EvaluationPass(at::zeros_like(x) + 2, true);
  EXPECT_NEAR(network.Ranges().at("input").max,
              before.max + 0.01 * (2 - before.max), 1e-6);
}

}  // namespace
}  // namespace edge_int8::train
