// Repairs of a quantized model without training: weights rounded so that each
// layer's output stays, and biases that put its mean back. Tested by
// repair_test.cc; measured in docs/quantization.md.
//
// One walk through the graph with a few hundred calibration windows, each
// tensor known twice: as the float model has it, and as the repaired integers
// before it leave it. Each convolution is fitted to turn the second kind of
// input into the first kind of output. No layer is ever run twice. A channel
// whose fit is no better than rounding to nearest on those windows keeps that;
// whether the whole network gained, whoever has its integers can say
// (least_error.h).
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_REPAIR_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_REPAIR_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/graph/model.h"
#include "src/pose/window_source.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"

namespace edge_int8 {

// Before what was repaired, in the recipe of a repaired plan.
inline constexpr std::string_view kRepairNote = " repair=";

struct RepairOptions {
  // Weights by optimal_rounding.h, which may shrink a channel's scale; or by
  // ada_rounding.h.
  bool rounding = true;
  bool ada = false;
  // Before rounding, weights move to where they make up for what the layers
  // before lost: least squares, pulled towards the trained weights.
  bool compensation = true;
  // The last convolution that ends in a sum is fitted to the sum: what the
  // block's other branch lost is part of what it should write.
  bool blocks = true;
  // Biases keep the mean of what each channel becomes after its SiLU.
  bool bias = true;
  int64_t windows = 512;  // memory: about 0.3 MB each for `half`
  uint64_t seed = 43;     // picks the windows; not those of the ranges
  double damping = 0.01;  // share of H's mean diagonal
};

struct Repaired {
  Model model;  // weights on the plan's grid: lowering reproduces the codes
  Plan plan;    // with the repaired scales; the recipe says what was done
  // What did not go as asked: layers that fell back.
  std::vector<std::string> notes = {};
};

Repaired Repair(const Model& folded, const QGraph& qgraph, const Plan& plan,
                const WindowSource& source, const RepairOptions& options = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_REPAIR_H_
