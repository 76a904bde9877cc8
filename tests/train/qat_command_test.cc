// The verbs on files: what they write, and that a resumed run writes the same
// bytes.
#include "train/commands/qat_command.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "src/base/interrupt.h"
#include "src/export/onnx/onnx_float.h"
#include "src/nets/checkpoint.h"
#include "src/nets/network_file.h"
#include "src/pose/synth_dataset.h"
#include "src/qgraph/artifact_file.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/network_builder.h"
#include "tests/testing/run_quietly.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8::train {
namespace {

using nlohmann::json;

class QatCommandTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder;
    WriteRandomCheckpoint(*folder_ / "tiny.pth", "tiny", 3);
    WriteSyntheticDataset(*folder_ / "data", {.files = 20, .windows = 2},
                          IfExists::kFail);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static FinetuneCommand Command(const std::string& out) {
    FinetuneCommand command;
    command.checkpoint = *folder_ / "tiny.pth";
    command.data = *folder_ / "data";
    command.out = *folder_ / out;
    command.request.recipe = "mse";
    command.request.calib_batches = 1;
    command.options.epochs = 2;
    command.options.batch = 16;
    command.learning_rate = 1e-3;
    return command;
  }
  static void Quietly(void (*run)(const FinetuneCommand&),
                      const FinetuneCommand& command) {
    RunQuietly([&] { run(command); });
  }

  static TempFolder* folder_;
};
TempFolder* QatCommandTest::folder_ = nullptr;

TEST_F(QatCommandTest, WritesAnArtifactItsPlanAndALog) {
  FinetuneCommand command = Command("a.ei8");
  command.request.weight_bits = 4;
  command.plan_out = *folder_ / "a.plan.json";
  command.log = *folder_ / "a.json";
  command.score_test = true;
  command.distill = true;
  Quietly(RunQat, command);
  const core::Artifact artifact = ReadArtifactFile(command.out);
  EXPECT_EQ(json::parse(artifact.provenance.recipe)["method"], "qat");
  EXPECT_NE(ReadPlan(*command.plan_out).recipe.find("qat epoch"),
            std::string::npos);
  const json log = json::parse(ReadText(*command.log));
  EXPECT_EQ(log["conversion_gap_lsb"], 0);
  EXPECT_EQ(log["curve"].size(), 3u);
  EXPECT_EQ(log["simulated"]["gap_lsb"], 0);
  EXPECT_EQ(log["simulated"]["full"]["samples"], 6);
}

TEST_F(QatCommandTest, LearnsFromTheTeacherThatItIsGiven) {
  WriteRandomCheckpoint(*folder_ / "teacher.pth", "tiny", 9);
  const auto loss = [](const char* name,
                       std::optional<std::filesystem::path> teacher) {
    FinetuneCommand command = Command(std::string(name) + ".ei8");
    command.log = *folder_ / (std::string(name) + ".json");
    command.options.epochs = 1;
    command.distill = true;
    command.teacher = std::move(teacher);
    Quietly(RunQat, command);
    return json::parse(ReadText(*command.log))["curve"][1]["loss"];
  };
  const json own = loss("own", {});
  EXPECT_EQ(loss("same", *folder_ / "tiny.pth"), own);
  EXPECT_NE(loss("taught", *folder_ / "teacher.pth"), own);
}

// While it lives, what is said on stderr is kept, and the words `until` are a
// Ctrl-C.
class InterruptAt {
 public:
  explicit InterruptAt(std::string until) : until_(std::move(until)) {
    stderr = fopencookie(this, "w", {nullptr, Hear, nullptr, nullptr});
    std::setvbuf(stderr, nullptr, _IONBF, 0);
  }
  ~InterruptAt() {
    std::fclose(std::exchange(stderr, before_));
    SetInterrupted(false);
  }
  InterruptAt(const InterruptAt&) = delete;
  InterruptAt& operator=(const InterruptAt&) = delete;

 private:
  static ssize_t Hear(void* self, const char* text, std::size_t size) {
    auto& at = *static_cast<InterruptAt*>(self);
    at.said_.append(text, size);
    if (at.said_.find(at.until_) != std::string::npos) SetInterrupted(true);
    return static_cast<ssize_t>(size);
  }
  const std::string until_;
  std::string said_;
  std::FILE* const before_ = stderr;
};

TEST_F(QatCommandTest, AResumedRunWritesTheSameBytes) {
  FinetuneCommand whole = Command("whole.ei8");
  Quietly(RunQat, whole);
  FinetuneCommand command = Command("parts.ei8");
  {
    const InterruptAt interrupted("epoch 1/2: val");
    const Error error = ErrorOf([&] { RunQat(command); });
    ASSERT_EQ(error.kind(), ErrorKind::kInterrupted) << error.what();
    ASSERT_EQ(std::string(error.what()).find("interrupted; 1 finished epochs"),
              0u)
        << error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(command.out));
  command.resume = true;
  Quietly(RunQat, command);
  EXPECT_EQ(ReadText(command.out), ReadText(whole.out));
  // Its schedule would have been another.
  command.options.epochs = 3;
  EXPECT_EQ(ErrorOf([&] { Quietly(RunQat, command); }).kind(),
            ErrorKind::kUsage);
  command.options.epochs = 2;
  command.request.weight_bits = 4;
  EXPECT_EQ(ErrorOf([&] { Quietly(RunQat, command); }).kind(),
            ErrorKind::kUsage);
}

// Rates that would destroy any network: the start is what is written.
TEST_F(QatCommandTest, ARunThatOnlyLosesKeepsItsStartAndSaysSo) {
  FinetuneCommand command = Command("lost.ei8");
  command.learning_rate = 3;
  command.log = *folder_ / "lost.json";
  Quietly(RunQat, command);
  const json log = json::parse(ReadText(*command.log));
  EXPECT_EQ(log["best"]["epoch"], 0);
  EXPECT_EQ(log["kept_start"], true);
  EXPECT_EQ(log["curve"][1]["below_start"], true);
}

TEST_F(QatCommandTest, AStateOfAnotherCheckpointIsRefusedByName) {
  FinetuneCommand command = Command("other.ei8");
  command.options.epochs = 1;
  Quietly(RunQat, command);
  WriteRandomCheckpoint(*folder_ / "quarter.pth", "quarter", 5);
  command.checkpoint = *folder_ / "quarter.pth";
  command.resume = true;
  const Error error = ErrorOf([&] { Quietly(RunQat, command); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  const std::string what = error.what();
  EXPECT_NE(what.find("other.ei8.state is of another run: checkpoint was"),
            std::string::npos)
      << what;
}

// Of the same size: what was begun on one set and ended on another is a result
// of neither.
TEST_F(QatCommandTest, AStateOfAnotherDataSetIsRefusedByName) {
  WriteSyntheticDataset(*folder_ / "other_data",
                        {.files = 20, .windows = 2, .seed = 9},
                        IfExists::kFail);
  for (const auto run : {RunQat, RunFinetune}) {
    FinetuneCommand command = Command("set.ei8");
    if (run == RunFinetune) command.out = *folder_ / "set.pth";
    command.options.epochs = 1;
    Quietly(run, command);
    command.data = *folder_ / "other_data";
    command.resume = true;
    const Error error = ErrorOf([&] { Quietly(run, command); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("data/csi_windows.npy was"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(QatCommandTest, ALearningRateThatIsNoNumberIsRefused) {
  FinetuneCommand command = Command("nan.ei8");
  command.learning_rate = std::nan("");
  EXPECT_EQ(ErrorOf([&] { RunQat(command); }).kind(), ErrorKind::kUsage);
  EXPECT_EQ(ErrorOf([&] { RunFinetune(command); }).kind(), ErrorKind::kUsage);
  EXPECT_FALSE(std::filesystem::exists(*folder_ / "nan.ei8.state"));
}

// Bits per tensor come from the plan that is given.
TEST_F(QatCommandTest, StartsFromAPlan) {
  FinetuneCommand first = Command("b.ei8");
  first.options.epochs = 1;
  first.plan_out = *folder_ / "b.plan.json";
  Quietly(RunQat, first);
  Plan plan = ReadPlan(*first.plan_out);
  plan.weights.begin()->second.bits = 4;
  for (double& scale : plan.weights.begin()->second.scales) scale *= 16;
  WritePlan(*folder_ / "mixed.json", plan, IfExists::kFail);
  FinetuneCommand second = Command("c.ei8");
  second.options.epochs = 1;
  second.plan = *folder_ / "mixed.json";
  second.plan_out = *folder_ / "c.plan.json";
  Quietly(RunQat, second);
  const Plan trained = ReadPlan(*second.plan_out);
  for (const auto& [name, weight] : plan.weights) {
    EXPECT_EQ(trained.weights.at(name).bits, weight.bits) << name;
  }
}

TEST_F(QatCommandTest, TheControlIsACheckpointAgain) {
  const FinetuneCommand command = Command("control.pth");
  Quietly(RunFinetune, command);
  const Model model = LoadCheckpoint(command.out);
  EXPECT_EQ(model.graph.name, "tiny");
}

// Nothing of the WiFlow family: a convolution with a ReLU, a largest value, a
// gate, a mean.
void WriteImport(const std::filesystem::path& path) {
  NetworkBuilder net("import", {540, 1, 20});
  TensorId x = net.Apply(FunctionKind::kRelu, net.Conv1x1(12, 0));
  std::vector<PoolRange> pairs;
  for (int begin = 0; begin < 20; begin += 2) {
    pairs.push_back({begin, begin + 2, 2});
  }
  x = net.Add("most", Pool{PoolKind::kMax, {{0, 1, 1}}, pairs}, {x});
  x = net.Times(x, net.Apply(FunctionKind::kSigmoid, net.Conv1x1(12, x)));
  x = net.Add("mean", Pool{PoolKind::kAverage, {{0, 1, 1}}, {{0, 10, 10}}},
              {x});
  Model model = net.Finish(net.Conv1x1(30, x), 9);
  model.graph.output_shape = {15, 2};
  WriteFile(path, OnnxFloatModel(model, ""), IfExists::kFail);
}

TEST_F(QatCommandTest, TrainsAnImportedNetworkAndItsControl) {
  WriteImport(*folder_ / "import.onnx");
  FinetuneCommand command = Command("import.ei8");
  command.checkpoint = *folder_ / "import.onnx";
  command.log = *folder_ / "import.json";
  command.options.epochs = 3;
  Quietly(RunQat, command);
  const json log = json::parse(ReadText(*command.log));
  EXPECT_EQ(log["conversion_gap_lsb"], 0);
  EXPECT_LT(log["curve"][3]["loss"], log["curve"][1]["loss"]);
  FinetuneCommand control = command;
  control.out = *folder_ / "control.onnx";
  control.log.reset();
  Quietly(RunFinetune, control);
  const Model before = LoadNetwork(command.checkpoint);
  const Model after = LoadNetwork(control.out);
  EXPECT_EQ(after.graph.output_shape, before.graph.output_shape);
  EXPECT_EQ(ParameterCount(after.graph), ParameterCount(before.graph));
}

TEST_F(QatCommandTest, RefusesOutputsThatExistOrAreInputs) {
  FinetuneCommand command = Command("tiny.pth");
  EXPECT_EQ(ErrorOf([&] { RunQat(command); }).kind(), ErrorKind::kUsage);
  command.force = true;
  EXPECT_EQ(ErrorOf([&] { RunQat(command); }).kind(), ErrorKind::kUsage);
  command = Command("d.ei8");
  command.force = true;
  command.plan_out = *folder_ / "data/config.npz";
  EXPECT_EQ(ErrorOf([&] { RunQat(command); }).kind(), ErrorKind::kUsage);
  command.plan_out = *folder_ / "d.ei8.state";
  EXPECT_EQ(ErrorOf([&] { RunFinetune(command); }).kind(), ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8::train
