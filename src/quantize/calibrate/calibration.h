// What the activations of a folded float model look like at each quantization
// site: the measurements that ranges are chosen from (range_choice.h). Tested
// by calibration_test.cc.
//
// The model is fed what an integer model would see, q / factor with
// q = clamp(rint(x * factor), 0, 255): values that the input's bytes cut off
// must not widen the ranges of layers behind it.
#ifndef EDGE_INT8_SRC_QUANT_CALIBRATION_H_
#define EDGE_INT8_SRC_QUANT_CALIBRATION_H_

#include <cstdint>
#include <span>
#include <vector>

#include "src/graph/model.h"
#include "src/pose/window_source.h"
#include "src/qgraph/sites.h"
#include "src/quantize/calibrate/calibration_histogram.h"

namespace edge_int8 {

struct CalibrationOptions {
  int64_t windows = 64 * 64;  // at most; fewer when the source has fewer
  uint64_t seed = 42;         // picks the windows
  double input_factor = 255.0;
};

// A run of channels that shares one scale.
struct RunStats {
  CalibrationHistogram histogram;  // with count, min and max
  double sum = 0;
  double sum_squares = 0;
};

struct SiteStats {
  std::vector<RunStats> runs;  // Site::scales of them
};

struct CalibrationStats {
  int64_t windows = 0;
  std::vector<SiteStats> sites;  // by index of SiteMap::sites
};

// Squares of such values, and sums of millions of them, stay in float32. No
// weight and no activation of a network that computes anything comes near.
inline constexpr double kLargestOrdinary = 1e12;

// The same bits for any thread count. Throws kBadInput when the source is
// empty, or an activation is not finite or beyond kLargestOrdinary.
CalibrationStats Calibrate(const Model& folded, const SiteMap& sites,
                           const WindowSource& source,
                           const CalibrationOptions& options = {});

// `wanted` ascending indices in [0, size), one drawn from each of `wanted`
// equal stretches: every recording is met, and a period in the data can't fall
// in step with the choice. All indices when size <= wanted.
std::vector<int64_t> SpreadWindows(int64_t size, int64_t wanted, uint64_t seed);

// What a float model sees of a window that passed through bytes.
void ThroughInputBytes(double input_factor, std::span<float> window);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANT_CALIBRATION_H_
