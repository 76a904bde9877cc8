#include "src/run/fx_study.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "src/nets/checkpoint.h"
#include "src/pose/npy_windows.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

class FxStudyTest : public testing::Test {
 protected:
  FxStudyTest()
      : windows_(
            (WriteRandomCheckpoint(folder_ / "tiny.pth", "tiny", 3),
             WriteRandomWindows(folder_ / "x.npy", 12, 4), folder_ / "x.npy"),
            Subset::kFull),
        study_(LoadCheckpoint(folder_ / "tiny.pth"), windows_, 1, 42) {}

  std::vector<float> Poses(const FxChoices& choices) {
    return PredictAll(*study_.Make(choices), windows_, "test");
  }

  TempFolder folder_;
  NpyWindows windows_;
  FxStudy study_;
};

TEST_F(FxStudyTest, CalibratesOnEveryWindowOfASmallSource) {
  EXPECT_EQ(std::set<int64_t>(study_.windows().begin(), study_.windows().end())
                .size(),
            12u);
  // prepare_fx's 121 observers of a network whose four blocks have a skip
  // convolution, less the eight that see what enters a dropout.
  EXPECT_EQ(study_.grids(), 113u);
}

TEST_F(FxStudyTest, EveryVariantPredictsSomethingElse) {
  const std::vector<float> base = Poses({});
  std::set<std::string_view> keys;
  for (const FxVariant& variant : FxVariants()) {
    EXPECT_NE(Poses(variant.choices), base) << variant.key;
    EXPECT_TRUE(keys.insert(variant.key).second) << variant.key;
  }
  EXPECT_TRUE(FxFakeQuantChoices().cut_at_top);
}

}  // namespace
}  // namespace edge_int8
