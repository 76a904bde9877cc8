// The charts with a row per step or model: ladder, latency. Declared in
// chart.h.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/base/utf8.h"
#include "src/report/chart.h"
#include "src/report/row_plot.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

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
