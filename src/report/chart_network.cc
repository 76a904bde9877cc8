// The network as the artifact runs it: a box for each operator with the shape
// and bits of what it makes, tinted by what rounding that tensor alone loses.
// Declared in chart.h.
//
// Rows are depths: the longest way from the window. Within a row nodes stand in
// the order in which they run. A wire past other rows goes round them at the
// right, further out the more rows it passes.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "src/base/utf8.h"
#include "src/report/chart.h"
#include "src/report/svg_plot.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestNode = 200;
constexpr double kBoxWidth = 230;
constexpr double kBoxHeight = 38;
constexpr double kGapX = 24;
constexpr double kGapY = 22;
constexpr double kNetworkMargin = 12;
// Of wires that go round, as a share of a row's height for each row passed.
constexpr double kDetour = 0.25;
constexpr double kMostDetour = 140;

struct PlacedNode {
  double x = 0, y = 0;  // the box's left upper corner
  std::size_t depth = 0;
};

struct NetworkDrawing {
  std::vector<PlacedNode> nodes;
  double width = 0, height = 0;
};

NetworkDrawing LayOutNodes(const NetworkReport& network) {
  NetworkDrawing drawing;
  std::vector<std::size_t> in_row;
  for (const NetworkNode& node : network.nodes) {
    PlacedNode placed;
    placed.depth = 0;
    for (const std::size_t input : node.inputs) {
      placed.depth = std::max(placed.depth, drawing.nodes[input].depth + 1);
    }
    in_row.resize(std::max(in_row.size(), placed.depth + 1));
    placed.x = static_cast<double>(in_row[placed.depth]++);
    drawing.nodes.push_back(placed);
  }
  const auto most = static_cast<double>(std::ranges::max(in_row));
  const double room = most * (kBoxWidth + kGapX) - kGapX;
  for (PlacedNode& placed : drawing.nodes) {
    const auto count = static_cast<double>(in_row[placed.depth]);
    const double used = count * (kBoxWidth + kGapX) - kGapX;
    placed.x =
        kNetworkMargin + (room - used) / 2 + placed.x * (kBoxWidth + kGapX);
    placed.y = kNetworkMargin +
               static_cast<double>(placed.depth) * (kBoxHeight + kGapY);
  }
  drawing.width = 2 * kNetworkMargin + room + kMostDetour;
  drawing.height = 2 * kNetworkMargin - kGapY +
                   static_cast<double>(in_row.size()) * (kBoxHeight + kGapY);
  return drawing;
}

// Percentage points of PCK@20 that each tensor loses alone.
std::map<std::string, double> LossesOf(const RunReport& run) {
  std::map<std::string, double> losses;
  if (!run.explain) return losses;
  for (const TensorLoss& tensor : run.explain->tensors) {
    if (tensor.lost_alone) losses[tensor.name] = (*tensor.lost_alone)[1];
  }
  return losses;
}

std::string NodeBits(const NetworkNode& node) {
  return node.weight_bits ? fmt::format("w{} a{}", *node.weight_bits, node.bits)
                          : fmt::format("a{}", node.bits);
}

std::string ShapeText(const NetworkNode& node) {
  return fmt::format("{} x {} x {}", node.shape[0], node.shape[1],
                     node.shape[2]);
}

void DrawWires(const NetworkReport& network, const NetworkDrawing& drawing,
               SvgPlot& plot) {
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const PlacedNode& to = drawing.nodes[n];
    const double x = to.x + kBoxWidth / 2;
    for (const std::size_t input : network.nodes[n].inputs) {
      const PlacedNode& from = drawing.nodes[input];
      const double x0 = from.x + kBoxWidth / 2;
      const double y0 = from.y + kBoxHeight;
      const std::size_t rows = to.depth - from.depth;
      if (rows == 1) {
        plot.Wire({{x0, y0}, {x, to.y}});
        continue;
      }
      const double out =
          std::max(from.x, to.x) + kBoxWidth +
          std::min(kMostDetour - 4, 10 + kDetour * static_cast<double>(rows) *
                                             (kBoxHeight + kGapY));
      plot.Wire({{x0 + 40, y0},
                 {x0 + 40, y0 + 7},
                 {out, y0 + 7},
                 {out, to.y - 7},
                 {x + 40, to.y - 7},
                 {x + 40, to.y}});
    }
  }
}

void DrawNode(const NetworkNode& node, const PlacedNode& at, double loss,
              double most, SvgPlot& plot) {
  const std::string name = ShortenMiddle(VisibleText(node.name), kLongestNode);
  const std::string kind = ShortenMiddle(VisibleText(node.kind), 20);
  std::string title =
      fmt::format("{}; {}, {}, {}; {} parameters, {} multiply-accumulates",
                  name, kind, ShapeText(node), NodeBits(node),
                  FormatCount(node.parameters), FormatCount(node.macs));
  if (loss != 0) {
    title += fmt::format("; {} points of PCK@20 when rounded alone",
                         FormatPoints(-loss / 100));
  }
  plot.Card(at.x, at.y, kBoxWidth, kBoxHeight, std::max(loss, 0.0) / most,
            title);
  plot.Label(at.x + 8, at.y + 16, ShortenMiddle(name, 32));
  plot.Label(at.x + 8, at.y + 31,
             fmt::format("{}  {}  {}", kind, ShapeText(node), NodeBits(node)),
             Anchor::kStart, Tone::kMuted);
  if (loss >= 0.005) {
    plot.Label(at.x + kBoxWidth - 8, at.y + 31, FormatPoints(-loss / 100),
               Anchor::kEnd, Tone::kLoss);
  }
}

std::string NetworkSvg(const RunReport& run, const std::string& title) {
  const NetworkReport& network = *run.network;
  const NetworkDrawing drawing = LayOutNodes(network);
  const std::map<std::string, double> losses = LossesOf(run);
  double most = 0.01;
  for (const auto& [name, loss] : losses) most = std::max(most, loss);
  SvgPlot::Box box;
  box.width = drawing.width;
  box.height = drawing.height;
  SvgPlot plot(box, {}, {}, title);
  DrawWires(network, drawing, plot);
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const auto loss = losses.find(network.nodes[n].name);
    DrawNode(network.nodes[n], drawing.nodes[n],
             loss == losses.end() ? 0 : loss->second, most, plot);
  }
  return plot.Take();
}

json NodesJson(const NetworkReport& network) {
  json nodes = json::array();
  for (const NetworkNode& node : network.nodes) {
    nodes.push_back(
        {{"name", ShortenMiddle(VisibleText(node.name), kLongestNode)},
         {"kind", ShortenMiddle(VisibleText(node.kind), 20)},
         {"shape", node.shape},
         {"bits", node.bits},
         {"params", node.parameters},
         {"macs", node.macs},
         {"inputs", node.inputs}});
    if (node.weight_bits) nodes.back()["weight_bits"] = *node.weight_bits;
  }
  return nodes;
}

}  // namespace

std::optional<Chart> NetworkChart(const RunReport& run) {
  if (!run.network || run.network->nodes.empty()) return std::nullopt;
  const NetworkReport& network = *run.network;
  Chart chart;
  chart.kind = "network";
  chart.title = "The integer network";
  int64_t macs = 0;
  for (const NetworkNode& node : network.nodes) macs += node.macs;
  const auto heaviest =
      std::ranges::max_element(network.nodes, {}, &NetworkNode::macs);
  chart.note = fmt::format(
      "{} operators with {} multiply-accumulates; {} has the most of them "
      "({:.1f}%). A box names the tensor that an operator makes, with its "
      "shape (channels, height, width) and bits (w: weights, a: what it "
      "makes).",
      network.nodes.size(), FormatCount(macs),
      ShortenMiddle(VisibleText(heaviest->name), 60),
      macs > 0 ? 100 * static_cast<double>(heaviest->macs) /
                     static_cast<double>(macs)
               : 0);
  if (run.explain) {
    chart.note +=
        " Red is the loss of PCK@20 with that tensor rounded alone, in "
        "percentage points.";
  }
  chart.data = {{"nodes", NodesJson(network)}};
  chart.pictures = {{"", NetworkSvg(run, chart.title), "", ""}};
  return chart;
}

}  // namespace edge_int8
