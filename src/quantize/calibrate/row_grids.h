// The grid of a quantizer for values that lie [position][channel], as the fast
// float path has them: fake_quant.h in another layout. Tested by
// row_grids_test.cc against it.
#ifndef EDGE_INT8_SRC_QUANTIZE_CALIBRATE_ROW_GRIDS_H_
#define EDGE_INT8_SRC_QUANTIZE_CALIBRATE_ROW_GRIDS_H_

#include <vector>

#include "src/graph/float_plan.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"

namespace edge_int8 {

class RowGrids {
 public:
  // `kernels` must outlive this.
  RowGrids(const Quantizer& quantizer, const QuantizerPlan& plan,
           const FloatKernels& kernels);

  // In place, the quantizer's channels at every position of `view`, whose
  // channels are innermost and padded to whole vectors; it begins at `values`.
  // Padding may change.
  void Round(const FloatView& view, float* values) const;

  // Where a value of the quantizer's channel `c` lies in what its integers can
  // say: in [0, 1), or outside of that where it is clipped.
  double PlaceOf(int c, float value) const;

 private:
  const FloatKernels* kernels_;
  int first_;  // channel
  int count_;
  std::vector<float> inverse_, offset_, top_, scale_;  // count_ and padding
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_CALIBRATE_ROW_GRIDS_H_
