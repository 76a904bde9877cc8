// Products: a tensor with constant weights (a 1x1 convolution) or with another
// tensor (MatMul, or attention where it is one). Tested by
// onnx_operators_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_PRODUCT_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_PRODUCT_H_

#include <vector>

#include "src/nets/onnx/onnx_call.h"

namespace edge_int8 {

// Replaces `axis` of x, of length K, by one of length N:
//   y[.. n ..] = bias[n] + sum over k of weight[n * K + k] * x[.. k ..]
OnnxValue Linear(const OnnxCall& call, const OnnxValue& x, int axis,
                 const std::vector<double>& weight,
                 const std::vector<double>& bias);

// Which axes of two operands play which part. Batch axes pair up in order; one
// of a pair may have length 1.
struct ProductAxes {
  std::vector<int> batch_a, batch_b;
  std::vector<int> rows;            // of a
  std::vector<int> keys_a, keys_b;  // summed over
  std::vector<int> columns;         // of b
};

// Axes batch, rows, columns in this order.
OnnxValue Product(const OnnxCall& call, const OnnxValue& a, const OnnxValue& b,
                  const ProductAxes& axes);

// NumPy's matmul.
OnnxValue MatrixProduct(const OnnxCall& call, const OnnxValue& a,
                        const OnnxValue& b);
OnnxValue SoftmaxOver(const OnnxCall& call, const OnnxValue& x, int axis);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_PRODUCT_H_
