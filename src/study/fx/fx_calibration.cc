#include "src/study/fx/fx_calibration.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/base/progress.h"
#include "src/base/random.h"
#include "src/graph/batch_nodes.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/study/fx/fx_fuse.h"

namespace edge_int8 {
namespace {

// Windows that one thread computes at once.
constexpr int64_t kChunk = 8;

// The columns that a cut drops, as a convolution of their own: shifted right by
// the input's width, padded only behind.
Model TailModel(const Model& fused, const Node& node) {
  Model tail;
  Conv conv = std::get<Conv>(node.op);
  const Extent in = fused.graph.extent(node.inputs[0]);
  const Extent out = fused.graph.extent(node.output);
  const int columns = CutColumns(fused.graph, node);
  conv.pad_left -= out.width;
  conv.pad_right += columns;
  tail.graph.tensors = {{"input", in},
                        {"tail", {out.channels, out.height, columns}}};
  tail.graph.nodes = {{node.name, conv, {0}, 1}};
  for (const std::string& name : {conv.weight, conv.bias}) {
    if (!name.empty()) tail.parameters.emplace(name, fused.Parameter(name));
  }
  return tail;
}

struct Observers {
  FxHistogram histogram;
  FxMovingAverage average;
  FxMovingAverage apart;  // of the first sight
};

// Tensors of a chunk of windows.
struct ChunkValues {
  int64_t windows = 0;
  std::vector<std::vector<float>> tensors;       // by tensor; empty: unseen
  std::map<TensorId, std::vector<float>> tails;  // of cut convolutions
};

class FxCalibrator {
 public:
  FxCalibrator(const Model& fused, const FxPlacement& place,
               const WindowSource& source)
      : fused_(fused), place_(place), source_(source) {
    seen_.assign(fused.graph.tensors.size(), false);
    for (const FxGrid& grid : place.grids) {
      for (const FxSight& sight : grid.sights) {
        seen_[AsSize(sight.tensor)] = true;
        if (sight.with_tail) AddTail(sight.tensor);
      }
    }
    observers_.resize(place.grids.size());
  }

  void Observe(std::span<const int64_t> windows) {
    const auto count = static_cast<int64_t>(windows.size());
    std::vector<ChunkValues> chunks(AsSize((count + kChunk - 1) / kChunk));
    ParallelFor(std::ssize(chunks), [&](int64_t c) {
      const auto begin = AsSize(c * kChunk);
      const std::size_t size = std::min(AsSize(kChunk), windows.size() - begin);
      chunks[AsSize(c)] = Compute(windows.subspan(begin, size));
    });
    ParallelFor(std::ssize(observers_),
                [&](int64_t g) { ShowGrid(AsSize(g), chunks); });
  }

  std::vector<FxRanges> Ranges() const {
    std::vector<FxRanges> ranges(observers_.size());
    ParallelFor(std::ssize(observers_), [&](int64_t g) {
      const Observers& o = observers_[AsSize(g)];
      ranges[AsSize(g)] = {o.histogram.BestRange(), o.histogram.seen(),
                           o.average.range(), o.apart.range()};
    });
    return ranges;
  }

 private:
  void AddTail(TensorId tensor) {
    const auto node =
        std::ranges::find(fused_.graph.nodes, tensor, &Node::output);
    tails_.emplace(tensor,
                   std::pair(node->inputs[0], TailModel(fused_, *node)));
  }

  ChunkValues Compute(std::span<const int64_t> windows) const {
    const Graph& graph = fused_.graph;
    const std::size_t size = AsSize(graph.extent(0).size());
    ChunkValues chunk;
    chunk.windows = std::ssize(windows);
    chunk.tensors.resize(graph.tensors.size());
    std::vector<float> input(windows.size() * size);
    for (std::size_t w = 0; w < windows.size(); ++w) {
      source_.Read(windows[w], std::span(input).subspan(w * size, size));
    }
    RunBatch(fused_, std::move(input), static_cast<int>(windows.size()),
             [&](TensorId tensor, std::span<float> values) {
               Keep(tensor, values, chunk);
             });
    return chunk;
  }

  void Keep(TensorId tensor, std::span<const float> values,
            ChunkValues& chunk) const {
    if (seen_[AsSize(tensor)]) {
      chunk.tensors[AsSize(tensor)].assign(values.begin(), values.end());
    }
    for (const auto& [output, tail] : tails_) {
      const auto& [input, model] = tail;
      if (input != tensor) continue;
      std::vector<float>& to = chunk.tails[output];
      to.resize(AsSize(chunk.windows * model.graph.extent(1).size()));
      ComputeBatch(model, model.graph.nodes[0], {values},
                   static_cast<int>(chunk.windows), to);
    }
  }

  // The sight's channels of each window, as spans.
  FxBatch BatchOf(const FxSight& sight,
                  const std::vector<ChunkValues>& chunks) const {
    const Extent& extent = fused_.graph.extent(sight.tensor);
    const std::size_t size = AsSize(extent.size());
    const std::size_t plane = size / AsSize(extent.channels);
    FxBatch batch;
    for (const ChunkValues& chunk : chunks) {
      const std::span<const float> all = chunk.tensors[AsSize(sight.tensor)];
      for (std::size_t w = 0; w < all.size(); w += size) {
        batch.push_back(all.subspan(w + plane * AsSize(sight.first_channel),
                                    plane * AsSize(sight.channels)));
      }
      if (sight.with_tail) {
        batch.emplace_back(chunk.tails.at(sight.tensor));
      }
    }
    return batch;
  }

  void ShowGrid(std::size_t g, const std::vector<ChunkValues>& chunks) {
    for (const FxSight& sight : place_.grids[g].sights) {
      const FxBatch batch = BatchOf(sight, chunks);
      const FxRange range = RangeOf(batch);
      if (!(range.max - range.min < std::numeric_limits<float>::infinity())) {
        FailInput("calibration",
                  place_.grids[g].name + " is not finite in the float model");
      }
      observers_[g].histogram.Observe(batch, sight.times);
      observers_[g].average.Observe(batch, sight.times);
      if (&sight == &place_.grids[g].sights.front()) {
        observers_[g].apart.Observe(batch, sight.times);
      }
    }
  }

  const Model& fused_;
  const FxPlacement& place_;
  const WindowSource& source_;
  std::vector<bool> seen_;  // by tensor
  // By output tensor: the input tensor, and what computes the tail from it.
  std::map<TensorId, std::pair<TensorId, Model>> tails_;
  std::vector<Observers> observers_;  // by grid
};

}  // namespace

std::vector<FxRanges> CalibrateAsFx(const Model& fused,
                                    const FxPlacement& place,
                                    const WindowSource& source,
                                    const std::vector<int64_t>& windows,
                                    int batch) {
  if (windows.empty()) {
    FailInput("calibration", "there are no windows to calibrate on");
  }
  FxCalibrator calibrator(fused, place, source);
  const std::span<const int64_t> all(windows);
  Progress progress("observe", std::ssize(windows), "windows");
  for (std::size_t begin = 0; begin < all.size(); begin += AsSize(batch)) {
    const std::size_t size = std::min(AsSize(batch), all.size() - begin);
    calibrator.Observe(all.subspan(begin, size));
    progress.Add(static_cast<int64_t>(size));
  }
  return calibrator.Ranges();
}

std::vector<int64_t> ShuffledWindows(int64_t size, int64_t wanted,
                                     uint64_t seed) {
  std::vector<int64_t> windows = SpreadWindows(size, wanted, seed);
  Rng rng = Rng(seed).Fork(1);
  for (std::size_t i = windows.size(); i > 1; --i) {
    std::swap(windows[i - 1], windows[rng.Below(i)]);
  }
  return windows;
}

}  // namespace edge_int8
