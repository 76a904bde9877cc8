#include "src/nets/checkpoint_faults.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string_view>

#include "src/base/error.h"
#include "src/base/python_quote.h"
#include "src/formats/file_kind.h"
#include "src/nets/wiflow_shapes.h"

namespace edge_int8 {
namespace {

// ["a"]["b"] for the dict 'a.b' of what torch.load gives.
std::string Subscripts(std::string_view dict) {
  std::string text;
  while (!dict.empty()) {
    const std::size_t dot = std::min(dict.find('.'), dict.size());
    text += fmt::format("[{}]", PythonQuote(dict.substr(0, dot)));
    dict.remove_prefix(std::min(dot + 1, dict.size()));
  }
  return text;
}

// What stands before the network's own name in `tensor`'s name.
std::string NamePrefix(const StoredTensor& tensor, std::string_view own) {
  return tensor.name.ends_with(own)
             ? tensor.name.substr(0, tensor.name.size() - own.size())
             : "";
}

struct Export {
  std::string dict;    // of the state dict
  std::string prefix;  // of its names
  std::string shape;   // of one batch of windows, in Python: "1, 540, 20"
  bool plain = true;   // Nothing in the file needs a class of its own.
};

// Ready to paste where the network's class is, but for the class itself.
std::string ExportLines(const std::string& where, const Export& how) {
  const std::filesystem::path path(where);
  const bool safetensors = path.extension() == ".safetensors";
  const std::string quoted = PythonQuote(where);
  const std::string load =
      safetensors
          ? fmt::format("safetensors.torch.load_file({})", quoted)
          : fmt::format(
                "torch.load({}, map_location=\"cpu\", "
                "weights_only={}){}",
                quoted, how.plain ? "True" : "False", Subscripts(how.dict));
  const std::string state =
      how.prefix.empty()
          ? "state"
          : fmt::format("{{k.removeprefix({}): v for k, v in state.items()}}",
                        PythonQuote(how.prefix));
  const std::string out = PythonQuote(path.stem().string() + ".onnx");
  return fmt::format(
      "Any network can be given as ONNX instead. In Python, where its class "
      "is:\n"
      "  import torch{}\n"
      "  state = {}\n"
      "  net = YourNetwork()  # as it was trained\n"
      "  net.load_state_dict({})\n"
      "  torch.onnx.export(net.eval(), (torch.zeros({}),), {}, "
      "input_names=[\"x\"], output_names=[\"y\"], "
      "dynamic_axes={{\"x\": {{0: \"n\"}}, \"y\": {{0: \"n\"}}}})",
      safetensors ? ", safetensors.torch" : "", load, state, how.shape, out);
}

std::string Listed(const std::vector<std::string>& faults) {
  const std::size_t shown = std::min(faults.size(), kMostFaultsShown);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) text += "\n  " + faults[i];
  if (faults.size() > shown) {
    text += fmt::format("\n  and {} more", faults.size() - shown);
  }
  return text;
}

NamedShapes ShapesOf(const WeightSet& set) {
  NamedShapes shapes;
  for (const SetTensor& tensor : set.tensors) {
    shapes.emplace(tensor.name, tensor.stored->shape);
  }
  return shapes;
}

// Tensors with a row per output and a column per input.
bool IsWeight(const StoredTensor& tensor) {
  return tensor.unreadable.empty() && tensor.shape.size() >= 2 &&
         tensor.name.ends_with("weight");
}

// The network's input and output, as far as a state dict shows them.
std::string Ends(const std::vector<StoredTensor>& tensors) {
  const StoredTensor* first = nullptr;
  const StoredTensor* last = nullptr;
  for (const StoredTensor& tensor : tensors) {
    if (!IsWeight(tensor)) continue;
    if (first == nullptr) first = &tensor;
    last = &tensor;
  }
  if (first == nullptr) return "";
  return fmt::format(
      "its first weight, '{}' {}, takes {} inputs, and its last, '{}' {}, "
      "gives {} outputs; ",
      first->name, ShapeText(first->shape), first->shape[1], last->name,
      ShapeText(last->shape), last->shape[0]);
}

std::string FirstTensors(const std::vector<StoredTensor>& tensors) {
  std::vector<std::string> lines;
  for (const StoredTensor& tensor : tensors) {
    lines.push_back(
        fmt::format("{} {}", tensor.FullName(), ShapeText(tensor.shape)));
  }
  return Listed(lines);
}

}  // namespace

void FailNetwork(const CheckpointFile& file, const WeightSet& set,
                 const CheckpointFaults& faults,
                 const NetworkOptions& options) {
  const int64_t channels = InputChannels(ShapesOf(set)).value_or(540);
  const SetTensor& any = set.tensors.front();
  const Export how{
      any.stored->dict, NamePrefix(*any.stored, any.name),
      fmt::format("1, {}, {}", channels, options.frames.value_or(20)),
      file.plain()};
  std::string diagnosis;
  if (!faults.diagnosis.empty()) {
    diagnosis = fmt::format("{}: another network than those of the family.\n",
                            fmt::join(faults.diagnosis, ", "));
  }
  const std::string list =
      faults.tensors.empty()
          ? ""
          : fmt::format("{} of its tensors are not those of '{}'{}:{}\n",
                        faults.tensors.size(), faults.nearest,
                        faults.named ? "" : ", which fits best",
                        Listed(faults.tensors));
  FailInput(file.where(), diagnosis + list + ExportLines(file.where(), how));
}

void FailOtherNetwork(const CheckpointFile& file,
                      const NetworkOptions& options) {
  for (const StoredTensor& tensor : file.tensors()) {
    if (tensor.unreadable.starts_with("torch.Q")) {
      FailQuantized(file.where(), tensor.unreadable);
    }
  }
  if (!file.modules().empty()) {
    FailWholeModule(file.where(), file.modules()[0].place,
                    file.modules()[0].class_name);
  }
  const StoredTensor& any = file.tensors().front();
  const Export how{any.dict, "",
                   fmt::format("1, 540, {}", options.frames.value_or(20)),
                   file.plain()};
  FailInput(file.where(),
            fmt::format(
                "is a network of another kind: {}none of its {} tensors has "
                "a name and shape of a WiFlow network (540 channels in, 2 "
                "coordinates out; names such as "
                "'tcn.network.0.conv1_group.weight').{}\n{}",
                Ends(file.tensors()), file.tensors().size(),
                FirstTensors(file.tensors()), ExportLines(file.where(), how)));
}

}  // namespace edge_int8
