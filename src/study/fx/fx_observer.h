// What PyTorch's activation observers do, to the float operation: the histogram
// observer of post-training quantization and the moving average of
// quantization-aware training, with the scale and zero point that follow from a
// range. Written from torch 2.11's observer.py. Tested by fx_observer_test.cc
// against hand-computed ranges, and against PyTorch's own scales by
// fx_simulation_test.cc.
#ifndef EDGE_INT8_SRC_STUDY_FX_FX_OBSERVER_H_
#define EDGE_INT8_SRC_STUDY_FX_FX_OBSERVER_H_

#include <limits>
#include <span>
#include <vector>

namespace edge_int8 {

struct FxRange {
  float min = 0;
  float max = 0;
};

// An affine grid: value = (code - zero_point) * scale.
struct FxScale {
  float scale = 1;
  int zero_point = 0;
};
// Codes 0..top over the range, widened to hold zero. reduce_range, the default
// for fbgemm, makes `top` 127.
FxScale ScaleOf(FxRange range, int top);

// Values of one batch that one forward call sees, in pieces.
using FxBatch = std::vector<std::span<const float>>;

// HistogramObserver: 2,048 bins in float32 that are spread anew when a batch
// leaves the range; then the range is narrowed from outside in while the
// squared error, estimated for 256 codes, falls. It estimates for 256 even when
// reduce_range leaves 128.
class FxHistogram {
 public:
  static constexpr int kBins = 2048;

  // As `times` calls of forward() with the same values.
  void Observe(const FxBatch& batch, int times);
  FxRange seen() const { return {min_, max_}; }
  FxRange BestRange() const;

 private:
  std::vector<float> Spread(FxRange to) const;
  float ErrorOf(int start_bin, int end_bin) const;

  std::vector<float> counts_;
  float min_ = std::numeric_limits<float>::infinity();
  float max_ = -std::numeric_limits<float>::infinity();
};

// MovingAverageMinMaxObserver: each batch moves the range by a hundredth of the
// way to its own.
class FxMovingAverage {
 public:
  void Observe(const FxBatch& batch, int times);
  FxRange range() const { return range_; }

 private:
  bool empty_ = true;
  FxRange range_;
};

// NaN at both ends when a value is not finite; observers ignore such a batch,
// and one without values.
FxRange RangeOf(const FxBatch& batch);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_STUDY_FX_FX_OBSERVER_H_
