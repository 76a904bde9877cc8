#include "src/nets/wiflow_shapes.h"

#include <fmt/format.h>

#include <algorithm>

namespace edge_int8 {
namespace {

// Far above any real network; graphs of larger ones would only cost memory.
constexpr int64_t kMostChannels = 1 << 16;
constexpr int kMostBlocks = 16;

const Shape* Find(const NamedShapes& shapes, const std::string& name,
                  std::size_t rank) {
  const auto found = shapes.find(name);
  if (found == shapes.end() || found->second.size() != rank) return nullptr;
  for (const int64_t extent : found->second) {
    if (extent < 1 || extent > kMostChannels) return nullptr;
  }
  return &found->second;
}

// Blocks 0, 1, ... of a kind that have a tensor of that name.
int CountBlocks(const NamedShapes& shapes, const std::string& kind,
                const std::string& name) {
  int count = 0;
  while (count <= kMostBlocks &&
         shapes.contains(fmt::format("{}.{}.{}", kind, count, name))) {
    ++count;
  }
  return count;
}

class Reader {
 public:
  explicit Reader(const NamedShapes& shapes) : shapes_(shapes) {}

  std::optional<WiflowConfig> Read() {
    config_.name = "wiflow";
    ReadTcn();
    ReadBlocks();
    ReadAttention();
    ReadDecoder();
    if (!whole_) return std::nullopt;
    return config_;
  }

 private:
  // An extent of a tensor, or 0 and a config that is not whole.
  int At(const std::string& name, std::size_t rank, std::size_t axis) {
    const Shape* const shape = Find(shapes_, name, rank);
    if (shape == nullptr) whole_ = false;
    return shape == nullptr ? 0 : static_cast<int>((*shape)[axis]);
  }
  // Groups of a convolution that takes `in` channels.
  int Groups(const std::string& name, int in) {
    const int per_group = At(name, 3, 1);
    if (in == 0 || per_group == 0 || in % per_group != 0) {
      whole_ = false;
      return 1;
    }
    const int groups = in / per_group;
    if (At(name, 3, 0) % groups != 0) whole_ = false;
    return groups;
  }

  void ReadTcn() {
    const int blocks = CountBlocks(shapes_, "tcn.network", "conv1_pw.weight");
    if (blocks < 1 || blocks > kMostBlocks) whole_ = false;
    // A grouped convolution keeps its channels: what goes in comes out.
    config_.input_channels = At("tcn.network.0.conv1_group.weight", 3, 0);
    config_.taps = At("tcn.network.0.conv1_group.weight", 3, 2);
    int in = config_.input_channels;
    for (int i = 0; i < blocks && whole_; ++i) {
      const std::string block = fmt::format("tcn.network.{}.", i);
      const int out = At(block + "conv1_pw.weight", 3, 0);
      TcnBlockGroups groups{Groups(block + "conv1_group.weight", in),
                            Groups(block + "conv1_pw.weight", in),
                            Groups(block + "conv2_group.weight", out),
                            Groups(block + "conv2_pw.weight", out), 1};
      if (in != out)
        groups.downsample = Groups(block + "downsample.0.weight", in);
      config_.tcn_channels.push_back(out);
      config_.groups.push_back(groups);
      in = out;
    }
  }
  void ReadBlocks() {
    config_.up_channels = At("up.block.0.weight", 4, 0);
    const int blocks =
        CountBlocks(shapes_, "residual_blocks", "block.0.weight");
    if (blocks < 1 || blocks > kMostBlocks) whole_ = false;
    for (int i = 0; i < blocks && whole_; ++i) {
      config_.conv_channels.push_back(
          At(fmt::format("residual_blocks.{}.block.0.weight", i), 4, 0));
    }
  }
  void ReadAttention() {
    config_.attention_groups =
        At("attention.width_axis.bn_similarity.weight", 1, 0);
    if (!whole_ ||
        config_.conv_channels.back() % config_.attention_groups != 0) {
      whole_ = false;
    }
  }
  void ReadDecoder() {
    config_.decoder_channels = At("decoder.0.weight", 4, 0);
  }

  const NamedShapes& shapes_;
  WiflowConfig config_;
  bool whole_ = true;
};

std::string Plural(int64_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

std::optional<WiflowConfig> InferWiflow(const NamedShapes& shapes) {
  std::optional<WiflowConfig> config = Reader(shapes).Read();
  if (!config) return std::nullopt;
  const Graph graph = BuildWiflow(*config);
  for (const WiflowConfig& variant : WiflowVariants()) {
    const Graph published = BuildWiflow(variant);
    if (std::ranges::equal(graph.parameters, published.parameters,
                           [](const ParameterSpec& a, const ParameterSpec& b) {
                             return a.name == b.name && a.shape == b.shape;
                           })) {
      return variant;
    }
  }
  return config;
}

std::optional<int64_t> InputChannels(const NamedShapes& shapes) {
  const Shape* const shape =
      Find(shapes, "tcn.network.0.conv1_group.weight", 3);
  return shape == nullptr ? std::nullopt : std::optional((*shape)[0]);
}

std::vector<std::string> WiflowDifferences(const NamedShapes& shapes) {
  const WiflowConfig& published = WiflowVariants()[0];
  std::vector<std::string> differences;
  const std::optional<int64_t> input = InputChannels(shapes);
  if (input && *input != published.input_channels) {
    differences.push_back(fmt::format("input of {} where {} are expected",
                                      Plural(*input, "channel"),
                                      published.input_channels));
  }
  const auto count = [&](int found, std::size_t expected,
                         std::string_view what) {
    if (found == static_cast<int>(expected)) return;
    differences.push_back(
        fmt::format("{} where {} are expected", Plural(found, what), expected));
  };
  count(CountBlocks(shapes, "tcn.network", "conv1_pw.weight"),
        published.tcn_channels.size(), "TCN block");
  count(CountBlocks(shapes, "residual_blocks", "block.0.weight"),
        published.conv_channels.size(), "residual block");
  const Shape* const head = Find(shapes, "decoder.3.weight", 4);
  if (head != nullptr && (*head)[0] == 3) {
    differences.push_back("another head: 3 coordinates where 2 are expected");
  } else if (head != nullptr && (*head)[0] != 2) {
    differences.push_back(fmt::format(
        "another head: {} of its last convolution where 2 are expected, and "
        "what follows it has no weights to tell it by",
        Plural((*head)[0], "output channel")));
  }
  return differences;
}

}  // namespace edge_int8
