#include "src/base/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace edge_int8 {

std::string ShapeText(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace edge_int8
