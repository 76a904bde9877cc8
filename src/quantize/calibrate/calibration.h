// What the activations of a folded float model look like at each quantization
// quantizer: the measurements that ranges are chosen from (range_choice.h).
// Tested by calibration_test.cc.
//
// The model is fed what an integer model would see, (q - z) / factor with
// q = clamp(rint(x * factor) + z, 0, 255): values that the input's bytes cut
// off must not widen the ranges of layers behind it.
#ifndef EDGE_INT8_SRC_QUANTIZE_CALIBRATE_CALIBRATION_H_
#define EDGE_INT8_SRC_QUANTIZE_CALIBRATE_CALIBRATION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "src/graph/model.h"
#include "src/pose/window_source.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"
#include "src/quantize/calibrate/calibration_histogram.h"

namespace edge_int8 {

struct CalibrationOptions {
  int64_t windows = 64 * 64;  // at most; fewer when the source has fewer
  uint64_t seed = 42;         // picks the windows
  // Of the input's bytes; chosen from the windows (input_range.h) where absent.
  std::optional<InputQparams> input = {};
};

// A run of channels that shares one scale.
struct RunStats {
  CalibrationHistogram histogram;  // with count, min and max
  double sum = 0;
  double sum_squares = 0;
};

struct QuantizerStats {
  std::vector<RunStats> runs;  // Quantizer::scales of them
  // Of a sum: the largest size of a term that is written in its units.
  float term_reach = 0;
};

struct CalibrationStats {
  int64_t windows = 0;
  InputQparams input;
  std::vector<QuantizerStats> quantizers;  // by index of QGraph::quantizers
};

// Squares of such values, and sums of millions of them, stay in float32. No
// weight and no activation of a network that computes anything comes near.
inline constexpr double kLargestOrdinary = 1e12;

// The same bits for any thread count. Throws kBadInput when the source is
// empty, or an activation is not finite or beyond kLargestOrdinary.
CalibrationStats Calibrate(const Model& folded, const QGraph& qgraph,
                           const WindowSource& source,
                           const CalibrationOptions& options = {});

// `wanted` ascending indices in [0, size), one drawn from each of `wanted`
// equal stretches: every recording is met, and a period in the data can't fall
// in step with the choice. All indices when size <= wanted.
std::vector<int64_t> SpreadWindows(int64_t size, int64_t wanted, uint64_t seed);

// What a float model sees of a window that passed through bytes.
void ThroughInputBytes(const InputQparams& input, std::span<float> window);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_CALIBRATE_CALIBRATION_H_
