// The heat map by tensor. Declared in page_parts.h.
//
// A table with coloured cells: the number stays readable, can be sorted, copied
// and printed, and needs no script. Worst first: by what is lost of PCK@20 with
// the tensor rounded alone, among equals by the error that leaves.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/base/utf8.h"
#include "src/report/page_parts.h"
#include "src/report/page_table.h"

namespace edge_int8 {
namespace {

// A loss below a hundredth of a point is white, whatever the others lose.
constexpr double kFaintest = 0.01;

struct Heat {
  double most = kFaintest;  // percentage points
  void See(const std::optional<PckTriple>& loss) {
    if (!loss) return;
    for (const double value : *loss) {
      most = std::max(most, std::abs(value));
    }
  }
};

// `sign` turns a loss into a change, which is negative where PCK is lost.
void AddTriple(const std::optional<PckTriple>& points, double sign,
               const Heat& heat, PageRow& row) {
  for (std::size_t k = 0; k < kShownPercents.size(); ++k) {
    if (!points) {
      row.cells.push_back({{"-"}});
      continue;
    }
    const double change = sign * (*points)[k];
    // -0 / most would be tinted as a loss.
    row.cells.push_back({{FormatPoints(change / 100)},
                         change,
                         change == 0 ? 0 : change / heat.most});
  }
}

PageCell Counted(const std::optional<int64_t>& value) {
  if (!value) return {{"-"}};
  return {{FormatCount(*value)}, static_cast<double>(*value)};
}

// A histogram of the values over the range of their integers, clipped shares as
// bars of the colour of losses at both ends. Heights are square roots, so that
// tails can be seen.
std::string RangePicture(const TensorLoss& tensor) {
  constexpr double kHeight = 18, kBin = 3, kEnd = 4;
  const auto& bins = tensor.in_range;
  const double most =
      std::max(*std::ranges::max_element(bins),
               std::max(tensor.below_range, tensor.above_range));
  const double inside = kBin * static_cast<double>(bins.size());
  Markup svg;
  svg.Open("svg", {{"class", "range"},
                   {"viewBox",
                    fmt::format("0 0 {:g} {:g}", inside + 2 * kEnd, kHeight)},
                   {"role", "img"}});
  const auto bar = [&](double x, double width, double share,
                       const char* style) {
    if (!(share > 0)) return;
    const double height = std::max(kHeight * std::sqrt(share / most), 0.5);
    svg.Leaf("rect", {{"class", style},
                      {"x", fmt::format("{:g}", x)},
                      {"y", fmt::format("{:.1f}", kHeight - height)},
                      {"width", fmt::format("{:g}", width)},
                      {"height", fmt::format("{:.1f}", height)}});
  };
  std::string path;
  for (std::size_t b = 0; b < bins.size(); ++b) {
    const double height = most > 0 ? kHeight * std::sqrt(bins[b] / most) : 0;
    path += fmt::format("{}{:g} {:.1f}h{:g}", b == 0 ? "M" : "L",
                        kEnd + kBin * static_cast<double>(b), kHeight - height,
                        kBin);
  }
  path += fmt::format("V{:g}H{:g}z", kHeight, kEnd);
  svg.Leaf("path", {{"d", path}});
  bar(0, kEnd - 1, tensor.below_range, "fill-loss");
  bar(inside + kEnd + 1, kEnd - 1, tensor.above_range, "fill-loss");
  svg.Close();
  return svg.Take();
}

// What of the range is used, and what is beyond it.
PageCell RangeCell(const TensorLoss& tensor) {
  if (tensor.in_range.empty()) return {{"-"}};
  const auto used = std::ranges::count_if(
      tensor.in_range, [](double share) { return share > 0; });
  const double clipped = tensor.below_range + tensor.above_range;
  PageCell cell;
  cell.cell.text =
      fmt::format("{:.3g}% clipped, values in {} of {} parts of the range",
                  100 * clipped, used, tensor.in_range.size());
  cell.value = clipped;
  cell.picture = RangePicture(tensor);
  return cell;
}

void AddColumns(PageTable& table, bool ranges) {
  const auto add = [&table](std::string header, std::string help, bool extra) {
    table.columns.push_back(
        {std::move(header), Align::kRight, std::move(help)});
    table.extra.push_back(extra);
  };
  table.columns = {
      {"tensor", Align::kLeft, "name in the network"},
      {"kind", Align::kLeft, "weight, or activation between operators"}};
  table.extra = {false, true};
  add("bits", "of each value", false);
  if (ranges) {
    add("range",
        "histogram of its values over the range of its integers (heights are "
        "square roots), red: clipped at that end; sorted by what is clipped",
        false);
  }
  add("values", "parameters, or values of one window", true);
  for (const int k : kShownPercents) {
    add(fmt::format("alone @{}", k),
        fmt::format("points of PCK@{} gained or lost with only this tensor "
                    "rounded, against fp32",
                    k),
        k != 20);
  }
  add("SNR dB",
      "of the poses with only this tensor rounded: 20 dB is a tenth of error",
      false);
  for (const int k : kShownPercents) {
    add(fmt::format("without @{}", k),
        fmt::format("points of PCK@{} gained or lost with everything rounded "
                    "but this tensor",
                    k),
        k != 20);
  }
}

bool Worse(const TensorLoss* a, const TensorLoss* b) {
  const auto lost = [](const TensorLoss* t) {
    return t->lost_alone ? (*t->lost_alone)[1] : -1e9;
  };
  if (lost(a) != lost(b)) return lost(a) > lost(b);
  return a->snr_db.value_or(1e9) < b->snr_db.value_or(1e9);
}

std::vector<const TensorLoss*> WorstFirst(const ExplainReport& explain) {
  std::vector<const TensorLoss*> order;
  for (const TensorLoss& tensor : explain.tensors) order.push_back(&tensor);
  std::ranges::stable_sort(order, Worse);
  return order;
}

}  // namespace

void AddTensors(const ExplainReport& explain, Markup& page) {
  Heat alone, without;
  for (const TensorLoss& tensor : explain.tensors) {
    alone.See(tensor.lost_alone);
    without.See(tensor.gained_without);
  }
  PageTable table;
  table.name = "tensors";
  table.style = "heatmap";
  table.sorts = true;
  table.tall = true;
  const bool ranges = std::ranges::any_of(
      explain.tensors, [](const TensorLoss& t) { return !t.in_range.empty(); });
  AddColumns(table, ranges);
  for (const TensorLoss* const tensor : WorstFirst(explain)) {
    PageRow row;
    row.cells = {{{tensor->name}}, {{tensor->kind}}, Counted(tensor->bits)};
    if (ranges) row.cells.push_back(RangeCell(*tensor));
    row.cells.push_back(Counted(tensor->values));
    AddTriple(tensor->lost_alone, -1, alone, row);
    row.cells.push_back(
        tensor->snr_db
            ? PageCell{{fmt::format("{:.1f}", *tensor->snr_db)}, tensor->snr_db}
            : PageCell{{"-"}});
    AddTriple(tensor->gained_without, 1, without, row);
    table.rows.push_back(std::move(row));
  }
  AddTable(table, page);
}

std::string TensorsCaption(const ExplainReport& explain) {
  std::string text;
  if (!explain.tensors.empty()) {
    const TensorLoss& worst = *WorstFirst(explain).front();
    if (worst.lost_alone && (*worst.lost_alone)[1] > 0) {
      text = fmt::format("Rounded alone, {} loses most: {:.2f} points. ",
                         ShortenMiddle(VisibleText(worst.name), 60),
                         (*worst.lost_alone)[1]);
    } else {
      text = "No tensor loses PCK@20 when it is rounded alone. ";
    }
  }
  return text +
         fmt::format(
             "Percentage points ({} split, {} subset, {} windows), worst "
             "first; a column's head sorts by it.",
             explain.split, explain.subset, FormatCount(explain.windows));
}

}  // namespace edge_int8
