// A dense row-major float array with its shape: weights, inputs, predictions.
// Tested by tensor_test.cc.
#ifndef EDGE_INT8_SRC_BASE_TENSOR_H_
#define EDGE_INT8_SRC_BASE_TENSOR_H_

#include <cstdint>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"

namespace edge_int8 {

using Shape = std::vector<int64_t>;

// "[540, 20]"
std::string ShapeText(const Shape& shape);

// Product of the extents; 1 for a scalar.
inline int64_t ElementCount(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1},
                         std::multiplies<>());
}

struct Tensor {
  Shape shape;
  std::vector<float> data;  // row-major, ElementCount(shape) values

  Tensor() = default;
  explicit Tensor(Shape s)
      : shape(std::move(s)),
        data(static_cast<std::size_t>(ElementCount(shape))) {}
  Tensor(Shape s, std::vector<float> d)
      : shape(std::move(s)), data(std::move(d)) {
    Check(ElementCount(shape) == static_cast<int64_t>(data.size()),
          "tensor data does not match its shape");
  }
  int64_t size() const { return static_cast<int64_t>(data.size()); }
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_TENSOR_H_
