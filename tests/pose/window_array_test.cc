#include "src/pose/window_array.h"

#include <gtest/gtest.h>

#include <numeric>

#include "src/pose/npy_windows.h"
#include "tests/pose/pairs_folder.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

TEST(WindowArray, PiecesTogetherAreTheWindow) {
  const TempFolder folder;
  std::vector<int16_t> stored(2 * 5000);
  std::iota(stored.begin(), stored.end(), int16_t{-5000});
  WriteArray(folder / "x.npy", "<i2", {2, 50, 100}, stored);
  const WindowArray array(folder / "x.npy", 0.25);
  std::vector<float> whole;
  array.ForPieces(1, [&](std::span<const float> piece) {
    whole.insert(whole.end(), piece.begin(), piece.end());
  });
  EXPECT_EQ(whole, array.Values(1));
  ASSERT_EQ(whole.size(), 5000u);
  EXPECT_EQ(whole[1], 0.25f);
  EXPECT_TRUE(array.always_finite());
}

TEST(WindowArray, AScaleRoundsOnce) {
  const TempFolder folder;
  WriteArray(folder / "x.npy", "<f8", {1, 1}, std::vector<double>{1e300});
  EXPECT_EQ(WindowArray(folder / "x.npy", 1e-300).Values(0)[0], 1.0f);
}

TEST(NpyWindowsOfBytes, AreDivisionsBy255InFloat32) {
  const TempFolder folder;
  std::vector<uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  WriteArray(folder / "x.npy", "|u1", {1, 256}, bytes);
  const NpyWindows windows(folder / "x.npy", Subset::kFull);
  std::vector<float> values(256);
  windows.Read(0, values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], static_cast<float>(i) / 255.0f) << i;
  }
}

}  // namespace
}  // namespace edge_int8
