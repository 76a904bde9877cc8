// The heat map by tensor. Declared in page_parts.h.
//
// A table with coloured cells: the number stays readable, can be sorted, copied
// and printed, and needs no script.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/base/utf8.h"
#include "src/report/page_parts.h"

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

// `points` is a change: negative where PCK is lost.
void AddHeatCell(double points, const Heat& heat, Markup& page) {
  const double share = std::min(std::abs(points) / heat.most, 1.0);
  page.Element("td",
               {{"class", points < 0 ? "num heat lost" : "num heat gained"},
                {"style", fmt::format("--heat:{:.3f}", std::sqrt(share))},
                {"data-value", fmt::format("{:.6f}", points)}},
               FormatPoints(points / 100));
}

void AddTriple(const std::optional<PckTriple>& points, double sign,
               const Heat& heat, Markup& page) {
  for (std::size_t k = 0; k < kShownPercents.size(); ++k) {
    if (points) {
      AddHeatCell(sign * (*points)[k], heat, page);
    } else {
      page.Element("td", {{"class", "num"}}, "-");
    }
  }
}

std::string Optional(const std::optional<int64_t>& value) {
  return value ? FormatCount(*value) : "-";
}

void AddHeads(Markup& page) {
  page.Open("thead").Open("tr");
  const auto head = [&](std::string_view text, bool left) {
    page.Open("th", {{"scope", "col"}, {"class", left ? "left" : "num"}});
    page.Element("button", {{"type", "button"}, {"class", "sort"}}, text);
    page.Close();
  };
  head("tensor", true);
  head("kind", true);
  head("bits", false);
  head("values", false);
  for (const int k : kShownPercents) head(fmt::format("alone @{}", k), false);
  head("SNR dB", false);
  for (const int k : kShownPercents) head(fmt::format("without @{}", k), false);
  page.Close().Close();
}

}  // namespace

void AddTensors(const ExplainReport& explain, Markup& page) {
  Heat alone, without;
  for (const TensorLoss& tensor : explain.tensors) {
    alone.See(tensor.lost_alone);
    without.See(tensor.gained_without);
  }
  page.Open("div", {{"class", "scroll tall"},
                    {"tabindex", "0"},
                    {"role", "region"},
                    {"aria-label", "Change of PCK by tensor"}});
  page.Open("table", {{"class", "heatmap"}});
  AddHeads(page);
  page.Open("tbody");
  for (const TensorLoss& tensor : explain.tensors) {
    const std::string name = VisibleText(tensor.name);
    page.Open("tr");
    page.Open("th", {{"scope", "row"},
                     {"class", "left"},
                     {"title", ShortenMiddle(name, 1000)}});
    page.Element("bdi", {}, ShortenMiddle(name, 48)).Close();
    page.Element("td", {{"class", "left"}}, ShortenMiddle(tensor.kind, 20));
    page.Element("td", {{"class", "num"}}, Optional(tensor.bits));
    page.Element("td", {{"class", "num"}}, Optional(tensor.values));
    AddTriple(tensor.lost_alone, -1, alone, page);
    page.Element("td", {{"class", "num"}},
                 tensor.snr_db ? fmt::format("{:.1f}", *tensor.snr_db) : "-");
    AddTriple(tensor.gained_without, 1, without, page);
    page.Close();
  }
  page.Close().Close().Close();
}

}  // namespace edge_int8
