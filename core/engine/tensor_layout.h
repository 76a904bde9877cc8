// Where a tensor's values lie in the arena. Channels are innermost, padded to a
// multiple of a panel (below 16: to a power of two, so that 16 / pitch
// neighbours fill a vector), and every image carries the margins that the
// convolutions reading it look into, filled with the stored zero: no kernel
// ever asks whether a tap is inside. Tested by tensor_layout_test.cc.
//
// kS8 is stored with 128 added, as bytes: then convolutions know one byte type.
#ifndef EDGE_INT8_CORE_ENGINE_TENSOR_LAYOUT_H_
#define EDGE_INT8_CORE_ENGINE_TENSOR_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"

namespace edge_int8::core {

struct TensorLayout {
  int32_t channels = 0;
  int32_t height = 0;
  int32_t width = 0;
  Type type = Type::kU8;
  int32_t zero = 0;   // as stored
  int32_t pitch = 0;  // values from one place to the next
  int32_t top = 0, bottom = 0, left = 0, right = 0;
  int64_t offset = 0;             // bytes into the arena, set by the planner
  std::byte* constant = nullptr;  // where it lies instead, never written

  int32_t place_bytes() const { return pitch * TypeBytes(type); }
  int64_t row_bytes() const {
    return int64_t{1} * (left + width + right) * place_bytes();
  }
  int64_t bytes() const { return (top + height + bottom) * row_bytes(); }
  // Bytes from the layout's start to a place; margins have negative indices.
  int64_t At(int h, int w) const {
    return (h + top) * row_bytes() + int64_t{w + left} * place_bytes();
  }
};

int32_t ChannelPitch(int32_t channels);

// One layout per tensor of a valid graph, offsets not yet set.
std::vector<TensorLayout> PlanLayouts(const IntegerGraph& graph);

// Writes the stored zero around the tensor that starts at `base`.
void FillMargins(const TensorLayout& layout, std::byte* base);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_TENSOR_LAYOUT_H_
