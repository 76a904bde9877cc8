#include "src/formats/npy_stream.h"

#include <gtest/gtest.h>

#include <vector>

#include "src/formats/npy.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

TEST(NpyStream, HoldsAllRowsInTheirOrder) {
  const TempFolder folder;
  NpyStream stream(folder / "x.npy", "<f4", 4, {2, 3});
  std::vector<float> all;
  for (int row = 0; row < 30000; ++row) {  // More than it holds back.
    std::vector<float> values;
    for (int i = 0; i < 6; ++i) values.push_back(static_cast<float>(row + i));
    stream.Append(std::span<const float>(values));
    all.insert(all.end(), values.begin(), values.end());
  }
  stream.Append(std::span<const float>(all).first(60000 * 6 / 2));
  all.insert(all.end(), all.begin(), all.begin() + 60000 * 6 / 2);
  EXPECT_FALSE(std::filesystem::exists(folder / "x.npy"));
  stream.Commit();
  const MappedNpy npy(folder / "x.npy");
  EXPECT_EQ(npy.view().shape(), (Shape{60000, 2, 3}));
  const auto values = npy.view().Values<float>();
  EXPECT_TRUE(std::equal(values.begin(), values.end(), all.begin(), all.end()));
}

TEST(NpyStream, NeedsNoRows) {
  const TempFolder folder;
  NpyStream stream(folder / "x.npy", "<i8", 8, {});
  stream.Commit();
  EXPECT_EQ(MappedNpy(folder / "x.npy").view().shape(), (Shape{0}));
}

}  // namespace
}  // namespace edge_int8
