// Outputs of the float executor against PyTorch's own, from the fixtures.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "src/formats/npy.h"
#include "src/graph/fold_norms.h"
#include "src/nets/checkpoint.h"
#include "tests/graph/random_input.h"
#include "tests/testing/source_paths.h"

namespace edge_int8 {
namespace {

const std::string kModels = kSourceDir + "/../shared/fixtures/models/";
constexpr double kPyTorchTolerance = 1e-5;  // what the fixtures promise

class PytorchParity : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kModels)) {
      GTEST_SKIP() << "no fixtures at " << kModels;
    }
    const std::string stem = kModels + GetParam();
    model_ = LoadCheckpoint(stem + "_random.pth");
    input_ = ReadNpyTensor(stem + "_input.npy").data;
    expected_ = ReadNpyTensor(stem + "_output.npy").data;
  }

  void ExpectParity(const Model& model) const {
    EXPECT_LT(LargestDifference(expected_, RunNodeByNode(model, input_)),
              kPyTorchTolerance);
    for (const std::string_view isa : FloatIsas()) {
      const FloatExecutor executor(model, isa);
      std::vector<float> output(expected_.size());
      executor.Run(input_, 4, output, *executor.MakeWorkspace());
      EXPECT_LT(LargestDifference(expected_, output), kPyTorchTolerance) << isa;
    }
  }

  Model model_;
  std::vector<float> input_, expected_;
};

TEST_P(PytorchParity, BeforeFolding) {
  EXPECT_EQ(model_.graph.name, GetParam());
  ExpectParity(model_);
}

TEST_P(PytorchParity, AfterFolding) { ExpectParity(FoldBatchNorms(model_)); }

INSTANTIATE_TEST_SUITE_P(Wiflow, PytorchParity,
                         testing::Values("full", "half", "quarter", "tiny"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace edge_int8
