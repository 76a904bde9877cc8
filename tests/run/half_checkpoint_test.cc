#include "src/run/half_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/formats/state_dict_writer.h"
#include "src/formats/torch_storage.h"
#include "src/nets/checkpoint.h"
#include "src/nets/wiflow.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

TEST(HalfCheckpoint, HoldsTheNearestHalfOfEveryFloat) {
  const TempFolder folder;
  WriteRandomCheckpoint(folder / "tiny.pth", "tiny", 3);
  WriteHalfCheckpoint(folder / "tiny.pth", {}, folder / "half.pth",
                      IfExists::kFail);
  const Model full = LoadCheckpoint(folder / "tiny.pth");
  const Model half = LoadCheckpoint(folder / "half.pth");
  EXPECT_EQ(half.graph.name, "tiny");
  int64_t changed = 0;
  for (const auto& [name, tensor] : full.parameters) {
    const Tensor& rounded = half.Parameter(name);
    ASSERT_EQ(rounded.shape, tensor.shape) << name;
    for (std::size_t n = 0; n < tensor.data.size(); ++n) {
      ASSERT_EQ(rounded.data[n], HalfToFloat(FloatToHalf(tensor.data[n])))
          << name;
      changed += rounded.data[n] != tensor.data[n];
    }
  }
  EXPECT_GT(changed, 50000);  // of 56,290 random weights
}

// Two bytes a float, and as many members with their headers as before.
TEST(HalfCheckpoint, SavesTwoBytesAFloat) {
  const TempFolder folder;
  WriteRandomCheckpoint(folder / "tiny.pth", "tiny", 3);
  WriteHalfCheckpoint(folder / "tiny.pth", {}, folder / "half.pth",
                      IfExists::kFail);
  int64_t floats = 0;
  for (const auto& [name, tensor] :
       LoadCheckpoint(folder / "tiny.pth").parameters) {
    floats += ElementCount(tensor.shape);
  }
  const auto saved =
      static_cast<int64_t>(std::filesystem::file_size(folder / "tiny.pth")) -
      static_cast<int64_t>(std::filesystem::file_size(folder / "half.pth"));
  // "FloatStorage" is a letter longer than "HalfStorage"; members are padded.
  EXPECT_NEAR(static_cast<double>(saved), 2.0 * static_cast<double>(floats),
              64.0 * 200);
}

TEST(HalfCheckpoint, RefusesAValueThatWouldBecomeInfinite) {
  const TempFolder folder;
  Model model = RandomModel(BuildWiflow(WiflowVariant("tiny")), 3);
  model.Parameter("decoder.3.bias").data = {65519.0f, -65520.0f};
  std::vector<StateDictEntry> entries;
  for (const auto& [name, tensor] : model.parameters) {
    entries.push_back({name, tensor});
  }
  WriteStateDict(folder / "x.pth", entries, IfExists::kFail);
  const Error error = ErrorOf([&] {
    WriteHalfCheckpoint(folder / "x.pth", {}, folder / "y.pth",
                        IfExists::kFail);
  });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("decoder.3.bias holds -65520"));
  EXPECT_FALSE(std::filesystem::exists(folder / "y.pth"));
}

}  // namespace
}  // namespace edge_int8
