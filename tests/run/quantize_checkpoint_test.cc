#include "src/run/quantize_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/container/golden.h"
#include "src/base/sha256.h"
#include "src/pose/dataset_files.h"
#include "src/pose/upstream_shape.h"
#include "src/qgraph/reference_output.h"
#include "tests/pose/small_folder.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// Bytes of the integer graph alone.
std::vector<std::byte> GraphBytes(const QuantizedModel& model) {
  core::Artifact bare;
  bare.graph = model.artifact.graph;
  return core::SaveArtifact(bare);
}

void ExpectGoldenFromTheReference(const core::Artifact& artifact) {
  EXPECT_EQ(artifact.golden.size(), 4u);
  EXPECT_TRUE(core::CheckGolden(artifact, [&](std::span<const uint8_t> input,
                                              std::span<int32_t> output) {
                std::ranges::copy(ReferenceOutput(artifact.graph, input),
                                  output.begin());
              }).ok());
  // Different inputs, different poses.
  EXPECT_NE(artifact.golden[0].output, artifact.golden[1].output);
}

class QuantizeTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteRandomCheckpoint(checkpoint_, "tiny", 5);
    WriteRandomWindows(windows_, 10, 6);
  }
  QuantizedModel Quantize(
      const QuantizeRequest& request = PlainRequest()) const {
    return QuantizeTiny(checkpoint_, windows_, request);
  }

  const TempFolder folder_;
  const std::filesystem::path checkpoint_ = folder_ / "tiny.pth";
  const std::filesystem::path windows_ = folder_ / "x.npy";
};

TEST_F(QuantizeTest, ProvenanceSaysWhereItCameFrom) {
  QuantizeRequest request;
  request.recipe = "minmax";
  request.seed = 9;
  const QuantizedModel model = Quantize(request);
  const core::Provenance& p = model.artifact.provenance;
  EXPECT_THAT(p.tool, testing::StartsWith("edge-int8 "));
  EXPECT_EQ(p.checkpoint_sha256, Sha256File(checkpoint_));
  EXPECT_EQ(p.data, "10 unlabelled windows");
  EXPECT_THAT(p.data_files, testing::ElementsAre(
                                core::DataFile{"x.npy", Sha256File(windows_)}));
  const std::string plan = ToJson(model.plan).dump();
  EXPECT_EQ(p.plan_sha256, Sha256(std::as_bytes(std::span(plan))));
  const json recipe = json::parse(p.recipe);
  EXPECT_EQ(recipe["method"], "ptq");
  EXPECT_EQ(recipe["recipe"], "minmax");
  EXPECT_EQ(recipe["seed"], 9);
  EXPECT_EQ(recipe["calib_batches"], 64);
  EXPECT_EQ(recipe["plan"], model.plan.recipe);
  EXPECT_EQ(model.artifact.graph.name, "tiny");
}

TEST_F(QuantizeTest, GoldenVectorsAreTheReferences) {
  ExpectGoldenFromTheReference(Quantize().artifact);
}

TEST_F(QuantizeTest, TheSameInputsGiveTheSameBytes) {
  EXPECT_EQ(core::SaveArtifact(Quantize().artifact),
            core::SaveArtifact(Quantize().artifact));
}

// The default repairs weights and biases after the plan is made.
TEST_F(QuantizeTest, TheDefaultRecipeIsARepairOfThePlainOne) {
  const QuantizedModel repaired = Quantize({});
  EXPECT_NE(GraphBytes(repaired), GraphBytes(Quantize()));
  EXPECT_NE(repaired.plan.recipe, Quantize().plan.recipe);
  EXPECT_EQ(core::SaveArtifact(Quantize({}).artifact),
            core::SaveArtifact(repaired.artifact));
  ExpectGoldenFromTheReference(repaired.artifact);
  EXPECT_EQ(json::parse(repaired.artifact.provenance.recipe)["recipe"],
            QuantizeRequest().recipe);
}

TEST_F(QuantizeTest, APlanThroughJsonGivesTheSameGraph) {
  for (const int bits : {8, 4}) {
    QuantizeRequest request = PlainRequest();
    request.weight_bits = bits;
    const QuantizedModel model = Quantize(request);
    WritePlan(folder_ / "plan.json", model.plan, IfExists::kReplace);
    const Plan plan = ReadPlan(folder_ / "plan.json");
    EXPECT_EQ(plan, model.plan);
    const QuantizedModel again =
        QuantizeByPlan(LoadSourceModel(checkpoint_, {}), plan);
    EXPECT_EQ(GraphBytes(again), GraphBytes(model));
    EXPECT_EQ(again.artifact.golden, model.artifact.golden);
    EXPECT_EQ(again.artifact.provenance.plan_sha256,
              model.artifact.provenance.plan_sha256);
    EXPECT_TRUE(again.artifact.provenance.data_files.empty());
    EXPECT_EQ(json::parse(again.artifact.provenance.recipe)["method"], "ptq");
  }
}

// A plan has scales and bits, not the weights that repairs moved.
TEST_F(QuantizeTest, APlanOfARepairedModelSaysThatItIsNotRepaired) {
  const QuantizedModel repaired = Quantize({});
  ASSERT_THAT(repaired.plan.recipe, HasSubstr(" repair="));
  const QuantizedModel again =
      QuantizeByPlan(LoadSourceModel(checkpoint_, {}), repaired.plan);
  EXPECT_THAT(again.plan.recipe, testing::Not(HasSubstr("repair=")));
  EXPECT_THAT(again.plan.recipe, testing::EndsWith(" unrepaired"));
  EXPECT_EQ(json::parse(again.artifact.provenance.recipe)["plan"],
            again.plan.recipe);
  EXPECT_EQ(again.plan.quantizers, repaired.plan.quantizers);
}

TEST_F(QuantizeTest, FewerBitsMakeASmallerFile) {
  QuantizeRequest four = PlainRequest();
  four.weight_bits = 4;
  EXPECT_LT(core::SaveArtifact(Quantize(four).artifact).size() + 20000,
            core::SaveArtifact(Quantize().artifact).size());
}

TEST_F(QuantizeTest, APlanOfAnotherModelIsRefused) {
  const TempFolder other;
  WriteRandomCheckpoint(other / "quarter.pth", "quarter", 5);
  const Error error = ErrorOf([&] {
    QuantizeByPlan(LoadSourceModel(other / "quarter.pth", {}), Quantize().plan);
  });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("does not fit"));
}

TEST_F(QuantizeTest, AnUnknownRecipeIsAUsageError) {
  QuantizeRequest request;
  request.recipe = "magic";
  EXPECT_EQ(ErrorOf([&] { Quantize(request); }).kind(), ErrorKind::kUsage);
}

TEST(CalibrateOnTrainSplit, TakesOnlyCleanTrainWindows) {
  FolderSpec spec;
  spec.files = 10;
  spec.values.assign(std::size_t{10} * kWindowValues, 0.25f);
  for (std::size_t w = 0; w < 10; ++w) {
    spec.values[w * kWindowValues] = static_cast<float>(w) / 10;
  }
  const TempFolder folder;
  WriteFolder(folder.path(), spec);
  const std::vector<int> train =
      Dataset::Open(folder.path()).SplitFiles(Split::kTrain);
  const auto corrupt = static_cast<std::size_t>(train[2]);
  spec.values[corrupt * kWindowValues + 1] =
      std::numeric_limits<float>::quiet_NaN();
  WriteFolder(folder.path(), spec);
  const Dataset dataset = Dataset::Open(folder.path());
  const CalibrationSet set = CalibrateOnTrainSplit(dataset);
  EXPECT_EQ(set.description, "6 clean train-split windows");
  ASSERT_EQ(set.windows->size(), 6);
  std::vector<float> first;
  for (int64_t i = 0; i < 6; ++i) {
    std::vector<float> window(kWindowValues);
    set.windows->Read(i, window);
    first.push_back(window[0] * 10);
  }
  std::vector<float> expected;
  for (const int file : train) {
    if (file != train[2]) expected.push_back(static_cast<float>(file));
  }
  EXPECT_THAT(first, testing::Pointwise(testing::FloatNear(1e-4f), expected));
  // The windows' file is hashed by bench alone: it can be 15 GB.
  std::vector<std::string> names;
  for (const core::DataFile& file : set.files) {
    names.push_back(file.name);
    EXPECT_EQ(file.sha256, Sha256File(folder / file.name));
  }
  EXPECT_THAT(names, testing::Contains("window_info.npz"));
  EXPECT_THAT(names, testing::Not(testing::Contains(std::string(kWindowFile))));
}

TEST(CalibrateOnTrainSplit, NamesTheFolderWhenThereIsNothingToCalibrateOn) {
  const TempFolder folder;
  WriteFolder(folder / "one", {.files = 1, .windows_per_file = 2});
  const Dataset dataset = Dataset::Open(folder / "one");
  const Error error = ErrorOf([&] { CalibrateOnTrainSplit(dataset); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_EQ(error.what(),
            (folder / "one").string() +
                ": its train split has no clean windows to calibrate on; the "
                "set has 1 file, of which 0 train");
}

TEST(CalibrateOnFile, LeavesCorruptWindowsOut) {
  const TempFolder folder;
  std::vector<float> values(std::size_t{3} * kWindowValues, 0.5f);
  values[kWindowValues] = std::numeric_limits<float>::infinity();
  WriteFile(folder / "x.npy", NpyBytes({3, kSubcarriers, kFrames}, values),
            IfExists::kFail);
  const CalibrationSet set = CalibrateOnFile(
      folder / "x.npy", {BuildWiflow(WiflowVariant("tiny")), {}});
  EXPECT_EQ(set.windows->size(), 2);
  EXPECT_EQ(set.description, "2 unlabelled windows");
}

// 0.87 MiB, what the project promises for the 843,834-parameter model.
TEST(QuantizeFixtures, TheHalfModelFitsItsSize) {
  EDGE_INT8_NEED_FIXTURES();
  const auto models = Fixtures() / "models";
  const QuantizedModel half =
      QuantizeTiny(models / "half_random.pth", models / "half_input.npy");
  const TempFolder folder;
  WriteArtifactFile(folder / "half.ei8", half.artifact, IfExists::kFail);
  EXPECT_LE(std::filesystem::file_size(folder / "half.ei8"), 912261u);
  EXPECT_GT(std::filesystem::file_size(folder / "half.ei8"), 800000u);
  EXPECT_EQ(half.artifact.provenance.checkpoint_sha256,
            Sha256File(models / "half_random.pth"));
  ExpectGoldenFromTheReference(half.artifact);
}

}  // namespace
}  // namespace edge_int8
