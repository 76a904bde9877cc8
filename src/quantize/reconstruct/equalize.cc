#include "src/quantize/reconstruct/equalize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/graph/batch_nodes.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/reconstruct/attention_channels.h"

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
      ThroughInputBytes(options.input, window);
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

// The square root splits the burden between both sides.
double Factor(double wanted_over_own) {
  return std::clamp(std::sqrt(wanted_over_own), 1 / kMost, kMost);
}

void EqualizeOne(AttentionChannels& attention, const Ranges& ranges) {
  const std::vector<float>& qkv = ranges[AsSize(attention.qkv())];
  const std::vector<float>& mixed = ranges[AsSize(attention.mixed())];
  const double most = *std::ranges::max_element(mixed);
  for (int c = 0; c < attention.channels(); ++c) {
    const double q = qkv[AsSize(c)];
    const double k = qkv[AsSize(attention.channels() + c)];
    if (q > 0 && k > 0) attention.ScaleQuery(c, Factor(k / q));
    const double own = mixed[AsSize(c)];
    if (own > 0 && attention.values_are_free()) {
      attention.ScaleValue(c, Factor(most / own));
    }
  }
}

}  // namespace

Model EqualizeAttention(const Model& folded, const WindowSource& source,
                        const EqualizeOptions& options) {
  const Ranges ranges = MeasureRanges(folded, source, options);
  Model model = folded;
  for (AttentionChannels& attention : AttentionChannels::In(model)) {
    EqualizeOne(attention, ranges);
  }
  return model;
}

}  // namespace edge_int8
