#include "src/report/front_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/report/markup.h"

namespace edge_int8 {
namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 460;
constexpr double kLeft = 70;
constexpr double kRight = 20;
constexpr double kTop = 50;
constexpr double kBottom = 70;
constexpr int kTicks = 6;

struct Range {
  double low = 0;
  double high = 1;

  void Include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  Range Padded() const {
    const double pad = high > low ? 0.06 * (high - low) : 0.01;
    return {low - pad, high + pad};
  }
};

class Drawing {
 public:
  explicit Drawing(const FrontPicture& picture) : picture_(picture) {
    Range y{picture.fp32, picture.fp32};
    Range x;
    bool first = true;
    for (const FrontPoint& p : picture.points) {
      if (first) x = {p.x, p.x};
      first = false;
      x.Include(p.x);
      if (p.on_front || p.chosen) y.Include(p.y);
    }
    if (picture.x_limit) x.Include(*picture.x_limit);
    x_ = x.Padded();
    y_ = y.Padded();
  }

  std::string Render() {
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" "
        "height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" "
        "font-size=\"12\">\n<rect width=\"{0}\" height=\"{1}\" "
        "fill=\"#ffffff\"/>\n",
        kWidth, kHeight);
    Text(kLeft, 28, "start", picture_.title, 14);
    Axes();
    Line(kLeft, Y(picture_.fp32), kWidth - kRight, Y(picture_.fp32), "#1b7837",
         "6 4");
    Text(kWidth - kRight, Y(picture_.fp32) - 5, "end", "fp32");
    if (picture_.x_limit) {
      Line(X(*picture_.x_limit), kTop, X(*picture_.x_limit), kHeight - kBottom,
           "#b2182b", "6 4");
      Text(X(*picture_.x_limit) + 4, kTop + 12, "start", "limit");
    }
    Front();
    Points();
    return out_ + "</svg>\n";
  }

 private:
  double X(double x) const {
    return kLeft +
           (x - x_.low) / (x_.high - x_.low) * (kWidth - kLeft - kRight);
  }
  double Y(double y) const {
    return kHeight - kBottom -
           (y - y_.low) / (y_.high - y_.low) * (kHeight - kTop - kBottom);
  }

  void Line(double x1, double y1, double x2, double y2, const char* colour,
            const char* dash = "") {
    out_ += fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" "
        "stroke=\"{}\"{}/>\n",
        x1, y1, x2, y2, colour,
        *dash == '\0' ? "" : fmt::format(" stroke-dasharray=\"{}\"", dash));
  }

  void Text(double x, double y, const char* anchor, const std::string& text,
            int size = 12) {
    out_ += fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" "
        "font-size=\"{}\">{}</text>\n",
        x, y, anchor, size, EscapeText(text));
  }

  void Axes() {
    Line(kLeft, kHeight - kBottom, kWidth - kRight, kHeight - kBottom,
         "#444444");
    Line(kLeft, kTop, kLeft, kHeight - kBottom, "#444444");
    for (int tick = 0; tick < kTicks; ++tick) {
      const double share = static_cast<double>(tick) / (kTicks - 1);
      const double x = x_.low + share * (x_.high - x_.low);
      const double y = y_.low + share * (y_.high - y_.low);
      Text(X(x), kHeight - kBottom + 18, "middle", fmt::format("{:.3f}", x));
      Text(kLeft - 6, Y(y) + 4, "end", fmt::format("{:.2f}%", 100 * y));
    }
    Text((kLeft + kWidth - kRight) / 2, kHeight - kBottom + 36, "middle",
         picture_.x_label);
    Text(kLeft, kTop - 6, "start", picture_.y_label);
  }

  void Front() {
    std::vector<FrontPoint> front;
    std::ranges::copy_if(picture_.points, std::back_inserter(front),
                         [](const FrontPoint& p) { return p.on_front; });
    std::ranges::sort(front, {}, &FrontPoint::x);
    std::string path;
    for (const FrontPoint& p : front) {
      path += fmt::format("{:.1f},{:.1f} ", X(p.x), Y(p.y));
    }
    if (path.empty()) return;
    path.pop_back();
    out_ += fmt::format(
        "<polyline fill=\"none\" stroke=\"#2166ac\" points=\"{}\"/>\n", path);
  }

  void Points() {
    int below = 0;
    for (const FrontPoint& p : picture_.points) {
      if (p.y < y_.low || p.y > y_.high) {
        ++below;
        continue;
      }
      out_ += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\"/>\n",
          X(p.x), Y(p.y),
          p.chosen     ? 6
          : p.on_front ? 4
                       : 2,
          p.chosen     ? "#b2182b"
          : p.on_front ? "#2166ac"
                       : "#bbbbbb");
    }
    Text(kLeft, kHeight - 12, "start",
         fmt::format("blue: the front; red: chosen; grey: other plans{}",
                     below == 0
                         ? std::string()
                         : fmt::format(", {} more off the picture", below)),
         11);
  }

  const FrontPicture& picture_;
  Range x_;
  Range y_;
  std::string out_;
};

}  // namespace

std::string RenderFrontSvg(const FrontPicture& picture) {
  return Drawing(picture).Render();
}

}  // namespace edge_int8
