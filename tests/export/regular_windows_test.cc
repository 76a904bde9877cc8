#include "src/export/regular_windows.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace edge_int8 {
namespace {

std::vector<PoolRange> Cut(int extent, int kernel, int stride, int pad,
                           int count) {
  std::vector<PoolRange> ranges;
  for (int i = 0; i < count; ++i) {
    const int begin = i * stride - pad;
    ranges.push_back({std::max(begin, 0), std::min(begin + kernel, extent), 1});
  }
  return ranges;
}

TEST(RegularWindows, AreFound) {
  const auto expect = [](int extent, int kernel, int stride, int pad, int count,
                         int pad_end) {
    const auto found =
        FindWindows(Cut(extent, kernel, stride, pad, count), extent);
    ASSERT_TRUE(found.has_value()) << extent << " " << kernel;
    EXPECT_EQ(found->kernel, kernel);
    EXPECT_EQ(found->stride, stride);
    EXPECT_EQ(found->pad_begin, pad);
    EXPECT_EQ(found->pad_end, pad_end);
  };
  expect(10, 2, 2, 0, 5, 0);
  expect(10, 3, 1, 1, 10, 1);
  expect(11, 3, 2, 1, 6, 1);
  expect(10, 3, 2, 0, 5, 1);  // ceil mode
  expect(7, 7, 1, 0, 1, 0);   // global
  // Fewer than such a pool would give, and PyTorch's adaptive bins.
  EXPECT_FALSE(FindWindows(Cut(10, 2, 2, 0, 3), 10).has_value());
  EXPECT_FALSE(
      FindWindows({{0, 3, 3}, {2, 5, 3}, {4, 7, 3}, {5, 8, 3}}, 8).has_value());
}

}  // namespace
}  // namespace edge_int8
