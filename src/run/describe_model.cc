#include "src/run/describe_model.h"

#include <fmt/format.h>

#include <initializer_list>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "core/container/op_tensors.h"
#include "core/container/overload.h"
#include "core/engine/engine.h"
#include "src/base/error.h"
#include "src/nets/network_file.h"
#include "src/qgraph/artifact_file.h"
#include "src/report/text_table.h"
#include "src/run/load_predictor.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

json ExtentJson(const Extent& e) { return {e.channels, e.height, e.width}; }

// Trainable parameters that a node owns.
int64_t NodeParameters(const Node& node,
                       const std::map<std::string, int64_t>& sizes) {
  int64_t total = 0;
  for (const std::string& name : ParameterNames(node.op)) {
    const auto found = sizes.find(name);
    if (found != sizes.end()) total += found->second;
  }
  return total;
}

struct OpLine {
  std::string_view kind;
  int32_t input = 0;
  int32_t output = 0;
  int64_t params = 0;
  MacCount macs = {};
};

// By the same rule as a float graph's (CountMacs in src/graph/graph.h).
MacCount ConvMacs(const core::TensorSpec& out, const core::ConvOp& op) {
  const auto weights = static_cast<int64_t>(op.weights.size());
  const int cut = op.geometry.pad_right == 0 ? op.geometry.pad_left : 0;
  return {weights * out.height * (out.width + cut),
          weights * out.height * out.width};
}

MacCount AttentionMacs(const core::TensorSpec& out,
                       const core::AttentionOp& op) {
  const int length =
      op.axis == core::AttentionAxis::kWidth ? out.width : out.height;
  const int64_t macs = 2 * out.size() * length;
  return {macs, macs};
}

int64_t Count(const auto&... values) {
  return (static_cast<int64_t>(values.size()) + ...);
}

MacCount Same(int64_t macs) { return {macs, macs}; }

// Kind, parameters and multiply-accumulates; "in" is the first operand's.
OpLine Line(const core::IntegerGraph& graph, const core::IntegerOp& any) {
  const std::vector<int32_t> inputs = core::InputsOf(any);
  OpLine line;
  line.output = core::OutputOf(any);
  line.input = inputs.empty() ? line.output : inputs[0];
  const auto spec = [&](int32_t id) -> const core::TensorSpec& {
    return graph.tensors[static_cast<std::size_t>(id)];
  };
  const core::TensorSpec& out = spec(line.output);
  const auto is = [&](std::string_view kind, int64_t params = 0,
                      MacCount macs = {}) {
    line.kind = kind;
    line.params = params;
    line.macs = macs;
  };
  std::visit(
      core::Overload{
          [&](const core::ConvOp& op) {
            is("conv", Count(op.weights, op.bias), ConvMacs(out, op));
          },
          [&](const core::AddOp&) { is("add"); },
          [&](const core::AttentionOp& op) {
            is("attention", Count(op.bias), AttentionMacs(out, op));
          },
          [&](const core::PoolOp&) { is("pool"); },
          [&](const core::TransposeOp&) { is("transpose"); },
          [&](const core::RequantizeOp&) { is("elementwise"); },
          [&](const core::MultiplyOp&) { is("multiply"); },
          [&](const core::MatMulOp& op) {
            is("matmul", 0, Same(out.size() * spec(op.a).channels));
          },
          [&](const core::SoftmaxOp&) { is("softmax"); },
          [&](const core::NormalizeOp& op) {
            is("normalize", Count(op.gain, op.bias));
          },
          [&](const core::WindowPoolOp&) { is("pool"); },
          [&](const core::MoveOp&) { is("move"); },
          [&](const core::ResizeOp&) { is("resize"); },
          [&](const core::RecurrentOp& op) {
            is("recurrent",
               Count(op.input_weights, op.recurrent_weights, op.input_bias,
                     op.recurrent_bias),
               Same(Count(op.input_weights, op.recurrent_weights) * out.width));
          },
          [&](const core::ConstantOp& op) { is("constant", Count(op.values)); },
      },
      any);
  return line;
}

int64_t ActivationWidth(const core::TensorSpec& t) {
  return 8 * static_cast<int64_t>(core::TypeBytes(t.type));
}

// What is beside the shapes: the tensors that it reads by name, and bits.
void AddWiring(const core::IntegerGraph& graph, const core::IntegerOp& any,
               json& layer) {
  layer["inputs"] = json::array();
  for (const int32_t id : core::InputsOf(any)) {
    layer["inputs"].push_back(graph.tensors[static_cast<std::size_t>(id)].name);
  }
  const auto out = static_cast<std::size_t>(core::OutputOf(any));
  layer["bits"] = ActivationWidth(graph.tensors[out]);
  std::visit(
      [&](const auto& op) {
        if constexpr (requires { op.weight_bits; }) {
          layer["weight_bits"] = op.weight_bits;
        }
      },
      any);
}

json ShapeJson(const core::TensorSpec& t) {
  return {t.channels, t.height, t.width};
}

// Bits in use, ascending: [8], or [4, 8].
json WeightBits(const core::IntegerGraph& graph) {
  std::set<int> bits;
  for (const core::IntegerOp& any : graph.ops) {
    std::visit(
        [&](const auto& op) {
          if constexpr (requires { op.weight_bits; }) {
            bits.insert(op.weight_bits);
          }
        },
        any);
  }
  return bits;
}

json ActivationBits(const core::IntegerGraph& graph) {
  std::set<int> bits;
  for (const core::TensorSpec& tensor : graph.tensors) {
    if (tensor.type != core::Type::kS32) {
      bits.insert(static_cast<int>(ActivationWidth(tensor)));
    }
  }
  return bits;
}

json ProvenanceJson(const core::Provenance& p) {
  json files = json::object();
  for (const core::DataFile& file : p.data_files)
    files[file.name] = file.sha256;
  return {{"tool", p.tool},
          {"checkpoint_sha256", p.checkpoint_sha256},
          {"plan_sha256", p.plan_sha256},
          {"data", p.data},
          {"data_files", files},
          {"recipe", p.recipe}};
}

}  // namespace

json DescribeArtifact(const std::filesystem::path& path) {
  return DescribeArtifact(ReadArtifactFile(path),
                          std::filesystem::file_size(path));
}

json DescribeArtifact(const core::Artifact& artifact, uintmax_t file_bytes) {
  const core::IntegerGraph& graph = artifact.graph;
  std::unique_ptr<core::Engine> engine;
  Check(core::Engine::Create(graph, {.isa = IsaFromEnvironment()}, &engine) ==
            core::Status::kOk,
        "a valid artifact gives an engine");
  json layers = json::array();
  int64_t all_params = 0;
  MacCount all_macs;
  for (const core::IntegerOp& op : graph.ops) {
    const OpLine line = Line(graph, op);
    const auto& in = graph.tensors[static_cast<std::size_t>(line.input)];
    const auto& out = graph.tensors[static_cast<std::size_t>(line.output)];
    all_params += line.params;
    all_macs.counted += line.macs.counted;
    all_macs.kept += line.macs.kept;
    layers.push_back({{"name", out.name},
                      {"kind", line.kind},
                      {"in", ShapeJson(in)},
                      {"out", ShapeJson(out)},
                      {"params", line.params},
                      {"macs", line.macs.counted}});
    AddWiring(graph, op, layers.back());
  }
  return {{"variant", graph.name},
          {"params", all_params},
          {"macs", all_macs.counted},
          {"macs_kept", all_macs.kept},
          {"layers", layers},
          {"arena_bytes", engine->arena_bytes()},
          {"file_bytes", file_bytes},
          {"weight_bits", WeightBits(graph)},
          {"activation_bits", ActivationBits(graph)},
          {"provenance", ProvenanceJson(artifact.provenance)}};
}

json DescribeGraph(const Graph& graph) {
  std::map<std::string, int64_t> sizes;
  for (const ParameterSpec& p : graph.parameters) {
    if (p.trainable) sizes[p.name] = ElementCount(p.shape);
  }
  json layers = json::array();
  for (const Node& node : graph.nodes) {
    // A constant reads nothing.
    const TensorId in = node.inputs.empty() ? node.output : node.inputs[0];
    layers.push_back({{"name", node.name},
                      {"kind", OpName(node.op)},
                      {"in", ExtentJson(graph.extent(in))},
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

json DescribeFile(const std::filesystem::path& path,
                  const NetworkOptions& network) {
  switch (DetectModelFormat(path)) {
    case ModelFormat::kArtifact:
      return DescribeArtifact(path);
    case ModelFormat::kOnnx:
      return DescribeGraph(LoadNetwork(path, network).graph);
    case ModelFormat::kCheckpoint:
      break;
  }
  const Checkpoint checkpoint = ReadCheckpoint(path, network);
  json description = DescribeGraph(checkpoint.model.graph);
  description["weights"] = WeightSetsJson(checkpoint.sets);
  return description;
}

json WeightSetsJson(const std::vector<WeightSetInfo>& sets) {
  json list = json::array();
  for (const WeightSetInfo& set : sets) {
    list.push_back(
        {{"key", set.key}, {"tensors", set.tensors}, {"used", set.used}});
  }
  return list;
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
  if (description.contains("weights") && description["weights"].size() > 1) {
    text += "\nsets of weights (--weights KEY chooses):";
    for (const json& set : description["weights"]) {
      text += fmt::format("\n  {}: {} tensors{}",
                          Printable(set["key"].get<std::string>()),
                          set["tensors"].get<int64_t>(),
                          set["used"].get<bool>() ? ", used" : "");
    }
  }
  return text + "\n";
}

}  // namespace edge_int8
