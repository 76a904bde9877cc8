// The frame that every static chart is drawn in: scales, axes, and the few
// marks that the charts need. Tested by svg_plot_test.cc.
//
// Colours are presentation attributes, so that a file needs no style sheet (a
// paper's tools know none); in the page the classes beside them follow the
// theme (src/report/page/charts.css).
#ifndef EDGE_INT8_SRC_REPORT_SVG_PLOT_H_
#define EDGE_INT8_SRC_REPORT_SVG_PLOT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/report/markup.h"

namespace edge_int8 {

// A series' colour: 0 is fp32, then the integer models.
inline constexpr int kSeriesColours = 12;
// Not a model of the table: the mean pose.
inline constexpr int kBaselineColour = -1;
std::string_view SeriesHex(int series);

struct PlotAxis {
  double low = 0;
  double high = 1;
  std::string label;
  std::string suffix;  // of tick labels: "%"
};

// Round numbers inside [low, high], about `count` of them.
std::vector<double> Ticks(double low, double high, int count);
// Without trailing zeros: 0.25, 40.
std::string TickText(double value);
// Widens [low, high] by `share` at both ends; a point by 1.
PlotAxis Padded(double low, double high, double share, std::string label,
                std::string suffix);

// Pictures come in two widths of the same marks: for a page and paper, and for
// a phone, where 12 px stay 12 px.
enum class PlotSize { kWide, kNarrow };

enum class Anchor { kStart, kMiddle, kEnd };
enum class Tone { kPlain, kMuted, kLoss, kGain };

class SvgPlot {
 public:
  struct Box {
    double width = 720, height = 320;
    double left = 56, right = 16, top = 16, bottom = 44;
  };
  static Box BoxOf(PlotSize size);
  SvgPlot(const Box& box, PlotAxis x, PlotAxis y, std::string_view title);

  double X(double value) const;
  double Y(double value) const;
  const Box& box() const { return box_; }

  void XAxis();  // ticks, grid lines and the label
  void YAxis();
  // Coloured names in one or more lines from `top` down; returns where it ends.
  double Legend(const std::vector<std::pair<std::string, int>>& names,
                double top);

  // Where a legend from the top of such a picture would end.
  static double LegendEnd(
      const Box& box, const std::vector<std::pair<std::string, int>>& names);

  // The coordinates of these are the picture's, not the axes'.
  void Path(const std::vector<std::pair<double, double>>& points, int series);
  void Dot(double x, double y, double radius, int series,
           std::string_view title);
  void ToneDot(double x, double y, double radius, Tone tone,
               std::string_view title);
  void Ring(double x, double y, double radius);
  void Bar(double x, double y, double width, double height, int series,
           std::string_view title);
  void ToneBar(double x, double y, double width, double height, Tone tone,
               std::string_view title);
  // Lines between neighbours in `points`, behind what is drawn later.
  void Wire(const std::vector<std::pair<double, double>>& points);
  // A box for text; `heat` in [0, 1] is how much it loses.
  void Card(double x, double y, double width, double height, double heat,
            std::string_view title);
  void Rule(double x1, double y1, double x2, double y2, bool strong = false);
  void SeriesRule(double x1, double y1, double x2, double y2, int series);
  void Label(double x, double y, std::string_view text,
             Anchor anchor = Anchor::kStart, Tone tone = Tone::kPlain);

  std::string Take();

 private:
  Box box_;
  PlotAxis x_, y_;
  Markup out_;
};

// A fixed number of decimals that SVG readers agree on.
std::string SvgNumber(double value);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_SVG_PLOT_H_
