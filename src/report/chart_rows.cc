// The charts with a row per model or step: intervals, ladder, latency. Declared
// in chart.h.
#include <fmt/format.h>

#include <algorithm>

#include "src/base/utf8.h"
#include "src/report/chart.h"
#include "src/report/row_plot.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

// What is drawn of one model's difference, in percentage points.
struct Difference {
  std::string name;
  int colour = 0;
  double delta = 0, low = 0, high = 0;
  std::string verdict;
};

std::vector<Difference> DifferencesOf(const BenchReport& bench,
                                      const Palette& palette) {
  std::vector<Difference> all;
  const ScoreTable& table = bench.table;
  for (std::size_t i = 1; i < table.rows.size(); ++i) {
    const TableRow& row = table.rows[i];
    if (!row.interval) continue;
    const double delta = RowDelta(table, row);
    all.push_back({row.label, palette.Of(bench.labels[i]), 100 * delta,
                   100 * row.interval->low, 100 * row.interval->high,
                   std::string(VerdictName(RowVerdict(table, row)))});
  }
  return all;
}

template <class Rows>
std::vector<std::string> NamesOf(const Rows& rows) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(row.name);
  return names;
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

std::string IntervalsSvg(const std::vector<Difference>& rows, double tolerance,
                         const std::string& title, std::string_view primary) {
  const auto [low, high] = RangeOf(rows, tolerance);
  RowPlot rowed(NamesOf(rows),
                Padded(low, high, 0.05,
                       fmt::format("percentage points of {}", primary), ""),
                title, 190);
  SvgPlot& plot = rowed.plot();
  const double bottom = plot.box().height - plot.box().bottom;
  plot.Rule(rowed.X(0), plot.box().top, rowed.X(0), bottom, true);
  plot.Rule(rowed.X(-tolerance), plot.box().top, rowed.X(-tolerance), bottom,
            true);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Difference& row = rows[i];
    const double y = rowed.Middle(i);
    const std::string text =
        fmt::format("{} [{}, {}]", FormatPoints(row.delta / 100),
                    FormatPoints(row.low / 100), FormatPoints(row.high / 100));
    if (row.delta < low || row.delta > high) {
      plot.Label(rowed.X(row.delta < low ? low : high), y + 4,
                 row.delta < low ? "◀" : "▶", Anchor::kMiddle, Tone::kMuted);
    } else {
      plot.SeriesRule(rowed.X(row.low), y, rowed.X(row.high), y, row.colour);
      plot.Dot(rowed.X(row.delta), y, 5, row.colour,
               VisibleText(row.name) + ": " + text);
    }
    plot.Label(plot.box().width - plot.box().right + 10, y + 4, text);
  }
  return plot.Take();
}

std::string LadderSvg(const ExplainReport& explain, const std::string& title) {
  std::vector<std::string> names;
  double low = 1, high = 0;
  for (const ReportedStep& step : explain.ladder) {
    names.push_back(step.name);
    low = std::min(low, step.score.Pck(20));
    high = std::max(high, step.score.Pck(20));
  }
  RowPlot rowed(names, Padded(100 * low, 100 * high, 0.15, "PCK@20", "%"),
                title, 150);
  SvgPlot& plot = rowed.plot();
  for (std::size_t i = 0; i < explain.ladder.size(); ++i) {
    const double value = explain.ladder[i].score.Pck(20);
    const double before = explain.ladder[i == 0 ? 0 : i - 1].score.Pck(20);
    const double y = rowed.Middle(i);
    const double x = rowed.X(100 * value);
    const std::string change = i == 0 ? "" : FormatPoints(value - before);
    const Tone tone = value < before ? Tone::kLoss : Tone::kGain;
    if (i > 0) {
      const double from = rowed.X(100 * before);
      plot.Rule(from, y - RowPlot::kRow, from, y, true);
      plot.ToneBar(std::min(from, x), y - 8, std::abs(x - from), 16, tone,
                   VisibleText(names[i]) + ": " + change + " pp");
    }
    plot.SeriesRule(x, y - 11, x, y + 11, 0);
    plot.Label(plot.box().width - plot.box().right + 10, y + 4,
               FormatPercent(value));
    plot.Label(plot.box().width - 10, y + 4, change, Anchor::kEnd,
               i == 0 || value == before ? Tone::kMuted : tone);
  }
  return plot.Take();
}

// Where the axis ends. On a busy machine p99 is many times the median: such a
// whisker is cut so that the medians can be compared.
double LatencyEnd(const std::vector<LatencyBar>& bars) {
  double median = 0, last = 0;
  for (const LatencyBar& bar : bars) {
    median = std::max(median, bar.p50_ms);
    last = std::max({last, bar.p50_ms, bar.p99_ms.value_or(0)});
  }
  return last > 0 ? 1.05 * std::min(last, 2.5 * median) : 1;
}

std::string LatencySvg(const std::vector<LatencyBar>& bars,
                       const std::string& title) {
  const double high = LatencyEnd(bars);
  RowPlot rowed(NamesOf(bars), {0, high, "milliseconds per window", ""}, title,
                90);
  SvgPlot& plot = rowed.plot();
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const LatencyBar& bar = bars[i];
    const double y = rowed.Middle(i);
    const std::string text = fmt::format("{:.3f} ms", bar.p50_ms);
    plot.Bar(rowed.X(0), y - 9, rowed.X(bar.p50_ms) - rowed.X(0), 18,
             bar.peer ? kBaselineColour : 0,
             VisibleText(bar.name) + ": " + text);
    for (const auto& end : {bar.p90_ms, bar.p99_ms}) {
      if (!end) continue;
      const double x = rowed.X(std::min(*end, high));
      plot.Rule(rowed.X(bar.p50_ms), y, x, y, true);
      if (*end <= high) plot.Rule(x, y - 6, x, y + 6, true);
    }
    plot.Label(plot.box().width - plot.box().right + 10, y + 4, text);
  }
  return plot.Take();
}

json NumberOrNull(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
}

}  // namespace

std::optional<Chart> IntervalsChart(const RunReport& run,
                                    const Palette& palette) {
  if (!run.bench) return std::nullopt;
  const ScoreTable& table = run.bench->table;
  const std::vector<Difference> rows = DifferencesOf(*run.bench, palette);
  if (rows.empty()) return std::nullopt;
  Chart chart;
  chart.kind = "intervals";
  chart.title = fmt::format("{} against fp32", PrimaryName(table.metric));
  chart.note = fmt::format(
      "Difference in percentage points with its 95% interval over files; {} "
      "split, {} subset. The line at -{:g} is how much a model may lose and "
      "still count as equal.",
      table.split, table.subset, 100 * table.tolerance);
  const auto [low, high] = RangeOf(rows, 100 * table.tolerance);
  chart.data = {{"tolerance", 100 * table.tolerance},
                {"range", {low, high}},
                {"rows", json::array()}};
  for (const Difference& row : rows) {
    chart.data["rows"].push_back({{"name", VisibleText(row.name)},
                                  {"colour", row.colour},
                                  {"delta", row.delta},
                                  {"low", row.low},
                                  {"high", row.high},
                                  {"verdict", row.verdict}});
  }
  chart.pictures = {{"", IntervalsSvg(rows, 100 * table.tolerance, chart.title,
                                      PrimaryName(table.metric))}};
  return chart;
}

std::optional<Chart> LadderChart(const RunReport& run) {
  if (!run.explain || run.explain->ladder.empty()) return std::nullopt;
  const ExplainReport& explain = *run.explain;
  Chart chart;
  chart.kind = "ladder";
  chart.title = "From float to the integer engine";
  chart.note = fmt::format(
      "Each step adds one thing; a bar is what the step changes. On the {} "
      "split, {} subset, {} windows.",
      explain.split, explain.subset, FormatCount(explain.windows));
  chart.data = {{"steps", json::array()}};
  for (const ReportedStep& step : explain.ladder) {
    json row = {{"name", VisibleText(step.name)}};
    for (const int k : kShownPercents) {
      row[fmt::format("pck@{}", k)] = 100 * step.score.Pck(k);
    }
    chart.data["steps"].push_back(row);
  }
  chart.pictures = {{"", LadderSvg(explain, chart.title + ", PCK@20")}};
  return chart;
}

std::optional<Chart> LatencyChart(const RunReport& run) {
  if (run.latency.empty()) return std::nullopt;
  Chart chart;
  chart.kind = "latency";
  chart.title = "Time per window";
  chart.note =
      "Median of each; the whiskers end at the 90% and 99% quantiles, one that "
      "reaches the edge goes on beyond it.";
  chart.data = {{"bars", json::array()}, {"high", LatencyEnd(run.latency)}};
  for (const LatencyBar& bar : run.latency) {
    chart.data["bars"].push_back(
        {{"name", VisibleText(bar.name)},
         {"detail", VisibleText(bar.detail)},
         {"peer", bar.peer},
         {"p50", bar.p50_ms},
         {"p90", NumberOrNull(bar.p90_ms)},
         {"p99", NumberOrNull(bar.p99_ms)},
         {"share_of_peak", NumberOrNull(bar.share_of_peak)}});
  }
  chart.pictures = {{"", LatencySvg(run.latency, chart.title)}};
  return chart;
}

}  // namespace edge_int8
