// What works value by value: sums, products, other scales and functions of one
// number, constants. Extents of 1 are repeated.
#include "core/reference/reference_view.h"

namespace edge_int8::core {

Values ReferenceAdd(const IntegerGraph& graph, const AddOp& op,
                    const std::vector<Values>& tensors) {
  return FillTensor(SpecOf(graph, op.output), [&](int c, int h, int w) {
    int32_t sum = 0;
    for (const AddTerm& term : op.terms) {
      const int32_t x =
          TensorView(graph, tensors, term.tensor).Broadcast(c, h, w);
      const int32_t value =
          term.rescale ? static_cast<int32_t>(Requantize(x, term.scale)) : x;
      sum += term.negate ? -value : value;
    }
    return Activate(op.activation, RoundShift(sum, op.fraction_bits));
  });
}

Values ReferenceRequantize(const IntegerGraph& graph, const RequantizeOp& op,
                           const std::vector<Values>& tensors) {
  const TensorView x(graph, tensors, op.input);
  return FillTensor(x.spec(), [&](int c, int h, int w) {
    return Activate(op.activation, Requantize(x.At(c, h, w), op.scale));
  });
}

Values ReferenceMultiply(const IntegerGraph& graph, const MultiplyOp& op,
                         const std::vector<Values>& tensors) {
  const TensorView a(graph, tensors, op.a);
  const TensorView b(graph, tensors, op.b);
  return FillTensor(SpecOf(graph, op.output), [&](int c, int h, int w) {
    const int32_t product = a.Broadcast(c, h, w) * b.Broadcast(c, h, w);
    return Activate(op.activation, Requantize(product, op.scale));
  });
}

Values ReferenceConstant(const ConstantOp& op) {
  return Values(op.values.begin(), op.values.end());
}

}  // namespace edge_int8::core
