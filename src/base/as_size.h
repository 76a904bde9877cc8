// Counts and places are int64_t or int32_t in our graphs, as in their files;
// the standard containers want std::size_t.
#ifndef EDGE_INT8_SRC_BASE_AS_SIZE_H_
#define EDGE_INT8_SRC_BASE_AS_SIZE_H_

#include <concepts>
#include <cstddef>

namespace edge_int8 {

// `n` must not be negative.
constexpr std::size_t AsSize(std::integral auto n) {
  return static_cast<std::size_t>(n);
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_AS_SIZE_H_
