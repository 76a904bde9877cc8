// The loop: it learns, resumes to the same bits, skips what is not finite, and
// keeps the best checkpoint.
#include "train/commands/trainer.h"

#include <gtest/gtest.h>

#include <limits>
#include <span>
#include <string>

#include "src/base/sha256.h"
#include "src/formats/state_dict.h"
#include "src/nets/checkpoint.h"
#include "src/nets/wiflow.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"
#include "tests/train/random_poses.h"

namespace edge_int8::train {
namespace {

TrainOptions Options(const TempFolder& folder, const std::string& name) {
  TrainOptions options;
  options.out = folder / name;
  options.epochs = 3;
  options.batch = 8;
  options.learning_rate = 1e-3;
  return options;
}

class TrainerTest : public testing::Test {
 protected:
  // Trains tiny from `seed` and returns the trainer's curve.
  std::vector<nlohmann::json> Train(const TrainOptions& options,
                                    const PoseData& train) {
    TorchGraph network(BuildWiflow(WiflowVariant("tiny")), at::kCPU, Fused());
    network.Initialize(options.seed);
    const PoseData validation = validation_.data();
    Trainer trainer(network, at::kCPU, options, train, validation);
    trainer.Run();
    return trainer.curve();
  }
  std::vector<nlohmann::json> Train(const TrainOptions& options) {
    return Train(options, train_.data());
  }

  const TempFolder folder_;
  RandomPoses train_{20, 1};  // The last batch of 8 is short.
  RandomPoses validation_{6, 2};
};

std::vector<nlohmann::json> WithoutSeconds(std::vector<nlohmann::json> curve) {
  for (nlohmann::json& epoch : curve) epoch.erase("seconds");
  return curve;
}

TEST_F(TrainerTest, LearnsAndWritesACheckpointThatLoads) {
  TrainOptions options = Options(folder_, "a.pth");
  options.epochs = 12;
  options.learning_rate = 1e-2;
  options.early_stop_patience = 12;
  const auto curve = Train(options);
  ASSERT_EQ(curve.size(), 12u);
  EXPECT_LT(curve[11]["loss"].get<double>(),
            0.8 * curve[0]["loss"].get<double>());
  EXPECT_EQ(LoadCheckpoint(folder_ / "a.pth").graph.name, "tiny");
}

// The batches each norm has seen: 3 an epoch.
TEST_F(TrainerTest, CountsTrackedBatches) {
  TrainOptions options = Options(folder_, "a.pth");
  options.epochs = 1;
  Train(options);
  for (const NamedTensor& entry : ReadStateDict(folder_ / "a.pth")) {
    if (entry.integer) {
      EXPECT_EQ(entry.tensor.data, std::vector<float>{3});
    }
  }
}

TEST_F(TrainerTest, ResumesToTheSameBits) {
  for (const ScheduleKind kind :
       {ScheduleKind::kPlateau, ScheduleKind::kOneCycle}) {
    const std::string name(ScheduleName(kind));
    TrainOptions whole = Options(folder_, name + "_whole.pth");
    whole.schedule = kind;
    const auto expected = WithoutSeconds(Train(whole));

    TrainOptions parts = Options(folder_, name + "_parts.pth");
    parts.schedule = kind;
    // Ends the first run in its second epoch, as Ctrl-C would.
    InterruptingPoses interrupted(train_, 30);
    EXPECT_THROW(Train(parts, interrupted.data()), Error);
    parts.resume = true;
    EXPECT_EQ(WithoutSeconds(Train(parts)), expected);
    EXPECT_EQ(ReadText(parts.out), ReadText(whole.out));
    const TrainingState a = LoadTrainingState(StatePath(whole.out));
    const TrainingState b = LoadTrainingState(StatePath(parts.out));
    for (const auto& [name_of_tensor, values] : a.tensors) {
      EXPECT_TRUE(at::equal(values, b.tensors.at(name_of_tensor)))
          << name_of_tensor;
    }
  }
}

TEST_F(TrainerTest, DoesNotResumeAnotherRun) {
  TrainOptions options = Options(folder_, "a.pth");
  options.epochs = 1;
  Train(options);
  options.resume = true;
  options.learning_rate = 2e-3;
  const Error error = ErrorOf([&] { Train(options); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_NE(std::string(error.what()).find("0.002"), std::string::npos);
}

// Its weights live in the state: no later epoch need be better.
TEST_F(TrainerTest, ACheckpointThatWasMovedAwayComesBack) {
  TrainOptions options = Options(folder_, "a.pth");
  Train(options);
  const std::string best = ReadText(options.out);
  std::filesystem::remove(options.out);
  options.resume = true;  // and nothing is left to do
  Train(options);
  EXPECT_EQ(ReadText(options.out), best);
}

TEST_F(TrainerTest, DoesNotResumeWhatItsCallerSaysIsAnother) {
  TrainOptions options = Options(folder_, "a.pth");
  options.epochs = 1;
  options.identity = {{"data", {{"csi_windows.npy", "12ab"}}}};
  Train(options);
  options.resume = true;
  options.identity["data"]["csi_windows.npy"] = "34cd";
  const Error error = ErrorOf([&] { Train(options); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_NE(std::string(error.what())
                .find("data/csi_windows.npy was \"12ab\", is \"34cd\""),
            std::string::npos)
      << error.what();
}

TEST_F(TrainerTest, RefusesABrokenState) {
  TrainOptions options = Options(folder_, "a.pth");
  options.epochs = 1;
  Train(options);
  options.resume = true;
  std::string state = ReadText(StatePath(options.out));
  for (const std::string& broken :
       {state.substr(0, state.size() - 1), state.substr(0, 40), state + "x",
        std::string()}) {
    folder_.Write("a.pth.state", broken);
    EXPECT_EQ(ErrorOf([&] { Train(options); }).kind(), ErrorKind::kBadInput);
  }
  std::filesystem::remove(StatePath(options.out));
  EXPECT_EQ(ErrorOf([&] { Train(options); }).kind(), ErrorKind::kBadInput);
}

// A state with a right hash may still come from anywhere.
TEST_F(TrainerTest, RefusesAStateThatSomeoneElseWrote) {
  TrainOptions options = Options(folder_, "a.pth");
  options.epochs = 1;
  Train(options);
  options.resume = true;
  const std::string good = ReadText(StatePath(options.out));
  const std::size_t hash = good.find('\n') + 1;
  const std::size_t head = good.find('\n', hash) + 1;
  const std::size_t values = good.find('\n', head) + 1;
  const nlohmann::json whole =
      nlohmann::json::parse(good.substr(head, values - head));
  const auto expect = [&](const std::string& new_head, const std::string& why) {
    const std::string body = new_head + "\n" + good.substr(values);
    folder_.Write("a.pth.state", good.substr(0, hash) +
                                     Sha256(std::as_bytes(std::span(body))) +
                                     "\n" + body);
    const Error error = ErrorOf([&] { Train(options); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << error.what();
    EXPECT_NE(std::string(error.what()).find(why), std::string::npos)
        << error.what();
  };
  const auto with = [&](const char* pointer, const nlohmann::json& value) {
    nlohmann::json j = whole;
    j[nlohmann::json::json_pointer(pointer)] = value;
    return j.dump();
  };
  expect("{", "not JSON");
  expect("[]", "expected an object");
  expect(with("/tensors/parameters", 300000000), "/tensors/parameters");
  expect(with("/tensors/parameters", -5), "/tensors/parameters");
  expect(with("/tensors", nlohmann::json::object()), "bytes too many");
  expect(with("/counters", 5), "/counters");
  expect(with("/counters/curve", "x"), "/counters/curve");
  // Another tensor's size: the sum still fits the file.
  nlohmann::json swapped = whole;
  std::swap(swapped["tensors"]["first_moment"],
            swapped["tensors"]["statistics"]);
  expect(swapped.dump(), "not a state of this run");
}

// One window of not-a-number spoils its batch and nothing else.
TEST_F(TrainerTest, SkipsBatchesThatAreNotFinite) {
  train_.values()[5] = std::numeric_limits<float>::quiet_NaN();
  const auto curve = Train(Options(folder_, "a.pth"));
  for (const nlohmann::json& epoch : curve) {
    EXPECT_EQ(epoch["skipped_batches"], 1);
    EXPECT_TRUE(epoch["val"]["mpjpe"].is_number());
  }
}

TEST_F(TrainerTest, SaysWhenNothingIsFinite) {
  for (float& value : train_.values()) {
    value = std::numeric_limits<float>::infinity();
  }
  EXPECT_EQ(ErrorOf([&] { Train(Options(folder_, "a.pth")); }).kind(),
            ErrorKind::kBadInput);
}

// This rate destroys the network, so that no epoch beats an early one.
TEST_F(TrainerTest, StopsWhenValidationDoesNotImprove) {
  TrainOptions options = Options(folder_, "a.pth");
  options.epochs = 40;
  options.learning_rate = 5;
  EXPECT_LT(Train(options).size(), 40u);
}

}  // namespace
}  // namespace edge_int8::train
