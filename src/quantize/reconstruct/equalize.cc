#include "src/quantize/reconstruct/equalize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/graph/batch_nodes.h"
#include "src/quantize/calibrate/calibration.h"

namespace edge_int8 {
namespace {

constexpr int64_t kMeasuredWindows = 8;
// No channel is moved further: what calibration hardly saw must stay small.
constexpr double kMost = 16;

// Largest size of each channel of each tensor, over windows.
using Ranges = std::vector<std::vector<float>>;  // [tensor][channel]

Ranges MeasureRanges(const Model& model, const WindowSource& source,
                     const EqualizeOptions& options) {
  const Graph& graph = model.graph;
  const std::vector<int64_t> chosen =
      SpreadWindows(source.size(), options.windows, options.seed);
  if (chosen.empty()) FailInput("equalization", "there are no windows");
  const int64_t total = std::ssize(chosen);
  std::vector<Ranges> parts(
      AsSize((total + kMeasuredWindows - 1) / kMeasuredWindows));
  ParallelFor(std::ssize(parts), [&](int64_t b) {
    Ranges& part = parts[AsSize(b)];
    part.resize(graph.tensors.size());
    const int64_t count =
        std::min(kMeasuredWindows, total - b * kMeasuredWindows);
    const std::size_t size = AsSize(graph.extent(0).size());
    std::vector<float> input(AsSize(count) * size);
    for (int64_t w = 0; w < count; ++w) {
      const auto window = std::span(input).subspan(AsSize(w) * size, size);
      source.Read(chosen[AsSize(b * kMeasuredWindows + w)], window);
      ThroughInputBytes(options.input_factor, window);
    }
    RunBatch(model, std::move(input), static_cast<int>(count),
             [&](TensorId id, std::span<float> values) {
               const Extent& e = graph.extent(id);
               const int64_t area = e.size() / e.channels;
               part[AsSize(id)].resize(AsSize(e.channels));
               for (std::size_t n = 0; n < values.size(); ++n) {
                 const std::size_t c = n / AsSize(area) % AsSize(e.channels);
                 float& most = part[AsSize(id)][c];
                 most = std::max(most, std::abs(values[n]));
               }
             });
  });
  Ranges all = parts[0];
  for (const Ranges& part : parts) {
    for (std::size_t t = 0; t < all.size(); ++t) {
      for (std::size_t c = 0; c < all[t].size(); ++c) {
        all[t][c] = std::max(all[t][c], part[t][c]);
      }
    }
  }
  return all;
}

class Equalizer {
 public:
  Equalizer(const Model& folded, Ranges ranges)
      : model_(folded), ranges_(std::move(ranges)) {}

  Model Run() {
    for (const Node& node : model_.graph.nodes) {
      if (const auto* mix = std::get_if<AttentionMix>(&node.op)) {
        EqualizeOne(node, *mix);
      }
    }
    return std::move(model_);
  }

 private:
  // The square root splits the burden between both sides.
  static double Factor(double wanted_over_own) {
    return std::clamp(std::sqrt(wanted_over_own), 1 / kMost, kMost);
  }

  void EqualizeOne(const Node& node, const AttentionMix& mix) {
    const TensorId qkv = node.inputs[1];
    const auto source =
        std::ranges::find(model_.graph.nodes, qkv, &Node::output);
    const auto* conv = std::get_if<Conv>(&source->op);
    if (conv == nullptr) return;
    const int channels = conv->out_channels / 3;
    const std::vector<float>& range = ranges_[AsSize(qkv)];
    for (int c = 0; c < channels; ++c) {
      const double q = range[AsSize(c)];
      const double k = range[AsSize(channels + c)];
      if (!(q > 0) || !(k > 0)) continue;
      const double factor = Factor(k / q);
      ScaleRow(*conv, c, factor);
      ScaleRow(*conv, channels + c, 1 / factor);
    }
    EqualizeValues(node, mix, *conv, channels);
  }

  void EqualizeValues(const Node& node, const AttentionMix& mix,
                      const Conv& conv, int channels) {
    std::vector<const Conv*> readers;
    for (const Node& reader : model_.graph.nodes) {
      if (std::ranges::count(reader.inputs, node.output) == 0) continue;
      const auto* reading = std::get_if<Conv>(&reader.op);
      if (reading == nullptr || reading->groups != 1) return;
      readers.push_back(reading);
    }
    const std::vector<float>& range = ranges_[AsSize(node.output)];
    const double most = *std::ranges::max_element(range);
    std::vector<float>& bias = model_.Parameter(mix.bias).data;
    for (int c = 0; c < channels; ++c) {
      if (!(range[AsSize(c)] > 0)) continue;
      const double factor = Factor(most / range[AsSize(c)]);
      ScaleRow(conv, 2 * channels + c, factor);
      bias[AsSize(c)] = static_cast<float>(bias[AsSize(c)] * factor);
      for (const Conv* reader : readers) ScaleInput(*reader, c, 1 / factor);
    }
  }

  void ScaleRow(const Conv& conv, int row, double factor) {
    std::vector<float>& weight = model_.Parameter(conv.weight).data;
    const std::size_t length = weight.size() / AsSize(conv.out_channels);
    for (std::size_t n = 0; n < length; ++n) {
      float& w = weight[AsSize(row) * length + n];
      w = static_cast<float>(w * factor);
    }
    float& bias = model_.Parameter(conv.bias).data[AsSize(row)];
    bias = static_cast<float>(bias * factor);
  }

  // Of a convolution with one group: [out][in][taps].
  void ScaleInput(const Conv& conv, int channel, double factor) {
    std::vector<float>& weight = model_.Parameter(conv.weight).data;
    const std::size_t taps = AsSize(conv.kernel_h * conv.kernel_w);
    const std::size_t length = weight.size() / AsSize(conv.out_channels);
    for (std::size_t o = 0; o < AsSize(conv.out_channels); ++o) {
      for (std::size_t k = 0; k < taps; ++k) {
        float& w = weight[o * length + AsSize(channel) * taps + k];
        w = static_cast<float>(w * factor);
      }
    }
  }

  Model model_;
  const Ranges ranges_;
};

}  // namespace

Model EqualizeAttention(const Model& folded, const WindowSource& source,
                        const EqualizeOptions& options) {
  return Equalizer(folded, MeasureRanges(folded, source, options)).Run();
}

}  // namespace edge_int8
