// What becomes of an accumulator in the integer model: its one rounding, the
// clamp and the table behind it, as docs/arithmetic.md says; and beside each
// integer the real number it stands for, from which the straight-through
// gradients are made. Written from the contract and not from the engine's code:
// only core/arith and the table builders are shared. Tested by
// integer_simulation_test.cc and qat_gradient_test.cc.
//
// Tensors of the simulation hold centred codes, stored value minus zero point,
// so that padding is 0 and the real value is code * scale.
//
//   pre = clamp(Requantize(acc + bias, scale) + zero, low, high)
//   out = table[pre - low], or pre - zero where there is no table
//
// Gradients follow LSQ (Esser et al. 2020, arXiv:1902.08153) with LSQ+'s zero
// points (Bhalgat et al. 2020, arXiv:2004.09576), written for codes. With v the
// value before rounding in units of the scale s, c the code, and readers that
// take c * s, a gradient g that arrives at c gives
//
//   dL/dv = g where v is not clipped, else 0
//   dL/dlog s = sum of g * (c - v), or of g * c where v is clipped
//   dL/dzero  = -sum of g where v is clipped
#ifndef EDGE_INT8_TRAIN_SIMULATION_LANDING_H_
#define EDGE_INT8_TRAIN_SIMULATION_LANDING_H_

#include <torch/custom_class.h>

#include <cstdint>
#include <vector>

#include "core/arith/activation.h"
#include "core/arith/fixed_point.h"
#include "src/qgraph/silu_table.h"

namespace edge_int8::train {

// A grid of codes with one scale, or one per run of channels.
struct CodeGrid {
  std::vector<double> scales;
  int32_t zero = 0;
  int32_t low = 0;
  int32_t high = 255;
  int bits = 8;
  int fraction_bits = 7;  // of a sum's terms

  double scale() const { return scales[0]; }
  double ScaleOf(std::size_t channel, std::size_t channels) const {
    return scales[channel / (channels / scales.size())];
  }
  // Of the centred code.
  double LargestCode() const {
    return zero - low > high - zero ? zero - low : high - zero;
  }
};

// The learned numbers of one landing, as tensors that take gradients: empty
// where there is none.
struct LandingLeaves {
  at::Tensor bias;
  at::Tensor target_scale, target_zero;  // of what is rounded to
  at::Tensor out_scale, out_zero;        // of what the table writes
};

struct Landing : torch::CustomClassHolder {
  // By channel.
  std::vector<core::Multiplier> scale;
  std::vector<int32_t> bias;
  std::vector<float> ratio;      // the multiplier as a real number
  std::vector<float> bias_unit;  // the bias code's unit
  int64_t trained_bias = 0;      // channels [0, n) have a bias that learns

  int32_t zero = 0, low = 0, high = 255;
  // By pre - low; all empty without a table. Of the table's own rounding:
  // slope is d code / d pre, then LSQ's c - v, then 1 where it is clipped.
  std::vector<float> table, slope, out_error, out_clipped;

  int64_t channels() const { return static_cast<int64_t>(scale.size()); }
};

// Rounds to `target` and stores the code; `unit` is the accumulator's, by
// channel.
void LandOnGrid(const std::vector<double>& units, const CodeGrid& target,
                Landing& landing);
// Rounds to the pre-activation's grid; a SiLU's table writes `out`. The
// gradients of `out` are those of a stored grid unless it is a sum's units.
void LandThroughSilu(const std::vector<double>& units, const CodeGrid& pre,
                     const TableOutput& out, bool out_is_grid,
                     Landing& landing);
// floor(sum / 2^bits + 1/2) as a multiplier.
core::Multiplier ShiftMultiplier(int bits);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_LANDING_H_
