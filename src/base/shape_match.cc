#include "src/base/shape_match.h"

#include <algorithm>
#include <vector>

namespace edge_int8 {
namespace {

// How many values each step of each axis but the last passes: where one shape's
// axes end. Merging neighbours only drops entries.
std::vector<int64_t> AxisEnds(const Shape& shape) {
  std::vector<int64_t> ends;
  int64_t product = 1;
  for (const int64_t extent : shape) {
    product *= extent;
    if (extent != 1) ends.push_back(product);
  }
  return ends;
}

}  // namespace

Shape Squeezed(const Shape& shape) {
  Shape squeezed;
  std::ranges::copy_if(shape, std::back_inserter(squeezed),
                       [](int64_t extent) { return extent != 1; });
  if (squeezed.empty()) squeezed.push_back(1);
  return squeezed;
}

bool ShapesAgree(const Shape& a, const Shape& b) {
  if (ElementCount(a) != ElementCount(b)) return false;
  const std::vector<int64_t> ends_a = AxisEnds(a);
  const std::vector<int64_t> ends_b = AxisEnds(b);
  return std::ranges::includes(ends_a, ends_b) ||
         std::ranges::includes(ends_b, ends_a);
}

Shape WithAxis(int64_t first, const Shape& rest) {
  Shape shape = {first};
  shape.insert(shape.end(), rest.begin(), rest.end());
  return shape;
}

}  // namespace edge_int8
