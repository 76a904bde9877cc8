// The constant that puts a channel's mean back after its layer was rounded.
// Tested by bias_repair_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_BIAS_REPAIR_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_BIAS_REPAIR_H_

#include <optional>
#include <span>

#include "src/graph/graph.h"
#include "src/quantize/calibrate/fake_quant.h"

namespace edge_int8 {

// What a tensor's values pass through before the next layer reads them.
struct SiluBehind {
  const FakeQuantizer* grids = nullptr;
  TensorId before = 0;
  TensorId after = 0;
};

// To add to each of `rounded`, so that its mean is that of `exact`. Where a
// SiLU follows, the means are those of its result, grids included: an error
// where the SiLU is flat does no harm and must not be paid for where it is
// steep. (Equal means before the SiLU cost the trained `half` more than no
// repair: its last SiLU is averaged over whole bins.)
double MeanShift(std::span<const float> exact, std::span<const float> rounded,
                 const std::optional<SiluBehind>& silu);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_BIAS_REPAIR_H_
