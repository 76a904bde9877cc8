// Attention whose queries, keys and values are linear layers of one tensor:
// AttentionScores, Softmax and AttentionMix around one merged layer, whatever
// reshapes, transposes and scales the file has in between. Tested by
// onnx_operators_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_FUSED_ATTENTION_H_
#define EDGE_INT8_SRC_NETS_ONNX_FUSED_ATTENTION_H_

#include <optional>

#include "src/nets/onnx/onnx_product.h"

namespace edge_int8 {

// The product of probabilities and values, if the probabilities are a softmax
// of queries times keys; nothing where it must be a general product.
std::optional<OnnxValue> FusedAttention(const OnnxCall& call,
                                        const OnnxValue& probabilities,
                                        const OnnxValue& values,
                                        const ProductAxes& axes);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_FUSED_ATTENTION_H_
