// Bytes against PCK: the table's models and the search's points. They are
// scored on different splits and so never share a picture. Declared in chart.h.
#include <fmt/format.h>

#include <algorithm>

#include "src/base/utf8.h"
#include "src/report/chart.h"
#include "src/report/svg_plot.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

struct Model {
  std::string name;
  int colour = 0;
  double mib = 0;
  double pck20 = 0;  // percent
};

template <class Points, class Value>
std::pair<double, double> RangeOf(const Points& points, Value value) {
  double low = value(points.front());
  double high = low;
  for (const auto& point : points) {
    low = std::min(low, value(point));
    high = std::max(high, value(point));
  }
  return {low, high};
}

std::string SizeSvg(const std::vector<Model>& models, const std::string& title,
                    std::string_view primary, PlotSize size) {
  const auto [x_low, x_high] =
      RangeOf(models, [](const Model& m) { return m.mib; });
  const auto [y_low, y_high] =
      RangeOf(models, [](const Model& m) { return m.pck20; });
  std::vector<std::pair<std::string, int>> names;
  for (const Model& model : models) {
    names.emplace_back(model.name, model.colour);
  }
  SvgPlot::Box box = SvgPlot::BoxOf(size);
  box.top = SvgPlot::LegendEnd(box, names) + 24;
  box.height += box.top - 16;
  SvgPlot plot(box, {0, 1.1 * x_high, "MiB on disk", ""},
               Padded(y_low, y_high, 0.2, std::string(primary), "%"), title);
  plot.XAxis();
  plot.YAxis();
  for (const Model& model : models) {
    plot.Dot(plot.X(model.mib), plot.Y(model.pck20), 6, model.colour,
             fmt::format("{}: {:.3f} MiB, {:.2f}%", VisibleText(model.name),
                         model.mib, model.pck20));
  }
  plot.Legend(names, 0);
  return plot.Take();
}

double Kib(const SearchPoint& p) { return static_cast<double>(p.bytes) / 1024; }
double Percent(const SearchPoint& p) { return 100 * p.pck; }

// Points that no smaller one equals or beats, by size: the line of the picture.
// The search's own front may also weigh multiply-accumulates.
std::vector<SearchPoint> Staircase(std::vector<SearchPoint> points) {
  std::ranges::sort(points, [](const SearchPoint& a, const SearchPoint& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.pck > b.pck;
  });
  std::vector<SearchPoint> kept;
  for (const SearchPoint& point : points) {
    if (kept.empty() || point.pck > kept.back().pck) kept.push_back(point);
  }
  return kept;
}

// "pck@20" as "PCK@20".
std::string MetricName(const SearchReport& search) {
  const std::string& key = search.decided_by;
  return key.starts_with("pck") ? "PCK" + VisibleText(key.substr(3))
                                : VisibleText(key);
}

std::string FrontSvg(const SearchReport& search, const std::string& title,
                     PlotSize size) {
  const auto [x_low, x_high] = RangeOf(search.points, Kib);
  auto [y_low, y_high] = RangeOf(search.points, Percent);
  if (search.fp32) y_high = std::max(y_high, 100 * *search.fp32);
  SvgPlot plot(SvgPlot::BoxOf(size),
               Padded(x_low, x_high, 0.06, "KiB of artifact", ""),
               Padded(y_low, y_high, 0.1, MetricName(search), "%"), title);
  plot.XAxis();
  plot.YAxis();
  if (search.fp32) {
    const double y = plot.Y(100 * *search.fp32);
    plot.Rule(plot.box().left, y, plot.box().width - plot.box().right, y, true);
    plot.Label(plot.box().left + 4, y - 4, "fp32", Anchor::kStart,
               Tone::kMuted);
  }
  std::vector<std::pair<double, double>> line;
  for (const SearchPoint& point : Staircase(search.points)) {
    line.emplace_back(plot.X(Kib(point)), plot.Y(Percent(point)));
  }
  if (line.size() > 1) plot.Path(line, kBaselineColour);
  for (const SearchPoint& point : search.points) {
    const double x = plot.X(Kib(point));
    const double y = plot.Y(Percent(point));
    // Plans are no models of the table and have none of their colours.
    plot.ToneDot(x, y, point.on_front ? 5 : 3,
                 point.on_front ? Tone::kPlain : Tone::kMuted,
                 fmt::format("{} bytes, {:.2f}%{}", FormatCount(point.bytes),
                             Percent(point), point.chosen ? ", chosen" : ""));
    if (point.chosen) plot.Ring(x, y, 9);
  }
  return plot.Take();
}

}  // namespace

std::optional<Chart> SizeChart(const RunReport& run, const Palette& palette) {
  if (!run.bench) return std::nullopt;
  const ScoreTable& table = run.bench->table;
  std::vector<Model> models;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const TableRow& row = table.rows[i];
    if (!row.size_mib) continue;
    models.push_back({row.label, palette.Of(run.bench->labels[i]),
                      *row.size_mib, 100 * row.score.Pck(20)});
  }
  if (models.size() < 2) return std::nullopt;
  Chart chart;
  chart.kind = "size";
  chart.title = "Size against accuracy";
  chart.note = fmt::format(
      "The table's models: file size and {}; {} split, {} subset. The {} "
      "reaches {}.",
      PrimaryName(table.metric), table.split, table.subset,
      ConstantName(table.metric), FormatPercent(table.mean_pose.Pck(20)));
  chart.data = {{"models", json::array()}};
  for (const Model& model : models) {
    chart.data["models"].push_back({{"name", VisibleText(model.name)},
                                    {"colour", model.colour},
                                    {"mib", model.mib},
                                    {"pck20", model.pck20}});
  }
  chart.pictures = {MakePicture("", [&](PlotSize size) {
    return SizeSvg(models, chart.title, PrimaryName(table.metric), size);
  })};
  return chart;
}

std::optional<Chart> FrontChart(const RunReport& run) {
  if (!run.search || run.search->points.empty()) return std::nullopt;
  const SearchReport& search = *run.search;
  Chart chart;
  chart.kind = "front";
  chart.title = "What the search found";
  chart.note = fmt::format(
      "{} plans were scored on the {} split: bytes of the artifact and {}. "
      "Large dots are on the search's front, the line joins those that nothing "
      "smaller beats, the ring is the chosen one.",
      FormatCount(std::ssize(search.points)), search.split, MetricName(search));
  chart.data = {{"points", json::array()},
                {"line", json::array()},
                {"metric", MetricName(search)},
                {"fp32", nullptr}};
  if (search.fp32) chart.data["fp32"] = 100 * *search.fp32;
  const auto to_json = [](const SearchPoint& point) {
    json j = {{"kib", Kib(point)},
              {"pck", Percent(point)},
              {"front", point.on_front},
              {"chosen", point.chosen}};
    if (point.macs_cost) j["macs_cost"] = *point.macs_cost;
    return j;
  };
  for (const SearchPoint& point : search.points) {
    chart.data["points"].push_back(to_json(point));
  }
  for (const SearchPoint& point : Staircase(search.points)) {
    chart.data["line"].push_back(to_json(point));
  }
  chart.pictures = {MakePicture(
      "", [&](PlotSize size) { return FrontSvg(search, chart.title, size); })};
  return chart;
}

}  // namespace edge_int8
