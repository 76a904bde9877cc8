#include "src/nets/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "src/nets/wiflow.h"

namespace edge_int8 {
namespace {

using Found = std::map<std::string, NamedTensor>;

// Upstream's code once called these modules by shorter names.
std::string CurrentName(const std::string& name) {
  constexpr std::pair<std::string_view, std::string_view> kRenamed[] = {
      {"att.", "attention."}, {"final_conv.", "decoder."}};
  for (const auto& [before, now] : kRenamed) {
    if (name.starts_with(before)) {
      return std::string(now) + name.substr(before.size());
    }
  }
  return name;
}

// How many of the network's tensors are there with their shapes.
int64_t MatchCount(const Graph& graph, const Found& found) {
  return std::ranges::count_if(
      graph.parameters, [&](const ParameterSpec& spec) {
        const auto at = found.find(spec.name);
        return at != found.end() && at->second.tensor.shape == spec.shape;
      });
}

// The variant that most tensors fit: exactly one fits all of a sound file, and
// for a damaged one the list of what is wrong is then the shortest.
Graph RecognisedGraph(const std::string& where, const Found& found) {
  Graph best;
  int64_t most = 0;
  for (const WiflowConfig& config : WiflowVariants()) {
    Graph graph = BuildWiflow(config);
    const int64_t matches = MatchCount(graph, found);
    if (matches > most) {
      most = matches;
      best = std::move(graph);
    }
  }
  if (most == 0) {
    FailInput(where,
              fmt::format("none of its {} tensors has a name and shape of a "
                          "WiFlow network (expected such as "
                          "'tcn.network.0.conv1_group.weight')",
                          found.size()));
  }
  return best;
}

// What is wrong with a tensor that should be `spec`; empty if nothing is.
std::string Fault(const ParameterSpec& spec, const NamedTensor& found) {
  if (found.tensor.shape != spec.shape) {
    return fmt::format("expected shape {}, found {}", ShapeText(spec.shape),
                       ShapeText(found.tensor.shape));
  }
  if (found.integer) return "expected floats, found integers";
  const bool variance = spec.name.ends_with(".running_var");
  for (const float value : found.tensor.data) {
    if (!std::isfinite(value)) return fmt::format("holds the value {}", value);
    if (variance && value < 0) {
      return fmt::format("holds the variance {}", value);
    }
  }
  return "";
}

}  // namespace

Model ModelOfStateDict(const std::string& where, std::vector<NamedTensor> dict,
                       const NetworkOptions& options) {
  std::vector<std::string> faults;
  Found found;
  for (NamedTensor& tensor : dict) {
    std::string name = CurrentName(tensor.name);
    const std::string given = tensor.name;
    if (!found.emplace(std::move(name), std::move(tensor)).second) {
      faults.push_back(fmt::format("extra {}: it is there twice", given));
    }
  }
  Model model{options.variant ? BuildWiflow(WiflowVariant(*options.variant))
                              : RecognisedGraph(where, found),
              {}};
  for (const ParameterSpec& spec : model.graph.parameters) {
    auto node = found.extract(spec.name);
    if (spec.integer) continue;  // Counters of training; old files lack them.
    if (node.empty()) {
      faults.push_back(fmt::format("missing {}: expected shape {}", spec.name,
                                   ShapeText(spec.shape)));
      continue;
    }
    const std::string fault = Fault(spec, node.mapped());
    if (!fault.empty()) {
      faults.push_back(fmt::format("wrong {}: {}", spec.name, fault));
    }
    model.parameters.emplace(spec.name, std::move(node.mapped().tensor));
  }
  for (const auto& [name, tensor] : found) {
    faults.push_back(fmt::format("extra {}: shape {}", tensor.name,
                                 ShapeText(tensor.tensor.shape)));
  }
  if (!faults.empty()) {
    FailInput(where, fmt::format("{} of its tensors are not those of '{}'{}:"
                                 "\n  {}",
                                 faults.size(), model.graph.name,
                                 options.variant ? "" : ", which fits best",
                                 fmt::join(faults, "\n  ")));
  }
  return model;
}

Model LoadCheckpoint(const std::filesystem::path& path,
                     const NetworkOptions& options) {
  return ModelOfStateDict(path.string(), ReadStateDict(path), options);
}

}  // namespace edge_int8
