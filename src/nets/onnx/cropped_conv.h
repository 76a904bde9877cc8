// Causal convolutions as files spell them: padded on both sides, the tail cut
// off by a Slice. The convolution then pads less instead. Tested by
// onnx_operators_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_CROPPED_CONV_H_
#define EDGE_INT8_SRC_NETS_ONNX_CROPPED_CONV_H_

#include <optional>

#include "src/nets/onnx/onnx_emitter.h"

namespace edge_int8 {

// A tensor of these rows and columns of a convolution's output, computed as
// such (also through a batch norm or a function after it); nothing if `view`
// (channels, height, width) is not such a part, or `base` no convolution's.
std::optional<TensorId> CroppedTensor(OnnxEmitter& emitter, TensorId base,
                                      const StridedView& view,
                                      const Extent& extent);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_CROPPED_CONV_H_
