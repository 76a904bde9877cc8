#include "src/nets/wiflow.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace edge_int8 {
namespace {

constexpr double kTcnDropout = 0.5;
constexpr double kBlockDropout = 0.3;

const std::array<WiflowConfig, 4>& Variants() {
  static const std::array<WiflowConfig, 4> variants = {{
      {"full", {540, 440, 340, 240}, {8, 16, 32, 64}, 8, TcnGroups::kGcd20, 1},
      {"half", {270, 220, 170, 120}, {4, 8, 16, 32}, 4, TcnGroups::kGcd20, 1},
      {"quarter", {135, 110, 85, 60}, {2, 4, 8, 16}, 2, TcnGroups::kGcd20, 1},
      {"tiny", {68, 56, 44, 32}, {2, 4, 8, 16}, 2, TcnGroups::kDepthwise, 4},
  }};
  return variants;
}

// Appends the pieces of one network to a builder.
class WiflowBuilder {
 public:
  explicit WiflowBuilder(const WiflowConfig& config)
      : config_(config),
        graph_(config.name, {config.input_channels, 1, config.frames}) {}

  Graph Build() {
    TensorId x = 0;
    for (std::size_t i = 0; i < config_.tcn_channels.size(); ++i) {
      x = TcnBlock(static_cast<int>(i), x);
    }
    // [C][1][time] becomes the image [1][time][C].
    x = graph_.Append("tcn.to_image", Transpose{{1, 2, 0}}, {x});
    x = ResidualBlock("up", x,
                      config_.up_channels > 0 ? config_.up_channels
                                              : config_.conv_channels[0],
                      1);
    for (std::size_t i = 0; i < config_.conv_channels.size(); ++i) {
      const bool halve = (graph_.extent(x).width + 1) / 2 >= config_.joints;
      x = ResidualBlock(fmt::format("residual_blocks.{}", i), x,
                        config_.conv_channels[i], halve ? 2 : 1);
    }
    x = graph_.Append("residual_blocks.to_rows", Transpose{{0, 2, 1}}, {x});
    x = AttentionAxis("attention.width_axis", x, Axis::kWidth);
    x = AttentionAxis("attention.height_axis", x, Axis::kHeight);
    return graph_.Finish(Decoder(x));
  }

 private:
  TensorId Activate(const std::string& name, TensorId x) {
    return graph_.Append(name, Silu(), {x});
  }
  TensorId Drop(const std::string& name, double probability, TensorId x) {
    return graph_.Append(name, Dropout{probability}, {x});
  }
  int TcnGroupCount(int channels) const {
    return config_.tcn_groups == TcnGroups::kDepthwise ? channels
                                                       : std::gcd(channels, 20);
  }
  TcnBlockGroups GroupsOf(int index, int in, int out) const {
    if (!config_.groups.empty()) {
      return config_.groups[static_cast<std::size_t>(index)];
    }
    const int first = index == 0 ? config_.first_pointwise_groups : 1;
    return {TcnGroupCount(in), first, TcnGroupCount(out), 1, first};
  }

  // Causal: with three taps y[t] sees x[t], x[t - dilation] and
  // x[t - 2 * dilation].
  TensorId TcnHalf(const std::string& block, int half, int dilation, int out,
                   int groups, int pointwise_groups, TensorId x) {
    const int in = graph_.extent(x).channels;
    const std::string group = fmt::format("{}{}_group", "conv", half);
    const std::string bn = fmt::format("bn{}", half);
    x = graph_.AppendConv(block + "." + group,
                          {.out_channels = in,
                           .kernel_w = config_.taps,
                           .dilation_w = dilation,
                           .pad_left = (config_.taps - 1) * dilation,
                           .groups = groups},
                          x, false, true);
    x = graph_.AppendBatchNorm(block + "." + bn + "_group", x);
    x = Activate(fmt::format("{}.silu{}_group", block, half), x);
    x = graph_.AppendConv(fmt::format("{}.conv{}_pw", block, half),
                          {.out_channels = out, .groups = pointwise_groups}, x,
                          false, true);
    x = graph_.AppendBatchNorm(block + "." + bn + "_pw", x);
    x = Activate(fmt::format("{}.silu{}_pw", block, half), x);
    return Drop(fmt::format("{}.dropout{}", block, half), kTcnDropout, x);
  }

  TensorId TcnBlock(int index, TensorId input) {
    const std::string block = fmt::format("tcn.network.{}", index);
    const int out = config_.tcn_channels[static_cast<std::size_t>(index)];
    const TcnBlockGroups groups =
        GroupsOf(index, graph_.extent(input).channels, out);
    TensorId x =
        TcnHalf(block, 1, 1 << index, out, groups.group1, groups.pw1, input);
    x = TcnHalf(block, 2, 1 << index, out, groups.group2, groups.pw2, x);
    TensorId skip = input;
    if (graph_.extent(input).channels != out) {
      skip =
          graph_.AppendConv(block + ".downsample.0",
                            {.out_channels = out, .groups = groups.downsample},
                            input, false, true);
      skip = graph_.AppendBatchNorm(block + ".downsample.1", skip);
    }
    x = graph_.Append(block + ".sum", Add{}, {x, skip});
    return Activate(block + ".silu_sum", x);
  }

  // Dropout after each inner SiLU gives the module indices 0,1,4,5,8,9.
  TensorId ResidualBlock(const std::string& block, TensorId input, int out,
                         int stride) {
    TensorId x = input;
    for (const int index : {0, 4, 8}) {
      const auto at = [&](int offset) {
        return fmt::format("{}.block.{}", block, index + offset);
      };
      x = graph_.AppendConv(at(0),
                            {.out_channels = out,
                             .kernel_w = 3,
                             .stride_w = index == 0 ? stride : 1,
                             .pad_left = 1,
                             .pad_right = 1},
                            x, true, false);
      x = graph_.AppendBatchNorm(at(1), x);
      if (index == 8) break;
      x = Activate(at(2), x);
      x = Drop(at(3), kBlockDropout, x);
    }
    TensorId skip = graph_.AppendConv(block + ".downsample.0",
                                      {.out_channels = out, .stride_w = stride},
                                      input, false, false);
    skip = graph_.AppendBatchNorm(block + ".downsample.1", skip);
    x = graph_.Append(block + ".sum", Add{}, {x, skip});
    return Activate(block + ".silu_sum", x);
  }

  TensorId AttentionAxis(const std::string& module, TensorId input, Axis axis) {
    const int channels = graph_.extent(input).channels;
    const int heads = config_.attention_groups;
    TensorId qkv =
        graph_.AppendConv(module + ".qkv_transform",
                          {.out_channels = 3 * channels}, input, false, true);
    qkv = graph_.AppendBatchNorm(module + ".bn_qkv", qkv);
    TensorId p =
        graph_.Append(module + ".scores", AttentionScores{heads, axis}, {qkv});
    p = graph_.AppendBatchNorm(module + ".bn_similarity", p);
    p = graph_.Append(module + ".softmax", Softmax{}, {p});
    const TensorId y =
        graph_.Append(module + ".mix", AttentionMix{heads, axis, ""}, {p, qkv});
    return graph_.AppendBatchNorm(module + ".bn_output", y);
  }

  TensorId Decoder(TensorId x) {
    const int hidden = config_.decoder_channels > 0
                           ? config_.decoder_channels
                           : std::max(graph_.extent(x).channels / 2, 4);
    x = graph_.AppendConv("decoder.0",
                          {.out_channels = hidden,
                           .kernel_h = 3,
                           .kernel_w = 3,
                           .pad_top = 1,
                           .pad_bottom = 1,
                           .pad_left = 1,
                           .pad_right = 1},
                          x, true, false);
    x = graph_.AppendBatchNorm("decoder.1", x);
    x = Activate("decoder.2", x);
    x = graph_.AppendConv("decoder.3", {.out_channels = 2}, x, true, false);
    x = graph_.AppendBatchNorm("decoder.4", x);
    x = Activate("decoder.5", x);
    x = graph_.AppendRowPool("pool", config_.joints, x);
    // [2][joints][1] becomes [joints][2][1].
    return graph_.Append("pose", Transpose{{1, 0, 2}}, {x});
  }

  const WiflowConfig config_;
  GraphBuilder graph_;
};

}  // namespace

std::span<const WiflowConfig> WiflowVariants() { return Variants(); }

const WiflowConfig& WiflowVariant(std::string_view name) {
  for (const WiflowConfig& config : Variants()) {
    if (config.name == name) return config;
  }
  FailUsage(
      fmt::format("variant '{}' is not full, half, quarter or tiny", name));
}

WiflowConfig FitWiflow(WiflowConfig config, int input_channels, int frames,
                       int joints) {
  config.input_channels = input_channels;
  config.frames = frames;
  config.joints = joints;
  if (input_channels % config.first_pointwise_groups != 0) {
    config.first_pointwise_groups = 1;
  }
  return config;
}

Graph BuildWiflow(const WiflowConfig& config) {
  return WiflowBuilder(config).Build();
}

}  // namespace edge_int8
