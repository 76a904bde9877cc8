// A Pareto front as an SVG picture: every plan that was measured, size against
// score, the front as a line, the limit and the float model's score. Tested by
// front_svg_test.cc.
#ifndef EDGE_INT8_SRC_REPORT_FRONT_SVG_H_
#define EDGE_INT8_SRC_REPORT_FRONT_SVG_H_

#include <optional>
#include <string>
#include <vector>

namespace edge_int8 {

struct FrontPoint {
  double x = 0;  // MiB, or a cost
  double y = 0;  // a fraction
  bool on_front = false;
  bool chosen = false;
};

struct FrontPicture {
  std::string title;  // says data, split, windows and metric
  std::string x_label;
  std::string y_label;
  std::vector<FrontPoint> points;
  double fp32 = 0;                // a line across
  std::optional<double> x_limit;  // a line upwards
};

// A whole SVG document. The y axis shows the front and the float model; points
// far below it are left out and counted in the caption.
std::string RenderFrontSvg(const FrontPicture& picture);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_FRONT_SVG_H_
