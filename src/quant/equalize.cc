#include "src/quant/equalize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/quant/batch_nodes.h"
#include "src/quant/calibration.h"

namespace edge_int8 {
namespace {

constexpr int64_t kBatch = 8;
// No channel is moved further: what calibration hardly saw must stay small.
constexpr double kMost = 16;

std::size_t Size(int64_t n) { return static_cast<std::size_t>(n); }

// Largest size of each channel of each tensor, over windows.
using Ranges = std::vector<std::vector<float>>;  // [tensor][channel]

Ranges MeasureRanges(const Model& model, const WindowSource& source,
                     const EqualizeOptions& options) {
  const Graph& graph = model.graph;
  const std::vector<int64_t> chosen =
      SpreadWindows(source.size(), options.windows, options.seed);
  if (chosen.empty()) FailInput("equalization", "there are no windows");
  const int64_t total = std::ssize(chosen);
  std::vector<Ranges> parts(Size((total + kBatch - 1) / kBatch));
  ParallelFor(std::ssize(parts), [&](int64_t b) {
    Ranges& part = parts[Size(b)];
    part.resize(graph.tensors.size());
    const int64_t count = std::min(kBatch, total - b * kBatch);
    const std::size_t size = Size(graph.extent(0).size());
    std::vector<float> input(Size(count) * size);
    for (int64_t w = 0; w < count; ++w) {
      const auto window = std::span(input).subspan(Size(w) * size, size);
      source.Read(chosen[Size(b * kBatch + w)], window);
      ThroughInputBytes(options.input_factor, window);
    }
    RunBatch(model, std::move(input), static_cast<int>(count),
             [&](TensorId id, std::span<float> values) {
               const Extent& e = graph.extent(id);
               const int64_t area = e.size() / e.channels;
               part[Size(id)].resize(Size(e.channels));
               for (std::size_t n = 0; n < values.size(); ++n) {
                 const std::size_t c = n / Size(area) % Size(e.channels);
                 float& most = part[Size(id)][c];
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
    const std::vector<float>& range = ranges_[Size(qkv)];
    for (int c = 0; c < channels; ++c) {
      const double q = range[Size(c)];
      const double k = range[Size(channels + c)];
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
    const std::vector<float>& range = ranges_[Size(node.output)];
    const double most = *std::ranges::max_element(range);
    std::vector<float>& bias = model_.Parameter(mix.bias).data;
    for (int c = 0; c < channels; ++c) {
      if (!(range[Size(c)] > 0)) continue;
      const double factor = Factor(most / range[Size(c)]);
      ScaleRow(conv, 2 * channels + c, factor);
      bias[Size(c)] = static_cast<float>(bias[Size(c)] * factor);
      for (const Conv* reader : readers) ScaleInput(*reader, c, 1 / factor);
    }
  }

  void ScaleRow(const Conv& conv, int row, double factor) {
    std::vector<float>& weight = model_.Parameter(conv.weight).data;
    const std::size_t length = weight.size() / Size(conv.out_channels);
    for (std::size_t n = 0; n < length; ++n) {
      float& w = weight[Size(row) * length + n];
      w = static_cast<float>(w * factor);
    }
    float& bias = model_.Parameter(conv.bias).data[Size(row)];
    bias = static_cast<float>(bias * factor);
  }

  // Of a convolution with one group: [out][in][taps].
  void ScaleInput(const Conv& conv, int channel, double factor) {
    std::vector<float>& weight = model_.Parameter(conv.weight).data;
    const std::size_t taps = Size(conv.kernel_h * conv.kernel_w);
    const std::size_t length = weight.size() / Size(conv.out_channels);
    for (std::size_t o = 0; o < Size(conv.out_channels); ++o) {
      for (std::size_t k = 0; k < taps; ++k) {
        float& w = weight[o * length + Size(channel) * taps + k];
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
