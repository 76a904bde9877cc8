#include "src/report/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "src/base/error.h"
#include "src/base/utf8.h"
#include "src/report/text_table.h"

namespace edge_int8 {
namespace {

// All reach 4.5:1 on white, so that a coloured name can be read.
constexpr std::array<std::string_view, kSeriesColours> kColours = {
    "#1d4ed8", "#c2410c", "#0f766e", "#7e22ce", "#be185d", "#4d7c0f",
    "#0369a1", "#854d0e", "#475569", "#a21caf", "#15803d", "#991b1b"};
constexpr std::string_view kBaseline = "#5b6472";
constexpr std::string_view kInk = "#1f2933";
constexpr std::string_view kMuted = "#5b6472";
constexpr std::string_view kGrid = "#e3e7ec";
constexpr std::string_view kStrong = "#8a94a3";
constexpr std::string_view kLoss = "#b42318";
constexpr std::string_view kGain = "#15803d";

// Wide enough for most fonts at 12 px.
constexpr double kCharacter = 7;

std::string_view ToneHex(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return kInk;
    case Tone::kMuted:
      return kMuted;
    case Tone::kLoss:
      return kLoss;
    case Tone::kGain:
      return kGain;
  }
  Check(false, "unknown tone");
  return {};
}

std::string_view ToneClass(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "ink";
    case Tone::kMuted:
      return "muted";
    case Tone::kLoss:
      return "loss";
    case Tone::kGain:
      return "gain";
  }
  Check(false, "unknown tone");
  return {};
}

std::string SeriesClass(int series) {
  return series < 0 ? "sb" : fmt::format("s{}", series % kSeriesColours);
}

}  // namespace

std::string_view SeriesHex(int series) {
  return series < 0
             ? kBaseline
             : kColours[static_cast<std::size_t>(series % kSeriesColours)];
}

std::string SvgNumber(double value) {
  Check(std::isfinite(value), "a coordinate must be finite");
  return fmt::format("{:.2f}", value);
}

std::vector<double> Ticks(double low, double high, int count) {
  const double raw = (high - low) / std::max(count, 1);
  if (!(raw > 0) || !std::isfinite(raw)) return {low};
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  // At most count + 1, since a step is at least `raw`; counted, because far
  // from 0 the next double of `first` may be further away than 1.
  const double first = std::ceil(low / step - 1e-9);
  for (int i = 0; i <= std::max(count, 1) + 1; ++i) {
    const double tick = (first + i) * step;
    if (tick > high + step * 1e-9) break;
    ticks.push_back(tick);
  }
  return ticks;
}

std::string TickText(double value) {
  // Sums of steps carry an error in their last digits.
  const double rounded = std::abs(value) < 1e-12 ? 0 : value;
  return fmt::format("{:.6g}", rounded);
}

PlotAxis Padded(double low, double high, double share, std::string label,
                std::string suffix) {
  const double room = high > low ? (high - low) * share : 1;
  return {low - room, high + room, std::move(label), std::move(suffix)};
}

SvgPlot::Box SvgPlot::BoxOf(PlotSize size) {
  if (size == PlotSize::kWide) return {};
  return {360, 260, 48, 8, 16, 44};
}

SvgPlot::SvgPlot(const Box& box, PlotAxis x, PlotAxis y, std::string_view title)
    : box_(box), x_(std::move(x)), y_(std::move(y)) {
  // All values may be 0.
  for (PlotAxis* axis : {&x_, &y_}) {
    if (axis->high == axis->low) axis->high = axis->low + 1;
  }
  out_.Open("svg",
            {{"xmlns", "http://www.w3.org/2000/svg"},
             {"viewBox", fmt::format("0 0 {} {}", SvgNumber(box.width),
                                     SvgNumber(box.height))},
             {"width", SvgNumber(box.width)},
             {"height", SvgNumber(box.height)},
             {"role", "img"},
             {"data-x", fmt::format("{} {} {:g} {:g}", box.left,
                                    box.width - box.right, x_.low, x_.high)},
             {"font-family", "system-ui, sans-serif"},
             {"font-size", "12"}});
  out_.Element("title", {}, title);
  out_.Leaf("rect", {{"class", "paper"},
                     {"width", "100%"},
                     {"height", "100%"},
                     {"fill", "#ffffff"}});
}

double SvgPlot::X(double value) const {
  const double room = box_.width - box_.left - box_.right;
  return box_.left + (value - x_.low) / (x_.high - x_.low) * room;
}

double SvgPlot::Y(double value) const {
  const double room = box_.height - box_.top - box_.bottom;
  return box_.top + (y_.high - value) / (y_.high - y_.low) * room;
}

void SvgPlot::XAxis() {
  const double bottom = box_.height - box_.bottom;
  const int count =
      static_cast<int>((box_.width - box_.left - box_.right) / 60);
  for (const double tick : Ticks(x_.low, x_.high, count)) {
    Rule(X(tick), box_.top, X(tick), bottom);
    Label(X(tick), bottom + 16, TickText(tick) + x_.suffix, Anchor::kMiddle,
          Tone::kMuted);
  }
  Label(box_.width - box_.right, bottom + 34, x_.label, Anchor::kEnd,
        Tone::kMuted);
}

void SvgPlot::YAxis() {
  const int count =
      static_cast<int>((box_.height - box_.top - box_.bottom) / 50);
  for (const double tick : Ticks(y_.low, y_.high, count)) {
    Rule(box_.left, Y(tick), box_.width - box_.right, Y(tick));
    Label(box_.left - 6, Y(tick) + 4, TickText(tick) + y_.suffix, Anchor::kEnd,
          Tone::kMuted);
  }
  Label(4, box_.top - 8, y_.label, Anchor::kStart, Tone::kMuted);
}

double SvgPlot::Legend(const std::vector<std::pair<std::string, int>>& names,
                       double top) {
  double x = box_.left;
  double y = top + 12;
  for (const auto& [name, series] : names) {
    const std::string text = ShortenMiddle(VisibleText(name), 40);
    const double width =
        24 + kCharacter * static_cast<double>(DisplayWidth(text));
    if (x > box_.left && x + width > box_.width - box_.right) {
      x = box_.left;
      y += 18;
    }
    SeriesRule(x, y - 4, x + 14, y - 4, series);
    Label(x + 18, y, text);
    x += width + 8;
  }
  return y + 8;
}

double SvgPlot::LegendEnd(
    const Box& box, const std::vector<std::pair<std::string, int>>& names) {
  SvgPlot plot(box, {}, {}, "");
  return plot.Legend(names, 0);
}

void SvgPlot::Path(const std::vector<std::pair<double, double>>& points,
                   int series) {
  std::string d;
  for (const auto& [x, y] : points) {
    d += fmt::format("{}{} {}", d.empty() ? "M" : "L", SvgNumber(x),
                     SvgNumber(y));
  }
  out_.Leaf("path", {{"class", "line " + SeriesClass(series)},
                     {"d", d},
                     {"fill", "none"},
                     {"stroke", std::string(SeriesHex(series))},
                     {"stroke-width", "2"},
                     {"stroke-dasharray", series < 0 ? "5 4" : "none"}});
}

void SvgPlot::Dot(double x, double y, double radius, int series,
                  std::string_view title) {
  out_.Open("circle", {{"class", "dot " + SeriesClass(series)},
                       {"cx", SvgNumber(x)},
                       {"cy", SvgNumber(y)},
                       {"r", SvgNumber(radius)},
                       {"fill", std::string(SeriesHex(series))}});
  out_.Element("title", {}, title).Close();
}

void SvgPlot::ToneDot(double x, double y, double radius, Tone tone,
                      std::string_view title) {
  out_.Open("circle", {{"class", fmt::format("dot fill-{}", ToneClass(tone))},
                       {"cx", SvgNumber(x)},
                       {"cy", SvgNumber(y)},
                       {"r", SvgNumber(radius)},
                       {"fill", std::string(ToneHex(tone))}});
  out_.Element("title", {}, title).Close();
}

void SvgPlot::Ring(double x, double y, double radius) {
  out_.Leaf("circle", {{"class", "ring"},
                       {"cx", SvgNumber(x)},
                       {"cy", SvgNumber(y)},
                       {"r", SvgNumber(radius)},
                       {"fill", "none"},
                       {"stroke", std::string(kInk)},
                       {"stroke-width", "1.5"}});
}

void SvgPlot::Bar(double x, double y, double width, double height, int series,
                  std::string_view title) {
  out_.Open("rect", {{"class", "bar " + SeriesClass(series)},
                     {"x", SvgNumber(x)},
                     {"y", SvgNumber(y)},
                     {"width", SvgNumber(std::max(width, 0.5))},
                     {"height", SvgNumber(height)},
                     {"fill", std::string(SeriesHex(series))}});
  out_.Element("title", {}, title).Close();
}

void SvgPlot::ToneBar(double x, double y, double width, double height,
                      Tone tone, std::string_view title) {
  out_.Open("rect", {{"class", fmt::format("bar fill-{}", ToneClass(tone))},
                     {"x", SvgNumber(x)},
                     {"y", SvgNumber(y)},
                     {"width", SvgNumber(std::max(width, 0.5))},
                     {"height", SvgNumber(height)},
                     {"fill", std::string(ToneHex(tone))}});
  out_.Element("title", {}, title).Close();
}

void SvgPlot::Wire(const std::vector<std::pair<double, double>>& points) {
  std::string d;
  for (const auto& [x, y] : points) {
    d += fmt::format("{}{} {}", d.empty() ? "M" : "L", SvgNumber(x),
                     SvgNumber(y));
  }
  out_.Leaf("path", {{"class", "rule strong"},
                     {"d", d},
                     {"fill", "none"},
                     {"stroke", std::string(kStrong)},
                     {"stroke-linejoin", "round"}});
}

void SvgPlot::Card(double x, double y, double width, double height, double heat,
                   std::string_view title) {
  out_.Open("g", {{"class", "card"}});
  out_.Element("title", {}, title);
  const auto box = [&](std::string_view css, std::string_view fill,
                       const std::string& opacity) {
    out_.Leaf("rect", {{"class", std::string(css)},
                       {"x", SvgNumber(x)},
                       {"y", SvgNumber(y)},
                       {"width", SvgNumber(width)},
                       {"height", SvgNumber(height)},
                       {"rx", "5"},
                       {"fill", std::string(fill)},
                       {"fill-opacity", opacity},
                       {"stroke", std::string(kStrong)}});
  };
  box("card-box", "#ffffff", "");
  if (heat > 0) box("fill-loss", kLoss, fmt::format("{:.3f}", 0.5 * heat));
  out_.Close();
}

void SvgPlot::Rule(double x1, double y1, double x2, double y2, bool strong) {
  out_.Leaf("line", {{"class", strong ? "rule strong" : "rule"},
                     {"x1", SvgNumber(x1)},
                     {"y1", SvgNumber(y1)},
                     {"x2", SvgNumber(x2)},
                     {"y2", SvgNumber(y2)},
                     {"stroke", std::string(strong ? kStrong : kGrid)}});
}

void SvgPlot::SeriesRule(double x1, double y1, double x2, double y2,
                         int series) {
  out_.Leaf("line", {{"class", "line " + SeriesClass(series)},
                     {"x1", SvgNumber(x1)},
                     {"y1", SvgNumber(y1)},
                     {"x2", SvgNumber(x2)},
                     {"y2", SvgNumber(y2)},
                     {"stroke", std::string(SeriesHex(series))},
                     {"stroke-width", "2"}});
}

void SvgPlot::Label(double x, double y, std::string_view text, Anchor anchor,
                    Tone tone) {
  const char* const anchors[] = {"start", "middle", "end"};
  out_.Element("text",
               {{"class", std::string(ToneClass(tone))},
                {"x", SvgNumber(x)},
                {"y", SvgNumber(y)},
                {"text-anchor", anchors[static_cast<int>(anchor)]},
                {"fill", std::string(ToneHex(tone))}},
               text);
}

std::string SvgPlot::Take() {
  out_.Close();
  return out_.Take();
}

}  // namespace edge_int8
