// The smallest folded graph with every kind of quantizer but q, k and v, and
// windows to run it on.
#ifndef EDGE_INT8_TESTS_TESTING_SMALL_MODELS_H_
#define EDGE_INT8_TESTS_TESTING_SMALL_MODELS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/base/random.h"
#include "src/graph/fold_norms.h"
#include "src/graph/model.h"
#include "src/nets/wiflow.h"
#include "src/pose/window_source.h"

namespace edge_int8 {

// in [4][1][6] -> first -> SiLU -> second --+
//    \------------ skip -------------------+-> sum -> SiLU -> head -> SiLU
//                                                    -> pool -> pose
inline Graph SmallGraph() {
  GraphBuilder graph("small", {4, 1, 6});
  TensorId x = graph.AppendConv(
      "first", {.out_channels = 6, .kernel_w = 3, .pad_left = 2, .groups = 2},
      0, true, true);
  x = graph.Append("first.silu", Silu(), {x});
  x = graph.AppendConv("second", {.out_channels = 5}, x, true, true);
  const TensorId skip =
      graph.AppendConv("skip", {.out_channels = 5}, 0, true, true);
  x = graph.Append("sum", Add{}, {x, skip});
  x = graph.Append("sum.silu", Silu(), {x});
  x = graph.AppendConv("head", {.out_channels = 2}, x, true, false);
  x = graph.Append("head.silu", Silu(), {x});
  x = graph.AppendRowPool("pool", 1, x);
  return graph.Finish(graph.Append("pose", Transpose{{1, 0, 2}}, {x}));
}

inline Model SmallModel(uint64_t seed) {
  return RandomModel(SmallGraph(), seed);
}

inline Model FoldedWiflow(const std::string& variant, uint64_t seed) {
  return FoldBatchNorms(RandomModel(BuildWiflow(WiflowVariant(variant)), seed));
}

// Standard normal.
inline std::vector<float> RandomValues(int64_t n, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& v : values) v = static_cast<float>(rng.Normal());
  return values;
}

// Windows of any graph's extent: uniform, smooth along the frames so that
// neighbours are correlated as in CSI, each of its own brightness.
class RandomWindows : public WindowSource {
 public:
  RandomWindows(int64_t size, uint64_t seed) : size_(size), rng_(seed) {}
  int64_t size() const override { return size_; }
  void Read(int64_t index, std::span<float> out) const override {
    Rng rng = rng_.Fork(static_cast<uint64_t>(index));
    const double gain = rng.Uniform(0.3, 1.0);
    double level = rng.Uniform();
    for (float& v : out) {
      level = 0.8 * level + 0.2 * rng.Uniform();
      v = static_cast<float>(gain * level);
    }
  }

 private:
  int64_t size_;
  Rng rng_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_SMALL_MODELS_H_
