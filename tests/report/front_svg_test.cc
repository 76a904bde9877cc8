#include "src/report/front_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::Not;

int CountOf(const std::string& text, const std::string& what) {
  int count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

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
  EXPECT_EQ(CountOf(svg, "<circle "), 3);
  EXPECT_EQ(CountOf(svg, "#b2182b\"/>\n<circle"), 1);
  EXPECT_THAT(svg, HasSubstr("1 more off the picture"));
  EXPECT_EQ(CountOf(svg, "<polyline "), 1);
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
  EXPECT_EQ(CountOf(svg, "<circle "), 1);
  picture.points.clear();
  EXPECT_THAT(RenderFrontSvg(picture), Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace edge_int8
