// What a name of an ONNX file stands for while the file is read: a constant, or
// a function of a tensor of the graph seen through a view.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_VALUE_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_VALUE_H_

#include <utility>

#include "src/graph/graph.h"
#include "src/nets/onnx/expression.h"
#include "src/nets/onnx/onnx_array.h"
#include "src/nets/onnx/strided_view.h"

namespace edge_int8 {

struct OnnxValue {
  OnnxConstant constant = nullptr;
  TensorId base = -1;  // of the graph, when it is no constant
  StridedView view = {};
  Expression function = Argument();  // of each value
  bool boolean = false;              // values are 0 and 1

  static OnnxValue Of(OnnxArray array) {
    OnnxValue value;
    value.constant = std::make_shared<OnnxArray>(std::move(array));
    return value;
  }
  bool absent() const { return constant == nullptr && base < 0; }
  bool is_constant() const { return constant != nullptr; }
  Shape shape() const { return is_constant() ? constant->shape : view.shape(); }
  int rank() const { return static_cast<int>(shape().size()); }
  // Whether both are the same places of the same tensor.
  bool SamePlaces(const OnnxValue& other) const {
    return !is_constant() && base == other.base && view == other.view;
  }
  bool operator==(const OnnxValue& other) const {
    return SamePlaces(other) && function == other.function;
  }
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_VALUE_H_
