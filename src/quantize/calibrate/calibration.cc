#include "src/quantize/calibrate/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/arith/boundary.h"
#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/base/progress.h"
#include "src/base/random.h"
#include "src/base/rank_share.h"
#include "src/graph/batch_nodes.h"
#include "src/quantize/calibrate/input_range.h"
#include "src/quantize/calibrate/sum_of_values.h"

namespace edge_int8 {
namespace {

// Histograms merge exactly in any order, so each thread keeps one set. Sums of
// doubles do not: each chunk of windows has its own, added in chunk order.
constexpr int64_t kChunkWindows = 16;

// What a thread has seen: merges exactly.
struct Seen {
  std::vector<CalibrationHistogram> histograms;  // by run
  std::vector<float> term_reach;                 // by quantizer
};

struct Sums {
  double sum = 0;
  double sum_squares = 0;
};

// Where each run of each quantizer begins in flat arrays, and who looks at a
// tensor.
struct RunLayout {
  RunLayout(const Model& folded, const QGraph& qgraph)
      : quantizers_of_tensor(folded.graph.tensors.size()),
        sum_of_tensor(folded.graph.tensors.size(), -1) {
    for (std::size_t q = 0; q < qgraph.quantizers.size(); ++q) {
      first_run.push_back(runs);
      runs += AsSize(qgraph.quantizers[q].scales);
      for (const TensorId id : RoundedTensors(qgraph.quantizers[q])) {
        quantizers_of_tensor[AsSize(id)].push_back(q);
      }
    }
    for (const QNode& node : qgraph.nodes) {
      if (node.sum >= 0) sum_of_tensor[AsSize(node.output)] = node.sum;
    }
  }
  std::size_t runs = 0;
  std::vector<std::size_t> first_run;  // by quantizer
  std::vector<std::vector<std::size_t>> quantizers_of_tensor;
  std::vector<int> sum_of_tensor;  // whose units it is written in, or -1
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
  Calibrator(const Model& folded, const QGraph& qgraph,
             const WindowSource& source, const CalibrationOptions& options)
      : folded_(folded),
        qgraph_(qgraph),
        source_(source),
        layout_(folded, qgraph),
        windows_(SpreadWindows(source.size(), options.windows, options.seed)),
        input_(options.input
                   ? *options.input
                   : ChooseInput(source, windows_,
                                 AsSize(folded.graph.extent(0).size()))) {}

  CalibrationStats Run() {
    const auto total = static_cast<int64_t>(windows_.size());
    const int64_t chunks = (total + kChunkWindows - 1) / kChunkWindows;
    const int slots = ThreadCount();
    std::vector<Seen> seen(AsSize(slots),
                           {std::vector<CalibrationHistogram>(layout_.runs),
                            std::vector<float>(qgraph_.quantizers.size())});
    std::vector<Sums> sums(AsSize(chunks) * layout_.runs);  // [chunk][run]
    const Share mine = MyShare(chunks);
    Progress progress("calibrate", std::max<int64_t>(mine.size(), 1), "parts");
    ParallelForSlots(mine.size(), slots, [&](int64_t n, int slot) {
      const int64_t chunk = mine.first + n;
      Observe(
          chunk, seen[static_cast<std::size_t>(slot)],
          std::span(sums).subspan(AsSize(chunk) * layout_.runs, layout_.runs));
      progress.Add();
    });
    GatherBatches(std::span(sums), chunks, mine);
    return Merge(SeenByAll(std::move(seen)), sums);
  }

 private:
  // What all threads of all ranks saw, of what this rank's did.
  static Seen SeenByAll(std::vector<Seen> seen) {
    Seen all = std::move(seen[0]);
    const auto reach = [&](std::span<const float> other) {
      for (std::size_t q = 0; q < all.term_reach.size(); ++q) {
        all.term_reach[q] = std::max(all.term_reach[q], other[q]);
      }
    };
    for (std::size_t s = 1; s < seen.size(); ++s) {
      for (std::size_t r = 0; r < all.histograms.size(); ++r) {
        all.histograms[r].Merge(seen[s].histograms[r]);
      }
      reach(seen[s].term_reach);
    }
    MergeOverRanks(all.histograms);
    std::vector<float> others(all.term_reach.size());
    for (const auto& part :
         World().AllGather(std::as_bytes(std::span(all.term_reach)))) {
      Check(part.size() == others.size() * sizeof(float),
            "ranks have equally many quantizers");
      std::ranges::copy(part,
                        std::as_writable_bytes(std::span(others)).begin());
      reach(others);
    }
    return all;
  }

  void Observe(int64_t chunk, Seen& seen, std::span<Sums> sums) const {
    const auto begin = static_cast<std::size_t>(chunk * kChunkWindows);
    const std::size_t end = std::min(
        begin + static_cast<std::size_t>(kChunkWindows), windows_.size());
    const auto size = static_cast<std::size_t>(folded_.graph.extent(0).size());
    std::vector<float> input((end - begin) * size);
    for (std::size_t w = begin; w < end; ++w) {
      source_.Read(windows_[w],
                   std::span(input).subspan((w - begin) * size, size));
    }
    ThroughInputBytes(input_, input);
    RunBatch(folded_, std::move(input), static_cast<int>(end - begin),
             [&](TensorId tensor, std::span<float> values) {
               ObserveTensor(tensor, values, begin, seen, sums);
             });
  }

  // `values` is a batch of windows; the first one is number `begin`.
  void ObserveTensor(TensorId tensor, std::span<const float> values,
                     std::size_t begin, Seen& seen,
                     std::span<Sums> sums) const {
    const Extent& extent = folded_.graph.extent(tensor);
    const std::size_t size = AsSize(extent.size());
    const std::size_t plane = size / AsSize(extent.channels);
    for (const std::size_t q : layout_.quantizers_of_tensor[AsSize(tensor)]) {
      const Quantizer& quantizer = qgraph_.quantizers[q];
      const bool whole = tensor != quantizer.tensor;
      const std::size_t first =
          whole ? 0 : plane * AsSize(quantizer.first_channel);
      const std::size_t run_values =
          whole ? size : plane * AsSize(quantizer.channels / quantizer.scales);
      for (std::size_t w = 0; w < values.size() / size; ++w) {
        for (std::size_t r = 0; r < AsSize(quantizer.scales); ++r) {
          const std::size_t flat = layout_.first_run[q] + r;
          const std::span<const float> run =
              values.subspan(w * size + first + r * run_values, run_values);
          if (!seen.histograms[flat].Add(run)) {
            Refuse(quantizer, begin + w, "not finite");
          }
          const float most = std::max(-seen.histograms[flat].min(),
                                      seen.histograms[flat].max());
          if (most > kLargestOrdinary) {
            Refuse(quantizer, begin + w, fmt::format("{:.6g}", most));
          }
          const Sums more = SumsOf(run);
          sums[flat].sum += more.sum;
          sums[flat].sum_squares += more.sum_squares;
        }
      }
    }
    const int sum = layout_.sum_of_tensor[AsSize(tensor)];
    if (sum < 0) return;
    float& reach = seen.term_reach[AsSize(sum)];
    for (const float v : values) reach = std::max(reach, std::abs(v));
  }

  [[noreturn]] void Refuse(const Quantizer& quantizer, std::size_t window,
                           const std::string& value) const {
    FailInput(fmt::format("calibration window {}", windows_[window]),
              fmt::format("{} is {} in the float model, expected numbers of at "
                          "most {:g}",
                          quantizer.name, value, kLargestOrdinary));
  }

  CalibrationStats Merge(Seen seen, const std::vector<Sums>& sums) const {
    CalibrationStats stats;
    stats.windows = static_cast<int64_t>(windows_.size());
    stats.input = input_;
    stats.quantizers.resize(qgraph_.quantizers.size());
    for (std::size_t s = 0; s < stats.quantizers.size(); ++s) {
      stats.quantizers[s].term_reach = seen.term_reach[s];
      stats.quantizers[s].runs.resize(
          static_cast<std::size_t>(qgraph_.quantizers[s].scales));
      for (std::size_t r = 0; r < stats.quantizers[s].runs.size(); ++r) {
        RunStats& run = stats.quantizers[s].runs[r];
        const std::size_t flat = layout_.first_run[s] + r;
        run.histogram = std::move(seen.histograms[flat]);
        for (std::size_t n = flat; n < sums.size(); n += layout_.runs) {
          run.sum += sums[n].sum;
          run.sum_squares += sums[n].sum_squares;
        }
      }
    }
    return stats;
  }

  const Model& folded_;
  const QGraph& qgraph_;
  const WindowSource& source_;
  const RunLayout layout_;
  const std::vector<int64_t> windows_;
  const InputQparams input_;
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

void ThroughInputBytes(const InputQparams& input, std::span<float> window) {
  const auto factor = static_cast<float>(input.factor);
  for (float& v : window) {
    const int code = core::QuantizeInput(v, factor, input.zero_point);
    v = static_cast<float>((code - input.zero_point) / input.factor);
  }
}

CalibrationStats Calibrate(const Model& folded, const QGraph& qgraph,
                           const WindowSource& source,
                           const CalibrationOptions& options) {
  if (source.size() == 0 || options.windows < 1) {
    FailInput("calibration", "there are no windows to calibrate on");
  }
  return Calibrator(folded, qgraph, source, options).Run();
}

}  // namespace edge_int8
