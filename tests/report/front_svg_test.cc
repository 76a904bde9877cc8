#include "src/report/front_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report/count_text.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::Not;

FrontPicture Example() {
  FrontPicture picture;
  picture.title = "half <synthetic>";
  picture.x_label = "MiB";
  picture.y_label = "PCK@20";
  picture.fp32 = 0.98;
  picture.points = {{0.47, 0.970, true, false},
                    {0.50, 0.975, true, true},
                    {0.60, 0.972, false, false},
                    {0.61, 0.10, false, false}};
  picture.x_limit = 0.5;
  return picture;
}

TEST(FrontSvg, DrawsEveryPointThatFits) {
  const std::string svg = RenderFrontSvg(Example());
  EXPECT_THAT(svg, testing::StartsWith("<svg "));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
  EXPECT_EQ(CountText(svg, "<circle "), 3u);
  EXPECT_EQ(CountText(svg, "#b2182b\"/>\n<circle"), 1u);
  EXPECT_THAT(svg, HasSubstr("1 more off the picture"));
  EXPECT_EQ(CountText(svg, "<polyline "), 1u);
  EXPECT_THAT(svg, HasSubstr(">limit<"));
  EXPECT_THAT(svg, HasSubstr(">fp32<"));
}

TEST(FrontSvg, EscapesTexts) {
  const std::string svg = RenderFrontSvg(Example());
  EXPECT_THAT(svg, HasSubstr("half &lt;synthetic&gt;"));
  EXPECT_THAT(svg, Not(HasSubstr("<synthetic>")));
}

TEST(FrontSvg, OnePointIsAPictureToo) {
  FrontPicture picture = Example();
  picture.points = {{0.5, 0.98, true, true}};
  picture.x_limit.reset();
  const std::string svg = RenderFrontSvg(picture);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  EXPECT_EQ(CountText(svg, "<circle "), 1u);
  picture.points.clear();
  EXPECT_THAT(RenderFrontSvg(picture), Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace edge_int8
