// Convolution weights in the order the float kernels read them, and where each
// tap of each output position reads. Tested by float_executor_test.cc.
#ifndef EDGE_INT8_SRC_GRAPH_FLOAT_PACK_H_
#define EDGE_INT8_SRC_GRAPH_FLOAT_PACK_H_

#include "src/graph/float_plan.h"

namespace edge_int8 {

GemmWork PackGemm(const Conv& conv, const Model& model, int in_channels,
                  int lanes);
DepthwiseWork PackDepthwise(const Conv& conv, const Model& model, int lanes);

// Least channel stride of the output: every panel's vectors fit in a row.
int GemmOutputStride(const GemmWork& work, int out_channels, int lanes);

// [position][tap]; 0, the row of zeros, where a tap reads padding. `in` begins
// at `in_begin` in the arena.
std::vector<int32_t> TapOffsets(const Conv& conv, const FloatView& in,
                                const Extent& out, int64_t in_begin);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_FLOAT_PACK_H_
