// The product of two activations.
#include "core/reference/reference_view.h"

namespace edge_int8::core {

Values ReferenceMatMul(const IntegerGraph& graph, const MatMulOp& op,
                       const std::vector<Values>& tensors) {
  const TensorView a(graph, tensors, op.a);
  const TensorView b(graph, tensors, op.b);
  return FillTensor(SpecOf(graph, op.output), [&](int n, int t, int m) {
    int32_t sum = 0;
    for (int k = 0; k < a.spec().channels; ++k) {
      sum += a.At(k, t, m) * b.At(k, b.spec().height == 1 ? 0 : t, n);
    }
    return Activate(op.activation, Requantize(sum, op.scale));
  });
}

}  // namespace edge_int8::core
