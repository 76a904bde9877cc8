// Values of a block of an array in another order of axes.
#ifndef EDGE_INT8_SRC_CAPTURE_BLOCK_ORDER_H_
#define EDGE_INT8_SRC_CAPTURE_BLOCK_ORDER_H_

#include <cstddef>
#include <span>
#include <vector>

#include "src/base/tensor.h"

namespace edge_int8 {

// out[i_order0][i_order1]... = in[i_0][i_1]..., items of `item` bytes.
inline void PermuteAxes(const std::byte* in, const Shape& shape,
                        std::span<const std::size_t> order, std::size_t item,
                        std::byte* out) {
  const std::size_t rank = shape.size();
  std::vector<int64_t> steps(rank, 1);  // of the input, by its axes
  for (std::size_t i = rank - 1; i-- > 0;) {
    steps[i] = steps[i + 1] * shape[i + 1];
  }
  std::vector<int64_t> at(rank);  // by the output's axes
  const int64_t count = ElementCount(shape);
  int64_t from = 0;
  for (int64_t i = 0; i < count; ++i) {
    const std::byte* const source = in + static_cast<std::size_t>(from) * item;
    for (std::size_t b = 0; b < item; ++b) *out++ = source[b];
    for (std::size_t axis = rank; axis-- > 0;) {
      from += steps[order[axis]];
      if (++at[axis] < shape[order[axis]]) break;
      from -= at[axis] * steps[order[axis]];
      at[axis] = 0;
    }
  }
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_BLOCK_ORDER_H_
