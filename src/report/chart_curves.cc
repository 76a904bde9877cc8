// The charts of errors.json: distribution, PCK over the threshold, and its
// difference to fp32. Declared in chart.h.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "src/base/utf8.h"
#include "src/report/chart.h"
#include "src/report/svg_plot.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

struct Series {
  std::string name;
  int colour = 0;
  std::vector<std::pair<double, double>> points;  // percent, percent
};

// Thresholds past which nothing happens are left out of the picture.
double LastThreshold(const ErrorReport& errors) {
  double last = 50;
  const std::vector<double>& within = errors.models.front().within;
  for (std::size_t i = 0; i < within.size(); ++i) {
    if (within[i] < 0.995) continue;
    last = static_cast<double>(i) * errors.threshold_step;
    break;
  }
  return std::clamp(10 * std::ceil(last / 10), 20.0, 50.0);
}

std::vector<std::size_t> StepsTo(const ErrorReport& errors,
                                 const ErrorCurve& model, double last) {
  std::vector<std::size_t> steps;
  for (std::size_t i = 0; i < model.within.size(); ++i) {
    if (static_cast<double>(i) * errors.threshold_step > last + 1e-9) break;
    steps.push_back(i);
  }
  return steps;
}

// `value(model, i)` at every step up to `last`.
std::vector<Series> SeriesOf(
    const ErrorReport& errors, const Palette& palette, double last,
    const std::function<double(const ErrorCurve&, std::size_t)>& value) {
  std::vector<Series> all;
  for (const ErrorCurve& model : errors.models) {
    Series series{model.title, palette.Of(model.label), {}};
    for (const std::size_t i : StepsTo(errors, model, last)) {
      series.points.emplace_back(static_cast<double>(i) * errors.threshold_step,
                                 100 * value(model, i));
    }
    all.push_back(std::move(series));
  }
  return all;
}

std::string CurvesSvg(const std::vector<Series>& all, double last,
                      const std::string& y_label, double low, double high,
                      const Chart& chart, PlotSize size) {
  std::vector<std::pair<std::string, int>> names;
  for (const Series& series : all) {
    names.emplace_back(series.name, series.colour);
  }
  SvgPlot::Box box = SvgPlot::BoxOf(size);
  box.top = SvgPlot::LegendEnd(box, names) + 24;
  box.height += box.top - 16;
  SvgPlot plot(box, {0, last, chart.data["x"].get<std::string>(), "%"},
               {low, high, "", "%"}, chart.title);
  plot.XAxis();
  plot.YAxis();
  plot.Legend(names, 0);
  plot.Label(4, box.top - 10, y_label, Anchor::kStart, Tone::kMuted);
  for (const Series& series : all) {
    std::vector<std::pair<double, double>> at;
    for (const auto& [x, y] : series.points) {
      at.emplace_back(plot.X(x), plot.Y(std::clamp(y, low, high)));
    }
    plot.Path(at, series.colour);
  }
  return plot.Take();
}

// Six decimals of a percentage: what is dropped can't be seen or read.
double Short(double value) { return std::round(value * 1e6) / 1e6; }

json SeriesJson(const std::vector<Series>& all) {
  json list = json::array();
  for (const Series& series : all) {
    json values = json::array();
    for (const auto& [x, y] : series.points) values.push_back(Short(y));
    list.push_back({{"name", VisibleText(series.name)},
                    {"colour", series.colour},
                    {"values", values}});
  }
  return list;
}

Chart MakeChart(const ErrorReport& errors, std::string kind, std::string title,
                std::string note, const std::vector<Series>& all) {
  Chart chart;
  chart.kind = std::move(kind);
  chart.title = std::move(title);
  chart.note = fmt::format(
      "{} On the {} split, {} subset, {} windows; thresholds in "
      "percent of the {} scale.",
      note, errors.split, errors.subset, FormatCount(errors.windows),
      errors.normalization);
  chart.data = {
      {"step", errors.threshold_step},
      {"x", fmt::format("threshold, % of the {} scale", errors.normalization)},
      {"series", SeriesJson(all)}};
  return chart;
}

// "Half of the errors are below 7.5% for fp32, 7.5% for int8. "
std::string Medians(const ErrorReport& errors) {
  std::string text;
  for (const ErrorCurve& model : errors.models) {
    const auto half = std::ranges::find_if(
        model.within, [](double share) { return share >= 0.5; });
    if (half == model.within.end()) continue;
    text += fmt::format("{}{:g}% for {}",
                        text.empty() ? "Half of the errors are within " : ", ",
                        static_cast<double>(half - model.within.begin()) *
                            errors.threshold_step,
                        ShortenMiddle(VisibleText(model.title), 40));
  }
  return text.empty() ? "" : text + ". ";
}

// "At 20%: 96.6% fp32, 96.5% int8. "
std::string AtTwenty(const ErrorReport& errors) {
  const double steps = 20 / errors.threshold_step;
  if (!(steps < 1e4)) return "";
  const auto i = static_cast<std::size_t>(std::lround(steps));
  std::string text;
  for (const ErrorCurve& model : errors.models) {
    if (i >= model.within.size()) return "";
    text += fmt::format("{}{:.1f}% {}", text.empty() ? "At 20%: " : ", ",
                        100 * model.within[i],
                        ShortenMiddle(VisibleText(model.title), 40));
  }
  return text + ". ";
}

// Of which model and at which threshold.
std::string LargestLoss(const std::vector<Series>& all) {
  const Series* most = nullptr;
  std::pair<double, double> at = {0, 0};
  for (const Series& series : all) {
    for (const auto& point : series.points) {
      if (point.second >= at.second) continue;
      at = point;
      most = &series;
    }
  }
  if (most == nullptr) return "No model loses at any threshold. ";
  return fmt::format("The largest loss is {:.2f} points, of {} at {:g}%. ",
                     -at.second, ShortenMiddle(VisibleText(most->name), 40),
                     at.first);
}

std::pair<double, double> ValueRange(const std::vector<Series>& all) {
  double low = 0, high = 0;
  for (const Series& series : all) {
    for (const auto& [x, y] : series.points) {
      low = std::min(low, y);
      high = std::max(high, y);
    }
  }
  return {low, high > low ? high : low + 1};
}

// Models that stay within ten points decide, unless there are none: one that
// lost ninety would press the others onto the line.
std::pair<double, double> NearRange(const std::vector<Series>& all) {
  constexpr double kNear = 10;
  std::vector<Series> near;
  for (const Series& series : all) {
    const auto [low, high] = ValueRange({series});
    if (low >= -kNear && high <= kNear) near.push_back(series);
  }
  const auto [low, high] = ValueRange(near.empty() ? all : near);
  const double room = 0.08 * (high - low);
  return {low - room, high + room};
}

bool HasModels(const RunReport& run) {
  return run.errors && run.errors->dims > 0 && !run.errors->models.empty();
}

}  // namespace

std::optional<Chart> ErrorsChart(const RunReport& run, const Palette& palette) {
  if (!HasModels(run)) return std::nullopt;
  const ErrorReport& errors = *run.errors;
  const double last = LastThreshold(errors);
  // A bin is two steps wide: the share of joints between i - 2 and i.
  const auto share = [](const ErrorCurve& model, std::size_t i) {
    return i < 2 ? model.within[i] : model.within[i] - model.within[i - 2];
  };
  const std::vector<Series> all = SeriesOf(errors, palette, last, share);
  Chart chart = MakeChart(
      errors, "errors", "Sizes of errors",
      fmt::format("{}Each point is the share of joints whose error lies in the "
                  "{:g}% below it.",
                  Medians(errors), 2 * errors.threshold_step),
      all);
  const auto [low, high] = ValueRange(all);
  chart.pictures = {MakePicture("", [&, low = low, high = high](PlotSize size) {
    return CurvesSvg(all, last, "share of joints", low, high, chart, size);
  })};
  return chart;
}

std::optional<Chart> CurvesChart(const RunReport& run, const Palette& palette) {
  if (!HasModels(run)) return std::nullopt;
  const ErrorReport& errors = *run.errors;
  const std::vector<Series> all = SeriesOf(
      errors, palette, 50,
      [](const ErrorCurve& model, std::size_t i) { return model.within[i]; });
  Chart chart = MakeChart(errors, "curves", "PCK over its threshold",
                          AtTwenty(errors) +
                              "Each line is the share of joints within the "
                              "threshold; the locked metric reads it at 10, "
                              "20, 30, 40 and 50%.",
                          all);
  chart.pictures = {MakePicture("", [&](PlotSize size) {
    return CurvesSvg(all, 50, "joints within", 0, 100, chart, size);
  })};
  return chart;
}

std::optional<Chart> DifferenceChart(const RunReport& run,
                                     const Palette& palette) {
  if (!HasModels(run)) return std::nullopt;
  ErrorReport errors = *run.errors;
  const ErrorCurve reference = errors.models.front();
  std::erase_if(errors.models, [&](const ErrorCurve& model) {
    return model.label == reference.label || model.label == "mean_pose" ||
           model.within.size() != reference.within.size();
  });
  if (errors.models.empty()) return std::nullopt;
  const std::vector<Series> all =
      SeriesOf(errors, palette, 50,
               [&reference](const ErrorCurve& model, std::size_t i) {
                 return model.within[i] - reference.within[i];
               });
  Chart chart = MakeChart(
      errors, "difference", "PCK against fp32 over the threshold",
      fmt::format(
          "{}Percentage points against {}; below zero is a loss, a model that "
          "leaves the picture loses more.",
          LargestLoss(all), VisibleText(reference.title)),
      all);
  const auto [low, high] = NearRange(all);
  chart.data["range"] = {low, high};
  chart.pictures = {MakePicture("", [&, low = low, high = high](PlotSize size) {
    return CurvesSvg(all, 50, "points against fp32", low, high, chart, size);
  })};
  return chart;
}

}  // namespace edge_int8
