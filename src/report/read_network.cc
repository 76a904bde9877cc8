// network.json, what `describe --json` says of an artifact. Declared in
// read_parts.h.
#include <fmt/format.h>

#include <map>

#include "src/report/read_parts.h"

namespace edge_int8 {
namespace {

// As many operators as an artifact may have.
constexpr std::size_t kMostNodes = 1024;

NetworkNode ReadNode(const JsonPlace& layer,
                     const std::map<std::string, std::size_t>& made) {
  NetworkNode node;
  node.name = layer.At("name").Text();
  node.kind = layer.At("kind").Text();
  const JsonPlace out = layer.At("out");
  const std::vector<JsonPlace> axes = out.Items();
  if (axes.size() != node.shape.size()) out.Fail("expected three axes");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    node.shape[i] = axes[i].IntegerIn(0, kMostCounted);
  }
  node.bits = layer.At("bits").IntegerIn(1, 64);
  if (const auto bits = layer.Find("weight_bits")) {
    node.weight_bits = bits->IntegerIn(1, 64);
  }
  node.parameters = layer.At("params").IntegerIn(0, kMostCounted);
  node.macs = layer.At("macs").IntegerIn(0, kMostCounted);
  for (const JsonPlace& input : layer.At("inputs").Items()) {
    const auto found = made.find(input.Text());
    if (found == made.end()) {
      node.reads_window = true;
    } else {
      node.inputs.push_back(found->second);
    }
  }
  return node;
}

}  // namespace

NetworkReport ReadNetwork(const JsonPlace& network) {
  NetworkReport report;
  std::map<std::string, std::size_t> made;
  const JsonPlace layers = network.At("layers");
  for (const JsonPlace& layer : layers.Items()) {
    NetworkNode node = ReadNode(layer, made);
    made[node.name] = report.nodes.size();
    report.nodes.push_back(std::move(node));
    if (report.nodes.size() > kMostNodes) {
      layers.Fail(fmt::format("expected at most {} layers", kMostNodes));
    }
  }
  return report;
}

}  // namespace edge_int8
