#include "src/run/predict_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/formats/npy.h"
#include "src/pose/upstream_shape.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

class PredictFileTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new TempFolder;
    WriteSmallModelFiles(files_->path());
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }
  PredictOptions Options(const std::string& model = "tiny.pth") const {
    PredictOptions options;
    options.model = *files_ / model;
    options.input = *files_ / "x.npy";
    options.output = folder_ / "y.npy";
    return options;
  }

  static TempFolder* files_;
  const TempFolder folder_;
};
TempFolder* PredictFileTest::files_ = nullptr;

TEST_F(PredictFileTest, WritesAPosePerWindowForBothKindsOfModel) {
  std::vector<Tensor> poses;
  for (const char* model : {"tiny.pth", "tiny.ei8"}) {
    PredictOptions options = Options(model);
    options.if_exists = IfExists::kReplace;
    EXPECT_EQ(PredictFile(options), 12);
    poses.push_back(ReadNpyTensor(options.output));
    EXPECT_EQ(poses.back().shape, (Shape{12, kJoints, 2}));
  }
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < poses[0].data.size(); ++i) {
    error += std::pow(poses[0].data[i] - poses[1].data[i], 2);
    size += std::pow(poses[0].data[i], 2);
  }
  EXPECT_GT(error, 0);  // One is float, the other is not.
  EXPECT_LT(error, 0.01 * size);
}

TEST_F(PredictFileTest, TheSameInputGivesTheSameBytes) {
  PredictFile(Options("tiny.ei8"));
  const std::string first = ReadText(folder_ / "y.npy");
  PredictOptions again = Options("tiny.ei8");
  again.if_exists = IfExists::kReplace;
  PredictFile(again);
  EXPECT_EQ(ReadText(folder_ / "y.npy"), first);
}

TEST_F(PredictFileTest, AnExistingOutputIsRefusedBeforeAnythingIsRead) {
  folder_.Write("y.npy", "mine");
  PredictOptions options = Options();
  options.model = "/none/of.pth";
  const Error error = ErrorOf([&] { PredictFile(options); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_EQ(ReadText(folder_ / "y.npy"), "mine");
}

TEST_F(PredictFileTest, ABadInputLeavesNoOutput) {
  PredictOptions options = Options();
  options.input =
      folder_.Write("wrong.npy", NpyBytes({2, 3}, std::vector<float>(6)));
  EXPECT_EQ(ErrorOf([&] { PredictFile(options); }).kind(),
            ErrorKind::kBadInput);
  options = Options();
  options.model = folder_.Write("model.pth", "no model");
  EXPECT_EQ(ErrorOf([&] { PredictFile(options); }).kind(),
            ErrorKind::kBadInput);
  EXPECT_THAT(folder_.List(), testing::ElementsAre("model.pth", "wrong.npy"));
}

TEST(PredictFile, GivesPyTorchsOutputsOnTheFixtures) {
  EDGE_INT8_NEED_FIXTURES();
  for (const std::string variant : {"full", "half", "quarter", "tiny"}) {
    const TempFolder folder;
    const auto models = Fixtures() / "models";
    PredictOptions options;
    options.model = models / (variant + "_random.pth");
    options.input = models / (variant + "_input.npy");
    options.output = folder / "y.npy";
    EXPECT_EQ(PredictFile(options), 4);
    const Tensor poses = ReadNpyTensor(options.output);
    const Tensor expected = ReadNpyTensor(models / (variant + "_output.npy"));
    ASSERT_EQ(poses.shape, expected.shape);
    for (std::size_t i = 0; i < poses.data.size(); ++i) {
      EXPECT_NEAR(poses.data[i], expected.data[i], 1e-5) << variant << i;
    }
  }
}

}  // namespace
}  // namespace edge_int8
