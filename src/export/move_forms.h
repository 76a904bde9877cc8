// What a move of values is, for formats that have operators for some: a box of
// a tensor, axes split and turned and merged, tensors side by side. Tested by
// onnx_operators_test.cc through the operators that come of it.
#ifndef EDGE_INT8_SRC_EXPORT_MOVE_FORMS_H_
#define EDGE_INT8_SRC_EXPORT_MOVE_FORMS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "src/graph/ops.h"

namespace edge_int8 {

using Places = std::array<int64_t, 3>;  // by axis: channels, height, width

inline Places PlacesOf(const Extent& e) {
  return {e.channels, e.height, e.width};
}

// Every value of a term, by rising place in the output.
struct MovedValue {
  int64_t to = 0;
  int64_t from = 0;
};
std::vector<MovedValue> MovedValues(const MoveTerm& term);

// Whether the values are a tensor of this size as it is.
bool AreInOrder(const std::vector<MovedValue>& values, int64_t size);

// Axis-aligned places begin + i * step, i < count, of a tensor.
struct Box {
  Places begin = {};
  Places count = {1, 1, 1};
  Places step = {1, 1, 1};

  int64_t size() const { return count[0] * count[1] * count[2]; }
  // The n-th place in [channels][height][width] order.
  int64_t At(int64_t n, const Extent& e) const;
};

// The box whose values, in order, are `places`; nothing if there is none.
std::optional<Box> BoxOf(const std::vector<int64_t>& places, const Extent& e);

// The whole input as an array of `extents`, its axes in another order, is the
// whole output; nothing for any other move.
struct Turn {
  std::vector<int64_t> extents;
  std::vector<int64_t>
      order;  // output axis i is axis order[i]; empty: as it is
};
std::optional<Turn> FindTurn(const Move& move, const Extent& in);

// The terms side by side along an axis (0 channels, 1 height, 2 width).
struct Join {
  int axis = 0;
  struct Part {
    std::size_t term = 0;
    Places extents = {};
  };
  std::vector<Part> parts;  // in order
};
std::optional<Join> FindJoin(
    const Move& move, const std::vector<std::vector<MovedValue>>& values);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_MOVE_FORMS_H_
