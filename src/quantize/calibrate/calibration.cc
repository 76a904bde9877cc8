#include "src/quantize/calibrate/calibration.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/arith/boundary.h"
#include "src/base/parallel.h"
#include "src/base/progress.h"
#include "src/base/random.h"
#include "src/graph/batch_nodes.h"
#include "src/quantize/calibrate/sum_of_values.h"

namespace edge_int8 {
namespace {

// Histograms merge exactly in any order, so each thread keeps one set. Sums of
// doubles do not: each chunk of windows has its own, added in chunk order.
constexpr int64_t kChunkWindows = 16;

struct Sums {
  double sum = 0;
  double sum_squares = 0;
};

// Where each run of each site begins in flat arrays, and which sites look at a
// tensor.
struct RunLayout {
  explicit RunLayout(const Model& folded, const SiteMap& sites)
      : sites_of_tensor(folded.graph.tensors.size()) {
    for (const Site& site : sites.sites) {
      first_run.push_back(runs);
      runs += static_cast<std::size_t>(site.scales);
      sites_of_tensor[static_cast<std::size_t>(site.tensor)].push_back(
          first_run.size() - 1);
    }
  }
  std::size_t runs = 0;
  std::vector<std::size_t> first_run;                     // by site
  std::vector<std::vector<std::size_t>> sites_of_tensor;  // site indices
};

Sums SumsOf(std::span<const float> values) {
  const auto value = [&](std::size_t n) {
    return static_cast<double>(values[n]);
  };
  return {SumOfValues(values.size(), value),
          SumOfValues(values.size(),
                      [&](std::size_t n) { return value(n) * value(n); })};
}

class Calibrator {
 public:
  Calibrator(const Model& folded, const SiteMap& sites,
             const WindowSource& source, const CalibrationOptions& options)
      : folded_(folded),
        sites_(sites),
        source_(source),
        options_(options),
        layout_(folded, sites),
        windows_(SpreadWindows(source.size(), options.windows, options.seed)) {}

  CalibrationStats Run() {
    const auto total = static_cast<int64_t>(windows_.size());
    const int64_t chunks = (total + kChunkWindows - 1) / kChunkWindows;
    const auto slots = static_cast<std::size_t>(ThreadCount());
    std::vector<std::vector<CalibrationHistogram>> histograms(
        slots, std::vector<CalibrationHistogram>(layout_.runs));
    std::vector<std::vector<Sums>> sums(static_cast<std::size_t>(chunks),
                                        std::vector<Sums>(layout_.runs));
    Progress progress("calibrate", total, "windows");
    ParallelForSlots(chunks, [&](int64_t chunk, int slot) {
      Observe(chunk, histograms[static_cast<std::size_t>(slot)],
              sums[static_cast<std::size_t>(chunk)]);
      progress.Add(std::min(kChunkWindows, total - chunk * kChunkWindows));
    });
    return Merge(histograms, sums);
  }

 private:
  void Observe(int64_t chunk, std::vector<CalibrationHistogram>& histograms,
               std::vector<Sums>& sums) const {
    const auto begin = static_cast<std::size_t>(chunk * kChunkWindows);
    const std::size_t end = std::min(
        begin + static_cast<std::size_t>(kChunkWindows), windows_.size());
    const auto size = static_cast<std::size_t>(folded_.graph.extent(0).size());
    std::vector<float> input((end - begin) * size);
    for (std::size_t w = begin; w < end; ++w) {
      source_.Read(windows_[w],
                   std::span(input).subspan((w - begin) * size, size));
    }
    ThroughInputBytes(options_.input_factor, input);
    RunBatch(folded_, std::move(input), static_cast<int>(end - begin),
             [&](TensorId tensor, std::span<float> values) {
               ObserveTensor(tensor, values, begin, histograms, sums);
             });
  }

  // `values` is a batch of windows; the first one is number `begin`.
  void ObserveTensor(TensorId tensor, std::span<const float> values,
                     std::size_t begin,
                     std::vector<CalibrationHistogram>& histograms,
                     std::vector<Sums>& sums) const {
    const auto size =
        static_cast<std::size_t>(folded_.graph.extent(tensor).size());
    for (const std::size_t s :
         layout_.sites_of_tensor[static_cast<std::size_t>(tensor)]) {
      const Site& site = sites_.sites[s];
      const std::size_t plane =
          size /
          static_cast<std::size_t>(folded_.graph.extent(tensor).channels);
      const std::size_t first =
          plane * static_cast<std::size_t>(site.first_channel);
      const std::size_t run_values =
          plane * static_cast<std::size_t>(site.channels / site.scales);
      for (std::size_t w = 0; w < values.size() / size; ++w) {
        for (std::size_t r = 0; r < static_cast<std::size_t>(site.scales);
             ++r) {
          const std::size_t flat = layout_.first_run[s] + r;
          const std::span<const float> run =
              values.subspan(w * size + first + r * run_values, run_values);
          if (!histograms[flat].Add(run)) Refuse(site, begin + w, "not finite");
          const float most =
              std::max(-histograms[flat].min(), histograms[flat].max());
          if (most > kLargestOrdinary) {
            Refuse(site, begin + w, fmt::format("{:.6g}", most));
          }
          const Sums more = SumsOf(run);
          sums[flat].sum += more.sum;
          sums[flat].sum_squares += more.sum_squares;
        }
      }
    }
  }

  [[noreturn]] void Refuse(const Site& site, std::size_t window,
                           const std::string& value) const {
    FailInput(fmt::format("calibration window {}", windows_[window]),
              fmt::format("{} is {} in the float model, expected numbers of at "
                          "most {:g}",
                          site.name, value, kLargestOrdinary));
  }

  CalibrationStats Merge(
      const std::vector<std::vector<CalibrationHistogram>>& histograms,
      const std::vector<std::vector<Sums>>& sums) const {
    CalibrationStats stats;
    stats.windows = static_cast<int64_t>(windows_.size());
    stats.sites.resize(sites_.sites.size());
    for (std::size_t s = 0; s < stats.sites.size(); ++s) {
      stats.sites[s].runs.resize(
          static_cast<std::size_t>(sites_.sites[s].scales));
      for (std::size_t r = 0; r < stats.sites[s].runs.size(); ++r) {
        RunStats& run = stats.sites[s].runs[r];
        const std::size_t flat = layout_.first_run[s] + r;
        for (const auto& slot : histograms) run.histogram.Merge(slot[flat]);
        for (const auto& chunk : sums) {
          run.sum += chunk[flat].sum;
          run.sum_squares += chunk[flat].sum_squares;
        }
      }
    }
    return stats;
  }

  const Model& folded_;
  const SiteMap& sites_;
  const WindowSource& source_;
  const CalibrationOptions& options_;
  const RunLayout layout_;
  const std::vector<int64_t> windows_;
};

}  // namespace

std::vector<int64_t> SpreadWindows(int64_t size, int64_t wanted,
                                   uint64_t seed) {
  const int64_t count = std::min(size, wanted);
  const Rng rng(seed);
  std::vector<int64_t> windows;
  for (int64_t i = 0; i < count; ++i) {
    // size * i / count without leaving int64: both are far below 2^31.
    const int64_t begin = size * i / count;
    const int64_t end = size * (i + 1) / count;
    Rng one = rng.Fork(static_cast<uint64_t>(i));
    windows.push_back(begin + static_cast<int64_t>(one.Below(
                                  static_cast<uint64_t>(end - begin))));
  }
  return windows;
}

void ThroughInputBytes(double input_factor, std::span<float> window) {
  const auto factor = static_cast<float>(input_factor);
  for (float& v : window) {
    v = static_cast<float>(core::QuantizeInput(v, factor) / input_factor);
  }
}

CalibrationStats Calibrate(const Model& folded, const SiteMap& sites,
                           const WindowSource& source,
                           const CalibrationOptions& options) {
  if (source.size() == 0 || options.windows < 1) {
    FailInput("calibration", "there are no windows to calibrate on");
  }
  return Calibrator(folded, sites, source, options).Run();
}

}  // namespace edge_int8
