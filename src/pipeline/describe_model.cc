#include "src/pipeline/describe_model.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "src/report/text_table.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

json ExtentJson(const Extent& e) { return {e.channels, e.height, e.width}; }

// Trainable parameters that a node owns.
int64_t NodeParameters(const Node& node,
                       const std::map<std::string, int64_t>& sizes) {
  const auto size = [&](const std::string& name) {
    const auto found = sizes.find(name);
    return found == sizes.end() ? int64_t{0} : found->second;
  };
  if (const auto* conv = std::get_if<Conv>(&node.op)) {
    return size(conv->weight) + size(conv->bias);
  }
  if (const auto* norm = std::get_if<BatchNorm>(&node.op)) {
    return size(norm->prefix + ".weight") + size(norm->prefix + ".bias");
  }
  return 0;
}

}  // namespace

json DescribeGraph(const Graph& graph) {
  std::map<std::string, int64_t> sizes;
  for (const ParameterSpec& p : graph.parameters) {
    if (p.trainable) sizes[p.name] = ElementCount(p.shape);
  }
  json layers = json::array();
  for (const Node& node : graph.nodes) {
    layers.push_back({{"name", node.name},
                      {"kind", OpName(node.op)},
                      {"in", ExtentJson(graph.extent(node.inputs[0]))},
                      {"out", ExtentJson(graph.extent(node.output))},
                      {"params", NodeParameters(node, sizes)},
                      {"macs", CountMacs(graph, node).counted}});
  }
  json tensors = json::array();
  for (const ParameterSpec& p : graph.parameters) {
    tensors.push_back({{"name", p.name}, {"shape", p.shape}});
  }
  const MacCount macs = CountMacs(graph);
  return {{"variant", graph.name}, {"params", ParameterCount(graph)},
          {"macs", macs.counted},  {"macs_kept", macs.kept},
          {"layers", layers},      {"tensors", tensors}};
}

std::string DescriptionTable(const json& description) {
  TextTable table({{"layer", Align::kLeft},
                   {"kind", Align::kLeft},
                   {"in"},
                   {"out"},
                   {"parameters"},
                   {"MACs"}});
  const auto shape = [](const json& s) {
    return fmt::format("{}x{}x{}", s[0].get<int>(), s[1].get<int>(),
                       s[2].get<int>());
  };
  for (const json& layer : description["layers"]) {
    table.AddRow({{Printable(layer["name"].get<std::string>())},
                  {layer["kind"].get<std::string>()},
                  {shape(layer["in"])},
                  {shape(layer["out"])},
                  {std::to_string(layer["params"].get<int64_t>())},
                  {std::to_string(layer["macs"].get<int64_t>())}});
  }
  std::string text = table.Render();
  text += fmt::format("\n{}: {} parameters, {} multiply-accumulates per window",
                      Printable(description["variant"].get<std::string>()),
                      description["params"].get<int64_t>(),
                      description["macs"].get<int64_t>());
  if (description.contains("arena_bytes")) {
    text += fmt::format(
        "\nfile {} bytes, arena {} bytes, weights {} bits, activations {} bits",
        description["file_bytes"].get<int64_t>(),
        description["arena_bytes"].get<int64_t>(),
        description["weight_bits"].dump(),
        description["activation_bits"].dump());
  }
  return text + "\n";
}

}  // namespace edge_int8
