// Differences with their intervals, a row per model: a forest plot for each
// metric that decides. Declared in chart.h.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/base/utf8.h"
#include "src/report/chart.h"
#include "src/report/row_plot.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

// What is drawn of one model's difference, in percentage points.
struct Difference {
  std::string name;
  std::string against;
  int colour = 0;
  double delta = 0, low = 0, high = 0;
  Verdict verdict = Verdict::kInconclusive;
};

// Of one metric.
struct Forest {
  std::string metric;
  double tolerance = 0;  // percentage points
  std::vector<Difference> rows;
};

Forest ForestOf(const BenchReport& bench, const Palette& palette, int percent) {
  const ScoreTable& table = bench.table;
  const bool primary = percent == 20;
  Forest forest;
  forest.metric = primary ? std::string(PrimaryName(table.metric))
                          : fmt::format("PCK@{}", percent);
  forest.tolerance = 100 * (primary ? table.tolerance : table.tolerance_10);
  for (std::size_t i = 1; i < table.rows.size(); ++i) {
    const TableRow& row = table.rows[i];
    const auto& interval = primary ? row.interval : row.interval_10;
    if (!interval) continue;
    forest.rows.push_back(
        {row.label, ShortLabel(table.Against(row)), palette.Of(bench.labels[i]),
         100 * RowDelta(table, row, percent), 100 * interval->low,
         100 * interval->high,
         primary ? RowVerdict(table, row) : RowVerdict10(table, row)});
  }
  return forest;
}

// What the axis covers, in percentage points: models near fp32 decide, unless
// there are none. One that lost tens of points would squeeze the others to a
// point and is drawn as an arrow.
constexpr double kNear = 3;

std::pair<double, double> RangeOf(const std::vector<Difference>& rows,
                                  double tolerance) {
  const bool any_near = std::ranges::any_of(
      rows, [](const Difference& row) { return std::abs(row.delta) <= kNear; });
  double low = -2 * tolerance;
  double high = 2 * tolerance;
  for (const Difference& row : rows) {
    if (any_near && std::abs(row.delta) > kNear) continue;
    low = std::min(low, row.low);
    high = std::max(high, row.high);
  }
  return {low, high};
}

std::string DifferenceText(const Difference& row) {
  return fmt::format("{} [{}, {}]", FormatPoints(row.delta / 100),
                     FormatPoints(row.low / 100), FormatPoints(row.high / 100));
}

Tone ToneOf(Verdict verdict) {
  switch (VerdictStyle(verdict)) {
    case Style::kGood:
      return Tone::kGain;
    case Style::kBad:
      return Tone::kLoss;
    default:
      return Tone::kMuted;
  }
}

std::string IntervalsSvg(const Forest& forest, const std::string& title,
                         PlotSize size) {
  const bool wide = size == PlotSize::kWide;
  const auto [low, high] = RangeOf(forest.rows, forest.tolerance);
  RowPlot rowed(
      NamesOf(forest.rows),
      Padded(low, high, 0.05,
             fmt::format("percentage points of {}", forest.metric), ""),
      title + ", " + forest.metric, 240, size);
  SvgPlot& plot = rowed.plot();
  rowed.Upright(0);
  rowed.Upright(-forest.tolerance);
  for (std::size_t i = 0; i < forest.rows.size(); ++i) {
    const Difference& row = forest.rows[i];
    const double y = rowed.Middle(i);
    const std::string text = DifferenceText(row);
    if (row.delta < low || row.delta > high) {
      plot.Label(rowed.X(row.delta < low ? low : high), y + 4,
                 row.delta < low ? "◀" : "▶", Anchor::kMiddle, Tone::kMuted);
    } else {
      plot.SeriesRule(rowed.X(row.low), y, rowed.X(row.high), y, row.colour);
      plot.Dot(rowed.X(row.delta), y, 5, row.colour,
               fmt::format("{} against {}: {} pp, {}", VisibleText(row.name),
                           VisibleText(row.against), text,
                           VerdictName(row.verdict)));
    }
    rowed.Beside(
        i, wide ? fmt::format("{} {}", text, VerdictName(row.verdict)) : text,
        ToneOf(row.verdict));
  }
  return plot.Take();
}

// "1 better, 2 not worse, 1 inconclusive".
std::string CountedVerdicts(const Forest& forest) {
  std::string text;
  for (const Verdict verdict : {Verdict::kBetter, Verdict::kNotWorse,
                                Verdict::kWorse, Verdict::kInconclusive}) {
    const auto count =
        std::ranges::count(forest.rows, verdict, &Difference::verdict);
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count,
                        VerdictName(verdict));
  }
  return text;
}

json ForestJson(const Forest& forest) {
  const auto [low, high] = RangeOf(forest.rows, forest.tolerance);
  json j = {{"metric", forest.metric},
            {"tolerance", forest.tolerance},
            {"range", {low, high}},
            {"rows", json::array()}};
  for (const Difference& row : forest.rows) {
    j["rows"].push_back({{"name", VisibleText(row.name)},
                         {"against", VisibleText(row.against)},
                         {"delta", row.delta},
                         {"low", row.low},
                         {"high", row.high},
                         {"verdict", VerdictName(row.verdict)}});
  }
  return j;
}

}  // namespace

std::optional<Chart> IntervalsChart(const RunReport& run,
                                    const Palette& palette) {
  if (!run.bench) return std::nullopt;
  const ScoreTable& table = run.bench->table;
  Chart chart;
  chart.kind = "intervals";
  chart.title = "Difference of accuracy";
  chart.data = {{"metrics", json::array()}};
  std::string counted;
  for (const int percent : {20, 10}) {
    if (percent == 10 && table.metric.is_classes()) continue;
    const Forest forest = ForestOf(*run.bench, palette, percent);
    if (forest.rows.empty()) continue;
    chart.data["metrics"].push_back(ForestJson(forest));
    chart.pictures.push_back(MakePicture(
        forest.metric,
        [&](PlotSize size) { return IntervalsSvg(forest, chart.title, size); },
        FileSuffix(percent)));
    counted +=
        fmt::format("By {}: {}, where a loss of {:g} pp is allowed. ",
                    forest.metric, CountedVerdicts(forest), forest.tolerance);
  }
  if (chart.pictures.empty()) return std::nullopt;
  chart.note = fmt::format(
      "{}Points are differences, lines their 95% intervals over files; {} "
      "split, {} subset. The left of the two upright lines is the allowed "
      "loss.",
      counted, table.split, table.subset);
  return chart;
}

}  // namespace edge_int8
