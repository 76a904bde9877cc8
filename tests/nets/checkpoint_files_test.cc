// Checkpoints as trainers really write them, by PyTorch and safetensors
// themselves (tests/golden/checkpoints): whatever lies around the weights, they
// are found, and the network gives PyTorch's outputs.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/formats/npy.h"
#include "src/nets/checkpoint.h"
#include "tests/graph/random_input.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/source_paths.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kFolder = kSourceDir + "/tests/golden/checkpoints/";

struct Told {
  NetworkOptions options = {.joints = 3, .frames = 5};
  std::vector<std::string> notes;

  Told() {
    options.note = [this](std::string_view text) { notes.emplace_back(text); };
  }
};

double DistanceFrom(const std::string& poses, const Model& model,
                    const std::string& input = "mini_input.npy") {
  return LargestDifference(
      ReadNpyTensor(kFolder + poses).data,
      RunNodeByNode(model, ReadNpyTensor(kFolder + input).data));
}

struct File {
  const char* name;
  double tolerance;  // Half precision rounds the weights.
};

class CheckpointFiles : public testing::TestWithParam<File> {};

TEST_P(CheckpointFiles, GivePyTorchsOutputs) {
  Told told;
  const Model model = LoadCheckpoint(kFolder + GetParam().name, told.options);
  EXPECT_LT(DistanceFrom("raw_output.npy", model), GetParam().tolerance);
}

INSTANTIATE_TEST_SUITE_P(
    Golden, CheckpointFiles,
    testing::Values(File{"lightning.ckpt", 1e-6}, File{"script.pth", 1e-6},
                    File{"averaged.pth", 1e-6}, File{"nested_half.pth", 5e-3},
                    File{"distilled.pt", 1e-6}, File{"legacy_script.pth", 1e-6},
                    File{"small.safetensors", 1e-6},
                    File{"mixed.safetensors", 1e-6}),
    [](const auto& info) {
      std::string name = info.param.name;
      std::ranges::replace(name, '.', '_');
      return name;
    });

TEST(CheckpointFilesTwoSets, AreNamedAndChosenByKey) {
  for (const auto& [file, used, other] :
       {std::tuple("script.pth", "net", "ema"),
        std::tuple("distilled.pt", "student.backbone", "teacher.backbone"),
        std::tuple("legacy_script.pth", "model_state", "averages")}) {
    Told told;
    LoadCheckpoint(kFolder + file, told.options);
    EXPECT_THAT(told.notes, testing::Contains(HasSubstr(fmt::format(
                                "'{}' is used, not '{}'", used, other))))
        << file;
    told.options.weights = other;
    const Checkpoint checkpoint = ReadCheckpoint(kFolder + file, told.options);
    EXPECT_LT(DistanceFrom("ema_output.npy", checkpoint.model), 1e-6) << file;
    ASSERT_EQ(checkpoint.sets.size(), 2u);
    for (const WeightSetInfo& set : checkpoint.sets) {
      EXPECT_EQ(set.used, set.key == other) << set.key;
      EXPECT_EQ(set.tensors, 124);
    }
  }
}

TEST(CheckpointFilesTwoSets, MayBeNamedByAPartOfTheirKey) {
  Told told;
  told.options.weights = "teacher";
  EXPECT_LT(
      DistanceFrom("ema_output.npy",
                   LoadCheckpoint(kFolder + "distilled.pt", told.options)),
      1e-6);
  for (const char* const key : {"backbone", "tea", "", "nothing"}) {
    told.options.weights = key;
    const Error error = ErrorOf(
        [&] { LoadCheckpoint(kFolder + "distilled.pt", told.options); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage) << key;
    EXPECT_THAT(error.what(), HasSubstr("'teacher.backbone'"));
  }
}

TEST(CheckpointFilesStrays, AreNamedAndLeftOut) {
  for (const auto& [file, stray] :
       {std::pair("lightning.ckpt", "'loss.weights'"),
        std::pair("averaged.pth", "'n_averaged'"),
        std::pair("distilled.pt", "'criterion.temperature'")}) {
    Told told;
    LoadCheckpoint(kFolder + file, told.options);
    EXPECT_THAT(told.notes, testing::Contains(HasSubstr(stray))) << file;
  }
}

TEST(CheckpointFilesFork, IsReadFromItsShapes) {
  Told told;
  told.options.joints = 4;
  told.options.frames = 7;
  const Model model = LoadCheckpoint(kFolder + "fork.pth", told.options);
  EXPECT_EQ(model.graph.name, "wiflow");
  EXPECT_EQ(model.graph.extent(0), (Extent{12, 1, 7}));
  EXPECT_EQ(model.graph.extent(model.graph.output), (Extent{4, 2, 1}));
  EXPECT_LT(DistanceFrom("fork_output.npy", model, "fork_input.npy"), 1e-6);
  EXPECT_THAT(told.notes, ElementsAre(HasSubstr("12 channels in")));
}

TEST(CheckpointFilesFork, SaysWhatNoWeightTells) {
  Told told;
  told.options.joints.reset();
  told.options.frames.reset();
  const Model model = LoadCheckpoint(kFolder + "fork.pth", told.options);
  EXPECT_EQ(model.graph.extent(0), (Extent{12, 1, 20}));
  EXPECT_THAT(told.notes,
              ElementsAre(HasSubstr("assumed, 15 joints, 20 frames")));
}

TEST(CheckpointFilesRefused, SayWhatTheyAreAndWhatToDo) {
  const auto refusal = [](const char* file) {
    const Error error = ErrorOf([&] { LoadCheckpoint(kFolder + file); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    return std::string(error.what());
  };
  EXPECT_THAT(refusal("legacy_module.pth"),
              HasSubstr("a whole module, 'wiflow_torch.WiFlow'"));
  EXPECT_THAT(refusal("legacy_module.pth"),
              HasSubstr("weights_only=False)[\"model\"].state_dict()"));
  EXPECT_THAT(refusal("dynamic_int8.pth"),
              HasSubstr("that PyTorch has quantized (torch.qint8)"));
  EXPECT_THAT(refusal("arrays.pth"),
              HasSubstr("holds NumPy arrays and no tensor"));
  EXPECT_THAT(refusal("exported.pt2"),
              HasSubstr("is an archive of torch.export"));
}

}  // namespace
}  // namespace edge_int8
