// A constant of an ONNX file while it is read: weights, shapes, masks. Values
// are double whatever their type in the file: that holds float32 and int32
// exactly and every integer below 2^53; larger ones (the "until the end" of
// slices) are only ever clamped. Tested by onnx_file_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_ARRAY_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_ARRAY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "src/base/tensor.h"

namespace edge_int8 {

struct OnnxArray {
  enum class Kind : uint8_t { kFloat, kInteger, kBool };
  Kind kind = Kind::kFloat;
  Shape shape;
  std::vector<double> values;  // row-major

  int64_t size() const { return static_cast<int64_t>(values.size()); }
};
using OnnxConstant = std::shared_ptr<const OnnxArray>;

// More values than this in one tensor that a few bytes of a file can ask for
// are refused; of weights, which the file has to hold, there may be more.
inline constexpr int64_t kMostValues = int64_t{1} << 24;
inline constexpr int64_t kMostStored = int64_t{1} << 27;

// Product of the extents; nothing if one is negative or the product above
// `most`.
std::optional<int64_t> BoundedCount(const Shape& shape,
                                    int64_t most = kMostValues);

// As ONNX and NumPy broadcast; nothing if the shapes don't fit.
std::optional<Shape> BroadcastShape(const Shape& a, const Shape& b);

// Rounds towards zero and clamps to what an int64_t holds; NaN is 0.
int64_t ToInteger(double value);

// The array's values as whole numbers.
Shape Integers(const OnnxArray& array);

OnnxConstant IntegerConstant(const Shape& values);  // of rank 1

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_ARRAY_H_
