#include "src/run/extract_windows.h"

#include <gtest/gtest.h>

#include "src/formats/npy.h"
#include "src/pose/upstream_shape.h"
#include "tests/pose/small_folder.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

class ExtractWindowsTest : public testing::Test {
 protected:
  void SetUp() override {
    FolderSpec spec;
    spec.files = 20;
    spec.windows_per_file = 2;
    WriteFolder(folder_ / "data", spec);
    dataset_.emplace(Dataset::Open(folder_ / "data"));
  }
  const TempFolder folder_;
  std::optional<Dataset> dataset_;
};

TEST_F(ExtractWindowsTest, WritesTheSelectionInItsOrder) {
  const auto out = folder_ / "x.npy";
  EXPECT_EQ(ExtractWindows(*dataset_, Split::kTest, Subset::kFull, out,
                           IfExists::kFail),
            6);
  const Tensor windows = ReadNpyTensor(out);
  EXPECT_EQ(windows.shape, (Shape{6, 540, 20}));
  const Selection test = dataset_->Select(Split::kTest, Subset::kFull);
  const SelectionSource source(*dataset_, test.windows);
  std::vector<float> window(kWindowValues);
  for (int64_t n = 0; n < source.size(); ++n) {
    source.Read(n, window);
    EXPECT_TRUE(std::equal(window.begin(), window.end(),
                           windows.data.begin() + n * kWindowValues))
        << n;
  }
}

TEST_F(ExtractWindowsTest, NeverReplacesWhatIsThere) {
  folder_.Write("x.npy", "mine");
  EXPECT_EQ(ErrorOf([&] {
              ExtractWindows(*dataset_, Split::kTest, Subset::kFull,
                             folder_ / "x.npy", IfExists::kFail);
            }).kind(),
            ErrorKind::kUsage);
  EXPECT_EQ(ReadText(folder_ / "x.npy"), "mine");
}

}  // namespace
}  // namespace edge_int8
