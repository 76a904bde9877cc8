#include "src/report/row_plot.h"

#include "src/base/utf8.h"

namespace edge_int8 {
namespace {

constexpr double kWideRow = 30;
constexpr double kNarrowRow = 46;
// Of a narrow row's names and numbers above its marks.
constexpr double kAbove = 14;

std::size_t LongestName(PlotSize size) {
  return size == PlotSize::kWide ? 34 : 24;
}

double RowOf(PlotSize size) {
  return size == PlotSize::kWide ? kWideRow : kNarrowRow;
}

SvgPlot::Box BoxFor(std::size_t rows, double right, PlotSize size) {
  SvgPlot::Box box = SvgPlot::BoxOf(size);
  const bool wide = size == PlotSize::kWide;
  box.left = wide ? 236 : 12;
  box.right = wide ? right : 12;
  box.top = 8;
  box.bottom = 44;
  box.height = box.top + box.bottom + RowOf(size) * static_cast<double>(rows);
  return box;
}

}  // namespace

RowPlot::RowPlot(const std::vector<std::string>& names, PlotAxis x,
                 const std::string& title, double right, PlotSize size)
    : size_(size),
      row_(RowOf(size)),
      plot_(BoxFor(names.size(), right, size), std::move(x), {}, title) {
  plot_.XAxis();
  const bool wide = size == PlotSize::kWide;
  for (std::size_t i = 0; i < names.size(); ++i) {
    plot_.Label(wide ? plot_.box().left - 10 : plot_.box().left,
                Middle(i) + (wide ? 4 : -kAbove),
                ShortenMiddle(VisibleText(names[i]), LongestName(size)),
                wide ? Anchor::kEnd : Anchor::kStart);
  }
}

double RowPlot::Middle(std::size_t row) const {
  const double lowered = size_ == PlotSize::kWide ? 0 : 8;
  return plot_.box().top + row_ * (static_cast<double>(row) + 0.5) + lowered;
}

void RowPlot::Upright(double value) {
  const SvgPlot::Box& box = plot_.box();
  plot_.Rule(X(value), box.top, X(value), box.height - box.bottom, true);
}

void RowPlot::Beside(std::size_t row, std::string_view text, Tone tone) {
  const SvgPlot::Box& box = plot_.box();
  const bool wide = size_ == PlotSize::kWide;
  plot_.Label(box.width - box.right + (wide ? 10 : 0),
              Middle(row) + (wide ? 4 : -kAbove), text,
              wide ? Anchor::kStart : Anchor::kEnd, tone);
}

}  // namespace edge_int8
