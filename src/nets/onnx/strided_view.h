// How the values of a tensor of any rank lie in a row of memory: an offset and,
// per axis, steps of (extent, stride). Reshapes, transposes, slices and
// broadcasts of a file only change such a view; values move when an operator
// needs them elsewhere (axis_layout.h). Tested by strided_view_test.cc.
//
//   place of [i_0, i_1, ...] = offset + sum over the axes' steps of digit *
//   stride, where an axis's steps are the digits of its index, outermost first.
#ifndef EDGE_INT8_SRC_NETS_ONNX_STRIDED_VIEW_H_
#define EDGE_INT8_SRC_NETS_ONNX_STRIDED_VIEW_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "src/base/tensor.h"

namespace edge_int8 {

struct Step {
  int64_t extent = 1;
  int64_t stride = 0;  // 0 repeats, negative mirrors
  bool operator==(const Step&) const = default;
};
// Without steps of extent 1, and with neighbours joined where they are one
// step: an axis of length 1 has none.
using Steps = std::vector<Step>;

struct StridedView {
  int64_t offset = 0;
  std::vector<Steps> axes;

  int rank() const { return static_cast<int>(axes.size()); }
  int64_t length(int axis) const;
  Shape shape() const;
  int64_t size() const;
  bool operator==(const StridedView&) const = default;
};

Steps Joined(const Steps& steps);
// All axes' steps, in order.
Steps AllSteps(const StridedView& view);
int64_t StepCount(const Steps& steps);  // product of the extents

StridedView RowMajorView(const Shape& shape);
StridedView PermutedView(const StridedView& view,
                         const std::vector<int>& order);
// Nothing where the new axes cut across the steps: the values must move first.
std::optional<StridedView> ReshapedView(const StridedView& view,
                                        const Shape& shape);
// Indices start, start + step, ... (count of them) of one axis; the same.
std::optional<StridedView> SlicedView(const StridedView& view, int axis,
                                      int64_t start, int64_t count,
                                      int64_t step);
// Broadcasts to `shape`, which BroadcastShape gave.
StridedView ExpandedView(const StridedView& view, const Shape& shape);

// The view of a tensor whose values are `inner` of another one, read through
// `outer`: one view of the other tensor. `inner` must have its places in
// row-major order of its axes (as a tensor that was moved has).
std::optional<StridedView> ComposedView(const StridedView& outer,
                                        const StridedView& inner);

// Calls `visit` with the place of each value, in row-major order of the axes.
void ForEachPlace(const StridedView& view,
                  const std::function<void(int64_t)>& visit);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_STRIDED_VIEW_H_
