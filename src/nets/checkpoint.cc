#include "src/nets/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "src/formats/file_kind.h"
#include "src/nets/checkpoint_faults.h"
#include "src/nets/weight_sets.h"
#include "src/nets/wiflow.h"
#include "src/nets/wiflow_shapes.h"

namespace edge_int8 {
namespace {

// Strays named in a note; the rest is counted.
constexpr std::size_t kMostNamed = 5;

bool IsCounter(std::string_view name) {
  return name.ends_with("num_batches_tracked");
}

// How many of the network's tensors are there with their shapes.
int64_t MatchCount(const Graph& graph, const NamedShapes& shapes) {
  return std::ranges::count_if(
      graph.parameters, [&](const ParameterSpec& spec) {
        const auto at = shapes.find(spec.name);
        return at != shapes.end() && at->second == spec.shape;
      });
}

WiflowConfig WithOptions(WiflowConfig config, const NetworkOptions& options) {
  if (options.joints) config.joints = *options.joints;
  if (options.frames) config.frames = *options.frames;
  return config;
}

// What is wrong with a tensor that should be `spec`; empty if nothing is.
std::string ShapeFault(const ParameterSpec& spec, const StoredTensor& found) {
  if (!found.unreadable.empty()) return "is of " + found.unreadable;
  if (found.shape != spec.shape) {
    return fmt::format("expected shape {}, found {}", ShapeText(spec.shape),
                       ShapeText(found.shape));
  }
  return IsIntegerStorage(found.type) ? "expected floats, found integers" : "";
}
std::string ValueFault(const ParameterSpec& spec, const Tensor& tensor) {
  const bool variance = spec.name.ends_with(".running_var");
  for (const float value : tensor.data) {
    if (!std::isfinite(value)) return fmt::format("holds the value {}", value);
    if (variance && value < 0) {
      return fmt::format("holds the variance {}", value);
    }
  }
  return "";
}

class CheckpointReader {
 public:
  CheckpointReader(CheckpointFile file, const NetworkOptions& options)
      : file_(std::move(file)),
        options_(options),
        sorted_(SortTensors(file_.tensors())) {}

  Checkpoint Read() {
    if (!file_.warning().empty()) options_.Note(file_.warning());
    if (sorted_.sets.empty()) FailOtherNetwork(file_, options_);
    const std::size_t chosen =
        ChooseSet(file_.where(), sorted_.sets, options_.weights);
    const WeightSet& set = sorted_.sets[chosen];
    for (const SetTensor& tensor : set.tensors) {
      if (tensor.stored->unreadable.starts_with("torch.Q")) {
        FailQuantized(file_.where(), tensor.stored->unreadable);
      }
    }
    ListTensors(set);
    Checkpoint checkpoint{ReadModel(set), Infos(chosen)};
    NoteSets(chosen);
    NoteLeftOut(set);
    return checkpoint;
  }

 private:
  std::vector<WeightSetInfo> Infos(std::size_t chosen) const {
    std::vector<WeightSetInfo> infos;
    for (const WeightSet& set : sorted_.sets) {
      infos.push_back(
          {set.key, std::ssize(set.tensors), infos.size() == chosen});
    }
    return infos;
  }

  void ListTensors(const WeightSet& set) {
    for (const SetTensor& tensor : set.tensors) {
      const auto [at, fresh] = by_name_.emplace(tensor.name, tensor.stored);
      if (fresh) {
        shapes_.emplace(tensor.name, tensor.stored->shape);
      } else if (!IsCounter(tensor.name)) {
        faults_.tensors.push_back(fmt::format("extra {}: it is there twice",
                                              tensor.stored->FullName()));
      }
    }
  }

  // The network that most tensors fit: one fits all of a sound file, and for a
  // damaged one the list of what is wrong is then the shortest.
  WiflowConfig Recognise() {
    std::vector<WiflowConfig> candidates(WiflowVariants().begin(),
                                         WiflowVariants().end());
    if (const auto inferred = InferWiflow(shapes_)) {
      candidates.push_back(*inferred);
    }
    const auto matches = [this](const WiflowConfig& config) {
      return MatchCount(BuildWiflow(config), shapes_);
    };
    // The first of equal ones.
    return *std::ranges::max_element(candidates, {}, matches);
  }

  Model ReadModel(const WeightSet& set) {
    const WiflowConfig config = WithOptions(
        options_.variant ? WiflowVariant(*options_.variant) : Recognise(),
        options_);
    Model model{BuildWiflow(config), {}};
    for (const ParameterSpec& spec : model.graph.parameters) {
      const auto at = by_name_.find(spec.name);
      const StoredTensor* const stored =
          at == by_name_.end() ? nullptr : at->second;
      if (at != by_name_.end()) by_name_.erase(at);
      // Counters of training; old files lack them.
      if (!spec.integer) ReadParameter(spec, stored, model);
    }
    for (const auto& [name, stored] : by_name_) {
      if (IsCounter(name)) continue;
      faults_.tensors.push_back(
          fmt::format("extra {}: shape {}", name, ShapeText(stored->shape)));
    }
    if (!faults_.tensors.empty()) {
      faults_.diagnosis = WiflowDifferences(shapes_);
      faults_.nearest = config.name;
      faults_.named = options_.variant.has_value();
      FailNetwork(file_, set, faults_, options_);
    }
    NoteNetwork(config);
    return model;
  }

  void ReadParameter(const ParameterSpec& spec, const StoredTensor* stored,
                     Model& model) {
    if (stored == nullptr) {
      faults_.tensors.push_back(fmt::format("missing {}: expected shape {}",
                                            spec.name, ShapeText(spec.shape)));
      return;
    }
    std::string fault = ShapeFault(spec, *stored);
    if (fault.empty()) {
      Tensor tensor = file_.Read(*stored);
      fault = ValueFault(spec, tensor);
      model.parameters.emplace(spec.name, std::move(tensor));
    }
    if (!fault.empty()) {
      faults_.tensors.push_back(fmt::format("wrong {}: {}", spec.name, fault));
    }
  }

  void NoteNetwork(const WiflowConfig& config) const {
    if (config.name != "wiflow") return;
    std::string assumed;
    if (!options_.joints) assumed += fmt::format(", {} joints", config.joints);
    if (!options_.frames) assumed += fmt::format(", {} frames", config.frames);
    options_.Note(fmt::format(
        "{}: a WiFlow network of its own: {} channels in, TCN of {}, residual "
        "blocks of {}, {} attention groups{}",
        file_.where(), config.input_channels,
        fmt::join(config.tcn_channels, " "),
        fmt::join(config.conv_channels, " "), config.attention_groups,
        assumed.empty() ? ""
                        : fmt::format("; no weight tells, so this is assumed{} "
                                      "(--joints, --frames)",
                                      assumed)));
  }

  void NoteSets(std::size_t chosen) const {
    if (sorted_.sets.size() < 2) return;
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < sorted_.sets.size(); ++i) {
      if (i != chosen) keys.push_back(sorted_.sets[i].key);
    }
    options_.Note(
        fmt::format("{}: holds {} sets of weights; '{}' is used, not '{}' "
                    "(--weights KEY chooses)",
                    file_.where(), sorted_.sets.size(),
                    sorted_.sets[chosen].key, fmt::join(keys, "', '")));
  }

  // Only what lies beside the weights: other dicts of a trainer's file (an
  // optimizer's state) are no part of any network.
  void NoteLeftOut(const WeightSet& set) const {
    const std::string& dict = set.tensors.front().stored->dict;
    std::vector<std::string> names;
    for (const StoredTensor* const stray : sorted_.strays) {
      if (stray->dict == dict && !IsCounter(stray->name)) {
        names.push_back(stray->name);
      }
    }
    const std::size_t count = names.size();
    names.resize(std::min(count, kMostNamed));
    if (count > 0) {
      options_.Note(fmt::format(
          "{}: {} tensor{} beside the network's left out: '{}'{}",
          file_.where(), count, count == 1 ? "" : "s", fmt::join(names, "', '"),
          count > names.size() ? ", ..." : ""));
    }
    if (set.observers > 0) {
      options_.Note(
          fmt::format("{}: {} tensors of observers and fake quantization are "
                      "left out; the float weights beside them are used",
                      file_.where(), set.observers));
    }
  }

  CheckpointFile file_;
  const NetworkOptions& options_;
  SortedTensors sorted_;
  std::map<std::string, const StoredTensor*> by_name_;
  NamedShapes shapes_;
  CheckpointFaults faults_;
};

}  // namespace

Checkpoint ReadCheckpoint(CheckpointFile file, const NetworkOptions& options) {
  return CheckpointReader(std::move(file), options).Read();
}

Checkpoint ReadCheckpoint(const std::filesystem::path& path,
                          const NetworkOptions& options) {
  return ReadCheckpoint(CheckpointFile(path), options);
}

Model LoadCheckpoint(const std::filesystem::path& path,
                     const NetworkOptions& options) {
  return ReadCheckpoint(path, options).model;
}

}  // namespace edge_int8
