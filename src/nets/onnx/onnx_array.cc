#include "src/nets/onnx/onnx_array.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace edge_int8 {

std::optional<int64_t> BoundedCount(const Shape& shape, int64_t most) {
  int64_t count = 1;
  for (const int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    // An extent of 0 later in the shape does not excuse a huge one before it.
    if (extent > most || count * extent > most) {
      return std::nullopt;
    }
    count *= extent;
  }
  return count;
}

std::optional<Shape> BroadcastShape(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.size(), b.size());
  Shape shape(rank, 1);
  for (std::size_t i = 0; i < rank; ++i) {
    const int64_t from_a = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t from_b = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) return std::nullopt;
    shape[rank - 1 - i] = from_a == 1 ? from_b : from_a;
  }
  return shape;
}

int64_t ToInteger(double value) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (std::isnan(value)) return 0;
  if (value >= kLimit) return std::numeric_limits<int64_t>::max();
  if (value < -kLimit) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

Shape Integers(const OnnxArray& array) {
  Shape result;
  result.reserve(array.values.size());
  for (const double v : array.values) result.push_back(ToInteger(v));
  return result;
}

OnnxConstant IntegerConstant(const Shape& values) {
  OnnxArray array{
      OnnxArray::Kind::kInteger, {static_cast<int64_t>(values.size())}, {}};
  for (const int64_t v : values) array.values.push_back(static_cast<double>(v));
  return std::make_shared<OnnxArray>(std::move(array));
}

}  // namespace edge_int8
