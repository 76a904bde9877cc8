#include "core/engine/tensor_layout.h"

#include <gtest/gtest.h>

#include <cstddef>

#include "tests/core_engine/random_graph.h"

namespace edge_int8::core {
namespace {

TEST(TensorLayout, PitchFillsVectors) {
  EXPECT_EQ(ChannelPitch(1), 1);
  EXPECT_EQ(ChannelPitch(3), 4);
  EXPECT_EQ(ChannelPitch(8), 8);
  EXPECT_EQ(ChannelPitch(9), 16);
  EXPECT_EQ(ChannelPitch(16), 16);
  EXPECT_EQ(ChannelPitch(17), 32);
  EXPECT_EQ(ChannelPitch(540), 544);
}

TEST(TensorLayout, MarginsHoldWhatEveryReaderLooksInto) {
  RandomGraph g(1, 3, 4, 10);
  g.Conv(0, 2, {.kernel_w = 3, .dilation_w = 4, .pad_left = 8}, {});
  g.Conv(0, 2,
         {.kernel_h = 3,
          .kernel_w = 3,
          .pad_top = 1,
          .pad_bottom = 1,
          .pad_left = 1,
          .pad_right = 1},
         {});
  const IntegerGraph graph = g.Finish(g.Conv(0, 2, {.stride_w = 2}, {}));
  const TensorLayout x = PlanLayouts(graph)[0];
  EXPECT_EQ(x.left, 8);
  EXPECT_EQ(x.right, 1);
  EXPECT_EQ(x.top, 1);
  EXPECT_EQ(x.bottom, 1);
  EXPECT_EQ(x.pitch, 4);
  EXPECT_EQ(x.At(-1, -8), 0);
  EXPECT_EQ(x.At(0, 0), 19 * 4 + 8 * 4);
  EXPECT_EQ(x.bytes(), 6 * 19 * 4);
}

// A stride that skips the padded column needs no margin for it.
TEST(TensorLayout, PaddingThatNoTapReachesHasNoMargin) {
  RandomGraph g(1, 1, 1, 8);
  const IntegerGraph graph = g.Finish(g.Conv(
      0, 1, {.kernel_w = 3, .stride_w = 2, .pad_left = 1, .pad_right = 1}, {}));
  EXPECT_EQ(PlanLayouts(graph)[0].right, 0);
}

TEST(TensorLayout, FillMarginsWritesTheZeroAroundAndNothingInside) {
  TensorLayout t;
  t.height = 3;
  t.width = 5;
  t.pitch = 4;
  t.zero = 9;
  t.top = 1;
  t.bottom = 2;
  t.left = 2;
  t.right = 1;
  std::vector<std::byte> memory(static_cast<std::size_t>(t.bytes()) + 8);
  FillMargins(t, memory.data());
  for (int h = -1; h < 5; ++h) {
    for (int w = -2; w < 6; ++w) {
      const bool inside = h >= 0 && h < 3 && w >= 0 && w < 5;
      for (int64_t c = 0; c < 4; ++c) {
        EXPECT_EQ(memory[static_cast<std::size_t>(t.At(h, w) + c)],
                  std::byte{static_cast<uint8_t>(inside ? 0 : 9)});
      }
    }
  }
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(memory[static_cast<std::size_t>(t.bytes()) + i], std::byte{0});
  }
}

}  // namespace
}  // namespace edge_int8::core
