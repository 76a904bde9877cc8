// Charts with a named row per value: the frame, the names and the value axis.
// Wide ones have the names at the left and the numbers at the right of their
// marks, narrow ones have both above them. Used by intervals, ladder, latency.
#ifndef EDGE_INT8_SRC_REPORT_ROW_PLOT_H_
#define EDGE_INT8_SRC_REPORT_ROW_PLOT_H_

#include <string>
#include <string_view>
#include <vector>

#include "src/report/svg_plot.h"

namespace edge_int8 {

class RowPlot {
 public:
  // `right` is the room for what stands beside the marks of a wide one.
  RowPlot(const std::vector<std::string>& names, PlotAxis x,
          const std::string& title, double right, PlotSize size);

  double X(double value) const { return plot_.X(value); }
  double Middle(std::size_t row) const;  // of the row's marks, downwards
  double row() const { return row_; }    // height
  // Across all rows at a value.
  void Upright(double value);
  // The row's numbers.
  void Beside(std::size_t row, std::string_view text, Tone tone = Tone::kPlain);
  SvgPlot& plot() { return plot_; }

 private:
  PlotSize size_;
  double row_;
  SvgPlot plot_;
};

template <class Rows>
std::vector<std::string> NamesOf(const Rows& rows) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(row.name);
  return names;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_ROW_PLOT_H_
