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

// PCK@20 decides and has the plain name.
std::string FileSuffix(int percent) {
  return percent == 20 ? "" : fmt::format("-pck{}", percent);
}

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

// "PCK@20"; of classes, whose shares are all one: "top-1".
std::string ShareName(const ExplainReport& explain, int percent) {
  return explain.ladder.front().score.classes ? "top-1"
                                              : fmt::format("PCK@{}", percent);
}

std::string LadderSvg(const ExplainReport& explain, const std::string& title,
                      int percent, PlotSize size) {
  std::vector<std::string> names;
  double low = 1, high = 0;
  for (const ReportedStep& step : explain.ladder) {
    names.push_back(step.name);
    low = std::min(low, step.score.Pck(percent));
    high = std::max(high, step.score.Pck(percent));
  }
  const std::string metric = ShareName(explain, percent);
  RowPlot rowed(names, Padded(100 * low, 100 * high, 0.15, metric, "%"),
                title + ", " + metric, 150, size);
  SvgPlot& plot = rowed.plot();
  for (std::size_t i = 0; i < explain.ladder.size(); ++i) {
    const double value = explain.ladder[i].score.Pck(percent);
    const double before = explain.ladder[i == 0 ? 0 : i - 1].score.Pck(percent);
    const double y = rowed.Middle(i);
    const double x = rowed.X(100 * value);
    const std::string change = i == 0 ? "" : FormatPoints(value - before);
    const Tone tone = value < before ? Tone::kLoss : Tone::kGain;
    if (i > 0) {
      const double from = rowed.X(100 * before);
      plot.Rule(from, y - rowed.row(), from, y, true);
      plot.ToneBar(std::min(from, x), y - 8, std::abs(x - from), 16, tone,
                   VisibleText(names[i]) + ": " + change + " pp");
    }
    plot.SeriesRule(x, y - 11, x, y + 11, 0);
    rowed.Beside(
        i, i == 0 ? FormatPercent(value) : FormatPercent(value) + "  " + change,
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
                       const Palette& palette, const std::string& title,
                       PlotSize size) {
  const double high = LatencyEnd(bars);
  RowPlot rowed(NamesOf(bars), {0, high, "milliseconds per window", ""}, title,
                90, size);
  SvgPlot& plot = rowed.plot();
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const LatencyBar& bar = bars[i];
    const double y = rowed.Middle(i);
    const std::string text = fmt::format("{:.3f} ms", bar.p50_ms);
    plot.Bar(
        rowed.X(0), y - 9, rowed.X(bar.p50_ms) - rowed.X(0), 18,
        bar.peer ? kBaselineColour : palette.Of(bar.label),
        fmt::format("{}: {}{}{}", VisibleText(bar.name), text,
                    bar.detail.empty() ? "" : ", ", VisibleText(bar.detail)));
    for (const auto& end : {bar.p90_ms, bar.p99_ms}) {
      if (!end) continue;
      const double x = rowed.X(std::min(*end, high));
      plot.Rule(rowed.X(bar.p50_ms), y, x, y, true);
      if (*end <= high) plot.Rule(x, y - 6, x, y + 6, true);
    }
    rowed.Beside(i, text);
  }
  return plot.Take();
}

// "int8 PTQ takes 0.048 ms, 3.84 times less than fp32." of the first own model
// behind fp32, where both were timed the same way.
std::string FastestText(const std::vector<LatencyBar>& bars) {
  const auto fp32 = std::ranges::find(bars, "fp32", &LatencyBar::label);
  const auto fastest = std::ranges::min_element(bars, {}, &LatencyBar::p50_ms);
  std::string text = fmt::format("The fastest is {} with {:.3f} ms",
                                 ShortenMiddle(VisibleText(fastest->name), 60),
                                 fastest->p50_ms);
  if (fp32 != bars.end() && fastest != fp32 && fastest->p50_ms > 0) {
    text += fmt::format(", {:.2f} times faster than fp32",
                        fp32->p50_ms / fastest->p50_ms);
  }
  return text + ". ";
}

json NumberOrNull(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
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

// What the largest step back costs, in words.
std::string WorstStep(const ExplainReport& explain) {
  const std::vector<ReportedStep>& steps = explain.ladder;
  std::size_t worst = 0;
  double most = 0;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const double loss = steps[i - 1].score.Pck(20) - steps[i].score.Pck(20);
    if (loss <= most) continue;
    most = loss;
    worst = i;
  }
  const double change =
      steps.back().score.Pck(20) - steps.front().score.Pck(20);
  const std::string metric = ShareName(explain, 20);
  const std::string whole = fmt::format(
      "From first to last {} changes by {} pp", metric, FormatPoints(change));
  if (worst == 0) return whole + "; no step loses. ";
  return fmt::format("{}; the step that loses most is {} ({} pp). ", whole,
                     ShortenMiddle(VisibleText(steps[worst].name), 60),
                     FormatPoints(-most));
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

std::optional<Chart> LadderChart(const RunReport& run) {
  if (!run.explain || run.explain->ladder.empty()) return std::nullopt;
  const ExplainReport& explain = *run.explain;
  Chart chart;
  chart.kind = "ladder";
  chart.title = "From float to the integer engine";
  chart.note = fmt::format(
      "{}Each step adds one thing; a bar is what the step changes. On the {} "
      "split, {} subset, {} windows.",
      WorstStep(explain), explain.split, explain.subset,
      FormatCount(explain.windows));
  chart.data = {{"steps", json::array()}};
  for (const ReportedStep& step : explain.ladder) {
    json row = {{"name", VisibleText(step.name)}};
    for (const int k : kShownPercents) {
      row[fmt::format("pck@{}", k)] = 100 * step.score.Pck(k);
    }
    chart.data["steps"].push_back(row);
  }
  const bool classes = explain.ladder.front().score.classes;
  for (const int percent : {20, 10, 50}) {
    if (classes && percent != 20) continue;
    chart.pictures.push_back(MakePicture(
        ShareName(explain, percent),
        [&](PlotSize size) {
          return LadderSvg(explain, chart.title, percent, size);
        },
        FileSuffix(percent)));
  }
  return chart;
}

std::optional<Chart> LatencyChart(const RunReport& run,
                                  const Palette& palette) {
  if (run.latency.empty()) return std::nullopt;
  Chart chart;
  chart.kind = "latency";
  chart.title = "Time per window";
  chart.note =
      FastestText(run.latency) +
      "Bars are medians; the whiskers end at the 90% and 99% quantiles, one "
      "that reaches the edge goes on beyond it.";
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
  chart.pictures = {MakePicture("", [&](PlotSize size) {
    return LatencySvg(run.latency, palette, chart.title, size);
  })};
  return chart;
}

}  // namespace edge_int8
