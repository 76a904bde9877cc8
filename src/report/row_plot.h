// Charts with a named row per value: the frame, the names at the left and the
// value axis. Used by intervals, ladder and latency.
#ifndef EDGE_INT8_SRC_REPORT_ROW_PLOT_H_
#define EDGE_INT8_SRC_REPORT_ROW_PLOT_H_

#include <string>
#include <vector>

#include "src/report/svg_plot.h"

namespace edge_int8 {

class RowPlot {
 public:
  // `right` is the room for what stands beside the marks.
  RowPlot(const std::vector<std::string>& names, PlotAxis x,
          const std::string& title, double right = 16);

  double X(double value) const { return plot_.X(value); }
  double Middle(std::size_t row) const;  // of the row, downwards
  SvgPlot& plot() { return plot_; }

  static constexpr double kRow = 30;

 private:
  SvgPlot plot_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_ROW_PLOT_H_
