#include "src/report/row_plot.h"

#include "src/base/utf8.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kLongestLabel = 34;

SvgPlot::Box BoxFor(std::size_t rows, double right) {
  SvgPlot::Box box;
  box.left = 236;
  box.right = right;
  box.top = 8;
  box.bottom = 44;
  box.height = box.top + box.bottom + RowPlot::kRow * static_cast<double>(rows);
  return box;
}

}  // namespace

RowPlot::RowPlot(const std::vector<std::string>& names, PlotAxis x,
                 const std::string& title, double right)
    : plot_(BoxFor(names.size(), right), std::move(x), {}, title) {
  plot_.XAxis();
  for (std::size_t i = 0; i < names.size(); ++i) {
    plot_.Label(plot_.box().left - 10, Middle(i) + 4,
                ShortenMiddle(VisibleText(names[i]), kLongestLabel),
                Anchor::kEnd);
  }
}

double RowPlot::Middle(std::size_t row) const {
  return plot_.box().top + kRow * (static_cast<double>(row) + 0.5);
}

}  // namespace edge_int8
