#include "src/base/shape_match.h"

#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

TEST(ShapesAgree, WhereAxesAreOnlyLostOrMerged) {
  const Shape window = {540, 20};
  for (const Shape& other : {Shape{540, 1, 20}, Shape{1, 540, 20}, Shape{10800},
                             Shape{18, 30, 20}, Shape{540, 20, 1}}) {
    EXPECT_TRUE(ShapesAgree(window, other)) << ShapeText(other);
    EXPECT_TRUE(ShapesAgree(other, window)) << ShapeText(other);
  }
  for (const Shape& other : {Shape{20, 540}, Shape{540, 21}, Shape{20, 20, 27},
                             Shape{1080, 10}, Shape{}}) {
    EXPECT_FALSE(ShapesAgree(window, other)) << ShapeText(other);
    EXPECT_FALSE(ShapesAgree(other, window)) << ShapeText(other);
  }
  EXPECT_TRUE(ShapesAgree({}, {1, 1}));
}

TEST(Squeezed, LeavesOneAxisOfAScalar) {
  EXPECT_EQ(Squeezed({1, 15, 2, 1}), (Shape{15, 2}));
  EXPECT_EQ(Squeezed({1, 1, 1}), Shape{1});
  EXPECT_EQ(WithAxis(3, {15, 2}), (Shape{3, 15, 2}));
}

}  // namespace
}  // namespace edge_int8
