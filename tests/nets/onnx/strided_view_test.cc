#include "src/nets/onnx/strided_view.h"

#include <gtest/gtest.h>

#include <vector>

namespace edge_int8 {
namespace {

std::vector<int64_t> Places(const StridedView& view) {
  std::vector<int64_t> places;
  ForEachPlace(view, [&](int64_t place) { places.push_back(place); });
  return places;
}

TEST(StridedView, ReshapesKeepPlacesInOrder) {
  const StridedView view = RowMajorView({2, 6});
  const auto reshaped = ReshapedView(view, {3, 2, 2});
  ASSERT_TRUE(reshaped);
  EXPECT_EQ(reshaped->shape(), (Shape{3, 2, 2}));
  EXPECT_EQ(Places(*reshaped), Places(view));
}

TEST(StridedView, ATransposedViewIsNotReshapedAcrossItsSteps) {
  const StridedView turned = PermutedView(RowMajorView({4, 6}), {1, 0});
  EXPECT_FALSE(ReshapedView(turned, {8, 3}));
  const auto split = ReshapedView(turned, {2, 3, 4});
  ASSERT_TRUE(split);
  EXPECT_EQ(Places(*split), Places(turned));
}

TEST(StridedView, SlicesStepAndMirror) {
  const auto slice = SlicedView(RowMajorView({3, 8}), 1, 7, 3, -2);
  ASSERT_TRUE(slice);
  EXPECT_EQ(slice->shape(), (Shape{3, 3}));
  EXPECT_EQ(Places(*slice),
            (std::vector<int64_t>{7, 5, 3, 15, 13, 11, 23, 21, 19}));
}

TEST(StridedView, ASliceOfAMergedAxisStaysWithinAStep) {
  // [2][3] transposed and merged: 0 3 1 4 2 5.
  const auto merged =
      ReshapedView(PermutedView(RowMajorView({2, 3}), {1, 0}), {6});
  ASSERT_TRUE(merged);
  EXPECT_EQ(Places(*merged), (std::vector<int64_t>{0, 3, 1, 4, 2, 5}));
  const auto whole_steps = SlicedView(*merged, 0, 2, 4, 1);
  ASSERT_TRUE(whole_steps);
  EXPECT_EQ(Places(*whole_steps), (std::vector<int64_t>{1, 4, 2, 5}));
  EXPECT_FALSE(SlicedView(*merged, 0, 1, 2, 1));
}

TEST(StridedView, ExpandedAxesRepeat) {
  const StridedView view = ExpandedView(RowMajorView({3, 1}), {2, 3, 2});
  EXPECT_EQ(Places(view),
            (std::vector<int64_t>{0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2}));
}

TEST(StridedView, AViewOfAMovedTensorIsAViewOfTheTensorBehind) {
  const StridedView inner = PermutedView(RowMajorView({4, 6}), {1, 0});
  const StridedView outer = *SlicedView(RowMajorView({6, 4}), 0, 2, 3, 1);
  const auto composed = ComposedView(outer, inner);
  ASSERT_TRUE(composed);
  const std::vector<int64_t> behind = Places(inner);
  std::vector<int64_t> expected;
  for (const int64_t place : Places(outer)) {
    expected.push_back(behind[static_cast<std::size_t>(place)]);
  }
  EXPECT_EQ(Places(*composed), expected);
}

}  // namespace
}  // namespace edge_int8
