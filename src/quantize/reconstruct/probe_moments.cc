#include "src/quantize/reconstruct/probe_moments.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/parallel.h"
#include "src/base/random.h"
#include "src/graph/batch_nodes.h"

namespace edge_int8 {
namespace {

constexpr int kProbes = 32;
constexpr int kTogether = 4;  // computed as one batch
constexpr uint64_t kProbeSeed = 0x9e3779b97f4a7c15;

// A level, three waves along the channels whose phases drift from frame to
// frame, and noise.
void FillProbe(const Extent& extent, Rng rng, std::span<float> window) {
  struct Wave {
    double size, channels, frames, phase;
  };
  const double level = rng.Uniform(0.3, 0.6);
  std::vector<Wave> waves;
  for (int n = 0; n < 3; ++n) {
    waves.push_back({rng.Uniform(0.03, 0.12), rng.Uniform(-0.3, 0.3),
                     rng.Uniform(-0.3, 0.3),
                     rng.Uniform(0, 2 * std::numbers::pi)});
  }
  const int frames = extent.height * extent.width;
  std::size_t at = 0;
  for (int c = 0; c < extent.channels; ++c) {
    for (int t = 0; t < frames; ++t) {
      double value = level + 0.02 * rng.Normal();
      for (const Wave& wave : waves) {
        value += wave.size *
                 std::cos(wave.channels * c + wave.frames * t + wave.phase);
      }
      window[at++] = static_cast<float>(std::clamp(value, 0.0, 1.0));
    }
  }
}

struct ProbeSums {
  std::vector<double> first, second;  // by channel
};

void AddProbe(const Extent& extent, std::span<const float> values,
              ProbeSums& sums) {
  sums.first.resize(AsSize(extent.channels));
  sums.second.resize(AsSize(extent.channels));
  const std::size_t area = AsSize(extent.size() / extent.channels);
  for (std::size_t n = 0; n < values.size(); ++n) {
    const std::size_t c = n / area % AsSize(extent.channels);
    const double value = values[n];
    sums.first[c] += value;
    sums.second[c] += value * value;
  }
}

}  // namespace

std::vector<ChannelMoments> ProbeMoments(const Model& model) {
  const Graph& graph = model.graph;
  const Extent& input = graph.extent(0);
  std::vector<std::vector<ProbeSums>> parts(kProbes / kTogether);
  ParallelFor(std::ssize(parts), [&](int64_t part) {
    std::vector<ProbeSums>& sums = parts[AsSize(part)];
    sums.resize(graph.tensors.size());
    const std::size_t size = AsSize(input.size());
    std::vector<float> windows(kTogether * size);
    for (int w = 0; w < kTogether; ++w) {
      FillProbe(
          input,
          Rng(kProbeSeed).Fork(static_cast<uint64_t>(part * kTogether + w)),
          std::span(windows).subspan(AsSize(w) * size, size));
    }
    RunBatch(model, std::move(windows), kTogether,
             [&](TensorId id, std::span<const float> values) {
               AddProbe(graph.extent(id), values, sums[AsSize(id)]);
             });
  });
  std::vector<ChannelMoments> moments(graph.tensors.size());
  for (std::size_t t = 0; t < moments.size(); ++t) {
    const Extent& extent = graph.extent(static_cast<TensorId>(t));
    const double count =
        static_cast<double>(kProbes * (extent.size() / extent.channels));
    for (std::size_t c = 0; c < AsSize(extent.channels); ++c) {
      double first = 0, second = 0;
      for (const std::vector<ProbeSums>& part : parts) {
        if (part[t].first.empty()) continue;
        first += part[t].first[c];
        second += part[t].second[c];
      }
      const double mean = first / count;
      moments[t].mean.push_back(mean);
      moments[t].deviation.push_back(
          std::sqrt(std::max(0.0, second / count - mean * mean)));
    }
  }
  return moments;
}

}  // namespace edge_int8
