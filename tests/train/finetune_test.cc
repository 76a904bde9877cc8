// Fine-tuning: it learns, every epoch's engine equals its simulation, a stopped
// run goes on to the same bits, and both kinds of operators give one gradient.
#include "train/commands/finetune.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/qgraph/lower.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/operator_graphs.h"
#include "tests/testing/temp_folder.h"
#include "tests/train/random_poses.h"
#include "train/commands/engine_check.h"
#include "train/commands/pose_loss.h"
#include "train/commands/training_state.h"

namespace edge_int8::train {
namespace {

using nlohmann::json;

// tiny with random weights, quantized, on a few windows of noise.
class FinetuneTest : public testing::Test {
 protected:
  FinetuneOptions Options(const std::string& name) {
    FinetuneOptions options;
    options.state = folder_ / (name + ".state");
    options.epochs = 3;
    options.batch = 8;
    options.learning_rate = 1e-3;
    return options;
  }
  SimulatedNetwork Network(const PlanBits& bits = {}) {
    return {folded_, PlanWithBits(folded_, bits, RandomWindows(6, 4)),
            at::kCPU};
  }
  json Validate(SimulatedNetwork& network) {
    const QatParameters& now = network.parameters();
    const EngineCheck check =
        CheckEngine(Lower(now.CurrentModel(), now.CurrentPlan()),
                    network.Prepare(), validation_.data(), at::kCPU);
    return {{"val", ToJson(MergeTallies(check.engine))},
            {"simulated", ToJson(MergeTallies(check.simulated))},
            {"gap_lsb", check.gap_lsb}};
  }
  // Trains and returns the curve without its times.
  std::vector<json> Train(SimulatedNetwork& network,
                          const FinetuneOptions& options, const PoseData& train,
                          bool resume = false) {
    Finetuner finetuner(network, at::kCPU, options, train,
                        [&] { return Validate(network); });
    if (resume) finetuner.Resume();
    finetuner.Run();
    std::vector<json> curve = finetuner.curve();
    for (json& epoch : curve) epoch.erase("seconds");
    return curve;
  }

  const TempFolder folder_;
  const Model folded_ = FoldedModel(TinyGraph(), 3);
  RandomPoses train_{20, 1};  // The last batch of 8 is short.
  RandomPoses validation_{6, 2};
};

TEST_F(FinetuneTest, LearnsWithoutAGapInAnyEpoch) {
  for (const PlanBits& bits :
       {PlanBits{}, PlanBits{4, 0, 0}, PlanBits{8, 16, 16}}) {
    SimulatedNetwork network = Network(bits);
    FinetuneOptions options = Options("a");
    options.epochs = 4;
    const std::vector<json> curve = Train(network, options, train_.data());
    ASSERT_EQ(curve.size(), 5u);
    EXPECT_LT(curve[4]["loss"], curve[1]["loss"]);
    for (const json& epoch : curve) {
      EXPECT_EQ(epoch["gap_lsb"], 0);
      EXPECT_EQ(epoch["val"], epoch["simulated"]);
    }
    // The plan has learned too.
    EXPECT_NE(network.parameters().CurrentPlan().quantizers,
              Network(bits).parameters().CurrentPlan().quantizers);
  }
}

// Whichever that is: the errors are made up.
TEST_F(FinetuneTest, EndsWithTheBestEpoch) {
  for (const std::size_t best : {0, 2, 3}) {
    SimulatedNetwork network = Network();
    const FinetuneOptions options = Options("a");
    std::vector<at::Tensor> values;  // of each epoch
    const PoseData train = train_.data();
    Finetuner finetuner(network, at::kCPU, options, train, [&] {
      json scores = Validate(network);
      scores["val"]["mpjpe"] = values.size() == best ? 0.1 : 0.2;
      values.push_back(network.values().clone());
      return scores;
    });
    finetuner.Run();
    ASSERT_EQ(values.size(), 4u);
    EXPECT_EQ(finetuner.best()["epoch"], best);
    EXPECT_TRUE(at::equal(network.values(), values[best]));
    EXPECT_FALSE(at::equal(network.values(), values[best == 3 ? 2 : best + 1]));
  }
}

TEST_F(FinetuneTest, ResumesToTheSameBits) {
  SimulatedNetwork whole = Network({4, 0, 0});
  const auto expected = Train(whole, Options("whole"), train_.data());
  SimulatedNetwork stopped = Network({4, 0, 0});
  // Ends in the second epoch, as Ctrl-C would.
  InterruptingPoses interrupted(train_, 30);
  EXPECT_THROW(Train(stopped, Options("parts"), interrupted.data()), Error);
  SimulatedNetwork resumed = Network({4, 0, 0});
  EXPECT_EQ(Train(resumed, Options("parts"), train_.data(), true), expected);
  EXPECT_TRUE(at::equal(resumed.values(), whole.values()));
  const TrainingState a = LoadTrainingState(folder_ / "whole.state");
  const TrainingState b = LoadTrainingState(folder_ / "parts.state");
  for (const auto& [name, values] : a.tensors) {
    EXPECT_TRUE(at::equal(values, b.tensors.at(name))) << name;
  }
}

TEST_F(FinetuneTest, DoesNotResumeAnotherRun) {
  SimulatedNetwork network = Network();
  FinetuneOptions options = Options("a");
  options.epochs = 1;
  Train(network, options, train_.data());
  options.learning_rate = 2e-3;
  EXPECT_EQ(
      ErrorOf([&] { Train(network, options, train_.data(), true); }).kind(),
      ErrorKind::kUsage);
}

// The start counts as the first of the values that are averaged.
TEST_F(FinetuneTest, ScoresARunningMeanOfTheWeightsWhenAsked) {
  SimulatedNetwork plain = Network({4, 0, 0});
  SimulatedNetwork averaged = Network({4, 0, 0});
  FinetuneOptions options = Options("a");
  Train(plain, options, train_.data());
  options.average = 0.9;
  options.state = folder_ / "b.state";
  const auto curve = Train(averaged, options, train_.data());
  for (const json& epoch : curve) EXPECT_EQ(epoch["gap_lsb"], 0);
  const TrainingState a = LoadTrainingState(folder_ / "a.state");
  const TrainingState b = LoadTrainingState(options.state);
  // Training itself does not see it.
  EXPECT_TRUE(at::equal(a.tensors.at("values"), b.tensors.at("values")));
  EXPECT_FALSE(at::equal(b.tensors.at("average"), b.tensors.at("values")));
}

// One step, whose errors are made up to fall: the mean keeps a tenth of its
// start, 1 / (1 + 9), and is what the network ends with.
TEST_F(FinetuneTest, TheMeanAfterOneStepIsThatByHandAndIsKept) {
  SimulatedNetwork network = Network({4, 0, 0});
  const at::Tensor start = network.values().clone();
  FinetuneOptions options = Options("mean");
  options.average = 0.9;
  options.epochs = 1;
  options.windows_per_epoch = 8;
  const PoseData train = train_.data();
  double error = 0.3;
  Finetuner finetuner(network, at::kCPU, options, train, [&] {
    json scores = Validate(network);
    scores["val"]["mpjpe"] = error -= 0.1;
    return scores;
  });
  finetuner.Run();
  ASSERT_EQ(finetuner.best()["epoch"], 1);
  const TrainingState state = LoadTrainingState(options.state);
  const at::Tensor moved = state.tensors.at("values") - start;
  const at::Tensor average = state.tensors.at("average");
  ASSERT_GT(moved.abs().max().item<double>(), 1e-4);
  EXPECT_LE((average - start - 0.9 * moved).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(at::equal(state.tensors.at("best_values"), average));
  EXPECT_TRUE(at::equal(network.values(), average));
}

TEST_F(FinetuneTest, AnEpochCanBeAShareOfTheWindows) {
  SimulatedNetwork network = Network();
  FinetuneOptions options = Options("a");
  options.windows_per_epoch = 8;
  const auto curve = Train(network, options, train_.data());
  EXPECT_EQ(curve[1]["windows"], 8);
}

// The control learns by the same loop, and its scores are the float network's.
TEST_F(FinetuneTest, TrainsTheControlInFloat) {
  FloatNetwork network(folded_, at::kCPU);
  FloatNetwork teacher(folded_, at::kCPU);
  Finetuner finetuner(
      network, at::kCPU, Options("a"), train_.data(),
      [&]() -> json {
        return {{"val", ToJson(MergeTallies(TallyFloat(
                            network, validation_.data(), at::kCPU)))}};
      },
      &teacher);
  finetuner.Run();
  EXPECT_LT(finetuner.curve()[3]["loss"], finetuner.curve()[1]["loss"]);
}

at::Tensor GradientsWith(const SimOperators& operators, const Model& folded,
                         const Plan& plan, const RandomPoses& poses) {
  const QatParameters parameters(folded, plan, at::kCPU);
  IntegerSimulation simulation(folded.graph, at::kCPU, operators);
  simulation.Prepare(parameters.CurrentModel(), parameters.CurrentPlan());
  const std::vector<int64_t> all = {0, 1, 2, 3};
  const PoseBatch batch = GatherBatch(poses.data(), all, at::kCPU);
  const at::Tensor y =
      simulation.Poses(simulation.Run(batch.windows, parameters.Leaves()));
  PoseLoss(y.view(batch.targets.sizes()), batch.targets).backward();
  return parameters.gradients();
}

// The same integers, so only the order of float sums differs.
TEST_F(FinetuneTest, FusedAndComposedGiveOneGradient) {
  for (const PlanBits& bits : {PlanBits{}, PlanBits{4, 16, 16}}) {
    const Plan plan = PlanWithBits(folded_, bits, RandomWindows(6, 4));
    const at::Tensor a = GradientsWith(FusedSim(), folded_, plan, train_);
    const at::Tensor b = GradientsWith(ComposedSim(), folded_, plan, train_);
    EXPECT_GT(b.norm().item<double>(), 0);
    EXPECT_LE((a - b).norm().item<double>(), 1e-4 * b.norm().item<double>());
  }
}

// Straight-through gradients point where the float network's do: of the same
// loss with respect to the same weights.
TEST_F(FinetuneTest, GradientsPointWhereTheFloatNetworksDo) {
  const std::vector<int64_t> all = {0, 1, 2, 3, 4, 5, 6, 7};
  const PoseBatch batch = GatherBatch(train_.data(), all, at::kCPU);
  FloatNetwork real(folded_, at::kCPU);
  PoseLoss(real.TrainingPass(batch.windows).view(batch.targets.sizes()),
           batch.targets)
      .backward();
  SimulatedNetwork network = Network({8, 16, 0});
  network.BeginStep();
  PoseLoss(network.TrainingPass(batch.windows).view(batch.targets.sizes()),
           batch.targets)
      .backward();
  // The float graph's parameters are the weights and biases in node order, and
  // so are the simulation's, between scales.
  double dot = 0, a = 0, b = 0;
  int64_t at_real = 0, at_sim = 0;
  for (const Node& node : folded_.graph.nodes) {
    const auto* conv = std::get_if<Conv>(&node.op);
    const auto* mix = std::get_if<AttentionMix>(&node.op);
    const auto take = [&](const std::string& name) {
      const int64_t size = ElementCount(folded_.Parameter(name).shape);
      const at::Tensor x = real.gradients().narrow(0, at_real, size);
      const at::Tensor y = network.gradients().narrow(0, at_sim, size);
      dot += (x * y).sum().item<double>();
      a += x.square().sum().item<double>();
      b += y.square().sum().item<double>();
      at_real += size;
      at_sim += size;
    };
    if (conv != nullptr) {
      take(conv->weight);
      at_sim += conv->out_channels;  // the weight's scales
      take(conv->bias);
    } else if (mix != nullptr) {
      take(mix->bias);
    }
  }
  EXPECT_GT(dot / std::sqrt(a * b), 0.9);
}

}  // namespace
}  // namespace edge_int8::train
