#include "src/report/svg_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Ticks, AreRoundNumbersInside) {
  EXPECT_THAT(Ticks(0, 50, 5), ElementsAre(0, 10, 20, 30, 40, 50));
  EXPECT_THAT(Ticks(-0.25, 0.25, 5), ElementsAre(-0.2, -0.1, 0, 0.1, 0.2));
  EXPECT_THAT(Ticks(3, 3, 5), ElementsAre(3));
}

// Where doubles are further apart than the steps that were asked for, counting
// up by them never ended.
TEST(Ticks, EndFarFromZero) {
  EXPECT_LE(Ticks(1e12, 1e12 + 1e-3, 5).size(), 7u);
  EXPECT_LE(Ticks(-1e300, 1e300, 5).size(), 7u);
}

TEST(TickText, HasNoNoise) {
  EXPECT_EQ(TickText(0.1 + 0.2), "0.3");
  EXPECT_EQ(TickText(-1e-17), "0");
  EXPECT_EQ(TickText(40), "40");
}

TEST(SvgPlot, PutsTheAxesEndsAtTheBoxsEdges) {
  SvgPlot::Box box;
  SvgPlot plot(box, {-1, 1, "x", ""}, {0, 100, "y", "%"}, "title");
  EXPECT_DOUBLE_EQ(plot.X(-1), box.left);
  EXPECT_DOUBLE_EQ(plot.X(1), box.width - box.right);
  EXPECT_DOUBLE_EQ(plot.Y(0), box.height - box.bottom);
  EXPECT_DOUBLE_EQ(plot.Y(100), box.top);
}

TEST(SvgPlot, NeedsNoStyleSheetAndTakesAnyText) {
  SvgPlot plot({}, {}, {}, "</svg><script>");
  plot.Label(1, 2, "a<b&\"");
  plot.Dot(1, 2, 3, 1, "t");
  const std::string svg = plot.Take();
  EXPECT_THAT(svg, HasSubstr("fill=\"#c2410c\""));
  EXPECT_THAT(svg, HasSubstr("a&lt;b&amp;&quot;"));
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, testing::EndsWith("</svg>"));
}

}  // namespace
}  // namespace edge_int8
