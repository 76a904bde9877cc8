// Damage per joint, drawn on a skeleton: what each joint loses of PCK@10, 20
// and 50, through both coordinates and through x and y apart. Declared in
// chart.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include "src/base/utf8.h"
#include "src/pose/bones.h"
#include "src/report/chart.h"
#include "src/report/svg_plot.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using Pose = std::vector<std::array<double, 2>>;

// From the front (x, y) or from the side (z, y); y grows downward, as in
// pictures.
enum class View { kFront, kSide };

// One skeleton of the picture: percentage points of PCK lost, by joint.
struct Panel {
  std::string title;
  int percent = 20;
  View view = View::kFront;
  std::vector<double> damage = {};
};

// What panels are drawn on.
struct Body {
  std::vector<std::array<double, 3>> pose;
  std::vector<std::pair<int, int>> bones;
  std::vector<std::string> names;  // may be empty
  int dims = 2;

  // Upstream's skeleton, of which it is known where limbs are.
  bool known() const {
    return pose.size() == kScoredJoints && std::ranges::equal(bones, kBones);
  }
};

Pose Seen(const Body& body, View view) {
  Pose seen;
  for (const auto& [x, y, z] : body.pose) {
    seen.push_back({view == View::kFront ? x : z, y});
  }
  return seen;
}

struct Pair {
  std::string name;
  std::vector<ReportedJoint> reference, model;
};

// A row of panels for all coordinates (in 3-D also from the side), for x, for y
// and for z; a column for each k.
std::vector<Panel> PanelsOf(const Pair& pair, int dims) {
  struct Row {
    const char* name;
    PckTriple ReportedJoint::*part;
    View view = View::kFront;
  };
  std::vector<Row> rows = {{"", &ReportedJoint::both},
                           {" through x", &ReportedJoint::x},
                           {" through y", &ReportedJoint::y}};
  if (dims == 3) {
    rows.insert(rows.begin() + 1,
                {", from the side", &ReportedJoint::both, View::kSide});
    rows.push_back({" through z", &ReportedJoint::z, View::kSide});
  }
  std::vector<Panel> panels;
  for (const auto& [name, part, view] : rows) {
    for (std::size_t k = 0; k < kShownPercents.size(); ++k) {
      Panel panel{fmt::format("PCK@{} lost{}", kShownPercents[k], name),
                  kShownPercents[k], view};
      for (std::size_t j = 0; j < pair.model.size(); ++j) {
        panel.damage.push_back(
            100 * ((pair.reference[j].*part)[k] - (pair.model[j].*part)[k]));
      }
      panels.push_back(std::move(panel));
    }
  }
  return panels;
}

constexpr double kPanelHeight = 260;
constexpr double kMargin = 46;

double PanelWidth(PlotSize size) { return size == PlotSize::kWide ? 220 : 180; }

// The pose scaled into a panel, its proportions kept.
Pose Fitted(const Pose& pose, double left, double top, double width) {
  double low[2] = {pose[0][0], pose[0][1]};
  double high[2] = {pose[0][0], pose[0][1]};
  for (const auto& joint : pose) {
    for (std::size_t i = 0; i < 2; ++i) {
      low[i] = std::min(low[i], joint[i]);
      high[i] = std::max(high[i], joint[i]);
    }
  }
  const double room[2] = {width - 2 * kMargin, kPanelHeight - kMargin - 16};
  double scale = 1e9;
  for (std::size_t i = 0; i < 2; ++i) {
    if (high[i] > low[i]) scale = std::min(scale, room[i] / (high[i] - low[i]));
  }
  Pose fitted;
  for (const auto& joint : pose) {
    fitted.push_back(
        {left + width / 2 + (joint[0] - (low[0] + high[0]) / 2) * scale,
         top + kMargin + (joint[1] - low[1]) * scale});
  }
  return fitted;
}

double Most(const std::vector<Panel>& panels) {
  double most = 1e-9;
  for (const Panel& panel : panels) {
    for (const double value : panel.damage) {
      most = std::max(most, std::abs(value));
    }
  }
  return most;
}

// As a change, which is how the table says it: a loss is negative.
std::string Change(double damage) {
  const double rounded = std::round(-damage * 10) / 10;
  return rounded == 0 ? "0" : fmt::format("{:+.1f}", rounded);
}

// Where a joint's number stands so that neighbours keep clear of each other:
// limbs outwards, hips below, the middle line above or beside.
struct Place {
  double dx = 0, dy = 4;
  Anchor anchor = Anchor::kStart;
};

Place PlaceOf(const Body& body, const Pose& pose, std::size_t joint,
              double distance) {
  if (!body.known()) return {distance, 4, Anchor::kStart};
  constexpr std::size_t kNose = 0, kNeck = 1, kMidHip = 8;
  if (joint == kNose) return {0, -distance - 2, Anchor::kMiddle};
  if (joint == kNeck) return {distance, -6, Anchor::kStart};
  if (joint == kMidHip) return {0, -distance, Anchor::kMiddle};
  // The same joint of the other side: three before or after it.
  const bool first = (joint >= 2 && joint <= 4) || (joint >= 9 && joint <= 11);
  const std::size_t twin = first ? joint + 3 : joint - 3;
  const bool right = pose[joint][0] > pose[twin][0] ||
                     (pose[joint][0] == pose[twin][0] && !first);
  const bool hip = joint == 9 || joint == 12;
  const double dx = hip ? 2 : distance;
  return {right ? dx : -dx, hip ? distance + 9 : 4,
          right ? Anchor::kStart : Anchor::kEnd};
}

std::string JointName(const Body& body, std::size_t joint) {
  return joint < body.names.size() ? VisibleText(body.names[joint])
                                   : fmt::format("joint {}", joint);
}

void DrawPanel(SvgPlot& plot, const Panel& panel, const Body& body,
               const Pose& pose, double middle, double top, double most) {
  plot.Label(middle, top + 16, panel.title, Anchor::kMiddle);
  for (const auto& [a, b] : body.bones) {
    const auto& from = pose[static_cast<std::size_t>(a)];
    const auto& to = pose[static_cast<std::size_t>(b)];
    plot.Rule(from[0], from[1], to[0], to[1], true);
  }
  for (std::size_t j = 0; j < pose.size(); ++j) {
    const double damage = panel.damage[j];
    const double size = std::sqrt(std::min(std::abs(damage) / most, 1.0));
    const Tone tone = damage > 0 ? Tone::kLoss : Tone::kGain;
    const auto [x, y] = pose[j];
    plot.ToneDot(x, y, 2.5 + 6 * size, tone,
                 fmt::format("{}: {:+.2f} pp", JointName(body, j), -damage));
    const Place place = PlaceOf(body, pose, j, 6 + 6 * size);
    const std::string text = Change(damage);
    plot.Label(x + place.dx, y + place.dy, text, place.anchor,
               text == "0" ? Tone::kMuted : tone);
  }
}

// Two columns of a phone have room for PCK@20 alone.
std::vector<Panel> ShownPanels(const std::vector<Panel>& all, PlotSize size) {
  std::vector<Panel> shown = all;
  if (size == PlotSize::kNarrow) {
    std::erase_if(shown, [](const Panel& p) { return p.percent != 20; });
  }
  return shown;
}

std::string JointsSvg(const std::vector<Panel>& all, const Body& body,
                      const std::string& title, PlotSize size) {
  const std::vector<Panel> panels = ShownPanels(all, size);
  const std::size_t columns = size == PlotSize::kWide ? 3 : 2;
  const double panel_width = PanelWidth(size);
  SvgPlot::Box box;
  box.width = panel_width * static_cast<double>(columns);
  box.height = kPanelHeight *
               static_cast<double>((panels.size() + columns - 1) / columns);
  SvgPlot plot(box, {}, {}, title);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const double left = panel_width * static_cast<double>(i % columns);
    const double top = kPanelHeight * static_cast<double>(i / columns);
    DrawPanel(plot, panels[i], body,
              Fitted(Seen(body, panels[i].view), left, top, panel_width),
              left + panel_width / 2, top, Most(all));
  }
  return plot.Take();
}

// Without a real pose to stand on: a person who stands with arms and legs
// apart, in the joints' usual order.
Body SchematicBody() {
  const Pose pose = {{0, 0.0},     {0, 0.22},    {-0.16, 0.24}, {-0.3, 0.42},
                     {-0.42, 0.6}, {0.16, 0.24}, {0.3, 0.42},   {0.42, 0.6},
                     {0, 0.66},    {-0.1, 0.68}, {-0.16, 0.98}, {-0.2, 1.28},
                     {0.1, 0.68},  {0.16, 0.98}, {0.2, 1.28}};
  Body body;
  for (const auto& [x, y] : pose) body.pose.push_back({x, y, 0});
  body.bones.assign(kBones.begin(), kBones.end());
  body.names.assign(kJointNames.begin(), kJointNames.end());
  return body;
}

Body BodyOf(const RunReport& run) {
  if (!run.errors) return SchematicBody();
  return {run.errors->pose, run.errors->skeleton, run.errors->joint_names,
          run.errors->dims};
}

// One pair per integer model of errors.json; explain.json's where that is
// absent.
std::vector<Pair> PairsOf(const RunReport& run) {
  std::vector<Pair> pairs;
  // Classes have no joints.
  if (run.errors && run.errors->dims == 0) return pairs;
  if (run.errors && run.errors->models.size() > 1) {
    const std::vector<ErrorCurve>& models = run.errors->models;
    std::vector<bool> half;
    for (std::size_t i = 1; i < models.size(); ++i) {
      if (models[i].label == "mean_pose") continue;
      pairs.push_back({models[i].title, models[0].joints, models[i].joints});
      half.push_back(models[i].label == "fp16");
    }
    // Float16 loses next to nothing and must not be what one sees first.
    for (std::size_t i = 0; i + 1 < pairs.size(); ++i) {
      if (!half[i]) continue;
      std::rotate(pairs.begin() + static_cast<std::ptrdiff_t>(i),
                  pairs.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                  pairs.end());
      break;
    }
  } else if (run.explain && !run.errors &&
             run.explain->joints_int8.size() == kScoredJoints) {
    pairs.push_back(
        {"int8", run.explain->joints_float, run.explain->joints_int8});
  }
  return pairs;
}

// "fp32 to int8 PTQ: right wrist loses most, 2.1 points of PCK@20. "
std::string WorstJoint(const Pair& pair, const Body& body) {
  std::size_t worst = 0;
  const auto loss = [&pair](std::size_t j) {
    return pair.reference[j].both[1] - pair.model[j].both[1];
  };
  for (std::size_t j = 1; j < pair.model.size(); ++j) {
    if (loss(j) > loss(worst)) worst = j;
  }
  const std::string name = ShortenMiddle(VisibleText(pair.name), 40);
  if (loss(worst) <= 0) return name + ": no joint loses PCK@20. ";
  return fmt::format("{}: the {} loses most, {:.2f} points of PCK@20. ", name,
                     JointName(body, worst), 100 * loss(worst));
}

json PanelsJson(const std::vector<Panel>& panels) {
  json list = json::array();
  for (const Panel& panel : panels) {
    list.push_back({{"title", panel.title}, {"damage", panel.damage}});
  }
  return list;
}

}  // namespace

std::optional<Chart> JointsChart(const RunReport& run) {
  const std::vector<Pair> pairs = PairsOf(run);
  if (pairs.empty()) return std::nullopt;
  const Body body = BodyOf(run);
  Chart chart;
  chart.kind = "joints";
  chart.title = "Change by joint";
  const std::string& split =
      run.errors ? run.errors->split : run.explain->split;
  const std::string& subset =
      run.errors ? run.errors->subset : run.explain->subset;
  chart.note = fmt::format(
      "{}Percentage points of PCK against fp32 on the same windows ({} split, "
      "{} subset); red is lost, green is gained. \"Through x\" takes x from "
      "the "
      "integer model and y from fp32: what that coordinate alone costs. {}",
      WorstJoint(pairs.front(), body), split, subset,
      run.errors ? "The skeleton is one true pose of these windows."
                 : "The skeleton is a schematic one.");
  if (body.dims == 3) {
    chart.note += " From the side, z grows to the right.";
  }
  chart.data = {{"joints", json::array()}, {"models", json::array()}};
  for (std::size_t j = 0; j < body.pose.size(); ++j) {
    chart.data["joints"].push_back(JointName(body, j));
  }
  for (const Pair& pair : pairs) {
    const std::vector<Panel> panels = PanelsOf(pair, body.dims);
    chart.data["models"].push_back(
        {{"name", VisibleText(pair.name)}, {"panels", PanelsJson(panels)}});
    chart.pictures.push_back(MakePicture(
        pair.name,
        [&](PlotSize size) {
          return JointsSvg(panels, body, chart.title + ": " + pair.name, size);
        },
        pairs.size() > 1 ? fmt::format("-{}", chart.pictures.size() + 1) : ""));
  }
  return chart;
}

}  // namespace edge_int8
