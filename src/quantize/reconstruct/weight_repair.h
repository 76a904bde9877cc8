// New weights for one group of a convolution, fitted to what it reads once the
// layers before are rounded and to what it should write. Tested by
// weight_repair_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_WEIGHT_REPAIR_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_WEIGHT_REPAIR_H_

#include <Eigen/Core>
#include <cstdint>
#include <span>

#include "src/quantize/reconstruct/damped_inputs.h"
#include "src/quantize/reconstruct/layer_moments.h"

namespace edge_int8 {

struct WeightFit {
  bool rounding = true;      // by optimal_rounding.h, else to nearest
  bool compensation = true;  // move to the least-squares weights first
  double damping = 0.01;     // share of the mean input energy
  bool ada = false;  // ada_rounding.h does the rounding, at the scales given
  // Of each row, where no bias correction follows; else means are free.
  std::span<const float> bias = {};
};

// The weights that give y from x in the least squares, pulled towards the
// trained ones by the damping: inputs that calibration hardly saw keep theirs.
Eigen::MatrixXd CompensatedWeights(const Eigen::MatrixXd& trained,
                                   const GroupMoments& moments,
                                   const DampedInputs& damped);

struct FittedWeights {
  Eigen::MatrixXd weights;  // codes times the scales
  // Output channels whose trained weights rounded to nearest have less error
  // on the windows of the moments: they stay that.
  int64_t kept_rows = 0;
  // Whether the inputs' moments could be solved with as they were damped.
  bool as_damped = true;
};

// trained: [out/groups][in/groups * taps]. Returns weights that are multiples
// of `scales`, one per row, which rounding may change.
FittedWeights FitWeights(const Eigen::MatrixXd& trained,
                         const GroupMoments& moments, int32_t limit,
                         const WeightFit& fit, std::span<double> scales);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_WEIGHT_REPAIR_H_
